"""Pictures by their pixels: thumbnails of them, and what they say of themselves. Blocking: call it from a thread."""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

EXTENSIONS = frozenset({"jpg", "jpeg", "png", "tiff", "tif", "gif", "webp", "ppm", "bmp"})
READ = ("JPEG", "PNG", "TIFF", "GIF", "WEBP", "PPM", "BMP")
MAX_BYTES = 20 * 1024 * 1024
# A small file can unfold to any number of pixels; this many take half a gigabyte.
MAX_PIXELS = 128 * 1024 * 1024
SIZE = re.compile(r"w(\d+)h(\d+)")


class NoPicture(Exception):
    """There is no thumbnail of this file: the tag of Dropbox's ThumbnailError that says why."""


@dataclass(frozen=True)
class Wish:
    """A thumbnail in Dropbox's words: size such as w64h64, mode such as strict, format jpeg, png or webp."""

    size: str
    mode: str
    format: str
    transparency: bool = False


@dataclass(frozen=True)
class Facts:
    """What a picture says: its size in pixels when upright, when it was taken, and where (latitude, longitude)."""

    width: int
    height: int
    taken: datetime | None
    place: tuple[float, float] | None


def check_file(name: str, size: int) -> None:
    """Raise NoPicture for a file of which Dropbox does not even try to make a thumbnail."""
    if name.rpartition(".")[2].lower() not in EXTENSIONS:
        raise NoPicture("unsupported_extension")
    if not 0 < size <= MAX_BYTES:
        raise NoPicture("unsupported_image")


def _open(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=READ)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise NoPicture("unsupported_image") from None
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise NoPicture("unsupported_image")
    return image


def thumbnail(path: Path, wish: Wish) -> bytes:
    """The thumbnail of a picture file; NoPicture when its bytes are none, or are broken."""
    with _open(path) as image:
        try:
            return _converted(image, wish)
        except Exception:
            # Broken pictures make Pillow raise whatever the broken part leads to.
            raise NoPicture("conversion_error") from None


def _converted(image: Image.Image, wish: Wish) -> bytes:
    profile = image.info.get("icc_profile") if image.mode == "RGB" else None
    match = SIZE.fullmatch(wish.size)
    box = (int(match[1]), int(match[2])) if match else image.size
    if wish.mode != "original" and image.format == "JPEG":
        # Decodes large photos at a fraction of their size, still at least twice as large as what is wanted.
        side = 2 * max(box)
        image.draft("RGB", (side, side))
    shown = _flat(ImageOps.exif_transpose(image), transparency=wish.transparency)
    if wish.mode != "original":
        shown = _scaled(shown, scale(shown.size, box, wish.mode))
    made = io.BytesIO()
    shown.save(made, wish.format.upper(), **({"icc_profile": profile} if profile else {}), quality=80)
    return made.getvalue()


def _flat(image: Image.Image, *, transparency: bool) -> Image.Image:
    """Red, green and blue; what shines through becomes white unless it is to stay."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    if transparency:
        return clear
    ground = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(ground, clear).convert("RGB")


def scale(size: tuple[int, int], box: tuple[int, int], mode: str) -> float:
    """By how much to scale a picture for a box in one of Dropbox's modes; never more than 1."""
    ways = [(box[0] / size[0], box[1] / size[1]), (box[1] / size[0], box[0] / size[1])]
    if mode == "strict":
        wanted = min(ways[0])
    elif mode == "bestfit":
        wanted = max(min(way) for way in ways)
    else:
        wanted = min(max(way) for way in ways)
    return min(wanted, 1.0)


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    if factor == 1.0:
        return image
    size = (max(round(image.width * factor), 1), max(round(image.height * factor), 1))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def facts(path: Path) -> Facts:
    """What a picture file says of itself; NoPicture when it is none."""
    with _open(path) as image:
        try:
            exif = image.getexif()
        except Exception:
            exif = Image.Exif()
        sideways = exif.get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
        width, height = image.size[::-1] if sideways else image.size
        return Facts(width, height, _taken(exif), _place(exif))


def _taken(exif: Image.Exif) -> datetime | None:
    try:
        text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        return datetime.strptime(str(text).rstrip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - cameras tell no zone
    except Exception:
        return None


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] == "S")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] == "W")
    except Exception:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(parts: Any, negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if negative else 1)
