"""The mails that are sent, as text and as HTML. What strangers wrote is quoted in them, and no link of theirs is alive.

To whom they go and when is decided elsewhere.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rules.characters import strip_invisible

_MOST_IN_SUBJECT = 60
# What mail programs turn into links by themselves: a scheme, www., or a name with a dot in it (photos.example, a@b.c).
_LINK_SIGNS = re.compile(r"://|(?<=\w)\.(?=[^\W\d_])|@")
_DEADENED = {"://": ": //", ".": " . ", "@": " at "}


@dataclass(frozen=True)
class Letterhead:
    """Whose letters these are; `origin` is the site's public address, None where it is not known."""

    app_name: str
    origin: str | None


@dataclass(frozen=True)
class Letter:
    """One mail: a subject on one line, and the same words twice."""

    subject: str
    text: str
    html: str


def new_request(
    head: Letterhead, *, email: str, name: str, message: str, asked: str, path: str, invited: str = ""
) -> Letter:
    """To the site owner: somebody asks for access, or needs it because a member invited them.

    `asked` is when, as people read it; `path` that of the link that decides. `invited` says by whom and where to:
    "Ada (ada@example.com) to the workspace Studio".
    """
    who = strip_invisible(name) or email
    wants = "needs" if invited else "asks for"
    paragraphs = [f"Somebody {wants} access to {head.app_name}.", f"E-mail: {email}"]
    if invited:
        paragraphs.append(f"Invited by {deadened(strip_invisible(invited))}")
    if name:
        paragraphs.append(f"Name: {deadened(strip_invisible(name))}")
    paragraphs.append(f"When: {asked}")
    if message:
        paragraphs += ["They wrote:", quoted(message)]
    paragraphs.append(
        "The link opens a page with this request and two buttons, Approve and Deny. It decides once, within 72 hours; "
        "don't pass it on."
    )
    return composed(
        f"{shortened(who)} {wants} access to {head.app_name}",
        paragraphs,
        link_to(head, "Look and decide", path, "Sign in as the site owner and open Admin to decide."),
    )


def more_requests(head: Letterhead, *, people: Sequence[tuple[str, str]], others: int) -> Letter:
    """To the site owner, one for all that came after the first few of an hour: the address and name of each.

    `others` is how many there are that `people` doesn't name.
    """
    number = len(people) + others
    named = "\n".join(f"{email} · {deadened(strip_invisible(name))}" if name else email for email, name in people)
    paragraphs = [
        f"{number} more {'request has' if number == 1 else 'requests have'} come in since the last mail "
        f"and {'waits' if number == 1 else 'wait'} for a decision:",
        f"{named}\n… and {others} more" if others else named,
    ]
    return composed(
        f"{number} more {'person asks' if number == 1 else 'people ask'} for access to {head.app_name}",
        paragraphs,
        link_to(head, "See them all", "/admin/requests", "Sign in as the site owner and open Admin to see them."),
    )


def connection_lost(head: Letterhead, *, workspace: str, workspace_id: str) -> Letter:
    """To a workspace's owners and admins: Dropbox no longer honours the connection, and only they can mend it."""
    return composed(
        f"Dropbox connection lost for {shortened(strip_invisible(workspace))}",
        [
            f"Dropbox no longer lets {head.app_name} export to the Dropbox of the workspace "
            f"{deadened(strip_invisible(workspace))}.",
            "New results are kept and wait. Reconnect Dropbox, and all of them are exported.",
        ],
        link_to(head, "Reconnect", f"/workspaces/{workspace_id}/integrations", "Open the workspace to reconnect."),
    )


def deadened(text: str) -> str:
    """The text with everything broken up that a mail program would turn into a link."""
    return _LINK_SIGNS.sub(lambda found: _DEADENED[found.group()], text)


def quoted(text: str) -> str:
    """A stranger's text as a quotation: every line marked, invisible characters gone, links dead."""
    lines = strip_invisible(text, multiline=True).split("\n")
    return "\n".join(f"> {deadened(line)}".rstrip() for line in lines)


def link_to(head: Letterhead, label: str, path: str, otherwise: str) -> tuple[str, str]:
    """What a letter ends with: a label and its address, or the sentence `otherwise` where no address is known."""
    return (label, head.origin + path) if head.origin is not None else (otherwise, "")


def composed(subject: str, paragraphs: list[str], link: tuple[str, str]) -> Letter:
    """The letter of these paragraphs, which the caller has deadened where strangers wrote them, and that end."""
    label, address = link
    text = "\n\n".join([*paragraphs, f"{label}: {address}" if address else label]) + "\n"
    parts = [f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>" for paragraph in paragraphs]
    last = f'<a href="{html.escape(address)}">{html.escape(label)}</a>' if address else html.escape(label)
    return Letter(strip_invisible(subject), text, "\n".join([*parts, f"<p>{last}</p>"]) + "\n")


def shortened(text: str) -> str:
    """A name as it fits into a subject."""
    return text if len(text) <= _MOST_IN_SUBJECT else f"{text[: _MOST_IN_SUBJECT - 1]}…"
