"""Invitations from the page of people to the workspace, through the real sign-in: link, address, states, switch."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from handlers.limits import Limits
from store import installation, invitations, mails, members
from store.connect import immediate, rows
from tests.cast import AGENCY, OWNER, STUDIO, UNVERIFIED, now_ms, path_of
from tests.handlers.studio import Studio, words

DAY = 86_400_000


def invite(studio: Studio, email: str = AGENCY, role: str = "member", **more: str):
    path = f"/workspaces/{studio.workspace_id}/invitations"
    return studio.owner.post(path, data={"email": email, "role": role, **more})


def letter(studio: Studio, email: str = AGENCY) -> str:
    """The newest mail to the address."""
    listed = mails.listed(studio.db, studio.cast.settings.keyring, limit=-1)
    return next(mail.text or "" for mail in listed if mail.recipient == email and "invites you" in mail.subject)


def link(studio: Studio, email: str = AGENCY) -> str:
    """The path of the link in it."""
    found = re.search(r"https://clementine\.test(/invitations/[\w-]{43})", letter(studio, email))
    assert found
    return found.group(1)


def people(studio: Studio, browser: TestClient | None = None) -> str:
    shown = words((browser or studio.owner).get(f"/workspaces/{studio.workspace_id}/members").text)
    return shown[shown.index("Owners and admins run the workspace") :]


def role(studio: Studio, email: str) -> str | None:
    account = studio.cast.account_id(email)
    found = [each.role for each in members.of_workspace(studio.db, studio.workspace_id) if each.account_id == account]
    return str(found[0]) if found else None


def follow(studio: Studio, path: str, email: str, browser: TestClient | None = None, **data: str):
    """Press the button of the link's page, signed out: through Dropbox and back."""
    browser = browser or studio.cast.browser()
    answer = browser.post(path, data=data or None)
    assert answer.status_code == 303, answer.text
    back = browser.get(path_of(studio.sandbox.decide(answer.headers["location"], email)))
    return browser, back


def test_an_invitation_is_listed_with_who_what_and_until_when(studio: Studio):
    answer = invite(studio, **{f"project-{studio.project_id}": "editor"})
    assert answer.headers["location"].endswith("/members")
    assert "No mail service is set up here" in studio.owner.get(answer.headers["location"]).text
    shown = people(studio)
    assert f"{AGENCY} As member · Gala (editor) · invited" in shown and "by Samir Studer" in shown


def test_without_a_mail_service_the_mail_with_its_link_is_kept_for_the_site_owner(studio: Studio):
    invite(studio)
    owner = studio.cast.sign_in(OWNER)
    assert link(studio) in owner.get("/admin/mail").text
    assert "/invitations/" not in people(studio)


def test_who_is_approved_and_signs_in_with_the_invited_address_is_in(studio: Studio):
    invite(studio, **{f"project-{studio.project_id}": "viewer"})
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    assert agency.get(f"/projects/{studio.project_id}/results").status_code == 200
    assert role(studio, AGENCY) == "member"
    assert words(agency.get("/workspaces").text).count("Member") == 1
    assert "workspace" not in " ".join(re.findall(r"Agnes Agnelli's workspace", agency.get("/").text))
    assert AGENCY not in people(studio).partition("Invite somebody")[2]


def test_the_link_leads_who_is_signed_out_through_dropbox_into_the_workspace(studio: Studio):
    invite(studio, "agnes@work.example", "admin")
    studio.cast.approve(AGENCY)
    path = link(studio, "agnes@work.example")
    page = studio.cast.browser().get(path)
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    assert "Samir Studer (studio@example.com) invites you" in words(page.text)
    browser, back = follow(studio, path, AGENCY)
    assert back.headers["location"] == path
    arrived = browser.get(path)
    assert arrived.headers["location"] == f"/workspaces/{studio.workspace_id}"
    assert role(studio, AGENCY) == "admin"
    assert len(rows(studio.db, "select * from members where account_id = :id", id=studio.cast.account_id(AGENCY))) == 1


