"""The mails that tell people how their own access request stands. They repeat nothing that a request said, for
whoever asked need not be whose address it is.
"""

from rules.letters import Letter, Letterhead, composed, link_to, quoted

_NOT_YOU = "If it wasn't you who asked, do nothing: this address opens nothing that you don't open yourself."
_ELSEWHERE = "Open the site where access was asked for."


def received(head: Letterhead, *, email: str) -> Letter:
    """A request has come in, for the first time or again after a no."""
    return composed(
        f"We have your request for {head.app_name}",
        [
            f"Somebody, you most likely, asked for access to {head.app_name} for {email}.",
            "A person looks at every request. You get a mail as soon as it is decided; nothing else is needed.",
            _NOT_YOU,
        ],
        link_to(head, "What it is", "/", _ELSEWHERE),
    )


def still_waiting(head: Letterhead, *, email: str, since: str) -> Letter:
    """They asked while their request waits. `since` is a day as it stands in a sentence: "Tuesday, 3 February 2026"."""
    return composed(
        f"Your request for {head.app_name} is waiting",
        [
            f"Access to {head.app_name} was asked for again for {email}. We have had the request since {since}.",
            "It waits for a decision, and asking again changes nothing. You get a mail as soon as it is decided.",
            _NOT_YOU,
        ],
        link_to(head, "What it is", "/", _ELSEWHERE),
    )


def already_approved(head: Letterhead, *, email: str, claim_path: str) -> Letter:
    """They asked though they are approved. `claim_path` is a fresh claim link, '' where somebody has signed in."""
    told = f"Access to {head.app_name} was asked for again for {email}. It is approved already: just sign in."
    if claim_path:
        return composed(f"You can use {head.app_name} already", [told, *_claiming(email)], _claim(head, claim_path))
    told = f"{told} Use the Dropbox account that you signed in with before."
    return composed(
        f"You can use {head.app_name} already", [told, _NOT_YOU], link_to(head, "Sign in here", "/login", _ELSEWHERE)
    )


def ask_again_later(head: Letterhead, *, email: str, day: str) -> Letter:
    """They asked again too soon after a no. `day` is when they may, as it stands in a sentence."""
    return composed(
        f"Your request for {head.app_name}",
        [
            f"Access to {head.app_name} was asked for again for {email}. It was decided against not long ago, "
            "so nothing has changed.",
            f"You may ask again after {day}.",
            _NOT_YOU,
        ],
        link_to(head, "Ask again then", "/request-access", _ELSEWHERE),
    )


def approved(head: Letterhead, *, email: str, claim_path: str, until: str = "") -> Letter:
    """The request was approved. `until` is the last day of the access, '' for one without an end.

    `claim_path` is a one-time claim link, '' where the approval has an account already.
    """
    told = [f"Your request for access to {head.app_name} has been approved."]
    if until:
        told.append(f"The access ends by itself after {until}.")
    if claim_path:
        return composed(f"You can use {head.app_name} now", [*told, *_claiming(email)], _claim(head, claim_path))
    told.append("Sign in with the Dropbox account that you signed in with before.")
    return composed(
        f"You can use {head.app_name} now",
        told,
        link_to(head, "Sign in here", "/login", "Sign in on the page where you asked for access."),
    )


def denied(head: Letterhead, *, email: str, note: str) -> Letter:
    """The request was denied; `note` is what the site owner wants the person to know, or ''."""
    told = [f"The request for access to {head.app_name} for {email} was not approved."]
    if note:
        told += ["The person who runs the site wrote:", quoted(note)]
    return composed(f"Your request for {head.app_name}", told, link_to(head, "The site", "/", _ELSEWHERE))


def revoked(head: Letterhead, *, email: str) -> Letter:
    """An approval was taken back."""
    return composed(
        f"Your access to {head.app_name} has ended",
        [
            f"The person who runs {head.app_name} has taken back the access of {email}. You are signed out everywhere, "
            "your API tokens no longer work, and the permission that Dropbox gave for signing in is handed back.",
            "Files in your Dropbox stay where they are.",
        ],
        link_to(head, "The site", "/", _ELSEWHERE),
    )


def ended(head: Letterhead, *, email: str) -> Letter:
    """An approval with an end has come to it."""
    return composed(
        f"Your access to {head.app_name} has ended",
        [
            f"The access of {email} to {head.app_name} was given until today, so it has ended by itself. You are "
            "signed out everywhere, and your API tokens no longer work.",
            "Files in your Dropbox stay where they are. You can ask for access again at any time.",
        ],
        link_to(head, "Ask again", "/request-access", _ELSEWHERE),
    )


def _claiming(email: str) -> list[str]:
    return [
        f"Sign in through the link below, with whatever Dropbox account you like: it is then tied to this approval. "
        f"The link works once, for 14 days. Without it, sign in with the Dropbox account that has the address {email}.",
        "Don't pass the link on: whoever opens it first can take your place.",
    ]


def _claim(head: Letterhead, path: str) -> tuple[str, str]:
    return link_to(head, "Sign in here", path, "Sign in on the page where you asked for access.")
