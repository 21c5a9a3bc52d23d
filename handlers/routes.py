"""The whole URL map. A list says who may come in; the handlers behind it say what each may do.

PUBLIC needs nobody. SIGNED_IN and OWNER stand behind handlers/guards.py. API takes bearer tokens and never cookies;
its declarations fill a file of their own, handlers/api/operations.py.
"""

from collections.abc import Callable
from typing import Any

from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers import (
    access_requests,
    account_data,
    account_deletion,
    approvals,
    callback,
    claims,
    connection,
    devices,
    earlier_exports,
    experiences,
    export_settings,
    exports,
    health,
    home,
    integrations,
    invitations,
    inviting,
    leaving,
    login,
    media,
    members,
    metrics,
    own_tokens,
    project_members,
    projects,
    results,
    setup,
    sign_in_again,
    verifications,
    webhooks,
    workspace_deletion,
    workspaces,
)
from handlers.admin import aside, audit, invited, mail, people, requests, rules
from handlers.api.docs import Docs
from handlers.api.operations import API as API
from handlers.body_limit import FORM_BYTES, BodyLimit
from handlers.guards import SiteOwner


def page(path: str, endpoint: Callable[..., Any]) -> Route:
    """A page: GET and HEAD, which change nothing."""
    return Route(path, endpoint, methods=["GET"])


def form(path: str, endpoint: Callable[..., Any]) -> Route:
    """A posted form: small, counted as it comes."""
    return Route(path, endpoint, methods=["POST"], middleware=[Middleware(BodyLimit, most=FORM_BYTES)])


PUBLIC = [
    page("/healthz", health.healthz),
    page("/readyz", health.readyz),
    page("/metrics", metrics.metrics),
    # the bytes of artifacts, behind signed links
    page("/media/{token}", media.serve),
    # Dropbox's own calls, signed
    page("/webhooks/dropbox", webhooks.challenge),
    form("/webhooks/dropbox", webhooks.notify),
    # access requests, sign-in
    page("/", home.home),
    page("/request-access", access_requests.page),
    form("/request-access", access_requests.ask),
    page("/request-access/sent", access_requests.sent),
    page("/login", login.page),
    form("/login", login.start),
    page("/login/refused", login.refused),
    page("/auth/dropbox/callback", callback.callback),
    page("/setup/{token}", setup.page),
    form("/setup/{token}", setup.start),
    page("/approvals/{token}", approvals.page),
    form("/approvals/{token}", approvals.decide),
    page("/claims/{token}", claims.page),
    form("/claims/{token}", claims.start),
    page("/invitations/{token}", invitations.page),
    form("/invitations/{token}", invitations.accept),
]

