"""FR-008: file names exactly as promised, never too long, and another one when the first is taken."""

from dataclasses import replace
from hashlib import sha256
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.characters import utf16_length
from rules.naming import DEFAULT_TEMPLATE, PLACEHOLDERS, FileFacts, candidates, file_name, path_key, short_code
from rules.naming.names import FORBIDDEN, unreserved
from rules.naming.templates import validate_template

FACTS = FileFacts(
    created_at=1_770_837_843_999,
    timezone="UTC",
    session="guest 17",
    project="Gala",
    experience="Green screen",
    artifact="photo",
    variant="final",
)
anything = st.text(st.characters(), max_size=300)
facts = st.builds(
    FileFacts,
    created_at=st.integers(0, 4_102_444_800_000),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]),
    session=anything,
    project=anything,
    experience=anything,
    artifact=anything,
    variant=anything,
)
templates = st.lists(
    st.sampled_from([*"ab_ .~$-🎉", "con", *(f"{{{name}}}" for name in PLACEHOLDERS)]), max_size=20
).map(lambda parts: "".join(parts)[:150] + "{shortCode}{time}")


def named(template: str = DEFAULT_TEMPLATE, **how: str) -> str:
    """A JPEG's name by the facts above."""
    settings: dict[str, str] = {"extension": "jpg", "short_code": "8F3K"} | how
    return file_name(template, values=FACTS, **settings)


def test_fr_008_a_result_is_named_by_date_time_and_session():
    assert named() == "2026-02-11_19-24-03_session-8F3K_result.jpg"


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "gif", "mp4", "mov"])
def test_fr_008_the_extension_is_the_recognised_type_s(extension: str):
    assert named(extension=extension) == f"2026-02-11_19-24-03_session-8F3K_result.{extension}"


def test_fr_008_the_time_is_the_project_s():
    tokyo = replace(FACTS, timezone="Asia/Tokyo")
    name = file_name(DEFAULT_TEMPLATE, values=tokyo, extension="jpg", short_code="8F3K")
    assert name == "2026-02-12_04-24-03_session-8F3K_result.jpg"


def test_every_placeholder_is_filled():
    template = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert named(template) == "2026-02-11 19-24-03 8F3K guest 17 Gala Green screen photo final.jpg"


def test_what_placeholders_stand_for_is_made_safe():
    values = replace(FACTS, session="../a:b", artifact="...")
    name = file_name("{session}_{artifact}_{time}", values=values, extension="jpg", short_code="8F3K")
    assert name == "-a-b_Untitled_19-24-03.jpg"


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("con.{time}{shortCode}", "con_.19-24-038F3K.jpg"),
        ("~${time}{shortCode}", "_~$19-24-038F3K.jpg"),
        (".~{time}{shortCode}", "~19-24-038F3K.jpg"),
        (" . {time}{shortCode}. ", "19-24-038F3K.jpg"),
    ],
)
def test_a_template_makes_no_reserved_name(template: str, name: str):
    assert named(template) == name


def test_sc_006_a_long_name_is_cut_to_255_and_keeps_suffix_and_extension():
    values = replace(FACTS, session="s" * 80, project="p" * 80, experience="e" * 80, artifact="a" * 80)
    template = "{project}{experience}{session}{artifact}{time}"
    name = file_name(template, values=values, extension="webp", short_code="8F3K", suffix="-2")
    assert len(name) == 255
    assert name == "p" * 80 + "e" * 80 + "s" * 80 + "a" * 8 + "-2.webp"


def test_an_emoji_counts_twice_and_is_never_halved():
    values = replace(FACTS, session="🎉" * 80, project="🎉" * 80)
    name = file_name("{project}{session}{time}", values=values, extension="jpg", short_code="8F3K")
    assert name == "🎉" * 125 + ".jpg"
    assert utf16_length(name) == 254


@given(templates, facts, st.sampled_from(["", "-2", "-1000"]))
def test_sc_006_every_file_name_is_one_part_of_a_path(template: str, values: FileFacts, suffix: str):
    name = file_name(template, values=values, extension="jpg", short_code="8F3K", suffix=suffix)
    assert name.endswith(f"{suffix}.jpg")
    assert len(suffix) + 4 < len(name)
    assert utf16_length(name) <= 255
    assert not set(name) & set(FORBIDDEN)
    assert name == name.strip(" .")
    assert unreserved(name) == name
    name.encode("utf-8")


