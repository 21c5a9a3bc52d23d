"""The mail that an invitation to a workspace travels in. Names that people chose are in it, and no link of theirs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rules.characters import strip_invisible
from rules.letters import Letter, Letterhead, composed, deadened, link_to, shortened
from rules.states import ProjectRole, WorkspaceRole

_MOST_PROJECTS = 20
_AS = {WorkspaceRole.ADMIN: "as an admin", WorkspaceRole.MEMBER: "as a member"}


def invitation(
    head: Letterhead,
    *,
    token: str,
    email: str,
    inviter_name: str,
    inviter_email: str,
    workspace: str,
    role: WorkspaceRole,
    projects: Sequence[tuple[str, ProjectRole]],
    expires_at: int,
    lets_in: bool,
) -> Letter:
    """To whoever is invited. `projects` are names with roles; `lets_in`: no decision of the site owner is needed.

    `expires_at` is milliseconds UTC; `token` is the secret of the one-time link.
    """
    who, where = strip_invisible(inviter_name) or inviter_email, strip_invisible(workspace)
    paragraphs = [
        f"{deadened(who)} ({deadened(inviter_email)}) invites you to the workspace {deadened(where)} "
        f"on {head.app_name}, {_AS[role]}.",
    ]
    if projects:
        named = [f"{deadened(strip_invisible(name))} ({place})" for name, place in projects[:_MOST_PROJECTS]]
        more = f" and {len(projects) - _MOST_PROJECTS} more" if len(projects) > _MOST_PROJECTS else ""
        paragraphs.append(f"Projects: {', '.join(named)}{more}.")
    paragraphs.append(
        f"Sign in with the Dropbox account that has the address {email}, and you are in. If your Dropbox has another "
        "address, use the link below."
    )
    if not lets_in:
        paragraphs.append(
            f"If you have no access to {head.app_name} yet, the person who runs the site decides about it first. "
            "You hear of it by mail; the invitation waits meanwhile."
        )
    paragraphs.append(
        f"The link works once, until {_moment(expires_at)}. If you don't know who this is, do nothing and it ends."
    )
    return composed(
        f"{shortened(deadened(who))} invites you to {shortened(deadened(where))}",
        paragraphs,
        link_to(head, "Open the invitation", f"/invitations/{token}", "Sign in on the site to take it up."),
    )


def _moment(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"
