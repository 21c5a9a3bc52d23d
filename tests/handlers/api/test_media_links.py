"""Links to an artifact's bytes: signed, short-lived, without cookies, and served as what the bytes really are."""

import pytest
from starlette.requests import Request

from handlers import media
from store.connect import immediate
from tests.cast import SAME_ORIGIN, now_ms
from tests.handlers.api.pushing import push
from tests.handlers.stage import ORIGIN, Scene, Stage
from tests.pictures import jpeg

CONTENT = jpeg(9, pad_to=700_000)
HOUR = 60 * 60 * 1000


def pushed(stage: Stage, scene: Scene, name: str = "photo.jpg") -> str:
    """The path of the link to a pushed picture."""
    url: str = push(stage, scene, (name, CONTENT)).json()["artifacts"][0]["url"]
    assert url.startswith(f"{ORIGIN}/media/")
    return url.removeprefix(ORIGIN)


def test_whoever_holds_the_link_gets_the_bytes_without_a_cookie(stage: Stage, scene: Scene):
    answer = stage.browser("signed out").get(pushed(stage, scene))
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert "set-cookie" not in answer.headers


def test_wb_11_bytes_come_as_what_they_are_and_sandboxed(stage: Stage, scene: Scene):
    headers = stage.client.get(pushed(stage, scene, "page.html")).headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-disposition"].startswith('inline; filename="page.jpg"')


def test_a_name_beyond_ascii_is_saved_as_rfc_6266_says(stage: Stage, scene: Scene):
    made = push(stage, scene, CONTENT, artifact_id='été "1" 🎉').json()
    answer = stage.client.get(made["artifacts"][0]["url"])
    plain, _, extended = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == 'inline; filename="_t_ _1_ _.jpg"'
    assert extended == "%C3%A9t%C3%A9%20%221%22%20%F0%9F%8E%89.jpg"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=600000-", 600_000, 699_999),
        ("bytes=-5", 699_995, 699_999),
        ("bytes=699999-9999999", 699_999, 699_999),
        ("bytes=-9999999", 0, 699_999),
    ],
)
def test_a_range_is_answered_with_exactly_its_bytes(stage: Stage, scene: Scene, asked: str, first: int, last: int):
    answer = stage.client.get(pushed(stage, scene), headers={"range": asked, "accept-encoding": "gzip"})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/700000"
    assert answer.headers["content-length"] == str(last - first + 1)
    assert answer.content == CONTENT[first : last + 1]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=9-3", "bytes=a-b", "bytes=-", "items=0-1", "bytes=" + "9-," * 5000]
)
def test_more_than_one_range_and_what_is_none_get_the_whole_file(stage: Stage, scene: Scene, asked: str):
    answer = stage.client.get(pushed(stage, scene), headers={"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, len(CONTENT))


@pytest.mark.parametrize("asked", ["bytes=700000-", "bytes=-0", "bytes=99999999-99999999"])
def test_a_range_beyond_the_end_is_a_416(stage: Stage, scene: Scene, asked: str):
    answer = stage.client.get(pushed(stage, scene), headers={"range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */700000")


def test_a_range_of_another_version_gets_the_whole_file(stage: Stage, scene: Scene):
    path = pushed(stage, scene)
    etag = stage.client.get(path).headers["etag"]
    for if_range, status in ((etag, 206), ('"other"', 200)):
        assert stage.client.get(path, headers={"range": "bytes=0-9", "if-range": if_range}).status_code == status


def test_head_tells_the_size_and_sends_nothing(stage: Stage, scene: Scene):
    answer = stage.client.head(pushed(stage, scene))
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "700000", b"")


def test_a_changed_token_is_a_404(stage: Stage, scene: Scene):
    path = pushed(stage, scene)
    for wrong in (path[:-1] + ("A" if path[-1] != "A" else "B"), "/media/x", "/media/a.b.c"):
        assert stage.browser("signed out").get(wrong).status_code == 404


def test_a_link_signed_for_another_purpose_is_a_404(stage: Stage, scene: Scene):
    signer = stage.client.app_state["signer"]
    for salt in ("flash", "clementine"):
        token = signer.dumps(["some-id", now_ms() + HOUR], salt=salt)
        assert stage.client.get(f"/media/{token}").status_code == 404


@pytest.mark.parametrize("said", ["text", 7, [], ["id"], ["id", "soon"], {"id": 1}])
def test_a_token_of_ours_that_says_something_else_is_a_404(stage: Stage, said: object):
    token = stage.client.app_state["signer"].dumps(said, salt=media.SALT)
    assert stage.client.get(f"/media/{token}").status_code == 404


def test_a_link_lasts_an_hour_and_then_is_a_410(stage: Stage, scene: Scene):
    path = pushed(stage, scene)
    signer = stage.client.app_state["signer"]
    row_id, expires_at = signer.loads(path.removeprefix("/media/"), salt=media.SALT)
    assert abs(expires_at - now_ms() - HOUR) < 10_000
    expired = signer.dumps([row_id, now_ms() - 1], salt=media.SALT)
    answer = stage.browser("signed out").get(f"/media/{expired}")
    assert answer.status_code == 410
    assert "expired" in answer.text


@pytest.mark.parametrize("table", ["results", "experiences", "projects", "workspaces"])
def test_a_link_dies_with_the_result_or_anything_that_it_belongs_to(stage: Stage, scene: Scene, table: str):
    made = push(stage, scene, CONTENT).json()
    path = made["artifacts"][0]["url"].removeprefix(ORIGIN)
    ids = {
        "results": made["id"],
        "experiences": scene.experience.id,
        "projects": scene.project.id,
        "workspaces": scene.workspace.id,
    }
    with immediate(stage.db) as db:
        db.conn.execute(f"update {table} set deleted_at = 1 where id = :id", {"id": ids[table]})
    assert stage.client.get(path).status_code == 404


def test_a_file_that_is_gone_from_our_disk_is_a_404(stage: Stage, scene: Scene):
    path = pushed(stage, scene)
    row_id, _ = stage.client.app_state["signer"].loads(path.removeprefix("/media/"), salt=media.SALT)
    key = stage.db.conn.execute("select media_key from artifacts where id = :id", {"id": row_id}).fetchone()[0]
    (stage.settings.data_dir / "media" / key[:2] / key).unlink()
    assert stage.client.get(path).status_code == 404


def test_pages_link_to_the_same_bytes(stage: Stage, scene: Scene):
    made = push(stage, scene, CONTENT).json()
    request = Request({"type": "http", "headers": [], "state": stage.client.app_state})
    path = media.link(request, made["artifacts"][0]["id"])
    assert stage.client.get(path, headers=SAME_ORIGIN).content == CONTENT
