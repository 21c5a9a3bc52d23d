"""Reading files: download, download_zip and get_temporary_link."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from dropbox import files

from sandbox import zipping
from sandbox.blobs import EMPTY_HASH
from sandbox.calls import Call
from sandbox.links import make_link
from sandbox.refusals import Refusal
from sandbox.routes.lookup import locate, locate_file
from sandbox.routes.metadata import metadata
from sandbox.serving import file_answer
from sandbox.stone_json import encode
from sandbox.tree import Node, subtree
from sandbox.wire import Answer, origin


def _file(call: Call, path: str) -> Node:
    try:
        return locate_file(call.world.db, call.person_caller, path)
    except Refusal as refusal:
        raise refusal.under("path") from None


def result_header(kind: Any, value: Any) -> dict[str, str]:
    """The header that carries a download's result: JSON in ASCII, DEL escaped too."""
    return {"dropbox-api-result": json.dumps(encode(kind, value)).replace("\x7f", "\\u007f")}


async def download(call: Call) -> Any:
    """files/download: the bytes in the body, the metadata in the header `Dropbox-API-Result`."""
    node = _file(call, f"rev:{call.arg.rev}" if call.arg.rev else call.arg.path)
    told = metadata(node, call.person_caller)
    headers = {**result_header(files.FileMetadata_validator, told), "etag": f'W/"{node.rev}"'}
    blobs = call.world.blobs
    return file_answer(
        blobs, node.content_hash or EMPTY_HASH, node.size or 0, call.request, "application/octet-stream", headers
    )


async def download_zip(call: Call) -> Any:
    """files/download_zip: a folder with all in it as one zip file."""
    world = call.world
    try:
        folder = locate(world.db, call.person_caller, call.arg.path)
        if folder.kind == "file":
            raise Refusal("not_folder")
    except Refusal as refusal:
        raise refusal.under("path") from None
    inside, path = subtree(world.db, folder), world.blobs.spare()
    try:
        zipping.check(inside)
    except zipping.CannotBeZipped as why:
        raise Refusal(str(why)) from None
    size = await asyncio.to_thread(zipping.write, world.blobs, folder, inside, path)
    told = files.DownloadZipResult(metadata=metadata(folder, call.person_caller))
    stream = zipping.read_and_remove(path, size)
    headers = result_header(files.DownloadZipResult_validator, told)
    return Answer(200, b"", "application/zip", headers, stream=stream, length=size)


async def get_temporary_link(call: Call) -> Any:
    """files/get_temporary_link: an address for four hours; only for people whose e-mail address is verified."""
    caller, world = call.person_caller, call.world
    node = _file(call, call.arg.path)
    if not caller.person.email_verified:
        raise Refusal("email_not_verified")
    token = make_link(world.db, node, call.now)
    base = world.public_url or origin(call.request)
    link = f"{base.rstrip('/')}/dl/{token}/{quote(node.name)}"
    return files.GetTemporaryLinkResult(metadata=metadata(node, caller), link=link)
