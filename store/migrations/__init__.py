"""The schema, as numbered steps in order, each in a module of its own.

A step that has shipped is never edited: a change is a new step at the end. Times are integer milliseconds UTC. Ids
that people see are random text. Every state is CHECKed against the words of rules/states.py, whose docstrings say how
rows get in and out of each.
"""

from sqlite_utils import Migrations

from store.connect import Db
from store.migrations.m001_people import m001_people
from store.migrations.m002_workspaces import m002_workspaces
from store.migrations.m003_results import m003_results
from store.migrations.m004_exports import m004_exports
from store.migrations.m005_invitations import m005_invitations
from store.migrations.m006_decisions import m006_decisions
from store.migrations.m007_audit import m007_audit
from store.migrations.m008_fetches import m008_fetches
from store.migrations.m009_earlier_exports import m009_earlier_exports
from store.migrations.m010_upload_sessions import m010_upload_sessions
from store.migrations.m011_verifications import m011_verifications
from store.migrations.m012_retention import m012_retention

STEPS = (
    m001_people,
    m002_workspaces,
    m003_results,
    m004_exports,
    m005_invitations,
    m006_decisions,
    m007_audit,
    m008_fetches,
    m009_earlier_exports,
    m010_upload_sessions,
    m011_verifications,
    m012_retention,
)

migrations = Migrations("clementine")
for _step in STEPS:
    migrations()(_step)


def migrate(db: Db) -> None:
    """Bring the database to today's schema. The caller holds the data folder's lock: two at once would collide."""
    migrations.apply(db)
