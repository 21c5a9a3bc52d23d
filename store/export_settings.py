"""A project's export settings: on or off, folder, structure and naming template, with who and when.

Changing them is for new results: paths of exports that wait stay as they were frozen, unless their folder is gone.
"""

from dataclasses import dataclass
from typing import TypedDict

from rules.failures import FailureKind
from rules.naming import validate_folder_path, validate_template
from rules.states import LINKED_CONNECTIONS, ConnectionStatus, FolderStructure
from store import audit, export_paths, export_stops
from store.connect import Db, rows
from store.errors import Conflict, Invalid, NotFound
from store.export_examples import example_path

FIELDS = ("folder_path", "folder_structure", "naming_template")
NOT_LINKED = "Connect Dropbox to this workspace before you switch its exports on."


@dataclass(frozen=True)
class ExportSettings:
    """The settings as they stand. Times are milliseconds UTC, None while nobody has done it yet.

    `paused_reason` is set while all exports of the project wait for a person. `example_path` is where a result would
    go, as its destination path.
    """

    project_id: str
    enabled: bool
    folder_path: str
    folder_structure: FolderStructure
    naming_template: str
    enabled_by: str | None
    enabled_by_name: str | None
    enabled_at: int | None
    configured_by: str | None
    configured_by_name: str | None
    configured_at: int | None
    epoch: int
    paused_reason: FailureKind | None
    paused_at: int | None
    example_path: str


class SettingsChange(TypedDict, total=False):
    """What may be changed at once; an absent field stays as it is."""

    enabled: bool
    folder_path: str
    folder_structure: str
    naming_template: str


def of(db: Db, project_id: str) -> ExportSettings:
    """The project's settings; NotFound for an unknown project. The caller has looked it up through the person."""
    found = rows(
        db,
        """
        select s.*, switched.display_name as enabled_by_name, configured.display_name as configured_by_name
        from export_settings s
        left join accounts switched on switched.id = s.enabled_by
        left join accounts configured on configured.id = s.configured_by
        where s.project_id = :project
        """,
        project=project_id,
    )
    if not found:
        raise NotFound
    found[0]["example_path"] = example_path(db, project_id)
    values = {name: found[0][name] for name in ExportSettings.__dataclass_fields__}
    reason = values["paused_reason"]
    values["enabled"] = bool(values["enabled"])
    values["folder_structure"] = FolderStructure(str(values["folder_structure"]))
    values["paused_reason"] = None if reason is None else FailureKind(str(reason))
    return ExportSettings(**values)  # type: ignore[arg-type]


def put(
    db: Db, *, project_id: str, fields: SettingsChange, by: str, now: int, way: str = "page", ip: str = ""
) -> ExportSettings:
    """`change` and `switch` at once: what either of them refuses undoes the other."""
    settings = change(
        db,
        project_id=project_id,
        folder_path=fields.get("folder_path"),
        folder_structure=fields.get("folder_structure"),
        naming_template=fields.get("naming_template"),
        by=by,
        now=now,
        way=way,
        ip=ip,
    )
    if "enabled" not in fields:
        return settings
    return switch(db, project_id=project_id, enabled=fields["enabled"], by=by, now=now, way=way, ip=ip)


def switch(
    db: Db, *, project_id: str, enabled: bool, by: str, now: int, way: str = "page", ip: str = ""
) -> ExportSettings:
    """Switch the project's export on or off; as it is already changes nothing.

    Off always works: it begins a new epoch, and what is being uploaded is skipped. On never revives what that left
    behind; it raises Conflict unless the workspace's Dropbox is connected or only waits for a new sign-in.
    """
    before = of(db, project_id)
    if before.enabled is enabled:
        return before
    if enabled and _connection_status(db, project_id) not in LINKED_CONNECTIONS:
        raise Conflict(NOT_LINKED)
    db.conn.execute(
        """
        update export_settings set enabled = :enabled, enabled_by = :by, enabled_at = :now, updated_at = :now
        where project_id = :project
        """,
        {"enabled": int(enabled), "by": by, "now": now, "project": project_id},
    )
    if not enabled:
        export_stops.stop_project(db, project_id, kind=FailureKind.EXPORT_OFF, now=now)
    action = "export.switched_on" if enabled else "export.switched_off"
    _record(db, project_id, action, "", by=by, now=now, way=way, ip=ip)
    return of(db, project_id)


