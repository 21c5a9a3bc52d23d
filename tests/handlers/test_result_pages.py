"""The Results tab of a project: what came in, to look at, and where each file of it is."""

import html
import re

from store.connect import immediate
from tests.cast import STUDIO, now_ms
from tests.handlers.studio import Studio, until, words
from tests.pictures import jpeg


def results(studio: Studio) -> str:
    return f"/projects/{studio.project_id}/results"


def test_a_result_says_session_job_type_and_size_and_can_be_looked_at(studio: Studio):
    pushed = studio.push("job-1")
    page = studio.owner.get(results(studio)).text
    text = words(page)
    assert f"Session {pushed['short_code']} Booth · job job-1 · arrived" in text
    assert "JPEG picture" in text
    (link,) = re.findall(r'href="(/media/[^"]+)"', page)
    shown = studio.owner.get(html.unescape(link))
    assert shown.content == jpeg(len("job-1")) and shown.headers["content-type"] == "image/jpeg"


def test_one_that_came_in_while_export_was_off_says_so(studio: Studio):
    studio.push("job-1")
    assert "Not exported Export was off when it came in." in words(studio.owner.get(results(studio)).text)


def test_one_in_dropbox_says_where_and_offers_its_path_to_copy(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    (path,) = studio.sandbox.files(STUDIO)
    page = studio.owner.get(results(studio)).text
    assert f"In Dropbox {path}" in words(page) and f'data-copy="{path}"' in page


def test_one_that_waits_for_a_lost_connection_says_when_it_goes_on(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    assert "Waiting Goes on after reconnecting." in words(studio.owner.get(results(studio)).text)


def test_one_that_failed_says_why_and_leads_to_the_log(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.push("job-1")
    until(lambda: studio.states() == ["exported"])
    with immediate(studio.db):
        studio.db.conn.execute(
            "update exports set state = 'failed', error_kind = 'source_missing', finished_at = :now", {"now": now_ms()}
        )
    page = studio.owner.get(results(studio)).text
    assert "Failed Clementine can't read this file any more — push the result again." in words(page)
    assert f'href="{studio.log}?status=failed"' in page


def test_names_from_outside_are_shown_and_never_run(studio: Studio):
    hostile = "<img src=x onerror=alert(1)>"
    studio.push(hostile, studio.experience(studio.project_id, "Booth <b>2</b>"))
    page = studio.owner.get(results(studio)).text
    assert hostile not in page and html.escape(hostile) in page and "<b>2</b>" not in page


def test_an_empty_list_says_what_to_do_next(studio: Studio):
    page = studio.owner.get(results(studio)).text
    assert "Results appear here as they come in by API" in page
    assert f'href="/projects/{studio.project_id}/experiences"' in page
    viewer = studio.enters("viewer")
    assert "Results appear here as they come in, each with its files" in viewer.get(results(studio)).text


def test_members_without_the_project_and_strangers_find_nothing(studio: Studio):
    for role in ("member", "stranger"):
        assert studio.enters(role).get(results(studio)).status_code == 404


def test_every_result_is_on_exactly_one_page(studio: Studio):
    for number in range(1, 8):
        studio.push(f"job-{number}")
    seen: list[str] = []
    path = f"{results(studio)}?limit=3"
    while path:
        page = studio.owner.get(path).text
        seen += re.findall(r"job (job-\d)", page)
        older = re.search(r'href="(\?cursor=[^"]*)"[^>]*><span>Older', page)
        path = f"{results(studio)}{html.unescape(older[1])}&limit=3" if older else ""
    assert seen == [f"job-{number}" for number in range(7, 0, -1)]
    assert studio.owner.get(f"{results(studio)}?cursor=x").status_code == 422
