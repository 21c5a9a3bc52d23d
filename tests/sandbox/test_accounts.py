"""The routes about people, and OpenID's."""

import pytest
from dropbox import users
from dropbox.exceptions import ApiError, AuthError, BadInputError

from sandbox.people import PEOPLE
from tests.sandbox.conftest import STUDIO
from tests.sandbox_server import ALL_SCOPES

AGENCY = PEOPLE["agency@example.com"]


@pytest.fixture
def client(sandbox):
    """A client whose app may ask for everything."""
    scopes = f"{ALL_SCOPES} sharing.read openid email profile"
    sandbox.add_app(scopes=scopes.split())
    with sandbox.client(STUDIO, scopes=scopes) as sdk:
        yield sdk


def test_anybody_is_found_by_account_id(client):
    told = client.users_get_account(AGENCY.account_id)
    assert (told.email, told.name.display_name, told.is_teammate) == ("agency@example.com", "Agnes Agnelli", False)
    both = client.users_get_account_batch([AGENCY.account_id, PEOPLE[STUDIO].account_id])
    assert [one.email for one in both] == ["agency@example.com", STUDIO]


def test_nobody_is_found_by_anything_else(client):
    stranger = "dbid:" + "A" * 35
    with pytest.raises(ApiError) as refused:
        client.users_get_account(stranger)
    assert refused.value.error.is_no_account()
    with pytest.raises(ApiError) as refused:
        client.users_get_account_batch([AGENCY.account_id, stranger])
    assert refused.value.error.get_no_account() == stranger
    with pytest.raises(BadInputError):
        client.users_get_account_batch([AGENCY.account_id] * 301)


def test_other_people_are_told_of_with_the_sharing_scope_only(studio):
    with pytest.raises(AuthError) as refused:
        studio.users_get_account(AGENCY.account_id)
    assert refused.value.error.get_missing_scope().required_scope == "sharing.read"


def test_features_say_what_a_personal_account_has(studio):
    asked = [users.UserFeature.file_locking, users.UserFeature.paper_as_files]
    locking, paper = studio.users_features_get_values(asked).values
    assert locking.get_file_locking().get_enabled() is False
    assert paper.get_paper_as_files().get_enabled() is True
    with pytest.raises(ApiError) as refused:
        studio.users_features_get_values([])
    assert refused.value.error.is_empty_features_list()


@pytest.mark.parametrize(
    ("scopes", "told"),
    [
        ("openid", (None, None, None)),
        ("openid email", (STUDIO, True, None)),
        ("openid email profile", (STUDIO, True, "Studer")),
    ],
)
def test_openid_tells_what_its_scopes_let_out(client, sandbox, scopes, told):
    with sandbox.client(STUDIO, scopes=scopes) as narrow:
        info = narrow.openid_userinfo()
        assert (info.email, info.email_verified, info.family_name) == told
        assert info.sub == PEOPLE[STUDIO].account_id
