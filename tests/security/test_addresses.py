"""OA-12: an address that Dropbox has not verified says nothing about whose things under that address are."""

from rules.approval import email_key
from store.connect import immediate, rows
from tests.cast import now_ms
from tests.security.house import House

VICTIM = "victim@example.com"


def test_oa_12_an_unverified_address_opens_and_ends_nothing_of_its_owner_s(house: House):
    """Somebody let in through a one-time link may have a Dropbox that calls itself by another person's address."""
    now = now_ms()
    with immediate(house.db) as db:
        db.conn.execute("update accounts set email = ? where id = 'dbid:stranger'", (VICTIM,))
        db.conn.execute(
            """
            insert into access_requests (id, email_key, email, name, message, state, requested_at, created_at,
                updated_at)
            values ('victim', :key, :email, 'Victoria', 'My secret project', 'pending', :now, :now, :now)
            """,
            {"key": email_key(VICTIM), "email": VICTIM, "now": now},
        )
        db.conn.execute(
            """
            insert into outbox (id, kind, payload, subject, recipient, state, due_at, created_at)
            values ('victims', 'mail', null, 'A subject for Victoria', :email, 'done', 1, 1)
            """,
            {"email": VICTIM},
        )
    scene = house.clean_scene()
    invited = house.browser("owner").post(
        f"/workspaces/{scene.workspace.id}/invitations", data={"email": VICTIM, "role": "member"}
    )
    assert invited.status_code == 303
    stranger = house.browser("stranger")
    for path in ("/account/data", "/account/data.json", "/account", "/", "/workspaces"):
        told = stranger.get(path).text
        for word in ("Victoria", "My secret project", "Studio"):
            assert word not in told, (path, word)
    before = victims(house)
    assert stranger.post("/account/delete", data={"email": VICTIM}).status_code == 303
    assert rows(house.db, "select id from accounts where id = 'dbid:stranger'") == []
    assert victims(house) == before


def victims(house: House) -> list[list[dict[str, object]]]:
    """What there is under the address: the request, the invitation, and the mails about both."""
    found = [
        rows(house.db, "select * from access_requests where email_key = :key", key=email_key(VICTIM)),
        rows(house.db, "select * from invitations where email_key = :key", key=email_key(VICTIM)),
        rows(house.db, "select id, subject, state from outbox where recipient = :email", email=VICTIM),
    ]
    assert all(found)
    return found
