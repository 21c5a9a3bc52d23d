"""Thumbnails of pictures, one or up to 25 in a call, and what pictures say of themselves in their metadata."""

import asyncio
import base64
from typing import Any

from dropbox import files

from sandbox import pictures
from sandbox.calls import Call
from sandbox.pictures import NoPicture, Wish
from sandbox.refusals import Refusal, build
from sandbox.routes.contents import result_header
from sandbox.routes.lookup import locate_file
from sandbox.routes.metadata import Moment, metadata
from sandbox.tree import Node
from sandbox.wire import Answer

MOST = 25


async def _make(call: Call, given: str, wish: Wish) -> tuple[Node, bytes]:
    """The file that an argument names and its thumbnail; Refusal with a ThumbnailError tag."""
    try:
        node = locate_file(call.world.db, call.person_caller, given)
    except Refusal as refusal:
        raise refusal.under("path") from None
    try:
        pictures.check_file(node.name, node.size or 0)
        path = call.world.blobs.path(node.content_hash or "")
        return node, await asyncio.to_thread(pictures.thumbnail, path, wish)
    except NoPicture as none:
        raise Refusal(str(none)) from None


def _wish(arg: Any, *, transparency: bool = False) -> Wish:
    return Wish(arg.size._tag, arg.mode._tag, arg.format._tag, transparency)


async def _described(call: Call, node: Node, arg: Any) -> Any:
    told = metadata(node, call.person_caller)
    if not arg.exclude_media_info:
        await add_media_info(call, node, told)
    return told


async def get_thumbnail_v1(call: Call) -> Any:
    """files/get_thumbnail: the thumbnail in the body, the metadata of the file in `Dropbox-API-Result`."""
    node, data = await _make(call, call.arg.path, _wish(call.arg))
    told = await _described(call, node, call.arg)
    return Answer(200, data, f"image/{call.arg.format._tag}", result_header(files.FileMetadata_validator, told))


async def get_thumbnail_v2(call: Call) -> Any:
    """files/get_thumbnail_v2: the same by resource; there are no shared links here."""
    arg = call.arg
    if not arg.resource.is_path():
        raise Refusal("not_found")
    if arg.preserve_transparency and arg.format.is_jpeg():
        raise Refusal("unsupported_output_format")
    node, data = await _make(call, arg.resource.get_path(), _wish(arg, transparency=arg.preserve_transparency))
    told = files.PreviewResult(file_metadata=await _described(call, node, arg))
    return Answer(200, data, f"image/{arg.format._tag}", result_header(files.PreviewResult_validator, told))


async def get_thumbnail_batch(call: Call) -> Any:
    """files/get_thumbnail_batch: up to 25 thumbnails in base64, each entry with its own ending."""
    if len(call.arg.entries) > MOST:
        raise Refusal("too_many_files")
    return files.GetThumbnailBatchResult(entries=[await _entry(call, entry) for entry in call.arg.entries])


async def _entry(call: Call, entry: Any) -> Any:
    try:
        node, data = await _make(call, entry.path, _wish(entry))
    except Refusal as refusal:
        error = build(files.ThumbnailError_validator, refusal.tags.split("/"), refusal.fields)
        return files.GetThumbnailBatchResultEntry.failure(error)
    told = metadata(node, call.person_caller)
    thumbnail = base64.b64encode(data).decode()
    return files.GetThumbnailBatchResultEntry.success(
        files.GetThumbnailBatchResultData(metadata=told, thumbnail=thumbnail)
    )


async def add_media_info(call: Call, node: Node, told: Any) -> None:
    """Put dimensions, time and place into the metadata of a picture; of anything else it says nothing."""
    try:
        pictures.check_file(node.name, node.size or 0)
        facts = await asyncio.to_thread(pictures.facts, call.world.blobs.path(node.content_hash or ""))
    except NoPicture:
        return
    place = None if facts.place is None else files.GpsCoordinates(*facts.place)
    size = files.Dimensions(height=facts.height, width=facts.width)
    taken = None if facts.taken is None else Moment.combine(facts.taken.date(), facts.taken.time())
    photo = files.PhotoMetadata(dimensions=size, location=place, time_taken=taken)
    told.media_info = files.MediaInfo.metadata(photo)
