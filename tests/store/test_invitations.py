"""Invitations: sent, sent again, withdrawn, taken up by link and by address; and what they mean for access."""

import pytest

from rules.states import ProjectRole, WorkspaceRole
from rules.tokens import token_digest
from store import access_rules, installation, invitations, inviting, joining, mails, members, workspaces
from store.access_rules import Effect
from store.connect import Db, immediate, rows
from store.errors import Conflict, Invalid, NotFound, NotPermitted
from store.inviting import Offer
from tests.store.arrivals import DAY, KEYRING, NOW, OWNER, arrives, count
from tests.store.guests import SITE, House, approve, enter, house

ADMIN, MEMBER = WorkspaceRole.ADMIN, WorkspaceRole.MEMBER
EDITOR, VIEWER = ProjectRole.EDITOR, ProjectRole.VIEWER


@pytest.fixture
def studio(db: Db) -> House:
    return house(db)


def accept(db: Db, token: str, name: str, *, now: int = NOW):
    with immediate(db):
        return joining.accept(db, token_digest(token), account_id=f"dbid:{name}", owner=OWNER, now=now)


def test_the_link_is_256_bits_and_rests_as_a_digest(db: Db, studio: House):
    token = studio.invite("bob@example.com")
    assert len(token) == 43
    dump = "\n".join(db.conn.iterdump())
    assert token not in dump and token_digest(token) in dump


def test_the_mail_says_who_what_and_until_when_and_keeps_foreign_links_dead(db: Db, studio: House):
    with immediate(db):
        workspaces.rename(db, studio.workspace_id, name="win at https://evil.example", by="dbid:ada", now=NOW)
    studio.invite("bob@example.com", projects={studio.gala: EDITOR})
    mail = next(mail for mail in mails.listed(db, KEYRING, limit=-1) if mail.recipient == "bob@example.com")
    text = mail.text or ""
    assert "Ada (ada at example . com) invites you" in text and "as a member" in text and "Gala (editor)" in text
    assert "9 February 2026" in text
    assert "evil.example" not in text + mail.subject and "https: //evil" in text


def test_an_invited_person_who_signs_in_is_in_and_gets_no_workspace_of_their_own(db: Db, studio: House):
    approve(db, "bob@example.com")
    studio.invite("Bob@Example.com", projects={studio.gala: VIEWER})
    outcome = arrives(db, "bob")
    assert outcome.first
    assert studio.role("bob") == "member" and studio.place("bob", studio.gala) == "viewer"
    assert studio.place("bob", studio.fair) is None
    assert [row["workspace_id"] for row in rows(db, "select * from members where account_id = 'dbid:bob'")] == [
        studio.workspace_id
    ]


def test_an_invitation_to_the_approved_address_counts_for_whom_it_was_claimed_by(db: Db, studio: House):
    approve(db, "robert@work.example")
    db.conn.execute("update access_requests set account_id = 'dbid:bob' where email = 'robert@work.example'")
    studio.invite("robert@work.example")
    arrives(db, "bob")
    assert studio.role("bob") == "member" and count(db, "members", "account_id = 'dbid:bob'") == 1


def test_a_blocked_address_gets_no_mail_no_request_and_is_let_in_by_nobody(db: Db, studio: House):
    with immediate(db):
        access_rules.add(db, effect=Effect.BLOCK, about="example.net", by=OWNER, ip="", now=NOW)
        installation.let_invited_in(db, True, by=OWNER, now=NOW)
    mailed = len(mails.listed(db, KEYRING, limit=-1))
    with immediate(db):
        inviting.invite(
            db, studio.workspace_id, Offer("bob@mail.example.net", MEMBER, {}), by="dbid:ada", site=SITE, now=NOW
        )
    assert len(mails.listed(db, KEYRING, limit=-1)) == mailed
    assert not arrives(db, "bob", email="bob@mail.example.net").signed_in


def test_without_an_invitation_a_first_sign_in_still_makes_a_workspace(db: Db, studio: House):
    enter(db, "bob")
    assert studio.role("bob") is None and count(db, "members", "account_id = 'dbid:bob'") == 1


