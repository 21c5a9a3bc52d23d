"""Statuses, content types and shapes on the wire, where clients are particular about them."""

import http.client
import json

import pytest
import requests
from dropbox import common
from dropbox.exceptions import ApiError, AuthError, BadInputError, PathRootError

from sandbox.apps import DEFAULT_APP_KEY, DEFAULT_APP_SECRET
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import SandboxServer


@pytest.fixture
def token(sandbox: SandboxServer) -> str:
    return str(sandbox.link(STUDIO)["access_token"])


@pytest.fixture
def post(sandbox, token):
    """POST to a route: an RPC with `body`, or an upload with `arg` and `body`."""

    def send(route, body=b"", arg=None, **headers):
        content_type = "application/json" if arg is None else "application/octet-stream"
        sent = {"Authorization": f"Bearer {token}", "Content-Type": content_type, **headers}
        if arg is not None:
            sent["Dropbox-API-Arg"] = arg if isinstance(arg, (str, bytes)) else json.dumps(arg)
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value is not None}
        data = json.dumps(body) if isinstance(body, dict) else body
        return requests.post(f"{sandbox.url}/2/{route}", data=data, headers=sent, timeout=20)

    return send


def is_plain_400(answer: requests.Response, text: str) -> None:
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert text in answer.text
    assert answer.headers["x-dropbox-request-id"]


def test_a_result_is_json_without_a_charset_and_has_a_request_id(post):
    answer = post("users/get_current_account", b"null")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-dropbox-request-id"]) == 32
    assert len(answer.json()["account_id"]) == 40


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"null", "application/json"), (b"", None), (b"", "application/json")]
)
def test_a_route_without_argument_takes_null_or_nothing(post, body, content_type):
    assert post("users/get_space_usage", body, Content_Type=content_type).status_code == 200


def test_revoke_answers_null(post):
    answer = post("auth/token/revoke", b"null")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "null", "application/json")


