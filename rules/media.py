"""Which media a file is, by its first bytes and never by its name (CONTRACT.md §4); anything else is refused."""

from dataclasses import dataclass

HEAD_BYTES = 64
"""How many first bytes `recognise` wants to see; fewer are fine when the file has no more."""


@dataclass(frozen=True)
class MediaType:
    """A media type that results may have: its MIME name and the extension of exported files, without a dot."""

    mime: str
    extension: str


JPEG = MediaType("image/jpeg", "jpg")
PNG = MediaType("image/png", "png")
WEBP = MediaType("image/webp", "webp")
GIF = MediaType("image/gif", "gif")
MP4 = MediaType("video/mp4", "mp4")
MOV = MediaType("video/quicktime", "mov")

MEDIA_TYPES = (JPEG, PNG, WEBP, GIF, MP4, MOV)

_STILL_BRANDS = frozenset(
    b"heic heix heim heis hevc hevx hevm hevs mif1 mif2 miaf msf1 avif avis avio avci avcs jpeg jpgs".split()
) | {b"crx "}
_MP4_BRANDS = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 isoa isob isoc mp41 mp42 mp71 avc1 hvc1 hev1 av01 dash mmp4 MSNV "
    b"XAVC NDSC NDSM cmfc cmf2 M4VH M4VP".split()
) | {b"M4V ", b"f4v ", b"F4V "}
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ")
_QUICKTIME_BRAND = b"qt  "
_PADDING_ATOMS = (b"wide", b"free", b"skip", b"pnot")
_QUICKTIME_ATOMS = (b"moov", b"mdat")


def recognise(head: bytes) -> MediaType | None:
    """The media type of a file that begins with these bytes; None for what results can't be.

    HTML, SVG, PDF and the still images that share MP4's container (HEIC, AVIF, CR3) are None.
    """
    return _image(head) or _film(head)


def _image(head: bytes) -> MediaType | None:
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR":
        return PNG
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 13 and _gif_screen(head[6:13]):
        return GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and head[12:16] in (b"VP8 ", b"VP8L", b"VP8X"):
        return WEBP
    return None


def _gif_screen(descriptor: bytes) -> bool:
    """A logical screen descriptor, and not the next words of a text that begins with "GIF89a"."""
    width, height = int.from_bytes(descriptor[:2], "little"), int.from_bytes(descriptor[2:4], "little")
    return width > 0 and height > 0 and not _is_text(descriptor)


def _film(head: bytes) -> MediaType | None:
    """MP4 or MOV by the first atom that tells; QuickTime's may come without a file type, or after padding."""
    offset = 0
    while offset + 8 <= len(head):
        size, name = int.from_bytes(head[offset : offset + 4], "big"), head[offset + 4 : offset + 8]
        if not _plausible(size, name) or _is_text(head[offset : offset + 4]):
            return None
        if name == b"ftyp":
            return _by_brands(head[offset + 8 : offset + size])
        if name not in _PADDING_ATOMS:
            return MOV if name in _QUICKTIME_ATOMS else None
        offset += size
    # Padding alone, reaching beyond what was seen: QuickTime may begin with it, MP4 begins with its file type.
    return MOV if offset > 0 and len(head) >= HEAD_BYTES else None


def _plausible(size: int, name: bytes) -> bool:
    """Whether an atom can have that size; for film data 0 means "to the end" and 1 "stands further on"."""
    return size >= 8 or (size in (0, 1) and name == b"mdat")


def _by_brands(body: bytes) -> MediaType | None:
    """By the file type's major brand and the visible ones of those that it is compatible with."""
    major = body[:4]
    brands = {major, *(body[at : at + 4] for at in range(8, len(body) - 3, 4))}
    if len(body) < 8 or brands & _STILL_BRANDS or major in _SOUND_BRANDS:
        return None
    if major == _QUICKTIME_BRAND:
        return MOV
    if brands & _MP4_BRANDS:
        return MP4
    return MOV if _QUICKTIME_BRAND in brands else None


def _is_text(part: bytes) -> bool:
    return all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in part)
