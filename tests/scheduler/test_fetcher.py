"""Artifacts pushed as web addresses: fetched once, checked like a push, tried again on the curve, lost by no crash."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from clients.web import Allowed, Web
from rules.retry import MAX_ATTEMPTS, delay_ms
from rules.states import ArtifactState, ExportState
from scheduler.fetcher import AT_ONCE, Fetcher
from store import address_pushes, exports, fetches, results
from store.address_pushes import Named, Taken
from store.connect import immediate, rows
from store.jobs import Job
from store.media import Media
from store.standing import Asker
from tests.hostile_server import HostileServer, file, hostile_server
from tests.pictures import jpeg
from tests.scheduler.stage import Stage

pytestmark = pytest.mark.anyio


class Yard:
    """A server of pictures on loopback, and a fetcher that may reach it; the stage's engine is not started."""

    def __init__(self, stage: Stage, server: HostileServer) -> None:
        self.stage = stage
        self.server = server
        self.hosts: dict[str, list[str]] = {}
        self.fetcher = self.new_fetcher(stage.media)

    def new_fetcher(self, media: Media, most: int = 10_000_000) -> Fetcher:
        web = Web(self._resolve, allowed=Allowed(frozenset({("127.0.0.1", self.server.port)})))
        return Fetcher(self.stage.database, media, web, self.stage.settings.keyring, self.stage.now, most=most)

    async def _resolve(self, host: str, port: int) -> list[str]:
        return self.hosts.get(host, ["127.0.0.1"])

    def push(
        self, *paths: str, job: str = "job-1", token: str = "token-1", host: str = "pictures.example.com"
    ) -> Taken:
        named = [Named(path, "final", f"http://{host}:{self.server.port}/{path}") for path in paths or ["a"]]
        with immediate(self.stage.db) as db:
            return address_pushes.push(
                db,
                Asker(self.stage.studio.owner),
                self.stage.studio.experience_id,
                Job(job, None, None),
                named,
                token_id=token,
                keyring=self.stage.settings.keyring,
                now=self.stage.now(),
            )

    async def fetch(self) -> None:
        """One look, and until everything that it began has ended."""
        await self.fetcher.look()
        await self.fetcher.ended()

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        return rows(self.stage.db, sql, **values)

    def row(self) -> dict[str, Any]:
        (found,) = self.rows("select * from fetches")
        return found

    def states(self) -> list[str]:
        return [str(row["state"]) for row in self.rows("select state from artifacts order by position")]

    def files(self) -> int:
        folders = (self.stage.settings.data_dir / name for name in ("media", "incoming"))
        return sum(path.is_file() for folder in folders for path in folder.rglob("*"))


@pytest.fixture
async def yard(stage: Stage) -> AsyncIterator[Yard]:
    async with hostile_server(file(jpeg(1))) as server:
        made = Yard(stage, server)
        yield made
        await made.fetcher.stop()


async def test_what_is_fetched_is_ready_and_its_export_is_enqueued(yard: Yard):
    taken = yard.push("a", "b")
    assert yard.states() == ["fetching", "fetching"]
    assert exports.of_result(yard.stage.db, taken.result_id) == []
    await yard.fetch()
    result = results.get(yard.stage.db, taken.result_id)
    for artifact in result.artifacts:
        assert (artifact.state, artifact.media_type, artifact.size) == (ArtifactState.READY, "image/jpeg", len(jpeg(1)))
        with yard.stage.media.open_range(artifact.media_key, 0, 10**7) as stream:
            assert stream.read() == jpeg(1)
    made = exports.of_result(yard.stage.db, taken.result_id)
    assert [(each.state, each.artifact_id) for each in made] == [
        (ExportState.WAITING, "a"),
        (ExportState.WAITING, "b"),
    ]
    assert yard.files() == 2


async def test_the_whole_way_from_an_address_to_dropbox(yard: Yard):
    yard.push("a")
    await yard.fetch()
    await yard.stage.engine.start()
    await yard.stage.until(lambda: any(path.endswith("_result.jpg") for path in yard.stage.files()))


async def test_the_address_is_sealed_while_it_is_needed_and_then_forgotten(yard: Yard):
    yard.push("secret-signature", host="hidden.example.org")
    data = b"".join(path.read_bytes() for path in yard.stage.settings.data_dir.glob("clementine.db*"))
    assert b"secret-signature" in data  # the artifact's own name
    assert b"hidden.example.org" not in data
    await yard.fetch()
    assert yard.row()["url"] is None


@pytest.mark.parametrize(
    "body",
    [b"<html>not found</html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", jpeg(1)[:30], b"x" * 300_000],
    ids=["html", "svg", "cut off", "text"],
)
async def test_what_is_no_media_fails_at_once_and_leaves_nothing(yard: Yard, body: bytes):
    yard.server.answer = file(body)
    yard.push()
    await yard.fetch()
    assert (yard.states(), yard.row()["state"], yard.row()["attempts"]) == (["failed"], "failed", 1)
    assert yard.files() == 0


async def test_what_is_too_large_fails_at_once(yard: Yard):
    yard.fetcher = yard.new_fetcher(yard.stage.media, most=100)
    yard.push()
    await yard.fetch()
    assert (yard.states(), yard.files()) == (["failed"], 0)


