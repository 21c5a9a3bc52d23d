"""The export log of a project: what is in it for whom, what a person can do there, and how it is paged."""

import html
import re

import pytest

from store.connect import immediate, rows
from tests.cast import STUDIO, now_ms
from tests.handlers.studio import Studio, forms, until, words

RETRY = re.compile(r"/exports/[\w-]+/retry$")


@pytest.fixture
def exported(studio: Studio) -> Studio:
    """Connected, switched on, and one picture in Dropbox."""
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    return studio


def export_ids(studio: Studio) -> list[str]:
    return [str(row["id"]) for row in rows(studio.db, "select id from exports order by created_at desc, id")]


def fail(studio: Studio, kind: str = "bad_name") -> None:
    """As the engine ends an export that no wait mends."""
    with immediate(studio.db):
        studio.db.conn.execute(
            "update exports set state = 'failed', error_kind = :kind, error_message = :kind, finished_at = :now",
            {"kind": kind, "now": now_ms()},
        )


def test_a_row_says_file_place_state_and_every_try(exported: Studio):
    (path,) = exported.sandbox.files(STUDIO)
    folder, _, name = path.rpartition("/")
    page = exported.owner.get(exported.log).text
    text = words(page)
    assert f"{name} {folder}" in text and "Exported" in text and "1 try" in text
    assert f"In Dropbox {path}" in text and f'data-copy="{path}"' in html.unescape(page)
    assert "Job job-1" in text and "Attempts 1" in text


