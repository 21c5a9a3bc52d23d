"""Earlier results on the Connect tab and over the API: offered, sent, and seen on their way."""

from store.connect import rows
from tests.cast import STUDIO
from tests.handlers.studio import Studio, forms, until, words


def sent(studio: Studio) -> str:
    return f"{studio.tab}/earlier"


def test_switching_on_offers_what_came_before_and_one_button_sends_it(studio: Studio):
    studio.push("job-1")
    studio.push("job-2")
    studio.connect()
    assert sent(studio) not in forms(studio.owner.get(studio.tab).text)
    studio.switch("on")
    page = studio.owner.get(studio.tab).text
    assert "Export 2 earlier results" in words(page) and sent(studio) in forms(page)
    answer = studio.owner.post(sent(studio))
    assert (answer.status_code, answer.headers["location"]) == (303, studio.tab)
    until(lambda: studio.states() == ["exported", "exported"])
    page = studio.owner.get(studio.tab).text
    assert "2 of 2 earlier files are in Dropbox" in words(page) and sent(studio) not in forms(page)
    assert len([path for path in studio.sandbox.files(STUDIO) if path.endswith(".jpg")]) == 2


def test_progress_is_seen_while_they_are_under_way(studio: Studio):
    studio.push("job-1")
    studio.connect()
    studio.switch("on")
    studio.owner.post(sent(studio))
    until(lambda: rows(studio.db, "select state from earlier_exports") == [{"state": "sent"}])
    studio.db.conn.execute(
        "update exports set state = 'waiting', finished_at = null, claim = null, due_at = 9000000000000000"
    )
    page = studio.owner.get(studio.tab).text
    assert "0 of 1 earlier files are in Dropbox. New results go first." in words(page)
    assert '<progress value="0" max="1"' in page


def test_a_viewer_sees_neither_offer_nor_button(studio: Studio):
    studio.push("job-1")
    studio.connect()
    studio.switch("on")
    viewer = studio.enters("viewer")
    page = viewer.get(studio.tab).text
    assert "earlier result" not in words(page)
    assert viewer.post(sent(studio)).status_code == 403


def test_pressed_when_there_is_nothing_left_it_says_so(studio: Studio):
    studio.connect()
    studio.switch("on")
    answer = studio.owner.post(sent(studio))
    assert answer.status_code == 409
    assert "Every result of this project has been exported or is on its way." in words(answer.text)


def test_pressed_while_export_is_off_it_says_what_to_do(studio: Studio):
    studio.push("job-1")
    studio.connect()
    answer = studio.owner.post(sent(studio))
    assert answer.status_code == 409
    assert "Switch it on" in words(answer.text)


def test_the_api_offers_and_sends_them_too(studio: Studio):
    studio.push("job-1")
    studio.connect()
    studio.switch("on")
    headers = {"authorization": f"Bearer {studio.cast.token(STUDIO)}"}
    path = f"/api/v1/projects/{studio.project_id}/earlier-exports"
    assert studio.cast.client.get(path, headers=headers).json() == {"results": 1, "files": 1, "sending": None}
    answer = studio.cast.client.post(path, headers=headers)
    assert answer.status_code == 202
    assert (answer.json()["results"], answer.json()["sending"]["total"]) == (0, 1)
    until(lambda: studio.states() == ["exported"])
    sending = studio.cast.client.get(path, headers=headers).json()["sending"]
    assert (sending["state"], sending["exported"], sending["failed"]) == ("sent", 1, 0)
    assert studio.cast.client.post(path, headers=headers).status_code == 409
