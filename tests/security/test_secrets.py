"""CR-01, CR-04, CR-09, CR-10: what is sealed opens in its own row, a key has one purpose, and acts are kept."""

import ast
import base64
import hashlib
import secrets
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.testclient import TestClient

from commands import members, requests
from rules.envelope import Keyring, Unsealable, seal, unseal
from rules.tokens import opaque_token, token_digest
from store import key_files
from store.connect import Db, rows
from tests.cast import AGENCY, OWNER, STUDIO, Cast
from tests.handlers.studio import Studio, until
from tests.security.house import House


@pytest.fixture
def studio(cast: Cast, db: Db) -> Studio:
    return Studio(cast, db)


def test_cr_01_two_workspaces_tokens_swapped_are_used_by_neither(studio: Studio, db: Db, capfd):
    """Whoever can write to the database still can't have one tenant's files sent to the other's Dropbox."""
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    theirs = str(rows(db, "select id from workspaces where id != :w", w=studio.workspace_id)[0]["id"])
    studio.connect()
    studio.cast.connect(agency, theirs, AGENCY)
    studio.switch("on")
    tokens = {str(row["workspace_id"]): str(row["token"]) for row in rows(db, "select * from connections")}
    assert len(set(tokens.values())) == 2
    db.conn.execute("update connections set token = ? where workspace_id = ?", (tokens[theirs], studio.workspace_id))
    db.conn.execute("update connections set token = ? where workspace_id = ?", (tokens[studio.workspace_id], theirs))
    studio.sandbox.clear_history()
    studio.push("swapped")
    until(lambda: studio.connection()["status"] == "needs_reauth")
    assert studio.states() == ["waiting"]
    assert studio.sandbox.files(AGENCY) == studio.sandbox.files(STUDIO) == {}
    assert [call for call in studio.sandbox.history("files/*")] == []
    # The alarm, for the operator.
    assert "a stored Dropbox token can't be opened" in capfd.readouterr().out
    # Reconnecting mends it, and what waited goes where it belongs.
    studio.connect()
    until(lambda: studio.states() == ["exported"])
    assert len(studio.sandbox.files(STUDIO)) == 1
    assert studio.sandbox.files(AGENCY) == {}


@pytest.mark.parametrize("column", ["connection-token", "login-token", "verifier", "pending-grant", "outbox"])
def test_cr_01_no_byte_of_a_sealed_text_can_be_altered(column: str):
    ring = Keyring((("k1", secrets.token_bytes(32)),))
    sealed = seal(ring, b"a refresh token", purpose=column, table="t", row_id="1", nonce=secrets.token_bytes(12))
    assert unseal(ring, sealed, purpose=column, table="t", row_id="1") == b"a refresh token"
    for at in range(len(sealed)):
        for other in "Ab0_-:.":
            altered = sealed[:at] + other + sealed[at + 1 :]
            if altered != sealed:
                with pytest.raises(Unsealable):
                    unseal(ring, altered, purpose=column, table="t", row_id="1")
    for elsewhere in ({"purpose": "other"}, {"table": "other"}, {"row_id": "2"}):
        with pytest.raises(Unsealable):
            unseal(ring, sealed, **{"purpose": column, "table": "t", "row_id": "1", **elsewhere})


def test_cr_04_what_is_signed_for_one_purpose_counts_for_no_other(house: House):
    signer = house.client.app_state["signer"]
    values: dict[str, object] = {
        "flash": ["bad", "a forged sentence"],
        "browser": opaque_token(secrets.token_bytes(32)),
        "refused": ["dbid:x", "forged@example.com", True, "Forged"],
        "asked": "forged@example.com",
        "media": ["row", 2**52],
    }
    cookies = {
        "flash": "__Host-flash",
        "browser": "__Host-signin",
        "refused": "__Host-refused",
        "asked": "__Host-asked",
    }
    browser = house.browser("signed out")
    for purpose, cookie in cookies.items():
        for other, value in values.items():
            if other == purpose:
                continue
            browser.cookies.clear()
            browser.cookies.set(cookie, signer.dumps(value, salt=other))
            for path in ("/login", "/request-access", "/request-access/sent"):
                page = browser.get(path)
                assert page.status_code == 200
                assert "forged" not in page.text.lower(), (purpose, other)
            assert browser.get("/login/refused").status_code == 303
    browser.cookies.clear()