def test_a_failed_row_says_why_who_can_fix_it_and_dropboxs_request_id(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.sandbox.fault("error", route="files/upload", error="path/malformed_path")
    studio.push("job-1")
    until(lambda: studio.states() == ["failed"])
    request_id = str(rows(studio.db, "select request_id from attempts")[0]["request_id"])
    page = words(studio.owner.get(studio.log).text)
    assert "Dropbox does not accept this file or its path — change the name or the folder, then retry." in page
    assert "Who can fix it: a project editor." in page
    assert "Not sent" in page and f"Dropbox's request id {request_id}" in page and request_id != "None"


def test_a_waiting_row_says_how_often_it_was_tried_and_when_it_is_tried_next(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.sandbox.fault("status", route="files/upload", status=503)
    studio.push("job-1")
    until(lambda: rows(studio.db, "select 1 from exports where attempts > 0 and state = 'waiting'") != [])
    page = words(studio.owner.get(studio.log).text)
    assert "Dropbox did not answer as it should." in page and "of 10 attempts" in page and "Next try" in page


def test_the_filter_shows_one_state_and_its_counts(exported: Studio):
    page = words(exported.owner.get(exported.log).text)
    assert "All Waiting 0 Uploading 0 Exported 1 Failed 0 Skipped 0" in page
    assert "job-1" in exported.owner.get(f"{exported.log}?status=exported").text
    page = exported.owner.get(f"{exported.log}?status=failed").text
    assert "No export of this project is in this state." in page and "job-1" not in page


@pytest.mark.parametrize("query", ["status=done", "status=", "cursor=x", "limit=0"])
def test_an_unknown_filter_or_page_is_422(exported: Studio, query: str):
    assert exported.owner.get(f"{exported.log}?{query}").status_code == 422


@pytest.mark.complaints("unchanged")
def test_retry_exports_again_to_the_same_path_and_makes_no_second_file(exported: Studio):
    (export_id,) = export_ids(exported)
    answer = exported.owner.post(f"/exports/{export_id}/retry", data={"next": f"{exported.log}?status=exported"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{exported.log}?status=exported")
    assert "The export is tried again now." in exported.owner.get(exported.log).text
    until(lambda: len(rows(exported.db, "select 1 from attempts")) == 2 and exported.states() == ["exported"])
    assert len(exported.sandbox.files(STUDIO)) == 1


@pytest.mark.complaints("unchanged")
def test_after_a_retry_nobody_is_sent_to_another_site(exported: Studio):
    (export_id,) = export_ids(exported)
    answer = exported.owner.post(f"/exports/{export_id}/retry", data={"next": "//evil.example"})
    assert answer.headers["location"] == exported.log


@pytest.mark.complaints("unchanged")
def test_all_failed_ones_are_retried_at_once_and_counted(exported: Studio):
    for number in range(2, 31):
        exported.push(f"job-{number}")
    until(lambda: set(exported.states()) == {"exported"})
    fail(exported)
    assert "Retry all failed (30)" in exported.owner.get(exported.log).text
    answer = exported.owner.post(f"{exported.log}/retry-failed")
    assert (answer.status_code, answer.headers["location"]) == (303, exported.log)
    assert "30 failed exports are tried again now." in exported.owner.get(exported.log).text
    until(lambda: set(exported.states()) == {"exported"})
    assert len(exported.sandbox.files(STUDIO)) == 30


def test_retrying_when_nothing_failed_says_so(exported: Studio):
    exported.owner.post(f"{exported.log}/retry-failed")
    assert "No export had failed." in exported.owner.get(exported.log).text


def test_while_export_is_off_a_retry_is_refused_on_the_log_itself(exported: Studio):
    exported.switch("off")
    fail(exported)
    page = exported.owner.get(exported.log).text
    assert not any(RETRY.search(action) for action in forms(page))
    assert "To retry, switch export on under Connect" in words(page)
    (export_id,) = export_ids(exported)
    for path in (f"/exports/{export_id}/retry", f"{exported.log}/retry-failed"):
        answer = exported.owner.post(path)
        assert answer.status_code == 409
        assert "Export to Dropbox is off for this project. Switch it on, then retry." in answer.text
        assert "Export log" in answer.text


def test_while_disconnected_a_retry_is_refused_with_what_to_do(exported: Studio):
    exported.owner.post(f"{exported.dropbox}/disconnect")
    (export_id,) = export_ids(exported)
    answer = exported.owner.post(f"/exports/{export_id}/retry")
    assert answer.status_code == 409
    assert "Dropbox is not connected. Connect it, then retry." in answer.text


def test_viewers_see_the_log_but_retry_nothing(exported: Studio):
    viewer = exported.enters("viewer")
    fail(exported)
    page = viewer.get(exported.log).text
    assert "job-1" in page and forms(page) == {"/logout"}
    (export_id,) = export_ids(exported)
    assert viewer.post(f"/exports/{export_id}/retry").status_code == 403
    assert viewer.post(f"{exported.log}/retry-failed").status_code == 403


def test_strangers_and_members_without_the_project_find_nothing(exported: Studio):
    (export_id,) = export_ids(exported)
    for role in ("stranger", "member"):
        browser = exported.enters(role)
        assert browser.get(exported.log).status_code == 404
        assert browser.post(f"/exports/{export_id}/retry").status_code == 404
        assert browser.post(f"{exported.log}/retry-failed").status_code == 404
    assert exported.owner.post("/exports/unknown/retry").status_code == 404


def test_every_export_is_on_exactly_one_page(exported: Studio):
    for number in range(2, 8):
        exported.push(f"job-{number}")
    seen: list[str] = []
    path = f"{exported.log}?limit=3"
    while path:
        page = exported.owner.get(path).text
        seen += re.findall(r"<dd>(job-\d)</dd>", page)
        older = re.search(r'href="([^"]*cursor=[^"]*)"[^>]*><span>Older', page)
        path = f"{html.unescape(older[1])}&limit=3" if older else ""
    assert seen == [f"job-{number}" for number in range(7, 0, -1)]


def test_an_empty_log_says_what_to_do_next(studio: Studio):
    page = studio.owner.get(studio.log).text
    assert "No Dropbox is connected." in page and f'href="{studio.tab}"' in page
    studio.connect()
    assert "Export of this project is off." in studio.owner.get(studio.log).text
    studio.switch("on")
    page = studio.owner.get(studio.log).text
    assert "as soon as a result is pushed" in page and f'href="/projects/{studio.project_id}/experiences"' in page
