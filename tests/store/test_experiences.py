"""Experiences: made, renamed, listed newest first, gone when deleted."""

import pytest

from store import experiences
from store.connect import Db, rows
from store.errors import Invalid, NotFound
from tests.store.people import NOW, World


def test_a_rename_is_seen_at_once(db: Db, world: World):
    experiences.rename(db, world.experience.id, name="Mirror", by="dbid:editor", now=NOW)
    assert experiences.seen_by(db, world.asker("viewer"), world.experience.id).experience.name == "Mirror"


def test_an_experience_needs_a_name_and_a_project(db: Db, world: World):
    with pytest.raises(Invalid) as refusal:
        experiences.create(db, world.project.id, name="\u200d", by="dbid:owner", now=NOW)
    assert refusal.value.errors == {"name": "Give the experience a name."}
    with pytest.raises(NotFound):
        experiences.create(db, "nowhere", name="X", by="dbid:owner", now=NOW)


def test_experiences_are_listed_newest_first_page_by_page(db: Db, world: World):
    newer = experiences.create(db, world.project.id, name=world.experience.name, by="dbid:owner", now=NOW + 1)
    asker = world.asker("viewer")
    assert experiences.list_of(db, asker, world.project.id) == [newer, world.experience]
    assert experiences.list_of(db, asker, world.project.id, most=1) == [newer]
    assert experiences.list_of(db, asker, world.project.id, before=(newer.created_at, newer.id)) == [world.experience]


def test_a_deleted_experience_is_gone_and_only_once(db: Db, world: World):
    experiences.mark_deleted(db, world.experience.id, by="dbid:editor", now=NOW)
    assert experiences.list_of(db, world.asker("owner"), world.project.id) == []
    for act in (
        lambda: experiences.seen_by(db, world.asker("owner"), world.experience.id),
        lambda: experiences.rename(db, world.experience.id, name="X", by="dbid:editor", now=NOW),
        lambda: experiences.mark_deleted(db, world.experience.id, by="dbid:editor", now=NOW),
    ):
        with pytest.raises(NotFound):
            act()


def test_what_happens_to_an_experience_is_audited(db: Db, world: World):
    experiences.rename(db, world.experience.id, name="Mirror", by="dbid:editor", now=NOW + 1)
    experiences.mark_deleted(db, world.experience.id, by="dbid:editor", now=NOW + 2, way="api")
    kept = rows(db, "select action, way, detail from audit where subject = :id order by id", id=world.experience.id)
    assert [tuple(row.values()) for row in kept] == [
        ("experience.created", "page", "Photo Booth"),
        ("experience.renamed", "page", "Mirror"),
        ("experience.deleted", "api", "Mirror"),
    ]
