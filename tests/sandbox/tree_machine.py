"""The state machine of the property tests: calls on one person's Dropbox, the model, and followers of cursors."""

from dropbox import files
from dropbox.exceptions import ApiError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.sandbox.follower import Follower
from tests.sandbox.test_relocation import tags_of
from tests.sandbox.tree_model import Model, Refused, key
from tests.sandbox_server import SandboxServer

NAMES = ["a", "A", "b.txt", "B.TXT", "caf\u00e9", "CAFE\u0301"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(
    lambda names: "".join(f"/{name}" for name in names)
)
# A path that may lead nowhere, or what is there: the so-many-th thing, in its own case or in capitals.
THERE = st.tuples(st.integers(0, 50), st.booleans())
SPOTS = st.one_of(PATHS, THERE, THERE)
CONTENTS = st.sampled_from([b"", b"one", b"two", b"three"])
MODES = {"add": files.WriteMode.add, "overwrite": files.WriteMode.overwrite}
STALE = "123456789"


class Tree(RuleBasedStateMachine):
    """Calls on one person's Dropbox, each compared with the model, and followers on the way."""

    server: SandboxServer
    people = 0

    @initialize()
    def somebody_new(self) -> None:
        Tree.people += 1
        self.email = f"property{Tree.people}@example.com"
        self.server.add_person(self.email)
        self.client = self.server.client(self.email)
        self.model = Model()
        self.followers: list[Follower] = []

    def compare(self, expect, call):
        """What the model expects of a call, and the answer; None and None when both refuse for the same reason."""
        try:
            wanted = expect()
        except Refused as refused:
            try:
                call()
            except ApiError as error:
                assert tags_of(error.error).endswith(str(refused)), f"{tags_of(error.error)} instead of {refused}"
                return None, None
            raise AssertionError(f"must be refused: {refused}") from None
        return wanted, call()

    def spot(self, given) -> str:
        """The path that an example means, as things are now."""
        if isinstance(given, str):
            return given
        number, loud = given
        if not self.model.things:
            return "/nothing"
        path = self.model.things[sorted(self.model.things)[number % len(self.model.things)]].path
        return path.upper() if loud else path

    def take(self, path: str, content: bytes | None, told) -> None:
        """Note in the model what was made at a path, as the server calls it."""
        self.model.put(path, told.id, content, getattr(told, "rev", None))
        thing = self.model.at(path)
        assert thing is not None
        assert (told.path_display, told.path_lower) == (thing.path, key(path))

    @rule(
        path=SPOTS,
        content=CONTENTS,
        mode=st.sampled_from([*MODES, "update", "update a stale revision"]),
        autorename=st.booleans(),
        strict=st.booleans(),
    )
    def upload(self, path, content, mode, autorename, strict) -> None:
        path = self.spot(path)
        there = self.model.at(path)
        rev = None if mode in MODES else there.rev if there and there.rev and mode == "update" else STALE
        kind = MODES[mode] if mode in MODES else files.WriteMode.update(rev)
        wanted, told = self.compare(
            lambda: self.model.upload(
                path, content, "update" if rev else mode, rev, autorename=autorename, strict=strict
            ),
            lambda: self.client.files_upload(content, path, mode=kind, autorename=autorename, strict_conflict=strict),
        )
        if wanted is not None:
            assert told.id == there.id if there and wanted == path else True
            self.take(wanted, content, told)
        elif told is not None:
            assert there is not None and told.rev == there.rev

    @rule(path=PATHS, autorename=st.booleans())
    def create_folder(self, path, autorename) -> None:
        wanted, told = self.compare(
            lambda: self.model.folder(path, autorename=autorename),
            lambda: self.client.files_create_folder_v2(path, autorename=autorename).metadata,
        )
        if wanted is not None:
            self.take(wanted, None, told)

    @rule(path=SPOTS)
    def delete(self, path) -> None:
        path = self.spot(path)
        there = self.model.at(path)
        try:
            told = self.client.files_delete_v2(path).metadata
        except ApiError as error:
            assert tags_of(error.error) == "path_lookup/not_found" and there is None
            return
        assert there is not None and told.path_display == there.path
        self.model.remove(path)

    @rule(paths=st.lists(SPOTS, min_size=1, max_size=3))
    def delete_batch(self, paths) -> None:
        paths = [self.spot(path) for path in paths]
        job = self.client.files_delete_batch([files.DeleteArg(path) for path in paths]).get_async_job_id()
        while (status := self.client.files_delete_batch_check(job)).is_in_progress():
            pass
        for path, ending in zip(paths, status.get_complete().entries, strict=True):
            assert ending.is_success() == (self.model.at(path) is not None)
            if ending.is_success():
                self.model.remove(path)

    @rule(source=SPOTS, goal=SPOTS, keep=st.booleans(), autorename=st.booleans(), batch=st.booleans())
    def relocate(self, source, goal, keep, autorename, batch) -> None:
        source, goal = self.spot(source), self.spot(goal)
        wanted, told = self.compare(
            lambda: self.model.relocate(source, goal, keep=keep, autorename=autorename),
            lambda: self.call_to_relocate(source, goal, keep=keep, autorename=autorename, batch=batch),
        )
        if wanted is None:
            return
        model = self.model
        moved = [model.things[known] for known in [key(source), *model.inside(source)]]
        if not keep:
            model.remove(source)
        # What was inside is asked for by name: the answer tells of the outermost alone.
        for thing in moved:
            path = wanted + thing.path[len(moved[0].path) :]
            there = told if thing is moved[0] else self.client.files_get_metadata(path)
            assert (there.id == thing.id) == (not keep and bool(thing.id)) or not thing.id
            self.take(path, thing.content, there)

    def call_to_relocate(self, source, goal, *, keep, autorename, batch):
        client = self.client
        if not batch:
            call = client.files_copy_v2 if keep else client.files_move_v2
            return call(source, goal, autorename=autorename).metadata
        call = client.files_copy_batch_v2 if keep else client.files_move_batch_v2
        entry = files.RelocationPath(from_path=source, to_path=goal)
        (ending,) = call([entry], autorename=autorename).get_complete().entries
        if ending.is_failure():
            raise ApiError("", ending.get_failure(), None, None)
        return ending.get_success()

    @precondition(lambda self: self.model.revs)
    @rule(path=SPOTS, which=st.integers(0, 100))
    def restore(self, path, which) -> None:
        path = self.spot(path)
        rev = sorted(self.model.revs)[which % len(self.model.revs)]
        there, content = self.model.at(path), self.model.revs[rev].content
        assert self.client.files_download(f"rev:{rev}")[1].content == content
        wanted, told = self.compare(lambda: self.model.restore(path, rev), lambda: self.client.files_restore(path, rev))
        if wanted is not None:
            self.take(wanted, content, told)
        elif told is not None:
            assert there is not None and told.rev == there.rev

    @rule(path=SPOTS)
    def look(self, path) -> None:
        path = self.spot(path)
        there = self.model.at(path)
        try:
            told = self.client.files_get_metadata(path)
        except ApiError as error:
            assert tags_of(error.error) == "path/not_found" and there is None
            return
        assert there is not None and told.path_display == there.path
        assert not there.id or told.id == there.id
        if there.kind == "file":
            assert self.client.files_list_revisions(path).entries[0].rev == there.rev

    def is_folder(self, path: str) -> bool:
        there = self.model.at(path)
        return not path or (there is not None and there.kind == "folder")

    @rule(folder=st.one_of(st.just(""), SPOTS), recursive=st.booleans(), limit=st.sampled_from([1, 2, 2000]))
    def follow(self, folder, recursive, limit) -> None:
        folder = self.spot(folder)
        if not self.is_folder(folder):
            return
        page = self.client.files_list_folder(folder, recursive=recursive, limit=limit)
        follower = Follower(folder, recursive, page.cursor)
        follower.mirror.apply(page.entries)
        self.followers.append(follower)

    @rule(folder=st.one_of(st.just(""), SPOTS), recursive=st.booleans())
    def follow_from_now_on(self, folder, recursive) -> None:
        folder = self.spot(folder)
        if not self.is_folder(folder):
            return
        cursor = self.client.files_list_folder_get_latest_cursor(folder, recursive=recursive).cursor
        follower = Follower(folder, recursive, cursor)
        follower.mirror.paths = self.model.listing(folder, recursive=recursive)
        self.followers.append(follower)

    @precondition(lambda self: self.followers)
    @rule(which=st.integers(0, 100))
    def one_page_more(self, which) -> None:
        self.followers[which % len(self.followers)].step(self.client)

    @precondition(lambda self: self.followers)
    @rule(which=st.integers(0, 100))
    def catch_up(self, which) -> None:
        follower = self.followers[which % len(self.followers)]
        while follower.step(self.client):
            pass
        assert follower.mirror.paths == self.model.listing(follower.folder, recursive=follower.recursive), follower

    def teardown(self) -> None:
        if not hasattr(self, "followers"):
            return
        with self.client:
            for number in range(len(self.followers)):
                self.catch_up(number)
            shown = {node["path"]: node["type"] for node in self.server.tree(self.email)}
            whole = {f"/Apps/Clementine{thing.path}": thing.kind for thing in self.model.things.values()}
            assert shown == {"/Apps": "folder", "/Apps/Clementine": "folder", **whole}
            used = sum(len(thing.content or b"") for thing in self.model.things.values())
            assert self.client.users_get_space_usage().used == used
