"""The list of complaints: what clients did that no well-behaved integration does. The rules are in manners/."""

import json
from typing import Any

from sandbox.database import Database
from sandbox.manners.finding import Finding

KEPT = 5_000


class ComplaintBook:
    """Complaints on disk, the newest few thousand."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, finding: Finding, now: int) -> None:
        """Write a complaint down; it is about the person and the app of its last call."""
        last = finding.entries[-1]
        record = {
            "rule": finding.rule,
            "sentence": f"{finding.sentence}.",
            "person": last.email,
            "app": last.app,
            "at_ms": now,
            "requests": [
                {
                    "request_id": entry.request_id,
                    "route": entry.route,
                    "path": entry.path,
                    "begin_ms": entry.begin_ms,
                    "end_ms": entry.end_ms,
                    "status": entry.status,
                    "fault": entry.fault,
                }
                for entry in finding.entries
            ],
        }
        self._db.run(
            "INSERT INTO complaints (rule, email, app, record) VALUES (:rule, :email, :app, :record)",
            rule=finding.rule,
            email=last.email,
            app=last.app,
            record=json.dumps(record),
        )
        self._db.run("DELETE FROM complaints WHERE no <= (SELECT max(no) FROM complaints) - :kept", kept=KEPT)

    def all(self, *, rule: str | None = None, email: str | None = None, app: str | None = None) -> list[dict[str, Any]]:
        """Every complaint, oldest first, of one rule, person or app when given."""
        rows = self._db.all(
            "SELECT no, record FROM complaints WHERE (:rule IS NULL OR rule = :rule)"
            " AND (:email IS NULL OR email = :email COLLATE NOCASE) AND (:app IS NULL OR app = :app) ORDER BY no",
            rule=rule,
            email=email,
            app=app,
        )
        return [{"no": row["no"], **json.loads(row["record"])} for row in rows]

    def clear(self) -> int:
        """Forget them all; how many there were."""
        return self._db.run("DELETE FROM complaints")