SIGNED_IN: list[Route] = [
    # devices
    form("/logout", login.logout),
    page("/account", devices.page),
    page("/account/sign-in-again", sign_in_again.page),
    page("/account/data", account_data.page),
    page("/account/data.json", account_data.download),
    page("/account/delete", account_deletion.ask),
    form("/account/delete", account_deletion.delete),
    # one's API tokens
    page("/account/tokens", own_tokens.index),
    form("/account/tokens", own_tokens.make),
    page("/account/tokens/new", own_tokens.ask),
    form("/account/tokens/{id}/revoke", own_tokens.revoke),
    form("/account/devices/sign-out-others", devices.sign_out_others),
    form("/account/devices/{id}/sign-out", devices.sign_out),
    # workspaces
    page("/workspaces", workspaces.index),
    form("/workspaces", workspaces.create),
    page("/workspaces/{workspace_id}", workspaces.show),
    form("/workspaces/{workspace_id}", workspaces.rename),
    page("/workspaces/{workspace_id}/leave", leaving.ask_leave),
    form("/workspaces/{workspace_id}/leave", leaving.leave),
    page("/workspaces/{workspace_id}/transfer", leaving.ask_transfer),
    form("/workspaces/{workspace_id}/transfer", leaving.transfer),
    page("/workspaces/{workspace_id}/delete", workspace_deletion.ask),
    form("/workspaces/{workspace_id}/delete", workspace_deletion.delete),
    # people
    page("/workspaces/{workspace_id}/members", members.index),
    form("/workspaces/{workspace_id}/members/{account}", members.change_role),
    page("/workspaces/{workspace_id}/members/{account}/remove", members.ask_remove),
    form("/workspaces/{workspace_id}/members/{account}/remove", members.remove),
    form("/workspaces/{workspace_id}/invitations", inviting.invite),
    form("/workspaces/{workspace_id}/invitations/{invitation_id}/send-again", inviting.send_again),
    form("/workspaces/{workspace_id}/invitations/{invitation_id}/withdraw", inviting.withdraw),
    page("/projects/{project_id}/members", project_members.index),
    form("/projects/{project_id}/members/{account}", project_members.change_role),
    # projects and experiences
    page("/workspaces/{workspace_id}/projects", projects.index),
    form("/workspaces/{workspace_id}/projects", projects.create),
    page("/projects/{project_id}", projects.show),
    form("/projects/{project_id}", projects.change),
    page("/projects/{project_id}/experiences", experiences.index),
    form("/projects/{project_id}/experiences", experiences.create),
    form("/experiences/{experience_id}", experiences.rename),
    # connection
    page("/workspaces/{workspace_id}/integrations", integrations.index),
    form("/workspaces/{workspace_id}/dropbox/connect", connection.connect),
    page("/workspaces/{workspace_id}/dropbox/confirm", connection.ask),
    form("/workspaces/{workspace_id}/dropbox/confirm", connection.confirm),
    form("/workspaces/{workspace_id}/dropbox/confirm/cancel", connection.cancel),
    page("/workspaces/{workspace_id}/dropbox/disconnect", integrations.ask_disconnect),
    form("/workspaces/{workspace_id}/dropbox/disconnect", connection.disconnect),
    # export settings
    page("/projects/{project_id}/connect", export_settings.show),
    form("/projects/{project_id}/connect/toggle", export_settings.toggle),
    form("/projects/{project_id}/connect/earlier", earlier_exports.send),
    page("/projects/{project_id}/verification", verifications.show),
    form("/projects/{project_id}/verification", verifications.ask),
    # results and exports
    page("/projects/{project_id}/results", results.index),
    page("/projects/{project_id}/exports", exports.index),
    form("/projects/{project_id}/exports/retry-failed", exports.retry_failed),
    form("/exports/{export_id}/retry", exports.retry),
]

# Below /admin; the site owner alone.
OWNER: list[Route] = [
    page("/requests", requests.index),
    form("/requests/decisions", requests.decide_many),
    form("/requests/undo", requests.undo),
    form("/requests/{id}/decision", requests.decide),
    page("/set-aside", aside.index),
    form("/set-aside/{id}/let-through", aside.let_through),
    page("/people", people.index),
    page("/people/{account}", people.show),
    form("/people/{account}/address", people.change_address),
    form("/people/{account}/until", people.change_end),
    page("/people/{account}/revoke", people.confirm_revoke),
    form("/people/{account}/revoke", people.revoke),
    page("/invitations", invited.index),
    form("/invitations", invited.switch),
    page("/rules", rules.index),
    form("/rules", rules.add),
    form("/rules/{id}/remove", rules.remove),
    page("/audit", audit.index),
    page("/audit.csv", audit.as_csv),
    page("/mail", mail.index),
]


class AdminHome(HTTPEndpoint):
    """/admin itself. It takes any method past its guard, so that a 405 tells nobody else that there is something."""

    async def get(self, request: Request[Any]) -> Response:
        return await requests.home(request)


# /admin itself is not below /admin: the mount begins at the slash.
SIGNED_IN.append(Route("/admin", AdminHome, middleware=[Middleware(SiteOwner)]))

_docs = Docs(API)

# The two addresses below /api that need no token.
API_DOCS = [page("/api/v1/openapi.json", _docs.document), page("/api/docs", _docs.page)]
