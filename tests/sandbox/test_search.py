"""search_v2: names that match, in which order, where, and page by page."""

import pytest
from dropbox import files
from dropbox.exceptions import ApiError, BadInputError

from tests.sandbox.test_relocation import tags_of

CATEGORY = files.FileCategory


def names(result) -> list[str]:
    return [match.metadata.get_metadata().name for match in result.matches]


def found(client, query: str, **options) -> list[str]:
    return names(client.files_search_v2(query, options=files.SearchOptions(**options)))


@pytest.fixture
def gala(studio):
    """A client whose Dropbox holds a handful of names."""
    for path in (
        "/Gala/Booth 1/Result-001.jpg",
        "/Gala/Booth 1/result_002.MP4",
        "/Gala/notes.txt",
        "/Other/résumé.PDF",
    ):
        studio.files_upload(path.encode(), path)
    return studio


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("result", ["Result-001.jpg", "result_002.MP4"]),
        ("RES", ["résumé.PDF", "Result-001.jpg", "result_002.MP4"][1:]),
        ("result 002", ["result_002.MP4"]),
        ("jpg", ["Result-001.jpg"]),
        ("booth", ["Booth 1"]),
        ("gala notes", []),
        ("RE\u0301SUM", ["résumé.PDF"]),
        ("esult", []),
    ],
)
def test_every_word_must_begin_a_word_of_the_name(gala, query, expected):
    assert found(gala, query) == expected


def test_options_narrow_it_down(gala):
    assert found(gala, "r", path="/gala/booth 1") == ["Result-001.jpg", "result_002.MP4"]
    assert found(gala, "r", file_extensions=["JPG", ".mp4"]) == ["Result-001.jpg", "result_002.MP4"]
    assert found(gala, "r", file_categories=[CATEGORY.video, CATEGORY.pdf]) == ["résumé.PDF", "result_002.MP4"]
    assert found(gala, "b", file_categories=[CATEGORY.folder]) == ["Booth 1"]
    assert found(gala, "n", file_categories=[CATEGORY.document]) == ["notes.txt"]
    assert found(gala, "r", file_categories=[CATEGORY.others]) == []
    own = gala.users_get_current_account().account_id
    assert found(gala, "notes", account_id=own) == ["notes.txt"]
    assert found(gala, "notes", account_id="dbid:" + "A" * 35) == []


def test_the_newest_come_first_when_asked(gala):
    gala.files_upload(b"new", "/Gala/Booth 1/Result-001.jpg", mode=files.WriteMode.overwrite)
    newest = files.SearchOrderBy.last_modified_time
    assert found(gala, "result", order_by=newest) == ["Result-001.jpg", "result_002.MP4"]
    gala.files_upload(b"new", "/Gala/Booth 1/result_002.MP4", mode=files.WriteMode.overwrite)
    assert found(gala, "result", order_by=newest) == ["result_002.MP4", "Result-001.jpg"]


def test_deleted_files_are_found_when_asked_for_alone(gala):
    gala.files_delete_v2("/Gala/notes.txt")
    assert found(gala, "notes") == []
    (match,) = gala.files_search_v2("notes", options=files.SearchOptions(file_status=files.FileStatus.deleted)).matches
    assert isinstance(match.metadata.get_metadata(), files.DeletedMetadata)


def test_pages_hold_each_match_once_and_end(studio):
    for number in range(7):
        studio.files_upload(b"x", f"/match {number}")
    page = studio.files_search_v2("match", options=files.SearchOptions(max_results=3))
    told = names(page)
    while page.has_more:
        page = studio.files_search_continue_v2(page.cursor)
        told += names(page)
    assert told == [f"match {number}" for number in range(7)]
    assert page.cursor is None


def test_a_cursor_is_good_for_its_owner_and_its_route_alone(studio, sandbox):
    for number in range(2):
        studio.files_upload(b"x", f"/match {number}")
    cursor = studio.files_search_v2("match", options=files.SearchOptions(max_results=1)).cursor
    with sandbox.client("agency@example.com") as agency, pytest.raises(BadInputError):
        agency.files_search_continue_v2(cursor)
    with pytest.raises(BadInputError):
        studio.files_list_folder_continue(cursor)
    with pytest.raises(BadInputError):
        studio.files_search_continue_v2(studio.files_list_folder("").cursor)


def test_what_cannot_be_searched(gala):
    def refusal(query, **options):
        with pytest.raises(ApiError) as refused:
            found(gala, query, **options)
        return tags_of(refused.value.error)

    assert refusal("") == "invalid_argument"
    assert refusal("...") == "invalid_argument"
    assert refusal("r", path="/nowhere") == "path/not_found"
    assert refusal("r", path="/gala/notes.txt") == "path/not_folder"


def test_matches_are_highlighted_when_asked(gala):
    options = files.SearchMatchFieldOptions(include_highlights=True)
    (match,) = gala.files_search_v2("not tx", match_field_options=options).matches
    spans = [(span.highlight_str, span.is_highlighted) for span in match.highlight_spans]
    assert spans == [("not", True), ("es.", False), ("tx", True), ("t", False)]


def test_an_app_finds_nothing_outside_its_folder(studio, whole):
    whole.files_upload(b"x", "/secret.txt")
    studio.files_upload(b"x", "/mine secret.txt")
    assert found(studio, "secret") == ["mine secret.txt"]
    assert sorted(found(whole, "secret")) == ["mine secret.txt", "secret.txt"]
