"""What stands in the way of a project's exports, as its Connect tab says it: one banner, with the way out."""

import pytest

from store.connect import immediate
from tests.cast import STUDIO, now_ms
from tests.handlers.studio import Studio, forms, until, words

LOST = "Dropbox connection lost — reconnect to resume exports"


def pause(studio: Studio, reason: str, *, ahead: int = 600_000) -> None:
    """As the engine pauses a connection."""
    with immediate(studio.db):
        studio.db.conn.execute(
            "update connections set pause_reason = :reason, paused_at = :now, paused_until = :until",
            {"reason": reason, "now": now_ms(), "until": now_ms() + ahead},
        )


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("rate_limited", "Rate-limited by Dropbox (retrying)"),
        ("unavailable", "Dropbox did not answer as it should"),
        ("insufficient_space", "Dropbox is full — once there is space again, exports go on by themselves"),
        ("not_permitted", "Insufficient permissions to write to folder"),
    ],
)
def test_fr_012_a_pause_says_why_until_when_and_that_nothing_is_lost(studio: Studio, reason: str, sentence: str):
    studio.connect()
    studio.switch("on")
    pause(studio, reason)
    studio.push("job-1")
    page = words(studio.owner.get(studio.tab).text)
    assert f"{sentence} Nothing is lost: 1 export waits, next try" in page
    assert "Dropbox Paused" in page
    if reason in ("insufficient_space", "not_permitted"):
        assert f"Who can fix it: the Dropbox account's holder ({STUDIO})." in page and "Try again now" in page


def test_try_again_now_ends_a_pause_for_space_and_the_file_arrives(studio: Studio):
    studio.connect()
    studio.switch("on")
    pause(studio, "insufficient_space")
    studio.push("job-1")
    (retry,) = (action for action in forms(studio.owner.get(studio.tab).text) if action.endswith("/retry"))
    answer = studio.owner.post(retry, data={"next": studio.tab})
    assert answer.headers["location"] == studio.tab
    until(lambda: studio.states() == ["exported"])


def test_a_folder_that_is_gone_says_how_many_wait_and_who_can_select_it_again(studio: Studio):
    studio.connect()
    studio.switch("on")
    with immediate(studio.db):
        studio.db.conn.execute("update export_settings set paused_reason = 'folder_gone', paused_at = 1")
    studio.push("job-1")
    page = words(studio.owner.get(studio.tab).text)
    assert "Folder not found (reselect folder)" in page
    assert "1 export waits until the folder is selected again. Who can fix it: a project editor" in page


def test_one_banner_at_a_time_the_most_blocking_first(studio: Studio):
    studio.connect()
    studio.switch("on")
    studio.lose()
    pause(studio, "rate_limited")
    page = studio.owner.get(studio.tab).text
    assert page.count('<section class="banner') == 1 and LOST in page


def test_a_pause_is_not_shown_while_export_is_off_nor_once_it_is_over(studio: Studio):
    studio.connect()
    pause(studio, "rate_limited")
    assert '<section class="banner' not in studio.owner.get(studio.tab).text
    studio.switch("on")
    pause(studio, "rate_limited", ahead=-1)
    assert '<section class="banner' not in studio.owner.get(studio.tab).text
