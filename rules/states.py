"""The states and kinds that rows carry, with how a thing gets in and out of each.

The words alone: which move is allowed to whom stands in `approval`, `permissions` and `retry`.
"""

from enum import StrEnum


class RequestState(StrEnum):
    """Where an access request stands; every move is audited."""

    PENDING = "pending"
    """In: the person asks, or asks again after denied or revoked. Out: the site owner approves or denies."""
    APPROVED = "approved"
    """In: the site owner approves, whatever stood before. Out: revoked; denying it is a conflict."""
    DENIED = "denied"
    """In: the site owner denies a pending one. Out: the owner approves after all, or the person asks again."""
    REVOKED = "revoked"
    """In: the site owner takes an approval back. Out: the owner approves again, or the person asks again."""


class WorkspaceRole(StrEnum):
    """What a member is in a workspace: owner > admin > member."""

    OWNER = "owner"
    """In: makes the workspace, gets it by transfer or by command. Out: transfer or command; never the last one."""
    ADMIN = "admin"
    """In: an owner names them. Out: an owner names them member, or removes them."""
    MEMBER = "member"
    """In: invited, or given a role in one of its projects. Out: named admin, or removed."""


class ProjectRole(StrEnum):
    """What a plain workspace member is in one project: editor > viewer; no row means that they don't see it."""

    EDITOR = "editor"
    """In: an owner or admin of the workspace names them. Out: named viewer, or removed."""
    VIEWER = "viewer"
    """In: an owner or admin of the workspace names them. Out: named editor, or removed."""


class InvitationState(StrEnum):
    """Where an invitation to a workspace stands; one that is open may still have expired."""

    OPEN = "open"
    """In: somebody invites, or sends it again. Out: accepted, or withdrawn."""
    ACCEPTED = "accepted"
    """In: the person signs in with the invited address, or takes it up by its link. Out: never."""
    WITHDRAWN = "withdrawn"
    """In: an owner or admin of the workspace takes it back. Out: never; inviting again makes a new one."""


class ConnectionStatus(StrEnum):
    """The workspace's link to one Dropbox; no row means that it was never connected."""

    CONNECTED = "connected"
    """In: connect or reconnect succeeds. Out: Dropbox refuses the grant, or a person disconnects."""
    NEEDS_REAUTH = "needs_reauth"
    """In: Dropbox refuses the grant, or the stored token can't be opened. Out: reconnect, or disconnect."""
    DISCONNECTED = "disconnected"
    """In: a person disconnects; the token is gone, the audit stays. Out: connect."""


class ExportState(StrEnum):
    """One artifact on its way to the connection."""

    WAITING = "waiting"
    """In: enqueued, given back, backed off, recovered at start, or retried by a person. Out: claimed, or skipped."""
    UPLOADING = "uploading"
    """In: a pump claims it when it is due. Out: exported, failed, skipped, or back to waiting."""
    EXPORTED = "exported"
    """In: Dropbox holds the file under its path with the same content hash. Out: only a person's retry."""
    FAILED = "failed"
    """In: a failure that no wait mends, or the tenth spent try. Out: only a person's retry."""
    SKIPPED = "skipped"
    """In: Dropbox disconnected, export switched off, or the result deleted. Out: only a person's retry."""

    @property
    def finished(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in FINISHED_EXPORTS


FINISHED_EXPORTS = frozenset({ExportState.EXPORTED, ExportState.FAILED, ExportState.SKIPPED})
"""Exports that no worker touches any more."""

OPEN_EXPORTS = frozenset({ExportState.WAITING, ExportState.UPLOADING})
"""Exports that still want to reach Dropbox; disconnecting and switching off turn exactly these into skipped."""

RETRYABLE_EXPORTS = FINISHED_EXPORTS | {ExportState.WAITING}
"""Exports for which a person's Retry does something; while one is uploading, Retry is a conflict."""

LINKED_CONNECTIONS = frozenset({ConnectionStatus.CONNECTED, ConnectionStatus.NEEDS_REAUTH})
"""Connections under which new exports wait (instead of being skipped) and export may be switched on."""


class AttemptStatus(StrEnum):
    """How one try of an export ended: a row of the export log, written once and never changed."""

    SUCCESS = "success"
    """In: the try ended with the file in Dropbox, uploaded or found there. Out: never."""
    FAILED = "failed"
    """In: the try ended otherwise, whether the export waits for another one or not. Out: never."""
    SKIPPED = "skipped"
    """In: the export was skipped, so there was nothing to try. Out: never."""


class FolderStructure(StrEnum):
    """How a project's files are laid out in its folder; set in its export settings, left by setting another."""

    BY_EXPERIENCE = "by_experience"
    """One folder per experience; the default of a new project."""
    BY_DATE = "by_date"
    """In each experience's folder one per day, in the project's time zone."""
    FLAT = "flat"
    """Everything directly in the project's folder."""


class ArtifactState(StrEnum):
    """Whether the bytes of an artifact lie on our disk."""

    READY = "ready"
    """In: pushed, or fetched whole; only then are exports enqueued. Out: deleted with its result."""
    FETCHING = "fetching"
    """In: pushed as a URL. Out: ready, or failed."""
    FAILED = "failed"
    """In: the URL could not be fetched, or is no media we take. Out: the same result is pushed again."""


class EarlierState(StrEnum):
    """Where sending a project's earlier results stands."""

    SENDING = "sending"
    """In: an editor asks for it. Out: sent, or stopped."""
    SENT = "sent"
    """In: every earlier result has its exports, which go on by themselves. Out: never."""
    STOPPED = "stopped"
    """In: export was switched off or Dropbox disconnected meanwhile. Out: never; asking again sends the rest."""


class VerificationState(StrEnum):
    """Where comparing a project's exports with what lies in Dropbox stands."""

    WAITING = "waiting"
    """In: asked for by an editor, by the night or by a notice, or put off. Out: claimed when due."""
    RUNNING = "running"
    """In: the verifier claims it. Out: done, failed, or back to waiting."""
    DONE = "done"
    """In: everything was compared. Out: forgotten when a later one is done."""
    FAILED = "failed"
    """In: Dropbox could not be asked, and waiting mends it no more. Out: forgotten when a later one is done."""


class FindingKind(StrEnum):
    """What is wrong with an exported file in Dropbox; a later verification says anew."""

    MISSING = "missing"
    """In: nothing lies at its path any more. Out: the next verification."""
    CHANGED = "changed"
    """In: something else lies at its path. Out: the next verification."""


class FetchState(StrEnum):
    """The fetching of one artifact from the web address that its pusher named."""

    WAITING = "waiting"
    """In: pushed, put off after a failed try, given back at the end, or recovered at start. Out: claimed when due."""
    FETCHING = "fetching"
    """In: the fetcher claims it. Out: done, failed, or back to waiting."""
    DONE = "done"
    """In: the file lies on our disk and its artifact is ready. Out: never."""
    FAILED = "failed"
    """In: the file is no media we take, the tenth try failed, or the result was deleted. Out: pushed again."""


class OutboxKind(StrEnum):
    """What the outbox sends after the commit that asked for it; a row leaves when it is sent or given up."""

    MAIL = "mail"
    """In: something that a person must hear of. Out: the mail service took it, or it is kept for Admin → Mail."""
    REVOKE_GRANT = "revoke_grant"
    """In: a grant is no longer wanted (disconnect, refused sign-in). Out: Dropbox took it back, or knew it no more."""