def test_an_unverified_address_takes_nothing_up(db: Db, studio: House):
    enter(db, "bob")
    token = studio.invite("carol@example.com")
    arrives(db, "bob", email="carol@example.com", email_verified=False, secret_hash="again")
    assert studio.role("bob") is None and studio.worth(token) == "open"


def test_the_link_lets_any_approved_account_in_whatever_its_address_once(db: Db, studio: House):
    enter(db, "bob")
    enter(db, "carol")
    token = studio.invite("robert@work.example")
    accept(db, token, "bob")
    assert studio.role("bob") == "member" and studio.worth(token) == "accepted"
    with pytest.raises(Conflict, match="has been accepted"):
        accept(db, token, "carol")
    assert studio.role("carol") is None


def test_a_sign_in_begun_on_the_invitations_page_takes_it_up(db: Db, studio: House):
    approve(db, "bob@example.com")
    token = studio.invite("robert@work.example", ADMIN)
    arrives(db, "bob", invitation_hash=token_digest(token))
    assert studio.role("bob") == "admin" and count(db, "members", "account_id = 'dbid:bob'") == 1


def test_a_refused_sign_in_leaves_the_invitation_open(db: Db, studio: House):
    token = studio.invite("bob@example.com")
    assert not arrives(db, "bob", invitation_hash=token_digest(token)).signed_in
    assert studio.worth(token) == "open" and studio.role("bob") is None


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "Ä" * 43])
def test_an_unknown_link_is_not_found(db: Db, studio: House, token: str):
    with pytest.raises(NotFound):
        invitations.by_token(db, token, owner=OWNER, now=NOW)


def test_an_invitation_ends_after_seven_days_and_can_be_sent_again(db: Db, studio: House):
    enter(db, "bob")
    token = studio.invite("robert@work.example", projects={studio.gala: EDITOR})
    assert studio.worth(token, now=NOW + 7 * DAY - 1) == "open"
    assert studio.worth(token, now=NOW + 7 * DAY) == "expired"
    with pytest.raises(Conflict, match="expired"):
        accept(db, token, "bob", now=NOW + 7 * DAY)
    (listed,) = invitations.open_in(db, studio.workspace_id, owner=OWNER, now=NOW + 8 * DAY)
    with immediate(db):
        inviting.send_again(db, studio.workspace_id, listed.id, by="dbid:ada", site=SITE, now=NOW + 8 * DAY)
    newer = studio.token("robert@work.example")
    assert newer != token
    assert studio.worth(token, now=NOW + 8 * DAY) == "replaced" and studio.worth(newer, now=NOW + 8 * DAY) == "open"
    accept(db, newer, "bob", now=NOW + 8 * DAY)
    assert studio.place("bob", studio.gala) == "editor"


def test_inviting_again_replaces_the_offer_and_makes_no_second_invitation(db: Db, studio: House):
    studio.invite("bob@example.com", ADMIN)
    studio.invite("BOB@example.com", projects={studio.fair: VIEWER}, now=NOW + 1)
    (listed,) = invitations.open_in(db, studio.workspace_id, owner=OWNER, now=NOW + 1)
    assert (listed.role, [(place.name, place.role) for place in listed.projects]) == (MEMBER, [("Fair", VIEWER)])


