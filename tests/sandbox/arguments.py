"""Arguments for every route, drawn from the SDK's own types: mostly well-formed, leading to real things or nowhere."""

from typing import Any

from hypothesis import strategies as st
from stone.backends.python_rsrc import stone_base as bb
from stone.backends.python_rsrc import stone_validators as bv

Pools = dict[str, list[Any]]

ODD_PATHS = [
    "",
    "/",
    "//",
    "/.",
    "/../x",
    "/a/",
    "/ ",
    "/a\\b",
    "/nul\x00",
    "/\x7f",
    "/\u0130I\u0307",
    "/caf\u00e9",
    "/cafe\u0301",
    "/\u202e\U0001f389",
    "/" + "x" * 256,
    "/y" * 2600,
    "/a" * 50,
    "/.DS_Store",
    "/~$x",
    "/(1)",
    "/a\nb",
    "/'\"%",
    "id:",
    "id:nobody",
    "id:nobody/x",
    "rev:123456789",
    "rev:0",
    "ns:1/x",
    "ns:",
    "x",
    "/new/place",
]
# Which pool a field draws from, by its name.
POOL_OF = {
    "path": "path",
    "paths": "path",
    "from_path": "path",
    "to_path": "path",
    "session_id": "session",
    "cursor": "cursor",
    "async_job_id": "job",
    "rev": "rev",
    "before_rev": "rev",
    "parent_rev": "rev",
    "update": "rev",
    "account_id": "account",
    "account_ids": "account",
    "content_hash": "hash",
    "query": "word",
    "file_extensions": "word",
}
# What the sandbox has nothing of: drawing them would lead nowhere else. Spoiled arguments hold them still.
UNSERVED = {"shared_link", "property_groups", "include_property_groups"}
TEXTS = st.text(max_size=20)
NUMBERS = (0, 1, 2, 3, 4, 5, 12, 25, 30, 480, 1000, 2**22, 2**31, 2**53, 2**64 - 1, -1, 2**64)
MOMENTS = ("2026-02-11T19:24:03Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def argument(kind: Any, pools: Pools) -> st.SearchStrategy[Any]:
    """Plain JSON for the type of a route's argument; now and then with something in it that the type does not allow."""
    good = _good(kind, pools, "")
    if not isinstance(kind, bv.Struct):
        return good
    names = [name for name, _ in kind.definition._all_fields_]
    spoiled = st.tuples(good, st.sampled_from([*names, "surprise"]), JSON).map(lambda one: {**one[0], one[1]: one[2]})
    return st.integers(0, 5).flatmap(lambda dice: spoiled if dice == 5 else good)


def _good(kind: Any, pools: Pools, name: str) -> st.SearchStrategy[Any]:
    """Plain JSON that a type allows."""
    if isinstance(kind, bv.Nullable):
        return st.one_of(st.none(), _good(kind.validator, pools, name))
    if isinstance(kind, bv.Void):
        return st.none()
    if isinstance(kind, bv.Union):
        return _union(kind, pools)
    if isinstance(kind, bv.Struct):
        return _struct(kind, pools)
    if isinstance(kind, bv.List):
        return st.lists(_good(kind.item_validator, pools, name), min_size=kind.min_items or 0, max_size=4)
    return _plain(kind, pools, name)


def _plain(kind: Any, pools: Pools, name: str) -> st.SearchStrategy[Any]:
    if isinstance(kind, bv.Boolean):
        return st.booleans()
    if isinstance(kind, bv.Timestamp):
        return st.sampled_from(MOMENTS)
    if isinstance(kind, (bv.Integer, bv.Real)):
        ends = [number for number in (kind.minimum, kind.maximum) if number is not None]
        return st.sampled_from([number for number in (*NUMBERS, *ends) if _allowed(kind, number)])
    pool = [text for text in pools.get(POOL_OF.get(name, ""), []) if _allowed(kind, text)]
    return st.sampled_from(pool) if pool else TEXTS.filter(lambda text: _allowed(kind, text))


def _allowed(kind: Any, value: Any) -> bool:
    try:
        kind.validate(value)
    except bv.ValidationError:
        return False
    return True


def _union(kind: Any, pools: Pools) -> st.SearchStrategy[Any]:
    def of(tag: str, inner: Any) -> st.SearchStrategy[Any]:
        bare = inner.validator if isinstance(inner, bv.Nullable) else inner
        if isinstance(bare, bv.Void):
            return st.one_of(st.just(tag), st.just({".tag": tag}))
        value = _good(bare, pools, tag)
        if isinstance(bare, bv.Struct):
            return value.map(lambda fields: {**fields, ".tag": tag})
        return value.map(lambda told: {".tag": tag, tag: told})

    return st.one_of([of(tag, inner) for tag, inner in sorted(kind.definition._tagmap.items())])


def _struct(kind: Any, pools: Pools) -> st.SearchStrategy[Any]:
    fields = {name: _good(inner, pools, name) for name, inner in kind.definition._all_fields_ if name not in UNSERVED}
    described = {name: getattr(kind.definition, name) for name in fields}
    needed = {name for name, one in described.items() if one.default is bb.NO_DEFAULT and not one.nullable}
    return st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in needed},
        optional={name: fields[name] for name in fields if name not in needed},
    )
