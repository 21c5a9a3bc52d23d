"""The routes about people: who they are, how much space they have, check, and the end of their grant."""

from typing import Any

from dropbox import check, common, openid, users, users_common

from sandbox.calls import Call
from sandbox.grants import revoke_grant
from sandbox.people import Person, find_person
from sandbox.refusals import Refusal
from sandbox.wire import BadCall

MOST_ACCOUNTS = 300


def _known(person: Person) -> dict[str, Any]:
    """What every kind of account object says of a person."""
    name = users.Name(
        given_name=person.given_name,
        surname=person.surname,
        familiar_name=person.given_name,
        display_name=person.display_name,
        abbreviated_name=person.initials,
    )
    return {
        "account_id": person.account_id,
        "name": name,
        "email": person.email,
        "email_verified": person.email_verified,
        "disabled": False,
    }


async def get_current_account(call: Call) -> Any:
    """users/get_current_account: the person behind the token."""
    person = call.person_caller.person
    return users.FullAccount(
        **_known(person),
        country="DE",
        locale="en",
        referral_link="https://www.dropbox.com/referrals/sandbox",
        is_paired=False,
        account_type=users_common.AccountType.basic,
        root_info=common.UserRootInfo(root_namespace_id=str(person.namespace), home_namespace_id=str(person.namespace)),
    )


def _basic_account(call: Call, account_id: str) -> Any:
    # An account id is a key of its own: an e-mail address leads nowhere here.
    person = find_person(call.world.db, account_id)
    if person is None or person.account_id != account_id:
        raise Refusal("no_account", no_account=account_id)
    return users.BasicAccount(**_known(person), is_teammate=False)


async def get_account(call: Call) -> Any:
    """users/get_account: anybody by their account id."""
    return _basic_account(call, call.arg.account_id)


async def get_account_batch(call: Call) -> Any:
    """users/get_account_batch: several people, or none of them when one is unknown."""
    if len(call.arg.account_ids) > MOST_ACCOUNTS:
        raise BadCall(f"request body: account_ids: at most {MOST_ACCOUNTS} accounts may be queried per request")
    return [_basic_account(call, account_id) for account_id in call.arg.account_ids]


async def get_features(call: Call) -> Any:
    """users/features/get_values: what a personal account has of each feature."""
    if not call.arg.features:
        raise Refusal("empty_features_list")
    known = {
        "paper_as_files": users.UserFeatureValue.paper_as_files(users.PaperAsFilesValue.enabled(True)),
        "file_locking": users.UserFeatureValue.file_locking(users.FileLockingValue.enabled(False)),
        "team_shared_dropbox": users.UserFeatureValue.team_shared_dropbox(users.TeamSharedDropboxValue.enabled(False)),
        "distinct_member_home": users.UserFeatureValue.distinct_member_home(
            users.DistinctMemberHomeValue.enabled(False)
        ),
    }
    values = [known.get(feature._tag, users.UserFeatureValue.other) for feature in call.arg.features]
    return users.UserFeaturesGetValuesBatchResult(values=values)


async def userinfo(call: Call) -> Any:
    """openid/userinfo: as much of the person as the token's scopes `email` and `profile` let out."""
    caller, scopes = call.person_caller, call.person_caller.scopes
    told = openid.UserInfoResult(iss="https://www.dropbox.com", sub=caller.account_id)
    if "email" in scopes:
        told.email, told.email_verified = caller.person.email, caller.person.email_verified
    if "profile" in scopes:
        told.given_name, told.family_name = caller.person.given_name, caller.person.surname
    return told


async def get_space_usage(call: Call) -> Any:
    """users/get_space_usage: bytes in use and allocated."""
    caller = call.person_caller
    person = find_person(call.world.db, caller.account_id) or caller.person
    individual = users.IndividualSpaceAllocation(allocated=person.allocation)
    return users.SpaceUsage(used=person.used, allocation=users.SpaceAllocation.individual(individual))


async def echo(call: Call) -> Any:
    """check/user and check/app: says the query back."""
    return check.EchoResult(result=call.arg.query)


async def revoke(call: Call) -> Any:
    """auth/token/revoke: kills the grant behind the token, with its refresh token and all its access tokens."""
    revoke_grant(call.world.db, call.person_caller.grant_id, call.now)