def test_a_withdrawn_invitation_is_worth_nothing_by_link_and_by_address(db: Db, studio: House):
    approve(db, "bob@example.com")
    token = studio.invite("bob@example.com")
    (listed,) = invitations.open_in(db, studio.workspace_id, owner=OWNER, now=NOW)
    with immediate(db):
        assert inviting.withdraw(db, studio.workspace_id, listed.id, by="dbid:ada", now=NOW) == "bob@example.com"
    arrives(db, "bob")
    assert studio.worth(token) == "withdrawn" and studio.role("bob") is None
    for act in (
        lambda: inviting.withdraw(db, studio.workspace_id, listed.id, by="dbid:ada", now=NOW),
        lambda: inviting.send_again(db, studio.workspace_id, listed.id, by="dbid:ada", site=SITE, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()


def test_az_03_invitations_of_another_workspace_and_foreign_projects_are_not_found(db: Db, studio: House):
    enter(db, "bob")
    theirs = str(rows(db, "select workspace_id from members where account_id = 'dbid:bob'")[0]["workspace_id"])
    studio.invite("carol@example.com")
    (listed,) = invitations.open_in(db, studio.workspace_id, owner=OWNER, now=NOW)
    with pytest.raises(NotFound):
        inviting.withdraw(db, theirs, listed.id, by="dbid:bob", now=NOW)
    with pytest.raises(NotFound):
        studio.invite("dan@example.com", projects={studio.gala: EDITOR}, by="bob", workspace_id=theirs)
    assert studio.worth(studio.token("carol@example.com")) == "open"


def test_az_06_nobody_invites_into_their_own_role_or_a_higher_one(db: Db, studio: House):
    enter(db, "bob")
    enter(db, "carol")
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", ADMIN, by=None, now=NOW)
        members.set_role(db, studio.workspace_id, "dbid:carol", MEMBER, by=None, now=NOW)
    refused = [("ada", WorkspaceRole.OWNER), ("bob", ADMIN), ("bob", WorkspaceRole.OWNER), ("carol", MEMBER)]
    for by, role in refused:
        with pytest.raises(NotPermitted):
            studio.invite("dan@example.com", role, by=by)
    studio.invite("dan@example.com", MEMBER, by="bob")
    assert count(db, "invitations") == 1


def test_az_07_an_invitation_is_worth_what_its_sender_may_give_at_that_moment(db: Db, studio: House):
    for name in ("bob", "carol"):
        enter(db, name)
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", ADMIN, by=None, now=NOW)
    token = studio.invite("robert@work.example", by="bob")
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", MEMBER, by=None, now=NOW)
    assert studio.worth(token) == "void"
    with pytest.raises(Conflict, match="may not invite any more"):
        accept(db, token, "carol")
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", ADMIN, by=None, now=NOW)
        db.conn.execute("update access_requests set state = 'revoked' where account_id = 'dbid:bob'")
    assert studio.worth(token) == "void"


def test_an_invitation_takes_no_rank_away(db: Db, studio: House):
    enter(db, "bob")
    token = studio.invite("robert@work.example", projects={studio.gala: VIEWER})
    with immediate(db):
        members.set_role(db, studio.workspace_id, "dbid:bob", ADMIN, by=None, now=NOW)
        members.set_project_role(db, studio.gala, "dbid:bob", EDITOR, by=None, now=NOW)
    accept(db, token, "bob")
    assert studio.role("bob") == "admin" and studio.place("bob", studio.gala) == "editor"


def test_projects_and_workspaces_that_are_gone_by_then_are_left_out(db: Db, studio: House):
    enter(db, "bob")
    token = studio.invite("robert@work.example", projects={studio.gala: VIEWER, studio.fair: VIEWER})
    db.conn.execute("update projects set deleted_at = 1 where id = :id", {"id": studio.fair})
    accept(db, token, "bob")
    assert studio.place("bob", studio.gala) == "viewer" and studio.place("bob", studio.fair) is None
    another = studio.invite("carol@example.com")
    db.conn.execute("update workspaces set deleted_at = 1 where id = :id", {"id": studio.workspace_id})
    assert studio.worth(another) == "gone"


@pytest.mark.parametrize("email", ["", "not an address", "ada@example.com", " ADA@example.com "])
def test_a_bad_address_and_that_of_a_member_are_refused_beside_the_field(db: Db, studio: House, email: str):
    with pytest.raises(Invalid) as refused:
        studio.invite(email)
    assert list(refused.value.errors) == ["email"]


def test_only_so_many_invitations_are_open_at_once(db: Db, studio: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inviting, "MOST_OPEN", 2)
    studio.invite("bob@example.com")
    studio.invite("carol@example.com")
    studio.invite("carol@example.com", ADMIN)
    with pytest.raises(Conflict, match="Withdraw some first"):
        studio.invite("dan@example.com")


def test_who_has_no_access_gets_an_access_request_that_says_who_invited(db: Db, studio: House):
    studio.invite("bob@example.com")
    request = studio.request("bob@example.com")
    assert (request["state"], request["invited_by"], request["invited_to"]) == ("pending", "dbid:ada", "Studio")
    told = [mail for mail in mails.listed(db, KEYRING, limit=-1) if mail.recipient == "owner@example.com"]
    assert any("Invited by Ada (ada at example . com) to the workspace Studio" in (mail.text or "") for mail in told)
    studio.invite("bob@example.com", now=NOW + 1)
    assert count(db, "access_requests", "state = 'pending'") == 1
    approve(db, "bob@example.com")
    arrives(db, "bob")
    assert studio.role("bob") == "member"


def test_who_has_access_already_gets_no_second_request(db: Db, studio: House):
    approve(db, "bob@example.com")
    enter(db, "carol")
    db.conn.execute("update accounts set email = 'new@example.com' where id = 'dbid:carol'")
    for email in ("bob@example.com", "New@example.com"):
        studio.invite(email)
    assert count(db, "access_requests", "state = 'pending'") == 0


def test_where_invited_people_are_let_in_no_decision_is_needed(db: Db, studio: House):
    with immediate(db):
        installation.let_invited_in(db, True, by=OWNER, now=NOW)
    studio.invite("bob@example.com")
    assert studio.request("bob@example.com") == {}
    assert arrives(db, "bob").signed_in and studio.role("bob") == "member"
    request = studio.request("bob@example.com")
    assert (request["state"], request["decided_way"], request["account_id"]) == ("approved", "rule", "dbid:bob")
    audited = rows(db, "select action, way from audit where subject = 'bob@example.com' and way = 'rule'")
    assert audited == [{"action": "access_request.approved", "way": "rule"}]


def test_a_request_that_waits_is_approved_by_the_switch_at_the_next_sign_in(db: Db, studio: House):
    studio.invite("bob@example.com")
    assert not arrives(db, "bob").signed_in
    with immediate(db):
        installation.let_invited_in(db, True, by=OWNER, now=NOW)
    assert arrives(db, "bob").signed_in and studio.role("bob") == "member"


@pytest.mark.parametrize("decision", ["denied", "revoked"])
def test_the_switch_lets_nobody_in_against_a_decision(db: Db, studio: House, decision: str):
    with immediate(db):
        installation.let_invited_in(db, True, by=OWNER, now=NOW)
    studio.invite("bob@example.com")
    studio.invite("carol@example.com")
    approve(db, "bob@example.com")
    db.conn.execute("update access_requests set state = :state where email = 'bob@example.com'", {"state": decision})
    assert not arrives(db, "bob").signed_in
    # Nor with another invited address, once the account itself has been decided about.
    approve(db, "carol@example.com")
    arrives(db, "carol")
    db.conn.execute("update access_requests set state = :state where account_id = 'dbid:carol'", {"state": decision})
    studio.invite("other@example.com")
    assert not arrives(db, "carol", email="other@example.com", secret_hash="again").signed_in


def test_the_switch_lets_in_no_stranger_no_unverified_address_and_no_holder_of_a_link(db: Db, studio: House):
    with immediate(db):
        installation.let_invited_in(db, True, by=OWNER, now=NOW)
    token = studio.invite("bob@example.com")
    assert not arrives(db, "eve").signed_in
    assert not arrives(db, "eve", invitation_hash=token_digest(token)).signed_in
    assert not arrives(db, "eve", email="bob@example.com", email_verified=False).signed_in
    assert studio.worth(token) == "open"


def test_sending_withdrawing_and_accepting_are_audited(db: Db, studio: House):
    enter(db, "bob")
    token = studio.invite("robert@work.example")
    accept(db, token, "bob")
    studio.invite("carol@example.com")
    (listed,) = invitations.open_in(db, studio.workspace_id, owner=OWNER, now=NOW)
    with immediate(db):
        inviting.withdraw(db, studio.workspace_id, listed.id, by="dbid:ada", now=NOW)
    kept = rows(db, "select actor, action from audit where workspace_id = :id order by id", id=studio.workspace_id)
    assert [(row["actor"], row["action"]) for row in kept if "project" not in str(row["action"])][1:] == [
        ("dbid:ada", "invitation.sent"),
        ("dbid:ada", "member.set"),
        ("dbid:bob", "invitation.accepted"),
        ("dbid:ada", "invitation.sent"),
        ("dbid:ada", "invitation.withdrawn"),
    ]