def test_who_is_signed_in_sees_as_whom_and_joins_with_one_button(studio: Studio):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "agnes@work.example")
    path = link(studio, "agnes@work.example")
    shown = words(agency.get(path).text)
    assert "Sent to agnes@work.example" in shown and f"You are signed in as Agnes Agnelli ({AGENCY})" in shown
    assert role(studio, AGENCY) is None
    assert agency.post(path).headers["location"] == f"/workspaces/{studio.workspace_id}"
    assert role(studio, AGENCY) == "member"
    assert agency.get(path).headers["location"] == f"/workspaces/{studio.workspace_id}"


def test_another_account_can_be_used_for_an_invitation(studio: Studio):
    for email in (AGENCY, UNVERIFIED):
        studio.cast.approve(email)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "somebody@work.example")
    path = link(studio, "somebody@work.example")
    asked = agency.post(path, data={"other": "1"})
    assert "force_reauthentication=true" in asked.headers["location"]
    assert role(studio, AGENCY) is None


def test_looking_at_a_link_however_often_takes_nothing_up(studio: Studio):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "somebody@work.example")
    path = link(studio, "somebody@work.example")
    for browser in (agency, studio.cast.browser()):
        for method in ("GET", "HEAD", "GET"):
            assert browser.request(method, path).status_code == 200
    assert role(studio, AGENCY) is None
    (listed,) = invitations.open_in(studio.db, studio.workspace_id, owner=None, now=now_ms())
    assert listed.email == "somebody@work.example"


def test_a_link_that_ended_says_what_became_of_it(studio: Studio):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "one@work.example")
    path = link(studio, "one@work.example")
    found = rows(studio.db, "select id from invitations")[0]["id"]
    home = f"/workspaces/{studio.workspace_id}/invitations/{found}"

    assert studio.owner.post(f"{home}/send-again").status_code == 303
    newer = link(studio, "one@work.example")
    ends(agency, path, "has been sent again since")

    studio.db.conn.execute("update invitations set expires_at = :now", {"now": now_ms()})
    ends(agency, newer, "has expired")
    assert "Expired" in people(studio)

    assert studio.owner.post(f"{home}/withdraw").status_code == 303
    ends(agency, newer, "has been withdrawn on")
    assert "one@work.example" not in people(studio)

    invite(studio, "two@work.example")
    follow(studio, link(studio, "two@work.example"), AGENCY)
    other = studio.cast.sign_in(OWNER)
    ends(other, link(studio, "two@work.example"), "has been accepted on")


def ends(browser: TestClient, path: str, sentence: str) -> None:
    for answer in (browser.get(path), browser.post(path)):
        assert answer.status_code == 410 and sentence in answer.text


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "%2e%2e", "A" * 2000])
def test_an_unknown_link_is_not_found(studio: Studio, token: str):
    for browser in (studio.owner, studio.cast.browser()):
        assert browser.get(f"/invitations/{token}").status_code == 404
        assert browser.post(f"/invitations/{token}").status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": "", "role": "member"}, "Enter an e-mail address."),
        ({"email": "nobody", "role": "member"}, "An e-mail address looks like"),
        ({"email": STUDIO, "role": "member"}, "is a member of this workspace already."),
        ({"email": AGENCY, "role": "king"}, "Choose one of the roles."),
        ({"email": AGENCY, "role": "owner"}, "Choose one of the roles."),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_field(studio: Studio, data: dict[str, str], sentence: str):
    answer = studio.owner.post(f"/workspaces/{studio.workspace_id}/invitations", data=data)
    assert answer.status_code == 422 and sentence in answer.text
    assert rows(studio.db, "select * from invitations") == []


def test_az_06_an_admin_invites_members_and_no_admins(studio: Studio):
    admin = studio.enters("admin")
    path = f"/workspaces/{studio.workspace_id}/invitations"
    assert admin.post(path, data={"email": AGENCY, "role": "admin"}).status_code == 403
    assert admin.post(path, data={"email": AGENCY, "role": "member"}).status_code == 303


def test_a_foreign_project_in_the_form_is_not_found(studio: Studio):
    assert invite(studio, **{"project-unknown": "editor"}).status_code == 404
    assert rows(studio.db, "select * from invitations") == []


