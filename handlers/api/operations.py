"""The API's URL map: each route is declared here once, and served, documented and tested from that.

Everything is below /api/v1, behind handlers/api/bearer.py.
"""

from handlers.api import (
    connection,
    earlier_exports,
    experiences,
    export_settings,
    export_shape,
    exports,
    me,
    projects,
    results,
    workspaces,
)
from handlers.api.addresses import NewResult
from handlers.api.models import Listing
from handlers.api.operation import Operation, api
from handlers.api.pushed_fields import PUSH_CONTENT, PUSH_CURL
from rules.states import ExportState

API: list[Operation] = [
    api("GET", "/me", me.show, summary="Whose token this is.", answers=me.Me),
    # workspaces
    api(
        "GET",
        "/workspaces",
        workspaces.index,
        summary="The caller's workspaces, newest first.",
        answers=Listing[workspaces.Workspace],
        paged=True,
    ),
    api(
        "POST",
        "/workspaces",
        workspaces.create,
        summary="Make a workspace; the caller becomes its owner.",
        answers={201: workspaces.Workspace},
        body=workspaces.NewWorkspace,
    ),
    # projects and experiences
    api(
        "GET",
        "/workspaces/{workspace_id}/projects",
        projects.index,
        summary="The workspace's projects that the caller may see, newest first.",
        answers=Listing[projects.Project],
        paged=True,
    ),
    api(
        "POST",
        "/workspaces/{workspace_id}/projects",
        projects.create,
        summary="Make a project; its export is switched off.",
        answers={201: projects.Project},
        body=projects.NewProject,
        refusals=(403,),
    ),
    api(
        "GET",
        "/projects/{project_id}",
        projects.show,
        summary="One project.",
        answers=projects.Project,
        project_tokens=True,
    ),
    api(
        "PATCH",
        "/projects/{project_id}",
        projects.change,
        summary="Rename a project or set its time zone; new results use them.",
        answers=projects.Project,
        body=projects.ProjectChange,
        refusals=(403,),
    ),
    api(
        "DELETE",
        "/projects/{project_id}",
        projects.delete,
        summary="Delete a project and stop its exports; files in Dropbox stay.",
        answers={204: None},
        refusals=(403,),
    ),
    api(
        "GET",
        "/projects/{project_id}/experiences",
        experiences.index,
        summary="The project's experiences, newest first.",
        answers=Listing[experiences.Experience],
        paged=True,
        project_tokens=True,
    ),
    api(
        "POST",
        "/projects/{project_id}/experiences",
        experiences.create,
        summary="Make an experience, to which results can be pushed.",
        answers={201: experiences.Experience},
        body=experiences.NewExperience,
        refusals=(403,),
    ),
    api(
        "PATCH",
        "/experiences/{experience_id}",
        experiences.change,
        summary="Rename an experience; new results use the name.",
        answers=experiences.Experience,
        body=experiences.ExperienceChange,
        refusals=(403,),
    ),
    api(
        "DELETE",
        "/experiences/{experience_id}",
        experiences.delete,
        summary="Delete an experience and stop its exports; files in Dropbox stay.",
        answers={204: None},
        refusals=(403,),
    ),
    # connection
    api(
        "GET",
        "/workspaces/{workspace_id}/connection",
        connection.show,
        summary="The workspace's link to its Dropbox.",
        answers=connection.Connection,
    ),
    api(
        "DELETE",
        "/workspaces/{workspace_id}/connection",
        connection.disconnect,
        summary="Disconnect Dropbox: all exports of the workspace stop at once, and what waits is skipped.",
        answers=connection.Connection,
        refusals=(403,),
    ),
    # export settings
    api(
        "GET",
        "/projects/{project_id}/export-settings",
        export_settings.show,
        summary="Whether, where and under which names results of the project go to Dropbox.",
        answers=export_settings.ExportSettings,
    ),
    api(
        "PUT",
        "/projects/{project_id}/export-settings",
        export_settings.change,
        summary="Change any of them for new results. Switching off stops at once; on needs a connection.",
        answers=export_settings.ExportSettings,
        body=export_settings.ExportSettingsChange,
        refusals=(403, 409),
    ),
    # earlier results
    api(
        "GET",
        "/projects/{project_id}/earlier-exports",
        earlier_exports.show,
        summary="How many earlier results could be exported after all, and how far the last sending of them is.",
        answers=earlier_exports.EarlierExports,
    ),
    api(
        "POST",
        "/projects/{project_id}/earlier-exports",
        earlier_exports.send,
        summary="Export the results from before export was on, and what a stop skipped, behind fresh ones.",
        answers={202: earlier_exports.EarlierExports},
        refusals=(403, 409),
    ),
    # results
    api(
        "POST",
        "/experiences/{experience_id}/results",
        results.push,
        summary="Push the result of a job: one file for each artifact, known by its content and not by its name.",
        answers={201: results.Result, 202: results.Result, 200: results.Result},
        content=PUSH_CONTENT,
        also=NewResult,
        curl=PUSH_CURL,
        refusals=(403, 409, 507),
        project_tokens=True,
        meanings={
            200: "This job is known already, with the same bytes or addresses.",
            201: "Stored: bytes and rows are on disk. Exports follow by themselves.",
            202: "The addresses are being fetched; each artifact is exported once it is ready.",
            409: "This job is known, and an artifact of it with other bytes or address; nothing was stored.",
            415: "Neither multipart nor JSON, or a file that is no JPEG, PNG, WebP, GIF, MP4 or MOV.",
        },
    ),
    api(
        "GET",
        "/results/{result_id}",
        results.show,
        summary="One result with its artifacts and exports.",
        answers=results.Result,
        project_tokens=True,
    ),
    # exports
    api(
        "GET",
        "/projects/{project_id}/exports",
        exports.index,
        summary="The project's exports, newest first.",
        answers=Listing[export_shape.Export],
        paged=True,
        choices={"status": ExportState},
        project_tokens=True,
    ),
    api(
        "GET",
        "/exports/{export_id}",
        exports.show,
        summary="One export with all its tries.",
        answers=exports.ExportWithAttempts,
        project_tokens=True,
    ),
    api(
        "POST",
        "/exports/{export_id}/retry",
        exports.retry,
        summary="Have an export tried now, whether it failed, was skipped, waits or lies in Dropbox already.",
        answers={202: exports.ExportWithAttempts},
        refusals=(403, 409),
    ),
    api(
        "GET",
        "/projects/{project_id}/export-log",
        exports.log,
        summary="The log of all tries of the project's exports, newest first.",
        answers=Listing[exports.LogRow],
        paged=True,
    ),
]
