"""The API's URL map: each route is declared here once, and served, documented and tested from that.

Everything is below /api/v1, behind handlers/api/bearer.py.
"""

from handlers.api import experiences, me, projects, results, workspaces
from handlers.api.models import Listing
from handlers.api.operation import Operation, api
from handlers.api.pushed_fields import PUSH_CONTENT, PUSH_CURL

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
    # export settings
    # results
    api(
        "POST",
        "/experiences/{experience_id}/results",
        results.push,
        summary="Push the result of a job: its files, whatever they are called, and what they belong to.",
        answers={201: results.Result, 200: results.Result},
        content=PUSH_CONTENT,
        curl=PUSH_CURL,
        refusals=(403, 409, 507),
        project_tokens=True,
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
]
