"""DESIGN.md §3 as data, and a reader of sources that finds where a sentence of it is broken."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

INNER = frozenset({"store", "clients", "rules", "settings"})

MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "rules": frozenset(),
    "settings": frozenset({"rules"}),
    "store": frozenset({"rules"}),
    "clients": frozenset({"rules", "settings"}),
    "handlers": INNER,
    "scheduler": INNER,
    "sandbox": frozenset(),
    "logs": frozenset({"settings"}),
    "deadlines": frozenset(),
    "serving": frozenset({"settings", "logs", "deadlines"}),
    "app": INNER | {"handlers", "scheduler", "logs"},
    "commands": INNER | {"serving"},
    "cli": INNER | {"app", "commands", "sandbox", "serving", "logs"},
}
"""Which of our top folders and files each may import besides itself; tests and bench may import them all."""

FREE = frozenset({"tests", "bench"})

SENTENCES: Mapping[str, str] = {
    "rules": "rules/ imports nothing of ours: it is what is true, and knows nobody.",
    "settings": "settings.py holds values: it imports rules/ alone.",
    "store": "store/ imports rules/ only.",
    "clients": "clients/ imports rules/ only, and the settings that it is handed.",
    "handlers": "handlers/ import store/, clients/ and rules/, never scheduler/, and wire nothing.",
    "scheduler": "scheduler/ imports store/, clients/ and rules/, never handlers/, and wires nothing.",
    "sandbox": "sandbox/ imports nothing of ours.",
    "logs": "logs.py sets up logging and knows nothing of the rest.",
    "deadlines": "deadlines.py knows connections and nothing of ours.",
    "serving": "serving.py runs what it is given and knows nothing of the rest.",
    "app": "app.py wires the web: it starts no sandbox and knows no command.",
    "commands": "commands/ are the insides of commands; cli.py wires them, and only cli.py starts sandbox/.",
    "cli": "cli.py wires commands; handlers/ and scheduler/ come to it through app.py.",
}

PURE = frozenset(
    {"base64", "binascii", "collections", "collections.abc", "dataclasses", "datetime", "enum", "functools", "hashlib"}
    | {"hmac", "html", "ipaddress", "itertools", "json", "math", "re", "string", "types", "typing", "unicodedata"}
    | {"urllib.parse", "zoneinfo"}
)
RULES_ARE_PURE = "rules/ has no database, clock, network or framework: now and nonces are arguments."

SQL_IN_STORE = "store/ is the only place with SQL."
SDK_IN_CLIENT = (
    "clients/dropbox is the product's only importer of the Dropbox SDK (sandbox/, tests/ and bench/ may too)."
)
RESEND_IN_CLIENT = "clients/mail is the only importer of Resend."
ENVIRONMENT_IN_SETTINGS = "settings.py alone reads the environment, and cli.py what concerns a command."
HAS_A_PLACE = "Every folder and file of ours has a place in the layers; give this one a row in tests/layers.py."
PARSES = "Every file of ours is Python."

AT_HOME = (
    # To name sqlite3's errors is no SQL, so that importing it is allowed; opening a database with it is not.
    ({"sqlite_utils", "apsw", "pysqlite3"}, "store/", SQL_IN_STORE),
    ({"dropbox", "stone"}, "clients/dropbox", SDK_IN_CLIENT),
    ({"resend"}, "clients/mail", RESEND_IN_CLIENT),
)
"""Modules of others, where alone they may be imported, and the sentence that says so."""


@dataclass(frozen=True, order=True)
class Breach:
    """A place where a sentence of the design is broken."""

    path: str
    line: int
    sentence: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}: {self.sentence}"


def breaches(sources: Mapping[str, str]) -> list[Breach]:
    """All breaches in sources by their path from the root ("handlers/pages.py")."""
    return sorted({breach for path, source in sources.items() for breach in _in_file(path, source)})


def _in_file(path: str, source: str) -> Iterator[Breach]:
    top = _top(path)
    if top in FREE:
        return
    if top not in MAY_IMPORT:
        yield Breach(path, 1, HAS_A_PLACE, top)
        return
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield Breach(path, error.lineno or 1, PARSES, "does not parse")
        return
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 1)
        for module in _imported(node, path):
            yield from (Breach(path, line, sentence, f"imports {module}") for sentence in _wrong_import(path, module))
        for sentence, what in _wrong_use(node, path):
            yield Breach(path, line, sentence, what)


def _imported(node: ast.AST, path: str) -> Iterator[str]:
    """Dotted names of the modules that a node imports, relative and by name at run time too."""
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module="urllib", level=0, names=names):
            yield from (f"urllib.{name.name}" for name in names)
        case ast.ImportFrom(module=module, level=0) if module:
            yield module
        case ast.ImportFrom(module=module, level=level):
            package = PurePosixPath(path).parts[:-level]
            inside = [*package, module] if module else [*package]
            yield from [".".join(inside)] if inside else [name.name for name in node.names]
        case ast.Call(func=ast.Name("__import__" | "import_module"), args=[ast.Constant(str(module)), *_]):
            yield module
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(str(module)), *_]):
            yield module


def _wrong_import(path: str, module: str) -> Iterator[str]:
    top, outside = _top(path), module.split(".")[0]
    if outside in MAY_IMPORT or outside in FREE:
        if outside != top and outside not in MAY_IMPORT[top]:
            yield SENTENCES[top]
    elif top == "rules":
        if module not in PURE and outside != "cryptography":
            yield RULES_ARE_PURE
    elif top != "sandbox":
        yield from (word for modules, home, word in AT_HOME if outside in modules and not path.startswith(home))


def _wrong_use(node: ast.AST, path: str) -> Iterator[tuple[str, str]]:
    """What a node does, with no import to show it, that its layer may not: the sentence, and what it does."""
    top = _top(path)
    if top not in ("store", "sandbox"):
        yield from ((SQL_IN_STORE, what) for what in _sql(node))
    if top not in ("settings", "cli"):
        yield from ((ENVIRONMENT_IN_SETTINGS, what) for what in _environment(node))
    if top == "rules":
        yield from ((RULES_ARE_PURE, what) for what in _world(node))


def _sql(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="execute" | "executemany" | "executescript" | "query" as name)):
            yield f"calls .{name}()"
        case ast.Attribute(value=ast.Name("sqlite3"), attr="connect"):
            yield "opens a database"
        case ast.ImportFrom(module="sqlite3", names=names) if "connect" in {name.name for name in names}:
            yield "opens a database"


def _environment(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Name("os"), attr="environ" | "environb" | "getenv" as name):
            yield f"uses os.{name}"
        case ast.ImportFrom(module="os", names=names):
            yield from (f"uses os.{name.name}" for name in names if name.name in ("environ", "environb", "getenv"))


def _world(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today" as name)):
            yield f"calls .{name}()"
        case ast.Call(func=ast.Name("open" | "input" | "print" as name)):
            yield f"calls {name}()"


def _top(path: str) -> str:
    return PurePosixPath(path).parts[0].removesuffix(".py")
