"""One push: a job's artifacts become a result, or join the one that is known, in one transaction with their exports.

The bytes lie in the media folder before this runs; what it refuses, its caller removes.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rules.permissions import can_push_results
from rules.states import ArtifactState
from store import artifacts, fetches, jobs
from store.artifacts import Artifact, NewArtifact
from store.connect import Db
from store.errors import Conflict, NotPermitted
from store.experiences import seen_by as experience_seen_by
from store.jobs import Job
from store.standing import Asker

NOT_PERMITTED = "Only editors of the project may push results to it."


@dataclass(frozen=True)
class Push:
    """What a pusher says of one job. `session` None: a new one; `created_at` (ms UTC) None: now."""

    job_id: str
    session: str | None
    created_at: int | None
    artifacts: Sequence[NewArtifact]

    @property
    def job(self) -> Job:
        return Job(self.job_id, self.session, self.created_at)


@dataclass(frozen=True)
class Pushed:
    """What became of it. `added`: something was new. `keys`: those media keys of the push that are now referred to."""

    result_id: str
    added: bool
    keys: frozenset[str]


def push(
    db: Db,
    asker: Asker,
    experience_id: str,
    pushed: Push,
    *,
    now: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Pushed:
    """Store the result, or what is new of it. The asker is looked up again: a long upload may outlive a right.

    The same `(experience, job_id)` again is compared per `(artifact_id, variant)`: equal bytes are known already,
    others are a Conflict and nothing is stored. Raises NotFound and NotPermitted, too.
    """
    seen = experience_seen_by(db, asker, experience_id)
    if not can_push_results(seen.standing):
        raise NotPermitted(NOT_PERMITTED)
    result_id = jobs.known_result(db, experience_id, pushed.job_id)
    fresh = _fresh(artifacts.of_results(db, [result_id])[result_id] if result_id else [], pushed)
    if result_id and not fresh:
        return Pushed(result_id, added=False, keys=frozenset())
    if result_id is None:
        result_id = jobs.new_result(db, seen, pushed.job, now=now, random=random)
    artifacts.add(db, result_id, fresh, now=now)
    fetches.forget_failed(db, result_id)
    jobs.enqueue_exports(db, result_id, now=now)
    return Pushed(result_id, added=True, keys=frozenset(each.stored.key for each in fresh))


def _fresh(known: list[Artifact], pushed: Push) -> list[NewArtifact]:
    """Those artifacts of the push that are new; a Conflict if one is known with other bytes.

    One whose address could not be fetched is as good as unknown.
    """
    sha256s = {
        (each.artifact_id, each.variant): each.sha256 for each in known if each.state is not ArtifactState.FAILED
    }
    for each in pushed.artifacts:
        if sha256s.get((each.artifact_id, each.variant), each.stored.sha256) != each.stored.sha256:
            raise Conflict(
                f"This job is known, and its artifact “{each.artifact_id}” ({each.variant}) has other bytes: "
                "nothing was stored."
            )
    return [each for each in pushed.artifacts if (each.artifact_id, each.variant) not in sha256s]
