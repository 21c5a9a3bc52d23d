"""Static files under fingerprinted addresses: a file's name carries its hash, so browsers may keep it for ever."""

import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).resolve().parent.parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
FOR_EVER = "public, max-age=31536000, immutable"


class Static:
    """All static files, read once at start-up: `static/css/base.css` is served as `/static/css/base.<hash>.css`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._addresses: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for path in sorted(file for file in folder.rglob("*") if file.suffix in TYPES):
            name = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:8]
            fingerprinted = f"{name.removesuffix(path.suffix)}.{digest}{path.suffix}"
            self._addresses[name] = f"/static/{fingerprinted}"
            self._files[fingerprinted] = (content, TYPES[path.suffix])

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
