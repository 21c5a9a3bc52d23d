"""Admin → Audit: who, what, whom, when, from where, by which way; filtered, page by page, and as CSV."""

import csv

import pytest

from store import audit
from store.connect import immediate, rows
from tests.cast import OWNER, STUDIO, now_ms
from tests.handlers.studio import words


@pytest.fixture
def owner(cast):
    return cast.sign_in(OWNER)


def note(db, subject, action="project.renamed", **more):
    with immediate(db):
        audit.record(db, at=now_ms(), actor=None, way="page", action=action, subject=subject, **more)


def read_csv(answer):
    return list(csv.DictReader(answer.text.splitlines(keepends=True), strict=True))


def test_it_says_who_what_whom_when_from_where_and_by_which_way(cast, owner):
    cast.client.post("/request-access", data={"email": STUDIO})
    owner.post("/admin/rules", data={"effect": "block", "about": "spam.example"})
    page = words(owner.get("/admin/audit").text)
    assert "Access request asked" in page and STUDIO in page and "testclient" in page
    assert "Olivia Owens Access rule made spam.example block On a page from testclient" in page


def test_it_is_filtered_and_says_so_in_the_address(cast, owner):
    cast.client.post("/request-access", data={"email": STUDIO})
    only = words(owner.get(f"/admin/audit?who={STUDIO}&what=access_request").text)
    assert "Access request asked" in only and "Account signed in" not in only.partition("Filter")[2]
    assert "Nothing in the audit is like that." in owner.get("/admin/audit?since=2090-01-01").text
    assert "Nothing in the audit is like that." in owner.get("/admin/audit?until=2020-01-01").text
    for odd in ("since=tomorrow", "until=2026-99-99"):
        answer = owner.get(f"/admin/audit?{odd}")
        assert answer.status_code == 422 and "Write the day as 2026-02-03." in answer.text


def test_it_has_pages(owner, db):
    for number in range(60):
        note(db, f"subject-{number}")
    first = owner.get("/admin/audit?what=project").text
    assert "subject-59" in first and "subject-10<" in first and "subject-9<" not in first
    older = first.partition('href="/admin/audit?what=project&amp;cursor=')[2].partition('"')[0]
    assert "subject-9<" in owner.get(f"/admin/audit?what=project&cursor={older}").text


def test_fu_08_the_csv_has_everything_that_the_filter_finds_and_no_formula(cast, owner, db):
    for number in range(1203):
        note(db, f"subject-{number}")
    note(db, '=HYPERLINK("http://evil.example","x")', detail="+1", ip="@x")
    note(db, "two\nlines", detail='say "hi"')
    answer = owner.get("/admin/audit.csv?what=project")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    found = read_csv(answer)
    assert len(found) == 1205 and len({row["subject"] for row in found}) == 1205
    assert found[0]["subject"] == "two\nlines" and found[0]["detail"] == 'say "hi"'
    assert (found[1]["subject"][:2], found[1]["detail"], found[1]["from"]) == ("'=", "'+1", "'@x")
    assert found[2]["time"].endswith("Z") and found[2]["action"] == "project.renamed"


def test_looking_adds_nothing_and_nothing_can_be_taken_away(owner, db):
    before = rows(db, "select count(*) as n from audit")
    owner.get("/admin/audit")
    owner.get("/admin/audit.csv")
    assert rows(db, "select count(*) as n from audit") == before
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        assert owner.request(method, "/admin/audit").status_code == 405


def test_what_people_typed_is_text(cast, owner):
    cast.client.post("/request-access", data={"email": "a@b.example", "name": "x"})
    assert "<i>" not in owner.get("/admin/audit?who=%3Ci%3E&what=%3Ci%3E").text.replace("<input", "")