def test_cr_04_every_signature_names_its_purpose_and_no_two_share_one():
    salts: dict[str, set[str]] = {}
    for file in sorted(Path("handlers").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "dumps":
                if not any(word in ast.unparse(node.func.value) for word in ("signer", "_signer")):
                    continue
                salt = {each.arg: ast.unparse(each.value) for each in node.keywords}
                assert "salt" in salt, f"{file}:{node.lineno}"
                salts.setdefault(salt["salt"], set()).add(str(file))
    assert len(salts) >= 4
    assert all(len(files) == 1 for files in salts.values()), salts


def test_cr_04_the_key_that_signs_is_none_of_those_that_encrypt(tmp_path: Path):
    signing, sealing = key_files.secret_key(tmp_path), key_files.token_keys(tmp_path)
    raw = base64.b64decode(sealing.partition(":")[2])
    assert signing not in sealing
    assert base64.urlsafe_b64decode(signing + "==") != raw
    assert hashlib.sha256(signing.encode()).digest() != raw


SECRET_WORDS = ("token", "secret", "digest", "hash", "verifier", "signature", "password")
# Not secrets: the hash of a file's bytes, kinds and names of things, and whether there is one at all.
# Neither side of these comes from outside, or both are digests already.
AMONG_OURSELVES = {
    "store/address_pushes.py": "digests of addresses, not of secrets",
    "store/connection_grants.py": "the token that was saved before against the one that Dropbox has just given",
    "store/invitations.py": "two digests of links",
    "clients/access_tokens.py": "the token that Dropbox has refused against the one that is kept",
    "clients/file_range.py": "the hash of a file's bytes",
    "scheduler/dropboxes.py": "the token that a client was made with against today's",
    "rules/tokens.py": "a length",
}
PLAIN = ("content_hash", "hash_mismatch", "sha256", "project_token", "token_id", "is_", "path_key")


def test_cr_10_no_secret_is_compared_letter_by_letter():
    """Secrets are found by their digest in an index, or compared by hmac; == would end at the first letter."""
    found = []
    for folder in ("handlers", "store", "rules", "clients", "scheduler"):
        for file in (each for each in sorted(Path(folder).rglob("*.py")) if str(each) not in AMONG_OURSELVES):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Compare) or not any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
                    continue
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue
                words = " ".join(ast.unparse(side) for side in sides).lower()
                if any(word in words for word in SECRET_WORDS) and not any(word in words for word in PLAIN):
                    found.append(f"{file}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


def test_cr_10_every_secret_that_is_looked_up_is_looked_up_by_its_digest(db: Db):
    """No column holds a bearer secret itself: those that look like one are digests or sealed."""
    columns = []
    for table in rows(db, "select name from sqlite_master where type = 'table'"):
        for column in rows(db, f"pragma table_info({table['name']})"):
            name = str(column["name"])
            if any(word in name for word in ("secret", "token", "state_", "verifier")) and not name.endswith(
                ("_hash", "_id")
            ):
                columns.append(f"{table['name']}.{name}")
    # Sealed, or no secret: what a grant may do, and which token a row is of.
    assert set(columns) <= {"accounts.token", "accounts.token_scopes", "connections.token", "oauth_states.verifier"}


AUDITED = {
    "account.signed_in",
    "account.signed_out",
    "access_request.asked",
    "access_request.approved",
    "access_request.denied",
    "access_request.revoked",
    "connection.made",
    "connection.ended",
    "api_token.created",
    "member.set",
    "member.removed",
    "workspace.created",
    "workspace.renamed",
    "project.created",
    "export.switched_on",
    "export.switched_off",
    "device.others_signed_out",
}


def test_cr_09_what_was_done_is_kept_with_who_what_whom_when_and_by_which_way(studio: Studio, db: Db):
    cast, owner = studio.cast, studio.cast.sign_in(OWNER)
    for email in ("no@example.com", "yes@example.com"):
        assert cast.browser().post("/request-access", data={"email": email}).status_code == 303
        request = str(rows(db, "select id from access_requests where email = :e", e=email)[0]["id"])
        decision = {"no@example.com": "deny", "yes@example.com": "approve"}[email]
        assert owner.post(f"/admin/requests/{request}/decision", data={"decision": decision}).status_code == 303
    studio.connect()
    studio.switch("on")
    studio.switch("off")
    studio.owner.post(f"/workspaces/{studio.workspace_id}", data={"name": "Renamed"})
    studio.owner.post("/account/devices/sign-out-others")
    cast.token(STUDIO)
    studio.enters("member")
    cast.command(members.remove, "member@example.com", workspace_id=studio.workspace_id)
    cast.command(requests.revoke, "member@example.com")
    studio.owner.post(f"{studio.dropbox}/disconnect")
    studio.owner.post("/logout")
    kept = rows(db, "select * from audit order by id")
    actions = {str(row["action"]) for row in kept}
    assert AUDITED - actions == set()
    for row in kept:
        assert row["subject"]
        assert row["way"] in ("page", "mail", "command", "rule", "api", "engine")
        assert int(str(row["at"])) > 1_600_000_000_000
        # On a page or by the API somebody is signed in; a request for access comes from somebody who is not.
        if row["way"] in ("page", "api") and row["action"] != "access_request.asked":
            assert row["actor"], row
    assert all(not any(word in str(row["detail"]) for word in ("clem_", "sl.")) for row in kept)


def test_cr_09_the_audit_is_added_to_and_never_changed(studio: Studio, db: Db):
    before = rows(db, "select * from audit order by id")
    assert before
    for statement in (
        "update audit set actor = 'somebody else'",
        "delete from audit",
        "delete from audit where id = 1",
    ):
        with pytest.raises(Exception, match="audit"):
            db.conn.execute(statement)
    assert rows(db, "select * from audit order by id")[: len(before)] == before


def test_cr_09_a_denied_act_is_in_the_log_with_who_tried_what(house: House, capfd: pytest.CaptureFixture[str]):
    house.used_up()
    path = f"/workspaces/{house.clean_scene().workspace.id}"
    assert house.browser("viewer").post(path, data={"name": "Mine"}).status_code == 403
    said = capfd.readouterr().out
    line = next(line for line in said.splitlines() if "not permitted" in line)
    assert "dbid:viewer" in line
    assert "POST" in line
    assert "workspace_id" in line
    headers = house.bearer("viewer")
    answer = house.client.delete(f"/api/v1/projects/{house.clean_scene().project.id}", headers=headers)
    assert answer.status_code == 403
    assert "dbid:viewer" in capfd.readouterr().out


def test_cr_04_what_another_installation_signed_is_nobody_s(cast: Cast, client: TestClient):
    """A cookie signed by another installation's key, and a device secret that only looks like one, are nobody's."""
    foreign = URLSafeTimedSerializer("x" * 43, salt="clementine")
    browser = cast.browser()
    browser.cookies.set("__Host-refused", foreign.dumps(["dbid:x", "a@example.com", True, "A"], salt="refused"))
    browser.cookies.set("__Host-device", opaque_token(secrets.token_bytes(32)))
    assert browser.get("/login/refused").headers["location"] == "/login"
    assert browser.get("/account").headers["location"].startswith("/login")
    assert token_digest("a") == hashlib.sha256(b"a").hexdigest()