def change(
    db: Db,
    *,
    project_id: str,
    folder_path: str | None = None,
    folder_structure: str | None = None,
    naming_template: str | None = None,
    by: str,
    now: int,
    way: str = "page",
    ip: str = "",
) -> ExportSettings:
    """Change where and under which names new results go; None leaves as it is. Claims the project's folder.

    A folder selected while the project waits for one lets what waits go on, into that folder. Raises Invalid with a
    sentence for each of the three fields.
    """
    before = of(db, project_id)
    fields = _accepted(folder_path, folder_structure, naming_template)
    changed = {name: value for name, value in fields.items() if value != getattr(before, name)}
    selected_again = "folder_path" in fields and before.paused_reason is FailureKind.FOLDER_GONE
    if not changed and not selected_again:
        return before
    values = {name: changed.get(name, getattr(before, name)) for name in FIELDS}
    db.conn.execute(
        """
        update export_settings set folder_path = :folder_path, folder_structure = :folder_structure,
            naming_template = :naming_template, configured_by = :by, configured_at = :now, updated_at = :now
        where project_id = :project
        """,
        {**values, "by": by, "now": now, "project": project_id},
    )
    if "folder_path" in changed or selected_again:
        _forget_the_folder(db, project_id)
        export_paths.claim_project_folder(db, project_id, now)
    if selected_again:
        export_stops.carry_project(db, project_id, now=now, repath=True)
    told = ", ".join(f"{name}: {value}" for name, value in changed.items())
    _record(db, project_id, "export_settings.changed", told, by=by, now=now, way=way, ip=ip)
    return of(db, project_id)


def _accepted(folder_path: str | None, folder_structure: str | None, naming_template: str | None) -> dict[str, str]:
    """The given fields as they are stored; raises Invalid with a sentence for each that can't be."""
    fields: dict[str, str] = {}
    errors: dict[str, str] = {}
    if folder_path is not None:
        try:
            fields["folder_path"] = validate_folder_path(folder_path)
        except ValueError as refusal:
            errors["folder_path"] = str(refusal)
    if folder_structure is not None:
        if folder_structure in list(FolderStructure):
            fields["folder_structure"] = folder_structure
        else:
            errors["folder_structure"] = f"Choose one of: {', '.join(FolderStructure)}."
    if naming_template is not None:
        fields["naming_template"] = naming_template
        if wrong := validate_template(naming_template):
            errors["naming_template"] = " ".join(wrong)
    if errors:
        raise Invalid(errors)
    return fields


def _forget_the_folder(db: Db, project_id: str) -> None:
    """What the engine knows of the folder selected before: its Dropbox id, when it was last seen, that it is gone."""
    db.conn.execute(
        """
        update export_settings set folder_id = null, folder_checked_at = 0, paused_reason = null, paused_at = null
        where project_id = :project
        """,
        {"project": project_id},
    )


def _connection_status(db: Db, project_id: str) -> ConnectionStatus | None:
    found = rows(
        db,
        "select c.status from projects p join connections c on c.workspace_id = p.workspace_id where p.id = :project",
        project=project_id,
    )
    return ConnectionStatus(str(found[0]["status"])) if found else None


def _record(db: Db, project_id: str, action: str, detail: str, *, by: str, now: int, way: str, ip: str) -> None:
    workspace_id = str(rows(db, "select workspace_id from projects where id = :id", id=project_id)[0]["workspace_id"])
    audit.record(
        db,
        at=now,
        actor=by,
        way=way,
        action=action,
        subject=project_id,
        workspace_id=workspace_id,
        detail=detail,
        ip=ip,
    )
