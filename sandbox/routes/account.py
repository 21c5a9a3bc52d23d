"""The routes about the caller: who they are, how much space they have, check, and the end of their grant."""

from typing import Any

from dropbox import check, common, users, users_common

from sandbox.calls import Call
from sandbox.grants import revoke_grant
from sandbox.people import find_person


async def get_current_account(call: Call) -> Any:
    """users/get_current_account: the person behind the token."""
    person = call.person_caller.person
    return users.FullAccount(
        account_id=person.account_id,
        name=users.Name(
            given_name=person.given_name,
            surname=person.surname,
            familiar_name=person.given_name,
            display_name=person.display_name,
            abbreviated_name=person.initials,
        ),
        email=person.email,
        email_verified=person.email_verified,
        disabled=False,
        country="DE",
        locale="en",
        referral_link="https://www.dropbox.com/referrals/sandbox",
        is_paired=False,
        account_type=users_common.AccountType.basic,
        root_info=common.UserRootInfo(root_namespace_id=str(person.namespace), home_namespace_id=str(person.namespace)),
    )


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