def test_an_endpoint_error_is_409_with_a_summary_that_ends_in_dots(post):
    answer = post("files/get_metadata", {"path": "/nowhere"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"] == {".tag": "path", "path": {".tag": "not_found"}}
    assert answer.json()["error_summary"].rstrip(".") == "path/not_found/"


def test_upload_errors_nest_under_reason_and_finish_errors_under_path(post):
    post("files/upload", b"1", {"path": "/a"})
    upload = post("files/upload", b"2", {"path": "/a"}).json()["error"]
    assert upload["reason"] == {".tag": "conflict", "conflict": {".tag": "file"}}
    assert upload[".tag"] == "path"
    assert upload["upload_session_id"]
    session = post("files/upload_session/start", b"3", {}).json()["session_id"]
    finish = {"cursor": {"session_id": session, "offset": 1}, "commit": {"path": "/a"}}
    error = post("files/upload_session/finish", b"", finish).json()["error"]
    assert error == {".tag": "path", "path": {".tag": "conflict", "conflict": {".tag": "file"}}}
    folder = post("files/create_folder_v2", {"path": "/a"}).json()["error"]
    assert folder == {".tag": "path", "path": {".tag": "conflict", "conflict": {".tag": "file"}}}
    assert post("files/delete_v2", {"path": "/b"}).json()["error"] == {
        ".tag": "path_lookup",
        "path_lookup": {".tag": "not_found"},
    }


def test_401_says_which_of_its_reasons_it_is(sandbox, post):
    unknown = post("users/get_current_account", b"null", Authorization="Bearer nonsense")
    assert unknown.status_code == 401
    assert unknown.headers["content-type"] == "application/json"
    assert unknown.json()["error"] == {".tag": "invalid_access_token"}
    narrow = sandbox.link(STUDIO, scopes="account_info.read")["access_token"]
    missing = post("files/upload", b"x", {"path": "/a"}, Authorization=f"Bearer {narrow}")
    assert missing.status_code == 401
    assert missing.json()["error"] == {".tag": "missing_scope", "required_scope": "files.content.write"}


@pytest.mark.parametrize(
    ("route", "body", "text"),
    [
        ("files/get_metadata", b"{", "could not decode input as JSON"),
        ("files/get_metadata", b'{"path": NaN}', "could not decode input as JSON"),
        ("files/get_metadata", b'{"path": "/\\ud83d"}', "could not decode input as JSON"),
        ("files/get_metadata", b"[" * 100_000, "could not decode input as JSON"),
        ("files/get_metadata", b"{}", "path"),
        ("files/get_metadata", b'{"path": "no-slash"}', "did not match pattern"),
        ("files/get_metadata", b'{"path": "/a", "surprise": 1}', "surprise"),
        ("files/get_metadata", b'{"path": 5}', "path"),
        ("files/get_metadata", b'{"path": ""}', "did not match pattern"),
        ("files/list_folder", b'{"path": "/"}', "empty string"),
        ("files/list_folder", b'{"path": "", "limit": 2001}', "limit"),
        ("files/list_folder/continue", b'{"cursor": "AAmade-up"}', "cursor"),
        ("files/never_heard_of", b"null", "no such function"),
        ("files/tags/get", b'{"paths": []}', "does not serve it"),
    ],
)
def test_bad_input_is_a_400_in_plain_text(post, route, body, text):
    is_plain_400(post(route, body), text)


def test_uploads_want_their_content_type_and_an_escaped_argument(post):
    is_plain_400(post("files/upload", b"x", {"path": "/a"}, Content_Type="image/jpeg"), "application/octet-stream")
    is_plain_400(post("files/upload", b"x", '{"path": "/é"}'.encode("latin-1")), "Dropbox-API-Arg")
    is_plain_400(post("files/upload", b"x", "{"), "Dropbox-API-Arg")
    is_plain_400(post("files/upload", b"x", Content_Type="application/octet-stream"), "Dropbox-API-Arg")
    is_plain_400(post("files/get_metadata", {"path": "/a"}, Content_Type="text/html"), "Content-Type")


def test_the_authorization_header_is_needed_and_must_be_a_bearer(post):
    is_plain_400(post("users/get_current_account", b"null", Authorization=None), "Authorization")
    is_plain_400(post("users/get_current_account", b"null", Authorization="Basic eDp5"), "Bearer")


def test_only_downloads_may_be_fetched_with_get(sandbox, token, post):
    headers = {"Authorization": f"Bearer {token}"}
    is_plain_400(requests.get(f"{sandbox.url}/2/users/get_space_usage", headers=headers, timeout=10), "GET")


def test_names_beyond_ascii_survive_the_header(studio):
    name = "/Gâla/été 🎉 'quote' \"double\" 100%.jpg"
    assert studio.files_upload(b"x", name).path_display == name
    made, answer = studio.files_download(name.upper())
    answer.close()
    assert made.name == name.rpartition("/")[2]


def test_chunked_uploads_without_a_length_arrive_whole(sandbox, token):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    headers = {
        "Authorization": f"Bearer {token}",
        "Dropbox-API-Arg": '{"path": "/chunked.bin"}',
        "Content-Type": "application/octet-stream",
    }
    connection.request("POST", "/2/files/upload", iter([b"ab" * 5000, b"c"]), headers, encode_chunked=True)
    answer = connection.getresponse()
    assert json.loads(answer.read())["size"] == 10_001
    connection.close()


def test_a_payload_over_150_mib_is_refused_after_it_was_read(post, sandbox):
    def zeros():
        for _ in range(151):
            yield bytes(1024 * 1024)

    answer = post("files/upload", zeros(), {"path": "/big"})
    assert answer.status_code == 409
    assert answer.json()["error"] == {".tag": "payload_too_large"}
    assert sandbox.files(STUDIO) == {}


def test_path_root_may_name_the_own_namespace_only(studio):
    own = studio.users_get_current_account().root_info.root_namespace_id
    studio.files_upload(b"x", "/a")
    for root in (common.PathRoot.home, common.PathRoot.root(own), common.PathRoot.namespace_id(own)):
        assert studio.with_path_root(root).files_get_metadata("/a").name == "a"
    with pytest.raises(PathRootError) as error:
        studio.with_path_root(common.PathRoot.root("1234567")).files_get_metadata("/a")
    assert error.value.error.get_invalid_root().root_namespace_id == own
    with pytest.raises(PathRootError) as error:
        studio.with_path_root(common.PathRoot.namespace_id("1234567")).files_get_metadata("/a")
    assert error.value.error.is_no_permission()


def test_check_user_and_check_app_say_the_query_back(sandbox, studio):
    assert studio.check_user("hello").result == "hello"
    with sandbox.sdk(None, app_key=DEFAULT_APP_KEY, app_secret=DEFAULT_APP_SECRET) as app:
        assert app.check_app("hi").result == "hi"
    with sandbox.sdk(None, app_key=DEFAULT_APP_KEY, app_secret="wrong") as app, pytest.raises(AuthError):
        app.check_app("hi")


def test_the_account_tells_whether_its_address_is_verified(sandbox):
    for email, verified in ((STUDIO, True), ("unverified@example.com", False)):
        with sandbox.client(email) as client:
            account = client.users_get_current_account()
        assert (account.email, account.email_verified) == (email, verified)
        assert account.account_id == sandbox.people()[email]
        assert account.root_info.root_namespace_id == account.root_info.home_namespace_id


def test_space_usage_counts_what_is_there_now(sandbox, studio):
    sandbox.set_quota(STUDIO, 1000)
    studio.files_upload(b"x" * 600, "/a")
    usage = studio.users_get_space_usage()
    assert (usage.used, usage.allocation.get_individual().allocated) == (600, 1000)
    with pytest.raises(ApiError) as full:
        studio.files_upload(b"y" * 401, "/b")
    assert full.value.error.get_path().reason.is_insufficient_space()
    studio.files_delete_v2("/a")
    assert studio.files_upload(b"y" * 401, "/b").size == 401


def test_the_sdk_raises_bad_input_for_a_400(studio):
    with pytest.raises(BadInputError):
        studio.files_list_folder("/")
