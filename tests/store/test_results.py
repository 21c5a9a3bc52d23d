"""Results are found through whoever asks, newest first, with their artifacts in order; sessions keep their code."""

import secrets

import pytest

from store import pushes, results, sessions
from store.artifacts import NewArtifact
from store.connect import Db
from store.errors import Conflict, NotFound, NotPermitted
from store.incoming import Stored
from store.pushes import Push
from store.standing import Asker
from tests.store.people import NOW, World, world


@pytest.fixture
def here(db: Db) -> World:
    return world(db)


def new(artifact_id: str = "photo", content: str = "a", variant: str = "final") -> NewArtifact:
    stored = Stored(secrets.token_hex(16), 7, content * 64, content * 64)
    return NewArtifact(artifact_id, variant, "image/jpeg", "jpg", stored)


def pushed(db: Db, here: World, *artifacts: NewArtifact, job_id: str = "", at: int = NOW, who: str = "editor", **more):
    push = Push(job_id or secrets.token_hex(4), more.get("session"), more.get("created_at"), artifacts or (new(),))
    return pushes.push(db, here.asker(who), here.experience.id, push, now=at)


@pytest.mark.parametrize("who", ["owner", "admin", "editor", "viewer"])
def test_whoever_sees_the_project_sees_its_results(db: Db, here: World, who: str):
    made = pushed(db, here)
    seen = results.seen_by(db, here.asker(who), made.result_id)
    assert (seen.project, seen.workspace.id) == (here.project, here.workspace.id)
    assert seen.result.experience_name == "Photo Booth"
    assert [each.id for each in results.list_of(db, here.asker(who), here.project.id)] == [made.result_id]


@pytest.mark.parametrize("who", ["member", "stranger"])
def test_nobody_else_can_tell_that_there_are_any(db: Db, here: World, who: str):
    made = pushed(db, here)
    for look in (
        lambda: results.seen_by(db, here.asker(who), made.result_id),
        lambda: results.seen_by(db, here.asker(who), "unknown"),
        lambda: results.list_of(db, here.asker(who), here.project.id),
    ):
        with pytest.raises(NotFound):
            look()


def test_viewers_may_not_push_and_strangers_find_nothing_to_push_to(db: Db, here: World):
    with pytest.raises(NotPermitted):
        pushed(db, here, who="viewer")
    with pytest.raises(NotFound):
        pushed(db, here, who="stranger")
    with pytest.raises(NotFound):
        pushes.push(
            db, Asker("dbid:owner", "another-project"), here.experience.id, Push("j", None, None, [new()]), now=1
        )


def test_the_last_to_arrive_comes_first_and_pages_follow_one_another(db: Db, here: World):
    made = [pushed(db, here, at=NOW + number // 2).result_id for number in range(7)]
    found, before = [], None
    while page := results.list_of(db, here.asker("viewer"), here.project.id, most=3, before=before):
        found += page
        before = (page[-1].arrived_at, page[-1].id)
    assert sorted(each.id for each in found) == sorted(made)
    assert [each.arrived_at for each in found] == sorted((each.arrived_at for each in found), reverse=True)


def test_artifacts_keep_the_order_in_which_they_came(db: Db, here: World):
    names = [f"a{number}" for number in range(12)]
    made = pushed(db, here, *[new(name) for name in names], job_id="job")
    pushed(db, here, new("later"), new("a3"), job_id="job", at=NOW - 5)
    shown = results.get(db, made.result_id)
    assert [each.artifact_id for each in shown.artifacts] == [*names, "later"]
    assert [each.artifact_id for each in results.list_of(db, here.asker("owner"), here.project.id)[0].artifacts] == [
        *names,
        "later",
    ]


def test_a_push_says_which_of_its_files_are_now_referred_to(db: Db, here: World):
    first, second, again = new("a"), new("b"), new("a")
    assert pushed(db, here, first, job_id="job").keys == {first.stored.key}
    joined = pushed(db, here, again, second, job_id="job")
    assert (joined.added, joined.keys) == (True, {second.stored.key})
    known = pushed(db, here, again, job_id="job")
    assert (known.added, known.keys) == (False, frozenset())


def test_variants_of_one_artifact_are_compared_apart(db: Db, here: World):
    pushed(db, here, new("a", "a", "final"), job_id="job")
    assert pushed(db, here, new("a", "b", "raw"), job_id="job").added
    with pytest.raises(Conflict):
        pushed(db, here, new("a", "b", "final"), job_id="job")


def test_created_at_is_the_pushers_time_or_the_arrival(db: Db, here: World):
    told, untold = pushed(db, here, created_at=5), pushed(db, here)
    assert [results.get(db, each.result_id).created_at for each in (told, untold)] == [5, NOW]


def test_what_is_deleted_is_not_found(db: Db, here: World):
    first, second = pushed(db, here), pushed(db, here)
    db.conn.execute("update results set deleted_at = 1 where id = :id", {"id": first.result_id})
    assert [each.id for each in results.list_of(db, here.asker("owner"), here.project.id)] == [second.result_id]
    db.conn.execute("update experiences set deleted_at = 1")
    assert results.list_of(db, here.asker("owner"), here.project.id) == []
    with pytest.raises(NotFound):
        results.get(db, second.result_id)


def test_a_session_is_made_once_with_its_code(db: Db, here: World):
    first = sessions.joined(db, here.experience.id, label="guest", now=1)
    again = sessions.joined(db, here.experience.id, label="guest", now=2)
    assert first == again
    nameless = [sessions.joined(db, here.experience.id, label=None, now=1) for _ in range(3)]
    assert len({each.id for each in nameless}) == 3
    assert all(each.label == each.id for each in nameless)


def test_a_label_chosen_to_be_somebody_elses_session_id_joins_nothing_of_theirs(db: Db, here: World):
    theirs = sessions.joined(db, here.experience.id, label="guest", now=1)
    mine = sessions.joined(db, here.experience.id, label=theirs.id, now=1)
    assert mine.id != theirs.id