def tries(template: str, count: int, *, same_session: bool, random_bytes: bytes = bytes(range(16))) -> list[str]:
    """The first names to try for the facts above."""
    settings = {"extension": "jpg", "short_code": "8F3K", "random_bytes": random_bytes}
    found = candidates(template, values=FACTS, same_session=same_session, **settings)  # type: ignore[arg-type]
    return list(islice(found, count))


def test_within_a_session_a_number_comes_before_the_extension():
    assert tries("{shortCode}_{time}", 4, same_session=True) == [
        "8F3K_19-24-03.jpg",
        "8F3K_19-24-03-2.jpg",
        "8F3K_19-24-03-3.jpg",
        "8F3K_19-24-03-4.jpg",
    ]


def test_between_sessions_the_code_grows_by_random_characters():
    plain, *grown = tries("{shortCode}_{time}", 9, same_session=False)
    assert plain == "8F3K_19-24-03.jpg"
    codes = [name.removesuffix("_19-24-03.jpg") for name in grown]
    assert [len(each) for each in codes] == [5, 6, 7, 8, 9, 10, 11, 12]
    assert all(longer.startswith(shorter) for shorter, longer in zip(["8F3K", *codes], codes, strict=False))
    other = tries("{shortCode}_{time}", 2, same_session=False, random_bytes=bytes(range(50, 66)))
    assert other[1] != grown[0]


def test_when_the_code_can_grow_no_further_numbers_follow():
    assert tries("{shortCode}_{time}", 4, same_session=False, random_bytes=b"\x00\x00")[1:] == [
        "8F3K2_19-24-03.jpg",
        "8F3K_19-24-03-2.jpg",
        "8F3K_19-24-03-3.jpg",
    ]


@pytest.mark.parametrize("same_session", [True, False])
def test_a_template_without_the_code_gets_numbers(same_session: bool):
    assert tries("{session}_{time}", 3, same_session=same_session) == [
        "guest 17_19-24-03.jpg",
        "guest 17_19-24-03-2.jpg",
        "guest 17_19-24-03-3.jpg",
    ]


def test_a_code_that_the_cut_takes_away_does_not_repeat_a_name():
    values = replace(FACTS, session="s" * 80, project="p" * 80, experience="e" * 80, artifact="a" * 80)
    template = "{project}{experience}{session}{artifact}{shortCode}{time}"
    found = candidates(
        template, values=values, extension="jpg", short_code="8F3K", same_session=False, random_bytes=bytes(16)
    )
    assert [name[-8:] for name in islice(found, 3)] == ["aaaa.jpg", "aa-2.jpg", "aa-3.jpg"]


@given(templates, facts, st.booleans(), st.binary(max_size=12))
def test_no_name_is_tried_twice_whatever_case_dropbox_sees(
    template: str, values: FileFacts, same_session: bool, random_bytes: bytes
):
    settings = {"extension": "jpg", "short_code": "8F3K", "random_bytes": random_bytes}
    found = candidates(template, values=values, same_session=same_session, **settings)  # type: ignore[arg-type]
    names = list(islice(found, 15))
    assert len({path_key(name) for name in names}) == 15
    assert names[0] == file_name(template, values=values, extension="jpg", short_code="8F3K")


def test_fu_06_a_hundred_thousand_sessions_in_one_second_each_find_a_name_of_their_own():
    taken: set[str] = set()
    tried = 0
    for n in range(100_000):
        digest = sha256(b"%d" % n).digest()
        found = candidates(
            DEFAULT_TEMPLATE,
            values=FACTS,
            extension="jpg",
            short_code=short_code(digest[:16]),
            same_session=False,
            random_bytes=digest[16:],
        )
        for name in found:
            tried += 1
            if path_key(name) not in taken:
                break
        taken.add(path_key(name))
    assert len(taken) == 100_000
    assert tried < 110_000


def test_the_default_template_is_fine():
    assert validate_template(DEFAULT_TEMPLATE) == []
