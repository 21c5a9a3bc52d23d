"""Whether the head of a picture can be read, and how large it says it is. Pixels are never decoded here.

What kind of media a file is, is said by rules/media.py from its first bytes; this asks a real decoder's opinion.
"""

from collections.abc import Callable
from typing import BinaryIO

from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from rules.media import GIF, JPEG, PNG, WEBP, MediaType

MOST_PIXELS = 50_000_000
HEAD_BYTES = 16 * 1024 * 1024
"""As much as a decoder may look at: it holds what it skips, so a file that is all head must not be fed whole."""

Size = tuple[int, int]


def refusal(media_type: MediaType, head: BinaryIO) -> str | None:
    """A sentence when the picture's head can't be read or promises too many pixels; None when it is fine, or a film.

    `head` is the beginning of the file, at most HEAD_BYTES of it.
    """
    measure = _MEASURES.get(media_type)
    if measure is None:
        return None
    try:
        width, height = measure(head)
    except Exception:
        # A decoder meets a hostile file with whatever error comes first; each means the same.
        return f"This begins like a {media_type.extension.upper()} picture, but no decoder can read it."
    if width * height > MOST_PIXELS:
        return f"This picture says it has {width:,} by {height:,} pixels; at most {MOST_PIXELS:,} are accepted."
    return None


def _jpeg(head: BinaryIO) -> Size:
    return JpegImageFile(head).size


def _png(head: BinaryIO) -> Size:
    return PngImageFile(head).size


def _gif(head: BinaryIO) -> Size:
    return GifImageFile(head).size


def _webp(head: BinaryIO) -> Size:
    """Read by hand (RFC 9649, sections 2.5 to 2.7): Pillow would take the whole file and a canvas into memory."""
    start = head.read(30)
    kind, body = start[12:16], start[20:]
    if len(body) < 10:
        raise ValueError("shorter than any WebP")
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    elif kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    else:
        raise ValueError("no WebP frame")
    if not width or not height:
        raise ValueError("an empty WebP frame")
    return width, height


_MEASURES: dict[MediaType, Callable[[BinaryIO], Size]] = {JPEG: _jpeg, PNG: _png, GIF: _gif, WEBP: _webp}