async def test_what_is_not_there_is_tried_on_the_curve_and_given_up_after_the_last_try(yard: Yard):
    yard.server.answer = file(b"", status="404 Not Found")
    yard.push()
    for attempt in range(1, MAX_ATTEMPTS):
        await yard.fetch()
        row = yard.row()
        assert (row["state"], row["attempts"]) == ("waiting", attempt)
        wait = row["due_at"] - yard.stage.now()
        assert delay_ms(attempt, -1) - 5000 <= wait <= delay_ms(attempt, 1)
        await yard.fetcher.look()
        assert yard.server.hits == attempt
        yard.stage.pass_time(wait / 1000)
    await yard.fetch()
    assert (yard.row()["state"], yard.row()["attempts"], yard.states()) == ("failed", MAX_ATTEMPTS, ["failed"])


async def test_retry_after_is_kept(yard: Yard):
    yard.server.answer = file(b"", "Retry-After: 3600", status="503 Busy")
    yard.push()
    await yard.fetch()
    assert yard.row()["due_at"] - yard.stage.now() > 3_500_000


async def test_a_host_is_checked_again_at_every_try(yard: Yard):
    yard.server.answer = file(b"", status="500 Broken")
    yard.push(host="rebound.example.com")
    await yard.fetch()
    assert yard.server.hits == 1
    yard.hosts["rebound.example.com"] = ["127.0.0.1", "10.0.0.1"]
    yard.server.answer = file(jpeg(1))
    yard.stage.pass_time(60)
    await yard.fetch()
    assert (yard.server.hits, yard.states()) == (1, ["fetching"])


async def test_one_pushers_slow_addresses_do_not_hold_up_anothers(yard: Yard):
    release = asyncio.Event()

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" in head:
            await release.wait()
        await file(jpeg(1))(head, writer)

    yard.server.answer = answer
    yard.push(*[f"slow-{number}" for number in range(AT_ONCE + 2)])
    yard.push("quick", job="job-2", token="token-2")
    await yard.fetcher.look()
    await yard.fetcher.look()
    quick = "select 1 as one from artifacts where artifact_id = 'quick' and state = 'ready'"
    await yard.stage.until(lambda: yard.rows(quick))
    assert len(yard.rows("select 1 as one from fetches where state = 'fetching'")) == fetches.AT_ONCE_PER_TOKEN
    release.set()
    await yard.fetcher.ended()


async def test_what_a_stop_interrupts_is_given_back_and_no_try_is_spent(yard: Yard):
    yard.server.answer = hangs
    yard.push()
    await yard.fetcher.look()
    await yard.stage.until(lambda: yard.server.hits == 1)
    await yard.fetcher.stop()
    assert (yard.row()["state"], yard.row()["attempts"], yard.files()) == ("waiting", 0, 0)
    yard.server.answer = file(jpeg(1))
    yard.fetcher = yard.new_fetcher(yard.stage.media)
    await yard.fetch()
    assert yard.states() == ["ready"]


async def test_what_a_crash_left_under_way_waits_again_after_the_start(yard: Yard):
    yard.push()
    yard.stage.sql("update fetches set state = 'fetching', claim = 'dead:1'")
    await yard.fetcher.recover()
    await yard.fetch()
    assert yard.states() == ["ready"]


async def test_a_result_that_is_deleted_meanwhile_keeps_no_file(yard: Yard):
    started, release = asyncio.Event(), asyncio.Event()

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        started.set()
        await release.wait()
        await file(jpeg(1))(head, writer)

    yard.server.answer = answer
    yard.push()
    await yard.fetcher.look()
    await started.wait()
    yard.stage.sql("update results set deleted_at = 1")
    release.set()
    await yard.fetcher.ended()
    assert (yard.states(), yard.files()) == (["failed"], 0)


async def test_nothing_is_asked_for_when_its_result_is_deleted_already(yard: Yard):
    yard.push()
    yard.stage.sql("update experiences set deleted_at = 1")
    await yard.fetch()
    assert (yard.row()["state"], yard.server.hits) == ("failed", 0)


async def test_a_full_disk_spends_no_try(yard: Yard):
    full = Media(yard.stage.settings.data_dir, floor=2**60)
    yard.fetcher = yard.new_fetcher(full)
    yard.push()
    await yard.fetch()
    row = yard.row()
    assert (row["state"], row["attempts"], yard.server.hits) == ("waiting", 0, 0)
    assert row["due_at"] > yard.stage.now()
    full.close()


async def test_an_address_that_cannot_be_opened_any_more_fails(yard: Yard):
    yard.push()
    yard.stage.sql("update fetches set url = '1:gone:a:b:c'")
    await yard.fetch()
    assert yard.row()["state"] == "failed"


async def test_the_engine_fetches_what_is_pushed(yard: Yard):
    """Its own way out has no exception for loopback: the address is refused like any that leads inside."""
    yard.push()
    await yard.stage.engine.start()
    await yard.stage.until(lambda: yard.row()["attempts"] == 1)
    assert (yard.row()["state"], yard.server.hits) == ("waiting", 0)


async def hangs(head: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)
