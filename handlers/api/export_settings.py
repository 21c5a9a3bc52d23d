"""The API's view of a project's export settings, and their change in part."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from handlers import stops
from handlers.api.answers import answer
from handlers.api.models import Actor, Answer, Body, Moment, read_json
from handlers.guards import permit
from handlers.state import State
from rules.naming import DEFAULT_TEMPLATE
from rules.permissions import can_edit_project
from rules.states import FolderStructure
from store import export_settings, projects
from store.export_settings import SettingsChange
from store.projects import ProjectSeen


class ExportSettings(Answer):
    """Whether and where results of a project go. `example_path` is where one would go, as its destination path."""

    enabled: bool
    folder_path: str = Field(examples=["/Events/2026"])
    folder_structure: FolderStructure
    naming_template: str = Field(examples=[DEFAULT_TEMPLATE])
    enabled_by: Actor | None
    enabled_at: Moment | None
    configured_by: Actor | None
    configured_at: Moment | None
    example_path: str = Field(examples=["/Events/2026/Gala/Booth/2026-02-11_19-24-03_session-8F3K_result.jpg"])

    @classmethod
    def of(cls, found: export_settings.ExportSettings) -> "ExportSettings":
        return cls(
            enabled=found.enabled,
            folder_path=found.folder_path,
            folder_structure=found.folder_structure,
            naming_template=found.naming_template,
            enabled_by=Actor.of(found.enabled_by, found.enabled_by_name),
            enabled_at=found.enabled_at,
            configured_by=Actor.of(found.configured_by, found.configured_by_name),
            configured_at=found.configured_at,
            example_path=found.example_path,
        )


class ExportSettingsChange(Body):
    """Any of these; an absent field stays as it is."""

    # Factories, so that the schema shows no default: what is absent is left alone, not set to it.
    enabled: bool = Field(default_factory=bool, examples=[True])
    folder_path: str = Field(default_factory=str, examples=["/Events/2026"])
    folder_structure: FolderStructure = Field(
        default_factory=lambda: FolderStructure.BY_EXPERIENCE, examples=["by_date"]
    )
    naming_template: str = Field(default_factory=str, examples=[DEFAULT_TEMPLATE])


async def show(request: Request[State]) -> Response:
    """GET /projects/{project_id}/export-settings"""
    seen = await _seen(request)
    return answer(ExportSettings.of(await request.state["database"].read(export_settings.of, seen.project.id)))


async def change(request: Request[State]) -> Response:
    """PUT /projects/{project_id}/export-settings: any of the four; the switch goes off at once, on for new results."""
    seen = await _seen(request)
    permit(can_edit_project, seen.standing, "Only editors of the project may change its export settings.")
    body = await read_json(request, ExportSettingsChange)
    fields = SettingsChange(**body.model_dump(exclude_unset=True))  # type: ignore[typeddict-item]
    changed = await stops.change_settings(
        request.state,
        seen.project.id,
        fields,
        by=request.state["asker"].account_id,
        way="api",
        ip=request.state["client_ip"],
    )
    return answer(ExportSettings.of(changed))


async def _seen(request: Request[State]) -> ProjectSeen:
    return await request.state["database"].read(
        projects.seen_by, request.state["asker"], request.path_params["project_id"]
    )
