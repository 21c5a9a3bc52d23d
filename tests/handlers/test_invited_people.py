"""Admin → Invitations: who is invited over all workspaces, and the switch that lets invited people in."""

from store import installation
from store.connect import rows
from tests.cast import AGENCY, OWNER, STUDIO
from tests.handlers.studio import Studio, words

HERE = "/admin/invitations"


def test_it_is_off_until_the_site_owner_switches_it_on_and_that_is_audited(studio: Studio):
    owner = studio.cast.sign_in(OWNER)
    assert 'aria-checked="false"' in owner.get(HERE).text
    assert owner.post(HERE, data={"enabled": "on"}).headers["location"] == HERE
    page = owner.get(HERE).text
    assert 'aria-checked="true"' in page and "let in without a decision" in page
    assert installation.lets_invited_in(studio.db)
    owner.post(HERE, data={"enabled": "off"})
    assert not installation.lets_invited_in(studio.db)
    acts = rows(studio.db, "select actor, action from audit where action like 'installation.%' order by id")
    assert acts == [
        {"actor": studio.cast.account_id(OWNER), "action": "installation.invited_let_in"},
        {"actor": studio.cast.account_id(OWNER), "action": "installation.invited_need_approval"},
    ]


def test_anything_else_than_on_and_off_is_refused(studio: Studio):
    owner = studio.cast.sign_in(OWNER)
    assert owner.post(HERE, data={"enabled": "maybe"}).status_code == 422
    assert not installation.lets_invited_in(studio.db)


def test_invitations_of_all_workspaces_are_listed_for_the_site_owner_alone(studio: Studio):
    studio.owner.post(f"/workspaces/{studio.workspace_id}/invitations", data={"email": AGENCY, "role": "member"})
    owner = studio.cast.sign_in(OWNER)
    shown = words(owner.get(HERE).text)
    assert AGENCY in shown and f"by Samir Studer ({STUDIO})" in shown and "Samir Studer's workspace as member" in shown
    assert "/invitations/" not in owner.get(HERE).text.replace(HERE, "")
    assert studio.owner.get(HERE).status_code == 404 and studio.owner.post(HERE).status_code == 404
    owner.post(HERE, data={"enabled": "on"})
    studio.cast.sign_in(AGENCY)
    assert AGENCY not in words(owner.get(HERE).text)
