"""What everybody is answered on every route: the one file of expectations that the matrix (AZ-01) is made from.

A row is a route with the statuses of its columns, in order. Whoever adds a route adds a row: a missing one fails the
build. The columns that are not written here (people of another tenant, revoked people, other methods) follow by rule.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.cast import job
from tests.pictures import jpeg

PAGE_COLUMNS = ("owner", "admin", "editor", "viewer", "member", "stranger", "signed out")
API_COLUMNS = ("owner", "admin", "editor", "viewer", "member", "stranger", "its token", "another token", "no token")
ADMIN_COLUMNS = ("site-owner", "stranger", "signed out")
PUBLIC_COLUMNS = ("stranger", "signed out")


@dataclass(frozen=True)
class Row:
    """One route; `data` is the form of a page or the JSON body of an API call, `push` a picture as multipart."""

    method: str
    path: str
    statuses: str
    data: dict[str, Any] = field(default_factory=dict)
    push: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """As an API call sends it."""
        if self.push:
            return {"data": {"job_id": job()}, "files": {"file": ("photo.jpg", jpeg(), "image/jpeg")}}
        return {"json": self.data} if self.data else {}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


OFF = {"enabled": False}

# fmt: off
#                                                                  own adm edi vie mem str out
PAGES = [
    Row("GET",  "/workspaces",                                    "200 200 200 200 200 200 303"),
    Row("POST", "/workspaces",                                    "303 303 303 303 303 303 303", {"name": "Mine"}),
    Row("GET",  "/workspaces/{workspace_id}",                     "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}",                     "303 303 403 403 403 404 303", {"name": "New"}),
    Row("GET",  "/workspaces/{workspace_id}/leave",               "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/leave",               "409 303 303 303 303 404 303"),
    Row("GET",  "/workspaces/{workspace_id}/transfer",            "200 403 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/transfer",            "303 403 403 403 403 404 303",
        {"account": "dbid:member"}),
    Row("GET",  "/workspaces/{workspace_id}/delete",              "200 403 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/delete",              "303 403 403 403 403 404 303", {"name": "Studio"}),
    Row("GET",  "/workspaces/{workspace_id}/members",             "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/members/{account}",   "303 303 403 403 403 404 303", {"role": "member"}),
    Row("GET",  "/workspaces/{workspace_id}/members/{account}/remove",
                                                                  "200 200 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/members/{account}/remove",
                                                                  "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/invitations",         "303 303 403 403 403 404 303",
        {"email": "new@example.com", "role": "member"}),
    Row("POST", "/workspaces/{workspace_id}/invitations/{invitation_id}/send-again",
                                                                  "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/invitations/{invitation_id}/withdraw",
                                                                  "303 303 403 403 403 404 303"),
    Row("GET",  "/projects/{project_id}/members",                 "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/members/{account}",       "303 303 403 403 404 404 303", {"role": "viewer"}),
    Row("GET",  "/workspaces/{workspace_id}/projects",            "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/projects",            "303 303 403 403 403 404 303", {"name": "New"}),
    Row("GET",  "/projects/{project_id}",                         "303 303 303 303 404 404 303"),
    Row("POST", "/projects/{project_id}",                         "303 303 303 403 404 404 303", {"name": "New"}),
    Row("GET",  "/projects/{project_id}/experiences",             "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/experiences",             "303 303 303 403 404 404 303", {"name": "New"}),
    Row("POST", "/experiences/{experience_id}",                   "303 303 303 403 404 404 303", {"name": "New"}),
    # FR-017, FR-001, FR-003, FR-014
    Row("GET",  "/workspaces/{workspace_id}/integrations",        "200 200 200 200 200 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/connect",     "303 303 403 403 403 404 303"),
    Row("GET",  "/workspaces/{workspace_id}/dropbox/confirm",     "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/confirm",     "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/confirm/cancel",
                                                                  "303 303 403 403 403 404 303"),
    Row("GET",  "/workspaces/{workspace_id}/dropbox/disconnect",  "303 303 403 403 403 404 303"),
    Row("POST", "/workspaces/{workspace_id}/dropbox/disconnect",  "303 303 403 403 403 404 303"),
    # FR-004, FR-015
    Row("GET",  "/projects/{project_id}/connect",                 "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/connect/toggle",          "303 303 303 403 404 404 303", {"enabled": "off"}),
    Row("POST", "/projects/{project_id}/connect/earlier",         "409 409 409 403 404 404 303"),
    Row("GET",  "/projects/{project_id}/verification",            "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/verification",            "409 409 409 403 404 404 303"),
    Row("GET",  "/projects/{project_id}/results",                 "200 200 200 200 404 404 303"),
    Row("GET",  "/projects/{project_id}/exports",                 "200 200 200 200 404 404 303"),
    Row("POST", "/projects/{project_id}/exports/retry-failed",    "303 303 303 403 404 404 303"),
    Row("POST", "/exports/{export_id}/retry",                     "303 303 303 403 404 404 303"),
]

# What everybody who is signed in has of their own. `{id}` of a device: one of the owner's.
#                                                                  own adm edi vie mem str out
OWN = [
    Row("POST", "/logout",                                        "303 303 303 303 303 303 303"),
    Row("GET",  "/account",                                       "200 200 200 200 200 200 303"),
    Row("GET",  "/account/sign-in-again",                         "303 303 303 303 303 303 303"),
    Row("GET",  "/account/data",                                  "200 200 200 200 200 200 303"),
    Row("GET",  "/account/data.json",                             "200 200 200 200 200 200 303"),
    Row("GET",  "/account/delete",                                "200 200 200 200 200 200 303"),
    # The address that has to be typed is not; the deletion itself is in tests/handlers/test_account_deletion.py.
    Row("POST", "/account/delete",                                "422 422 422 422 422 422 303"),
    Row("GET",  "/account/tokens",                                "200 200 200 200 200 200 303"),
    Row("POST", "/account/tokens",                                "422 422 422 422 422 422 303"),
    Row("GET",  "/account/tokens/new",                            "200 200 200 200 200 200 303"),
    Row("POST", "/account/tokens/{id}/revoke",                    "303 404 404 404 404 404 303"),
    Row("POST", "/account/devices/sign-out-others",               "303 303 303 303 303 303 303"),
    Row("POST", "/account/devices/{id}/sign-out",                 "303 404 404 404 404 404 303"),
]

# The site owner's, whole paths; everybody else is a stranger there. `{account}` is somebody approved.
#                                                                  site str out
ADMIN = [
    Row("GET",  "/admin",                                         "303 404 303"),
    Row("GET",  "/admin/requests",                                "200 404 303"),
    Row("POST", "/admin/requests/decisions",                      "303 404 303", {"ids": "x", "decision": "approve"}),
    Row("POST", "/admin/requests/undo",                           "303 404 303", {"batch": "x"}),
    Row("POST", "/admin/requests/{id}/decision",                  "303 404 303", {"decision": "approve"}),
    Row("GET",  "/admin/set-aside",                               "200 404 303"),
    Row("POST", "/admin/set-aside/{id}/let-through",              "404 404 303"),
    Row("GET",  "/admin/people",                                  "200 404 303"),
    Row("GET",  "/admin/people/{account}",                        "200 404 303"),
    Row("POST", "/admin/people/{account}/address",                "422 404 303"),
    Row("POST", "/admin/people/{account}/until",                  "303 404 303"),
    Row("GET",  "/admin/people/{account}/revoke",                 "200 404 303"),
    Row("POST", "/admin/people/{account}/revoke",                 "303 404 303"),
    Row("GET",  "/admin/rules",                                   "200 404 303"),
    Row("POST", "/admin/rules",                                   "422 404 303"),
    Row("POST", "/admin/rules/{id}/remove",                       "404 404 303"),
    Row("GET",  "/admin/audit",                                   "200 404 303"),
    Row("GET",  "/admin/audit.csv",                               "200 404 303"),
    Row("GET",  "/admin/invitations",                             "200 404 303"),
    Row("POST", "/admin/invitations",                             "303 404 303", {"enabled": "off"}),
    Row("GET",  "/admin/mail",                                    "200 404 303"),
]

# Open to everybody; tokens in their paths are made up, so that a link answers as an unknown one does.
#                                                                  in  out
PUBLIC = [
    Row("GET",  "/healthz",                                       "200 200"),
    Row("GET",  "/readyz",                                        "200 200"),
    Row("GET",  "/metrics",                                       "404 404"),
    Row("GET",  "/media/{token}",                                 "404 404"),
    Row("GET",  "/webhooks/dropbox",                              "400 400"),
    Row("POST", "/webhooks/dropbox",                              "403 403"),
    Row("GET",  "/static/{path}",                                 "404 404"),
    Row("GET",  "/",                                              "200 200"),
    Row("GET",  "/request-access",                                "200 200"),
    Row("POST", "/request-access",                                "303 303", {"email": "asks@example.com"}),
    Row("GET",  "/request-access/sent",                           "200 200"),
    Row("GET",  "/login",                                         "303 200"),
    Row("POST", "/login",                                         "303 303"),
    Row("GET",  "/login/refused",                                 "303 303"),
    Row("GET",  "/auth/dropbox/callback",                         "400 400"),
    Row("GET",  "/setup/{token}",                                 "404 404"),
    Row("POST", "/setup/{token}",                                 "404 404"),
    Row("GET",  "/approvals/{token}",                             "404 404"),
    Row("POST", "/approvals/{token}",                             "404 404", {"decision": "approve"}),
    Row("GET",  "/claims/{token}",                                "404 404"),
    Row("POST", "/claims/{token}",                                "404 404"),
    Row("GET",  "/invitations/{token}",                           "404 404"),
    Row("POST", "/invitations/{token}",                           "404 404"),
    Row("GET",  "/api/v1/openapi.json",                           "200 200"),
    Row("GET",  "/api/docs",                                      "200 200"),
]

#                                                                  own adm edi vie mem str its ano non
API = [
    Row("GET",    "/me",                                          "200 200 200 200 200 200 404 404 401"),
    Row("GET",    "/workspaces",                                  "200 200 200 200 200 200 404 404 401"),
    Row("POST",   "/workspaces",                                  "201 201 201 201 201 201 404 404 401", {"name": "X"}),
    Row("GET",    "/workspaces/{workspace_id}/projects",          "200 200 200 200 200 404 404 404 401"),
    Row("POST",   "/workspaces/{workspace_id}/projects",          "201 201 403 403 403 404 404 404 401", {"name": "X"}),
    Row("GET",    "/projects/{project_id}",                       "200 200 200 200 404 404 200 404 401"),
    Row("PATCH",  "/projects/{project_id}",                       "200 200 200 403 404 404 404 404 401", {"name": "X"}),
    Row("DELETE", "/projects/{project_id}",                       "204 204 403 403 404 404 404 404 401"),
    Row("GET",    "/projects/{project_id}/experiences",           "200 200 200 200 404 404 200 404 401"),
    Row("POST",   "/projects/{project_id}/experiences",           "201 201 201 403 404 404 404 404 401", {"name": "X"}),
    Row("PATCH",  "/experiences/{experience_id}",                 "200 200 200 403 404 404 404 404 401", {"name": "X"}),
    Row("DELETE", "/experiences/{experience_id}",                 "204 204 204 403 404 404 404 404 401"),
    Row("POST",   "/experiences/{experience_id}/results",         "201 201 201 403 404 404 201 404 401", push=True),
    Row("GET",    "/results/{result_id}",                         "200 200 200 200 404 404 200 404 401"),
    Row("GET",    "/workspaces/{workspace_id}/connection",        "200 200 200 200 200 404 404 404 401"),
    Row("DELETE", "/workspaces/{workspace_id}/connection",        "200 200 403 403 403 404 404 404 401"),
    Row("GET",    "/projects/{project_id}/export-settings",       "200 200 200 200 404 404 404 404 401"),
    Row("PUT",    "/projects/{project_id}/export-settings",       "200 200 200 403 404 404 404 404 401", OFF),
    Row("GET",    "/projects/{project_id}/earlier-exports",       "200 200 200 200 404 404 404 404 401"),
    Row("POST",   "/projects/{project_id}/earlier-exports",       "409 409 409 403 404 404 404 404 401"),
    Row("GET",    "/projects/{project_id}/exports",               "200 200 200 200 404 404 200 404 401"),
    Row("GET",    "/projects/{project_id}/export-log",            "200 200 200 200 404 404 404 404 401"),
    Row("GET",    "/exports/{export_id}",                         "200 200 200 200 404 404 200 404 401"),
    Row("POST",   "/exports/{export_id}/retry",                   "202 202 202 403 404 404 404 404 401"),
]
# fmt: on
