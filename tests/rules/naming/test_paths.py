"""FR-007: files lie where the design says, inside their project's folder, whatever names people give."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.naming import (
    MAX_FOLDER_PATH,
    destination_path,
    display_path,
    path_key,
    project_folder_candidates,
    safe_name,
    validate_folder_path,
)
from rules.states import FolderStructure

FILE = "2026-02-11_19-24-03_session-8F3K_result.jpg"
anything = st.text(st.characters(), max_size=120)


@pytest.mark.parametrize(
    ("folder", "structure", "path"),
    [
        ("", "by_experience", f"/Gala/Green screen/{FILE}"),
        ("", "by_date", f"/Gala/Green screen/2026-02-11/{FILE}"),
        ("", "flat", f"/Gala/{FILE}"),
        ("/Events/2026", "by_experience", f"/Events/2026/Gala/Green screen/{FILE}"),
        ("/Events/2026", "by_date", f"/Events/2026/Gala/Green screen/2026-02-11/{FILE}"),
        ("/Events/2026", "flat", f"/Events/2026/Gala/{FILE}"),
    ],
)
def test_fr_007_a_file_lies_in_project_and_experience(folder: str, structure: str, path: str):
    there = destination_path(folder, "Gala", "Green screen", FolderStructure(structure), "2026-02-11", FILE)
    assert there == path


def test_fr_007_people_find_it_under_the_app_s_folder():
    path = destination_path("", "Gala", "Green screen", FolderStructure.BY_EXPERIENCE, "2026-02-11", FILE)
    assert display_path("Clementine", path) == f"/Apps/Clementine/Gala/Green screen/{FILE}"
    assert display_path("", path) == path


@given(anything, anything, st.sampled_from(FolderStructure))
def test_fu_05_no_name_leads_out_of_the_project_s_folder(project: str, experience: str, structure: FolderStructure):
    project_folder = next(project_folder_candidates(project))
    path = destination_path("/Events", project_folder, experience, structure, "2026-02-11", FILE)
    parts = path.split("/")
    assert parts[:3] == ["", "Events", project_folder]
    assert parts[-1] == FILE
    assert len(parts) == {"by_experience": 5, "by_date": 6, "flat": 4}[structure]
    assert not {"", ".", ".."} & set(parts[1:])
    assert "\\" not in path


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("Gala", ["Gala", "Gala (2)", "Gala (3)"]),
        ("A/B", ["A-B", "A-B (2)", "A-B (3)"]),
        ("", ["Untitled", "Untitled (2)", "Untitled (3)"]),
        ("CON", ["CON_", "CON_ (2)", "CON_ (3)"]),
        ("x" * 90, ["x" * 80, "x" * 80 + " (2)", "x" * 80 + " (3)"]),
    ],
)
def test_a_taken_project_folder_gets_a_number_after_its_safe_name(name: str, folders: list[str]):
    assert list(islice(project_folder_candidates(name), 3)) == folders


@given(anything)
def test_no_project_folder_is_tried_twice(name: str):
    folders = list(islice(project_folder_candidates(name), 12))
    assert len({path_key(folder) for folder in folders}) == 12
    assert folders[0] == safe_name(name)
    assert all(len(folder) <= 80 + len(" (12)") for folder in folders)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/Gala/A.jpg", "/gala/a.JPG"),
        ("/\u00c9t\u00e9", "/e\u0301te\u0301"),
        ("/ÀÉÎ", "/àéî"),
        ("/ОБЪЕКТ", "/объект"),
        ("/ΟΔΟΣ", "/\u03bfδ\u03bf\u03c3"),
        ("/ΟΔΟΣ/x", "/οδος/x"),
    ],
)
def test_paths_that_differ_in_case_or_composition_are_one(one: str, other: str):
    assert path_key(one) == path_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("/Gala", "/Gala (2)"), ("/Straße", "/Strasse"), ("/a/b", "/a-b"), ("/ﬁ", "/fi"), ("/é", "/e")],
)
def test_paths_that_dropbox_holds_apart_are_two(one: str, other: str):
    assert path_key(one) != path_key(other)


@given(anything)
def test_the_key_of_a_key_is_itself(text: str):
    assert path_key(path_key(text)) == path_key(text)


@given(st.text(st.characters(max_codepoint=0x17F), max_size=60))
def test_latin_letters_have_one_key_in_both_cases(text: str):
    assert path_key(text.lower()) == path_key(text)


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("", ""),
        ("/", ""),
        ("//", ""),
        ("  ", ""),
        ("/A/B", "/A/B"),
        ("A/B", "/A/B"),
        ("/A/B/", "/A/B"),
        ("/A//B", "/A/B"),
        (" /A/B ", "/A/B"),
        ("/Events/2026/Brand Launch", "/Events/2026/Brand Launch"),
        ("/e\u0301te\u0301 🎉", "/\u00e9t\u00e9 🎉"),
        ("/What? Me: yes*", "/What? Me: yes*"),
        ("/.hidden/v1.", "/.hidden/v1."),
        ("/" + "x" * 255, "/" + "x" * 255),
    ],
)
def test_a_selected_folder_is_normalised_and_its_names_are_kept(path: str, folder: str):
    assert validate_folder_path(path) == folder


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/A/../B", r"can't be called \. or \.\."),
        ("..", r"can't be called \. or \.\."),
        ("/./A", r"can't be called \. or \.\."),
        ("\\A\\B", "by /"),
        ("/A\x00B", "control characters"),
        ("/A\nB", "control characters"),
        ("/A\x7f", "control characters"),
        ("/A\ud800", "control characters"),
        ("/A /B", "end with a space"),
        ("/" + "x" * 256, "at most 255"),
        ("/A" * 501, "at most 1000"),
        ("/Desktop.ini", "no folder called Desktop.ini"),
        ("/A/.dropbox", r"no folder called \.dropbox"),
        ("/~$A", "no folder called"),
    ],
)
def test_a_folder_that_dropbox_can_t_hold_is_refused_with_a_sentence(path: str, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        validate_folder_path(path)


@given(st.text(st.sampled_from("/\\. ab\u0301é\n~$"), max_size=30) | anything)
def test_an_accepted_folder_is_normal_and_stays_so(path: str):
    try:
        folder = validate_folder_path(path)
    except ValueError:
        return
    assert folder == "" or (folder.startswith("/") and not folder.endswith("/"))
    assert "//" not in folder
    assert len(folder) <= MAX_FOLDER_PATH + 1
    assert validate_folder_path(folder) == folder
