"""Admin → Audit: who did what, to whom, when, from where and by which way; filtered, page by page, and as CSV."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from handlers.api.answers import page_of
from handlers.forms import Form
from handlers.pages import iso, render
from handlers.state import State
from rules.calendar import end_of_day, start_of_day
from rules.spreadsheets import csv_line
from store import audit_log
from store.audit_log import Asked, Entry
from store.connect import Db
from store.database import Database

MOST_TYPED = 300
SLICE = 500
FIELDS = ("who", "what", "since", "until")
COLUMNS = ("time", "who", "account", "way", "action", "subject", "subject name", "workspace", "detail", "from")


@dataclass(frozen=True)
class Filter:
    """What was asked for, as typed and as the store understands it."""

    form: Form
    asked: Asked

    @property
    def query(self) -> str:
        """The filter as it stands in addresses, '' for none."""
        return urlencode({name: text for name, text in self.form.values.items() if text})


async def index(request: Request[State]) -> Response:
    """GET /admin/audit: who, what, since, until (days, both included, UTC), cursor."""
    chosen, page = _filter(request), page_of(request)
    found, actions = await request.state["database"].read(_read, chosen.asked, limit=page.limit + 1, before=page.cursor)
    items, older = page.cut(found, lambda each: (each.at, str(each.id)))
    query = f"{chosen.query}&" if chosen.query else ""
    return render(
        request,
        "admin/audit.html",
        status=422 if chosen.form.errors else 200,
        entries=items,
        actions=actions,
        form=chosen.form,
        query=chosen.query,
        older=f"/admin/audit?{query}cursor={older}" if older else "",
        newest=f"/admin/audit?{chosen.query}".rstrip("?") if page.cursor else "",
    )


async def as_csv(request: Request[State]) -> Response:
    """GET /admin/audit.csv: the same filter; everything that it finds, newest first."""
    chosen = _filter(request)
    return StreamingResponse(
        _lines(request.state["database"], chosen.asked),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"content-disposition": 'attachment; filename="audit.csv"'},
    )


def _filter(request: Request[State]) -> Filter:
    form = Form({name: request.query_params.get(name, "").strip()[:MOST_TYPED] for name in FIELDS})
    moments: dict[str, int | None] = {}
    for name, read in (("since", start_of_day), ("until", end_of_day)):
        try:
            moments[name] = read(form.values[name]) if form.values[name] else None
        except ValueError as wrong:
            form.refuse({name: str(wrong)})
            moments[name] = None
    return Filter(form, Asked(form.values["who"], form.values["what"], moments["since"], moments["until"]))


async def _lines(database: Database, asked: Asked) -> AsyncIterator[str]:
    """Slice by slice, each a read of its own, so that nothing is held while somebody downloads slowly."""
    yield csv_line(COLUMNS)
    before: tuple[int, str] | None = None
    while True:
        entries = await database.read(audit_log.listed, asked, limit=SLICE, before=before)
        yield "".join(csv_line(_cells(entry)) for entry in entries)
        if len(entries) < SLICE:
            return
        before = (entries[-1].at, str(entries[-1].id))


def _cells(entry: Entry) -> tuple[str, ...]:
    optional = (entry.actor, entry.actor_id, entry.subject_name, entry.workspace)
    actor, actor_id, subject_name, workspace = (text or "" for text in optional)
    return (
        *(iso(entry.at), actor, actor_id, entry.way, entry.action),
        *(entry.subject, subject_name, workspace, entry.detail, entry.ip),
    )


def _read(db: Db, asked: Asked, *, limit: int, before: tuple[int, str] | None) -> tuple[list[Entry], list[str]]:
    return audit_log.listed(db, asked, limit=limit, before=before), audit_log.actions(db)
