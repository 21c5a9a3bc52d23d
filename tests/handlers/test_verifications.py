"""Verify in Dropbox: the button on the Connect tab, the page with what was found, and Export again."""

from store.connect import rows
from tests.cast import STUDIO
from tests.conftest import APP_KEY
from tests.handlers.studio import Studio, forms, until, words

SCOPES = "account_info.read files.content.write files.metadata.read"


def page_of(studio: Studio) -> str:
    return f"/projects/{studio.project_id}/verification"


def exported(studio: Studio, many: int = 2) -> list[str]:
    """So many files in Dropbox; their paths as the app has them."""
    studio.connect()
    studio.switch("on")
    for number in range(many):
        studio.push(f"job-{number}")
    until(lambda: studio.states() == ["exported"] * many)
    return [str(row["destination_path"]) for row in rows(studio.db, "select destination_path from exports")]


def ended(studio: Studio) -> bool:
    return rows(studio.db, "select state from verifications") == [{"state": "done"}]


def test_a_project_with_everything_in_its_place_is_verified(studio: Studio):
    exported(studio)
    tab = studio.owner.get(studio.tab).text
    assert page_of(studio) in forms(tab) and "Verify in Dropbox" in words(tab)
    answer = studio.owner.post(page_of(studio))
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(studio))
    until(lambda: ended(studio))
    page = words(studio.owner.get(page_of(studio)).text)
    assert "2 of 2 verified" in page and "as it was sent" in page
    assert "Verified 2 of 2 verified" in words(studio.owner.get(studio.tab).text)


def test_what_is_missing_is_named_and_exported_again(studio: Studio):
    path, _ = exported(studio)
    studio.sandbox.client(STUDIO, SCOPES, APP_KEY).files_delete_v2(path)
    studio.owner.post(page_of(studio))
    until(lambda: ended(studio))
    page = studio.owner.get(page_of(studio)).text
    assert "1 of 2 verified" in words(page) and "1 missing." in words(page)
    assert f"/Apps/Clementine{path}" in words(page) and "Not there any more" in words(page)
    (retry,) = [form for form in forms(page) if form.endswith("/retry")]
    answer = studio.owner.post(retry, data={"next": page_of(studio)})
    assert answer.headers["location"] == page_of(studio)
    assert "Asked for again." in words(studio.owner.get(page_of(studio)).text)
    until(lambda: studio.states() == ["exported", "exported"])
    assert f"/Apps/Clementine{path}" in studio.sandbox.files(STUDIO)


def test_a_viewer_sees_what_was_found_and_can_ask_for_nothing(studio: Studio):
    path, _ = exported(studio)
    studio.sandbox.client(STUDIO, SCOPES, APP_KEY).files_delete_v2(path)
    studio.owner.post(page_of(studio))
    until(lambda: ended(studio))
    viewer = studio.enters("viewer")
    page = viewer.get(page_of(studio)).text
    assert "1 of 2 verified" in words(page) and forms(page) == {"/logout"}
    assert viewer.post(page_of(studio)).status_code == 403
    assert page_of(studio) not in forms(viewer.get(studio.tab).text)


def test_without_a_connection_it_says_why_not(studio: Studio):
    answer = studio.owner.post(page_of(studio))
    assert answer.status_code == 409
    assert "Dropbox is not connected, so nothing can be looked at there." in words(answer.text)


def test_before_the_first_time_the_page_says_what_it_would_do(studio: Studio):
    exported(studio)
    page = studio.owner.get(page_of(studio)).text
    assert "Nothing is changed there." in words(page) and page_of(studio) in forms(page)


def test_when_dropbox_cannot_be_asked_it_says_so(studio: Studio):
    exported(studio)
    studio.sandbox.revoke(STUDIO)
    studio.owner.post(page_of(studio))
    until(lambda: rows(studio.db, "select state from verifications") == [{"state": "failed"}])
    page = words(studio.owner.get(page_of(studio)).text)
    assert "Could not be verified" in page and "Dropbox connection lost" in page
