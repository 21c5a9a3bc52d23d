"""The state machine of exports under any order of claims, endings, stops, restarts and passing time, by hypothesis.

The full size by `python -m tests.store.test_export_machine 10000`: so many seeds, each the same trace every time.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rules.failures import SKIP_KINDS, Failure, FailureKind
from rules.retry import BREAKER_AFTER, MAX_ATTEMPTS, decide
from rules.upload_sessions import UploadSession
from store import claims, connections, endings, export_settings, export_stops, migrations, turns
from store.claims import Claimed
from store.connect import DATABASE_FILE, immediate, open_connection, rows
from tests.store import people
from tests.store.exporting import KEYRING, OWNER, connect, pushed, switched_on
from tests.store.people import NOW
from tests.store.trying import ACCOUNT, loss

KINDS = sorted(set(FailureKind) - SKIP_KINDS)
ENDED = {"exported", "failed", "skipped"}


class Exports(RuleBasedStateMachine):
    """A workspace whose pump may be anywhere, even in two places: an earlier one that has not noticed yet."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_connection(Path(self.folder.name) / DATABASE_FILE)
        self.db.conn.execute("PRAGMA synchronous=OFF")
        migrations.migrate(self.db)
        self.now, self.number, self.made, self.is_on = NOW, 0, 0, True
        self.held: list[Claimed] = []
        self.before: dict[str, dict[str, object]] = {}
        with immediate(self.db):
            self.world = people.world(self.db)
            switched_on(self.db, self.world)

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.conn.close()
            self.folder.cleanup()

    @rule(count=st.integers(1, 3))
    def push(self, count: int) -> None:
        with immediate(self.db):
            self.made += sum(len(pushed(self.db, self.world, now=self.now)) for _ in range(count))

    @rule(most=st.integers(1, 4), budget=st.sampled_from([1, 2_000_000, claims.UNLIMITED]))
    def claim(self, most: int, budget: int) -> None:
        self.number += 1
        with immediate(self.db):
            taken = claims.claim(
                self.db, account=ACCOUNT, now=self.now, claim=f"boot:{self.number}", most=most, budget=budget
            )
        assert len(taken) <= most
        assert all(each.session is None or each.session.id.startswith("s") for each in taken)
        self.held += taken

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        claimed = self.let_go(data)
        with immediate(self.db):
            endings.exported(self.db, claimed, file_id="id:a", rev="r1", started_at=self.now, now=self.now)

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(),
        kind=st.sampled_from(KINDS),
        known=st.booleans(),
        sent=st.integers(0, 1000),
        retry_after=st.sampled_from([None, 1, 300]),
    )
    def fail(self, data: st.DataObject, kind: FailureKind, known: bool, sent: int, retry_after: int | None) -> None:
        claimed = self.let_go(data)
        failure = Failure(kind, retry_after=retry_after, outcome_known=known)
        decision = decide(
            failure,
            attempt=claimed.attempts + 1,
            now=self.now,
            jitter=0,
            busy_in_a_row=claimed.busy_in_a_row + 1,
            previous=claimed.previous_failure,
        )
        session = UploadSession(f"s{sent}", sent, self.now) if sent else None
        with immediate(self.db):
            endings.failed(
                self.db, claimed, failure, decision, loss=loss(), started_at=self.now, now=self.now, session=session
            )

    @precondition(lambda self: self.held)
    @rule(data=st.data(), check_first=st.booleans())
    def give_back(self, data: st.DataObject, check_first: bool) -> None:
        claimed = self.let_go(data)
        with immediate(self.db):
            claims.give_back(self.db, claimed, now=self.now, check_first=check_first)

    @rule()
    def crash_and_restart(self) -> None:
        """What is held stays in the hands of a pump that died, or is about to: its endings must change nothing."""
        with immediate(self.db):
            claims.recover(self.db, now=self.now)

    @rule(seconds=st.sampled_from([1, 11, 45, 3_700, 90_000]))
    def wait(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule()
    def toggle(self) -> None:
        with immediate(self.db):
            connection = connections.of_workspace(self.db, self.world.workspace.id)
            if self.is_on or (connection is not None and connection.linked):
                self.is_on = not self.is_on
                export_settings.switch(
                    self.db, project_id=self.world.project.id, enabled=self.is_on, by=OWNER, now=self.now
                )

    @rule()
    def disconnect(self) -> None:
        with immediate(self.db):
            connections.disconnect(
                self.db, workspace_id=self.world.workspace.id, by=OWNER, keyring=KEYRING, now=self.now
            )

    @rule()
    def reconnect(self) -> None:
        self.number += 1
        with immediate(self.db):
            connect(self.db, self.world.workspace.id, token=f"refresh-{self.number}", now=self.now)

    @rule()
    def sweep(self) -> None:
        with immediate(self.db):
            export_stops.sweep(self.db, now=self.now)

    @invariant()
    def what_is_true_is_true(self) -> None:
        if not hasattr(self, "db"):
            return
        now = {str(row["id"]): row for row in rows(self.db, "select * from exports")}
        assert len(now) == self.made, "an export's row never leaves the table"
        for export_id, row in now.items():
            self.look_at(row, self.before.get(export_id))
        logged = Counter(str(row["export_id"]) for row in rows(self.db, "select export_id from attempts"))
        assert all(logged[export_id] == row["tries"] for export_id, row in now.items()), "every try has a log row"
        self.before = now
        due = [turn for turn in turns.due_accounts(self.db) if turn.at <= self.now]
        uploading = sum(row["state"] == "uploading" for row in now.values())
        [connection] = rows(self.db, "select failures_in_a_row from connections")
        if int(str(connection["failures_in_a_row"])) >= BREAKER_AFTER and uploading:
            assert due == [], "one probe at a time"

    def look_at(self, row: dict[str, object], before: dict[str, object] | None) -> None:
        assert (row["state"] == "uploading") == (row["claim"] is not None)
        assert int(str(row["attempts"])) <= MAX_ATTEMPTS
        if row["state"] == "exported":
            assert row["upload_session"] is None
        if before is not None and before["state"] in ENDED:
            assert (row["state"], row["rev"], row["tries"]) == (before["state"], before["rev"], before["tries"]), (
                "nothing is written over an ending"
            )

    def let_go(self, data: st.DataObject) -> Claimed:
        return self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))


def run(examples: int) -> None:
    run_state_machine_as_test(
        Exports,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_claims_endings_stops_and_restarts_keeps_the_promises():
    run(25)


if __name__ == "__main__":
    run(int(sys.argv[1]))
