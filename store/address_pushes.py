"""A push that names web addresses instead of bringing bytes: the result is there at once, its artifacts are fetched.

That an address may be fetched at all was checked before this runs, and is again at every try.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rules.envelope import Keyring
from rules.permissions import can_push_results
from rules.states import ArtifactState
from store import artifacts, fetches, jobs
from store.artifacts import Artifact
from store.connect import Db
from store.errors import Conflict, NotPermitted
from store.experiences import seen_by as experience_seen_by
from store.jobs import Job
from store.pushes import NOT_PERMITTED
from store.standing import Asker


@dataclass(frozen=True)
class Named:
    """An artifact by the address that its bytes come from, which may hold a secret of the pusher's."""

    artifact_id: str
    variant: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Taken:
    """What became of the push. `added`: something of it is to be fetched."""

    result_id: str
    added: bool


def push(
    db: Db,
    asker: Asker,
    experience_id: str,
    job: Job,
    named: Sequence[Named],
    *,
    token_id: str,
    keyring: Keyring,
    now: int,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Taken:
    """Store the result, or what is new of it, and have the addresses fetched.

    The same `(experience, job_id)` again is compared per `(artifact_id, variant)`: an equal address is known already,
    another one, or bytes that came without one, are a Conflict and nothing is stored. What could not be fetched may
    come again, from anywhere. Raises NotFound and NotPermitted, too.
    """
    seen = experience_seen_by(db, asker, experience_id)
    if not can_push_results(seen.standing):
        raise NotPermitted(NOT_PERMITTED)
    result_id = jobs.known_result(db, experience_id, job.job_id)
    fresh = _fresh(db, result_id, named) if result_id else list(named)
    if result_id and not fresh:
        return Taken(result_id, added=False)
    if result_id is None:
        result_id = jobs.new_result(db, seen, job, now=now, random=random)
    for each in fresh:
        artifact_row_id = artifacts.expect(db, result_id, each.artifact_id, each.variant, now=now)
        fetches.enqueue(
            db,
            artifact_row_id=artifact_row_id,
            result_id=result_id,
            url=each.url,
            token_id=token_id,
            keyring=keyring,
            now=now,
        )
    return Taken(result_id, added=True)


def _fresh(db: Db, result_id: str, named: Sequence[Named]) -> list[Named]:
    """Those that are new or have failed; a Conflict if one is known from elsewhere."""
    known = {(each.artifact_id, each.variant): each for each in artifacts.of_results(db, [result_id])[result_id]}
    hashes = fetches.hashes(db, result_id)
    fresh: list[Named] = []
    for each in named:
        artifact: Artifact | None = known.get((each.artifact_id, each.variant))
        if artifact is None or artifact.state is ArtifactState.FAILED:
            fresh.append(each)
        elif hashes.get(artifact.id) != fetches.url_hash(each.url):
            raise Conflict(
                f"This job is known, and its artifact “{each.artifact_id}” ({each.variant}) came from elsewhere: "
                "nothing was stored."
            )
    return fresh
