"""What each failure on the way to Dropbox means: one sentence for a person, who can mend it, and with which action.

What happens to the export is decided in `retry`; which answer of Dropbox is which failure, in `clients/dropbox`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class FailureKind(StrEnum):
    """`error.kind` of the JSON API (CONTRACT.md §4): other programs rely on these words."""

    RATE_LIMITED = "rate_limited"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    NEEDS_REAUTH = "needs_reauth"
    INSUFFICIENT_SPACE = "insufficient_space"
    NOT_PERMITTED = "not_permitted"
    FOLDER_GONE = "folder_gone"
    BAD_NAME = "bad_name"
    SOURCE_MISSING = "source_missing"
    HASH_MISMATCH = "hash_mismatch"
    DEFECT = "defect"
    DISCONNECTED = "disconnected"
    EXPORT_OFF = "export_off"
    DELETED = "deleted"


SKIP_KINDS = frozenset({FailureKind.DISCONNECTED, FailureKind.EXPORT_OFF, FailureKind.DELETED})
"""Why an export is skipped: decisions of people, never an answer of Dropbox."""

TIMED_KINDS = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.BUSY,
        FailureKind.UNAVAILABLE,
        FailureKind.INSUFFICIENT_SPACE,
        FailureKind.NOT_PERMITTED,
        FailureKind.HASH_MISMATCH,
    }
)
"""Failures after which the next try has a time of its own; the others wait for a person, or not at all."""


@dataclass(frozen=True)
class Failure:
    """One failed try.

    `detail` is for Details and logs and holds no secret; `retry_after` is Dropbox's, in whole seconds;
    `request_id` is Dropbox's, for their support; `outcome_known` is False when the file may be there all the same.
    """

    kind: FailureKind
    detail: str = ""
    retry_after: int | None = None
    request_id: str | None = None
    outcome_known: bool = True


class DropboxFailure(Exception):
    """A call to Dropbox that failed; carries what it means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind}: {failure.detail}" if failure.detail else str(failure.kind))
        self.failure = failure


class Fixer(StrEnum):
    """Who can do something about a failure, in words that fit after "Who can fix it:"."""

    ITSELF = "nobody, it goes on by itself"
    WORKSPACE_ADMIN = "a workspace owner or admin"
    PROJECT_EDITOR = "a project editor"
    DROPBOX_HOLDER = "the Dropbox account's holder"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Meaning:
    """What a failure means to a person.

    `sentence` has no full stop and may name the app as `{app}`; `to_others`, if given, is for those who can't do
    what `sentence` asks; `action` is the words on the button that mends it, empty where there is none.
    """

    sentence: str
    fixer: Fixer
    action: str = ""
    to_others: str = ""


MEANINGS: Mapping[FailureKind, Meaning] = MappingProxyType(
    {
        FailureKind.RATE_LIMITED: Meaning("Rate-limited by Dropbox (retrying)", Fixer.ITSELF),
        FailureKind.BUSY: Meaning("Dropbox is busy with other changes (retrying)", Fixer.ITSELF),
        FailureKind.UNAVAILABLE: Meaning("Dropbox did not answer as it should", Fixer.ITSELF, "Retry"),
        FailureKind.NEEDS_REAUTH: Meaning(
            "Dropbox connection lost — reconnect to resume exports",
            Fixer.WORKSPACE_ADMIN,
            "Reconnect",
            "Dropbox connection lost — ask a workspace admin to reconnect",
        ),
        FailureKind.INSUFFICIENT_SPACE: Meaning(
            "Dropbox is full — once there is space again, exports go on by themselves",
            Fixer.DROPBOX_HOLDER,
            "Try again now",
        ),
        FailureKind.NOT_PERMITTED: Meaning(
            "Insufficient permissions to write to folder", Fixer.DROPBOX_HOLDER, "Try again now"
        ),
        FailureKind.FOLDER_GONE: Meaning("Folder not found (reselect folder)", Fixer.PROJECT_EDITOR, "Select folder"),
        FailureKind.BAD_NAME: Meaning(
            "Dropbox does not accept this file or its path — change the name or the folder, then retry",
            Fixer.PROJECT_EDITOR,
            "Retry",
        ),
        FailureKind.SOURCE_MISSING: Meaning(
            "{app} can't read this file any more — push the result again",
            Fixer.PROJECT_EDITOR,
        ),
        FailureKind.HASH_MISMATCH: Meaning("The file did not reach Dropbox unchanged", Fixer.PROJECT_EDITOR, "Retry"),
        FailureKind.DEFECT: Meaning(
            "Dropbox refused this file for a reason that {app} does not know — the details help the site owner",
            Fixer.PROJECT_EDITOR,
            "Retry",
        ),
        FailureKind.DISCONNECTED: Meaning("Dropbox is not connected", Fixer.WORKSPACE_ADMIN, "Connect Dropbox"),
        FailureKind.EXPORT_OFF: Meaning(
            "Export to Dropbox is off for this project", Fixer.PROJECT_EDITOR, "Turn export on"
        ),
        FailureKind.DELETED: Meaning("Deleted before it was exported", Fixer.NOBODY),
    }
)


def sentence(
    kind: FailureKind, *, app_name: str = "Clementine", retry_at_text: str | None = None, can_fix: bool = True
) -> str:
    """The sentence for one person, without a full stop.

    `retry_at_text` is a time as people read it ("10:52"), added where the export goes on by itself;
    `can_fix` False gives the sentence for those who can only ask somebody.
    """
    meaning = MEANINGS[kind]
    text = meaning.sentence if can_fix or not meaning.to_others else meaning.to_others
    text = text.replace("{app}", app_name)
    if retry_at_text is None or kind not in TIMED_KINDS:
        return text
    if text.endswith("(retrying)"):
        return f"{text.removesuffix('(retrying)')}(retrying at {retry_at_text})"
    return f"{text} (next try at {retry_at_text})"
