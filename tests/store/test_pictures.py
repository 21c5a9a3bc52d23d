"""Pictures are judged by a decoder's reading of their head: without their pixels, and without their size in memory."""

import io
import random
import resource
import struct
import zlib

import pytest
from PIL import Image

from rules.media import GIF, JPEG, MP4, PNG, WEBP
from store import pictures
from store.pictures import MOST_PIXELS, refusal

KINDS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}


def picture(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("media_type", KINDS, ids=KINDS.get)
def test_a_real_picture_is_fine(media_type):
    assert refusal(media_type, io.BytesIO(picture(KINDS[media_type]))) is None


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0"}], ids=["VP8L", "VP8X"])
def test_every_kind_of_webp_is_fine(options):
    assert refusal(WEBP, io.BytesIO(picture("WEBP", **options))) is None


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}], ids=["VP8", "VP8L", "VP8X"])
def test_a_webp_is_measured_as_pillow_measures_it(options, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1)
    assert "1,001 by 53 pixels" in (refusal(WEBP, io.BytesIO(picture("WEBP", (1001, 53), **options))) or "")


def test_a_jpeg_with_a_second_picture_behind_it_is_fine():
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])
    assert refusal(JPEG, io.BytesIO(file.getvalue())) is None


def test_a_jpeg_with_a_film_behind_it_is_fine():
    assert refusal(JPEG, io.BytesIO(picture("JPEG") + b"\0\0\0\x18ftypmp42" + bytes(1000))) is None


@pytest.mark.parametrize("size", [(12_000, 12_000), (30_000, 30_000)])
def test_a_picture_that_promises_too_many_pixels_is_refused_by_its_head(size):
    assert f"{MOST_PIXELS:,}" in (refusal(PNG, io.BytesIO(png_that_claims(*size))) or "")


def test_the_largest_picture_is_fine():
    assert refusal(PNG, io.BytesIO(png_that_claims(10_000, 5_000))) is None


@pytest.mark.parametrize("media_type", KINDS, ids=KINDS.get)
def test_a_picture_cut_off_in_its_head_is_refused(media_type):
    assert "no decoder can read it" in (refusal(media_type, io.BytesIO(picture(KINDS[media_type])[:24])) or "")


@pytest.mark.parametrize("media_type", KINDS, ids=KINDS.get)
def test_any_broken_head_gets_a_sentence_or_passes_but_never_an_error(media_type):
    dice = random.Random(7)
    whole = picture(KINDS[media_type])
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(3):
            broken[dice.randrange(min(len(broken), 400))] = dice.randrange(256)
        answer = refusal(media_type, io.BytesIO(bytes(broken)))
        assert answer is None or answer.endswith(".")


def test_a_film_is_not_measured():
    assert refusal(MP4, io.BytesIO(b"")) is None


def test_a_900_megapixel_png_costs_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(PNG, io.BytesIO(png_that_claims(30_000, 30_000))) is not None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
