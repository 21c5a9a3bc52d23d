"""Where a result of a project would go, for people to see before one has gone there. Only reads."""

from rules.naming import FileFacts, date_text, destination_path, file_name, project_folder_candidates
from rules.states import FolderStructure
from store.connect import Db, rows
from store.export_paths import folder_of

# What stands in for a result while there is none, as in CONTRACT.md §5.
_SESSION = "guest-1"
_SHORT_CODE = "8F3K"


def example_path(db: Db, project_id: str) -> str:
    """The destination path of the project's newest result, or of an imagined one, by today's names and settings.

    Numbers for a path that is taken are left out: it is an example of the pattern, in the project's own folder.
    """
    row = rows(
        db,
        """
        select p.id, p.name, p.timezone, p.created_at, s.folder_path, s.folder_structure, s.naming_template,
            c.dropbox_account_id,
            (select x.name from experiences x where x.project_id = p.id and x.deleted_at is null
                order by x.created_at desc, x.id limit 1) as newest_experience
        from projects p
        join export_settings s on s.project_id = p.id
        left join connections c on c.workspace_id = p.workspace_id
        where p.id = :project
        """,
        project=project_id,
    )[0]
    values = {
        "created_at": row["created_at"],
        "experience": row["newest_experience"] or "Experience",
        "session": _SESSION,
        "short_code": _SHORT_CODE,
        "artifact": "result",
        "variant": "final",
        "extension": "jpg",
        **_newest_result(db, project_id),
    }
    extension, short_code = str(values.pop("extension")), str(values.pop("short_code"))
    facts = FileFacts(timezone=str(row["timezone"]), project=str(row["name"]), **values)  # type: ignore[arg-type]
    name = file_name(str(row["naming_template"]), values=facts, extension=extension, short_code=short_code)
    return destination_path(
        str(row["folder_path"]),
        _folder(db, row),
        facts.experience,
        FolderStructure(str(row["folder_structure"])),
        date_text(facts.created_at, facts.timezone),
        name,
    )


def _newest_result(db: Db, project_id: str) -> dict[str, object]:
    found = rows(
        db,
        """
        select r.created_at, x.name as experience, n.label as session, n.short_code,
            a.artifact_id as artifact, a.variant, a.extension
        from (
            select id, experience_id, session_id, created_at from results
            where project_id = :project and deleted_at is null order by arrived_at desc, id limit 1
        ) r
        join experiences x on x.id = r.experience_id and x.deleted_at is null
        join sessions n on n.id = r.session_id
        join artifacts a on a.result_id = r.id and a.state = 'ready'
        order by a.position
        limit 1
        """,
        project=project_id,
    )
    return found[0] if found else {}


def _folder(db: Db, row: dict[str, object]) -> str:
    name, project_id = str(row["name"]), str(row["id"])
    if row["dropbox_account_id"] is None:
        return next(project_folder_candidates(name))
    return folder_of(db, str(row["dropbox_account_id"]), project_id, folder=str(row["folder_path"]), name=name)
