"""files/search_v2 and its next pages: files and folders by their names."""

from dataclasses import asdict
from typing import Any

from dropbox import files

from sandbox.calls import Call
from sandbox.cursors import seal, unseal
from sandbox.paths import lower
from sandbox.refusals import Refusal
from sandbox.routes.lookup import locate_folder
from sandbox.routes.metadata import metadata
from sandbox.searching import Search, page, words
from sandbox.tree import Node
from sandbox.wire import BadCall

KIND = "search"


async def search_v2(call: Call) -> Any:
    """files/search_v2: the first page. A query without a letter or figure is an invalid argument."""
    arg = call.arg
    options = arg.options or files.SearchOptions()
    if not words(arg.query):
        raise Refusal("invalid_argument")
    order, status = options.order_by, options.file_status
    highlights = bool(
        arg.include_highlights or (arg.match_field_options and arg.match_field_options.include_highlights)
    )
    search = Search(
        query=arg.query,
        folder=_folder(call, options.path),
        limit=options.max_results,
        newest=order is not None and order.is_last_modified_time(),
        deleted=status.is_deleted(),
        extensions=_plain(options.file_extensions),
        categories=None if options.file_categories is None else tuple(one._tag for one in options.file_categories),
    )
    # Everything in a person's Dropbox is by that person.
    stranger = options.account_id not in (None, call.person_caller.account_id)
    return _answer(call, search, highlights=highlights, nothing=stranger)


def _folder(call: Call, given: str | None) -> str:
    try:
        return lower(locate_folder(call.world.db, call.person_caller, given or ""))
    except Refusal as refusal:
        raise refusal.under("path") from None


def _plain(extensions: list[str] | None) -> tuple[str, ...] | None:
    return None if extensions is None else tuple(one.lstrip(".").lower() for one in extensions)


async def search_continue_v2(call: Call) -> Any:
    """files/search/continue_v2: the page after the one that gave the cursor."""
    caller = call.person_caller
    kept = unseal(call.world.db, KIND, call.arg.cursor)
    if kept is None or (kept["account"], kept["root"]) != (caller.account_id, caller.root):
        raise BadCall('request body: cursor: Invalid "cursor" parameter')
    return _answer(call, Search(**kept["search"]), highlights=kept["highlights"])


def _answer(call: Call, search: Search, *, highlights: bool, nothing: bool = False) -> Any:
    caller, db = call.person_caller, call.world.db
    nodes, following = ([], None) if nothing else page(db, caller.account_id, search)
    cursor = None
    if following is not None:
        kept = {"account": caller.account_id, "root": caller.root, "highlights": highlights}
        cursor = seal(db, KIND, {**kept, "search": asdict(following)})
    matches = [_match(call, node, search, highlights=highlights) for node in nodes]
    return files.SearchV2Result(matches=matches, has_more=cursor is not None, cursor=cursor)


def _match(call: Call, node: Node, search: Search, *, highlights: bool) -> Any:
    return files.SearchMatchV2(
        metadata=files.MetadataV2.metadata(metadata(node, call.person_caller)),
        match_type=files.SearchMatchTypeV2.filename,
        highlight_spans=_spans(node.name, words(search.query)) if highlights else None,
    )


def _spans(name: str, wanted: list[str]) -> list[Any]:
    """A name in parts, those that begin a word as it was looked for marked."""
    marked, start = [False] * len(name), 0
    for word in words(name):
        begin = lower(name).find(word, start)
        length = max((len(one) for one in wanted if word.startswith(one)), default=0)
        # Where lower case has another length than the name, its letters can't be matched one to one.
        if 0 <= begin < len(name) and len(lower(name)) == len(name):
            marked[begin : begin + length] = [True] * length
            start = begin + len(word)
    spans: list[Any] = []
    for letter, lit in zip(name, marked, strict=True):
        if spans and spans[-1].is_highlighted == lit:
            spans[-1].highlight_str += letter
        else:
            spans.append(files.HighlightSpan(highlight_str=letter, is_highlighted=lit))
    return spans