def test_what_is_answered_is_the_same_whether_the_address_has_access_or_not(studio: Studio):
    studio.cast.approve("known@example.com")
    answers = [invite(studio, email) for email in ("known@example.com", "never@example.com")]
    assert [answer.status_code for answer in answers] == [303, 303]
    shown = people(studio)
    for email in ("known@example.com", "never@example.com"):
        line = shown.partition(email)[2][:40]
        assert line.startswith(" As member · invited")


def test_who_has_no_access_becomes_a_request_that_names_who_invited(studio: Studio):
    invite(studio)
    owner = studio.cast.sign_in(OWNER)
    shown = words(owner.get("/admin/requests").text)
    assert f"{AGENCY}" in shown and "Samir Studer" in shown
    # Refused until it is decided; then the invitation has waited.
    browser, back = follow(studio, link(studio), AGENCY)
    assert back.headers["location"] == "/login/refused"
    assert "Your request is waiting" in browser.get("/login/refused").text
    studio.cast.approve(AGENCY)
    studio.cast.sign_in(AGENCY)
    assert role(studio, AGENCY) == "member"


def test_where_the_site_owner_lets_invited_people_in_they_come_without_a_decision(studio: Studio):
    with immediate(studio.db) as db:
        installation.let_invited_in(db, True, by=studio.cast.account_id(OWNER), now=now_ms())
    invite(studio)
    assert "decides about it first" not in letter(studio)
    assert rows(studio.db, "select * from access_requests where email = :email", email=AGENCY) == []
    browser, back = follow(studio, link(studio), AGENCY)
    assert browser.get(back.headers["location"]).headers["location"] == f"/workspaces/{studio.workspace_id}"
    assert role(studio, AGENCY) == "member"


def test_an_unverified_address_is_let_in_by_no_invitation(studio: Studio):
    with immediate(studio.db) as db:
        installation.let_invited_in(db, True, by=studio.cast.account_id(OWNER), now=now_ms())
    invite(studio, UNVERIFIED)
    _, back = follow(studio, link(studio, UNVERIFIED), UNVERIFIED)
    assert back.headers["location"] == "/login/refused"


def test_ar_04_the_link_is_in_no_log_and_no_referrer(studio: Studio, capfd, caplog):
    studio.cast.approve(AGENCY)
    invite(studio, "one@work.example")
    path = link(studio, "one@work.example")
    page = studio.cast.browser().get(path)
    follow(studio, path, AGENCY)
    out, err = capfd.readouterr()
    assert "/invitations/…" in out + err + caplog.text
    assert path.rpartition("/")[2] not in out + err + caplog.text
    assert page.headers["referrer-policy"] == "same-origin"


def test_wb_03_a_link_is_taken_up_from_its_own_page_only(studio: Studio):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "one@work.example")
    for site in ("cross-site", "same-site", "none"):
        answer = agency.post(link(studio, "one@work.example"), headers={"sec-fetch-site": site})
        assert answer.status_code == 403
    assert role(studio, AGENCY) is None


def test_fifty_at_once_take_an_invitation_up_once(studio: Studio):
    studio.cast.approve(AGENCY)
    agency = studio.cast.sign_in(AGENCY)
    invite(studio, "one@work.example")
    path = link(studio, "one@work.example")
    with ThreadPoolExecutor(10) as pool:
        answers = [each.status_code for each in pool.map(lambda _: agency.post(path), range(50))]
    assert answers.count(303) >= 1 and set(answers) <= {303, 409, 410}
    accepted = rows(studio.db, "select count(*) as n from audit where action = 'invitation.accepted'")
    assert accepted == [{"n": 1}]


def test_rl_03_an_address_is_invited_five_times_a_day_and_a_person_invites_sixty_times_an_hour(studio: Studio):
    limits = Limits(enabled=True)
    studio.owner.app_state["limits"] = limits
    answers = [invite(studio).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]
    assert invite(studio, AGENCY.upper()).status_code == 429
    others = [invite(studio, f"guest-{number}@example.com").status_code for number in range(60)]
    assert others[0] == 303 and others[-1] == 429
