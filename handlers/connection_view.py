"""What the pages about a connection show of it: read in one go, so that its parts belong to the same moment."""

from dataclasses import dataclass

from rules.failures import FailureKind
from rules.hindrance import hindrance
from rules.states import ConnectionStatus, WorkspaceRole
from store import connections, export_figures, export_settings, members
from store.connect import Db
from store.connections import Connection
from store.export_figures import Figures
from store.export_settings import ExportSettings
from store.members import Member


@dataclass(frozen=True)
class ConnectionView:
    """The connection (None: never made), how many exports wait on it, and the names of projects whose export is on.

    `runners` are the owners and admins of the workspace: who may connect, and whom the others ask.
    """

    connection: Connection | None
    waiting: int
    exporting: list[str]
    runners: list[Member]

    @property
    def status(self) -> str:
        """The word for the status: a ConnectionStatus, or `never`."""
        return self.connection.status if self.connection else "never"

    @property
    def linked(self) -> bool:
        return self.connection is not None and self.connection.linked


@dataclass(frozen=True)
class ProjectView:
    """A project's side of it. `hindrance` is what keeps its exports from going on; `paused_until` goes with it."""

    of: ConnectionView
    settings: ExportSettings
    figures: Figures
    hindrance: FailureKind | None
    paused_until: int

    @property
    def status(self) -> str:
        """The word for the card: what happens to a result that arrives now."""
        connection = self.of.connection
        if connection is None or connection.status is ConnectionStatus.DISCONNECTED:
            return self.of.status
        if connection.status is ConnectionStatus.NEEDS_REAUTH:
            return connection.status
        if not self.settings.enabled:
            return "connected"
        return "paused" if self.hindrance else "active"


def of_workspace(db: Db, workspace_id: str) -> ConnectionView:
    """The workspace's connection; the caller has looked the workspace up through the person."""
    connection = connections.of_workspace(db, workspace_id)
    return ConnectionView(
        connection=connection,
        waiting=connections.waiting(db, connection.id) if connection else 0,
        exporting=export_figures.exporting_projects(db, workspace_id),
        runners=[
            member
            for member in members.of_workspace(db, workspace_id)
            if member.role in (WorkspaceRole.OWNER, WorkspaceRole.ADMIN)
        ],
    )


def of_project(db: Db, workspace_id: str, project_id: str, *, now: int) -> ProjectView:
    """The project's side; the caller has looked the project up through the person."""
    of = of_workspace(db, workspace_id)
    settings = export_settings.of(db, project_id)
    pause = of.connection.pause_reason if of.connection else None
    paused_until = of.connection.paused_until if of.connection else 0
    stands = hindrance(
        of.connection.status if of.connection else None,
        project_pause=settings.paused_reason,
        pause=None if pause is None else FailureKind(pause),
        paused_until=paused_until,
        now=now,
    )
    return ProjectView(of, settings, export_figures.of_project(db, project_id), stands, paused_until)
