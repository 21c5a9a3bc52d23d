"""Static files under fingerprinted addresses: a file's name carries its hash, so browsers may keep it for ever."""

import hashlib
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).resolve().parent.parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
FOR_EVER = "public, max-age=31536000, immutable"
# Served as one, in this order: a first visit has few round trips to spend.
SHEETS = tuple(f"css/{name}.css" for name in ("tokens", "base", "forms", "components", "pages"))
ONE_SHEET = "css/app.css"


class Static:
    """All static files, read once at start-up: `static/js/app.js` is served as `/static/js/app.<hash>.js`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        contents = {
            file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
        }
        contents[ONE_SHEET] = b"".join(contents.pop(name) for name in SHEETS)
        for name, content in contents.items():
            suffix = PurePosixPath(name).suffix
            digest = hashlib.sha256(content).hexdigest()[:8]
            fingerprinted = f"{name.removesuffix(suffix)}.{digest}{suffix}"
            self._addresses[name] = f"/static/{fingerprinted}"
            self._files[fingerprinted] = (content, TYPES[suffix])

    def address(self, name: str) -> str:
        """The address of a file by its plain name; KeyError for a name that does not exist (a template's mistake)."""
        return self._addresses[name]

    async def serve(self, request: Request) -> Response:
        """GET /static/{path}"""
        found = self._files.get(request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        content, media_type = found
        return Response(content, media_type=media_type, headers={"cache-control": FOR_EVER})
