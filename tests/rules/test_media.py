"""FU-01: a file is what its first bytes say, whatever its name or header claims."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rules.media import GIF, HEAD_BYTES, JPEG, MEDIA_TYPES, MOV, MP4, PNG, WEBP, MediaType, recognise


def atom(name: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    """One atom of an ISO or QuickTime file."""
    return (size if size is not None else 8 + len(body)).to_bytes(4, "big") + name + body


def file_type(major: bytes, *compatible: bytes) -> bytes:
    """A file type atom."""
    return atom(b"ftyp", major + bytes(4) + b"".join(compatible))


def picture(form: str, **how: object) -> bytes:
    """A real little picture."""
    stream = io.BytesIO()
    Image.new("RGB", (24, 16), "teal").save(stream, form, **how)
    return stream.getvalue()


TAIL = atom(b"moov", b"mvhd" * 40)
TAKEN: dict[str, tuple[bytes, MediaType]] = {
    "a JPEG": (picture("JPEG"), JPEG),
    "a progressive JPEG": (picture("JPEG", progressive=True), JPEG),
    "a JPEG with Exif": (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + bytes(40), JPEG),
    "a JPEG without any application segment": (b"\xff\xd8\xff\xdb" + bytes(60), JPEG),
    "a JPEG with a second picture behind it": (picture("JPEG") + picture("JPEG"), JPEG),
    "a JPEG with a video tail": (picture("JPEG") + file_type(b"mp42", b"isom") + TAIL, JPEG),
    "a PNG": (picture("PNG"), PNG),
    "a GIF": (picture("GIF"), GIF),
    "an old GIF": (b"GIF87a\x10\x00\x10\x00\x80\x00\x00" + bytes(40), GIF),
    "a lossy WebP": (picture("WEBP"), WEBP),
    "a lossless WebP": (picture("WEBP", lossless=True), WEBP),
    "an extended WebP": (b"RIFF\x24\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(40), WEBP),
    "an MP4 as encoders write it": (file_type(b"isom", b"isom", b"iso2", b"avc1", b"mp41") + TAIL, MP4),
    "an MP4 of a phone": (file_type(b"mp42", b"isom", b"mp42") + TAIL, MP4),
    "an MP4 with Apple's brand": (file_type(b"M4V ", b"M4V ", b"mp42", b"isom") + TAIL, MP4),
    "an MP4 with a brand we don't know": (file_type(b"zzzz", b"zzzz", b"isom") + TAIL, MP4),
    "a fragmented MP4": (file_type(b"iso6", b"iso6", b"dash") + TAIL, MP4),
    "an MP4 behind padding": (atom(b"free", bytes(8)) + file_type(b"isom", b"isom") + TAIL, MP4),
    "a MOV": (file_type(b"qt  ", b"qt  ") + atom(b"wide") + TAIL, MOV),
    "a MOV that names MP4 as well": (file_type(b"qt  ", b"qt  ", b"mp42") + TAIL, MOV),
    "a MOV that begins with moov": (TAIL, MOV),
    "a MOV that begins with mdat": (atom(b"mdat", bytes(100)), MOV),
    "a MOV whose data has a 64-bit size": (atom(b"mdat", bytes(100), size=1), MOV),
    "a MOV whose data goes to the end": (atom(b"mdat", bytes(100), size=0), MOV),
    "a MOV that begins with wide and mdat": (atom(b"wide") + atom(b"mdat", bytes(100)), MOV),
    "a MOV that begins with free and moov": (atom(b"free", bytes(12)) + TAIL, MOV),
    "a MOV that begins with skip and moov": (atom(b"skip", bytes(12)) + TAIL, MOV),
    "a MOV with long padding": (atom(b"free", bytes(4000)) + TAIL, MOV),
}
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "zeros": bytes(200),
    "HTML": b"<!doctype html><html><script>alert(1)</script></html>" * 3,
    "HTML behind spaces": b"\n\n   <html><body>moov</body></html>" * 3,
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>' * 2,
    "SVG with a declaration": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>' * 2,
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>" * 2,
    "a text file named photo.jpg": b"this is not a photo, whatever its name says. " * 3,
    "a text about GIF89a": b"GIF89a is the name of a file format, and this is a text about it.",
    "a text with an atom's name": b"see free beer and moov and mdat and ftypisom in this text, please",
    "a text that begins like film data": b"abcdmdat and so on, with letters where the size should be, and more",
    "a BMP": picture("BMP"),
    "a TIFF": picture("TIFF"),
    "an icon": picture("ICO"),
    "an AVIF": file_type(b"avif", b"avif", b"mif1", b"miaf") + TAIL,
    "an AVIF sequence": file_type(b"avis", b"avis", b"msf1", b"iso8", b"mif1") + TAIL,
    "a HEIC": file_type(b"heic", b"mif1", b"heic") + TAIL,
    "a HEIC by its structure brand": file_type(b"mif1", b"mif1", b"heic") + TAIL,
    "a HEIC that names MP4 as well": file_type(b"mp42", b"isom", b"heic") + TAIL,
    "a raw photo of a Canon": file_type(b"crx ", b"crx ", b"isom") + TAIL,
    "sound in MP4's container": file_type(b"M4A ", b"M4A ", b"mp42", b"isom") + TAIL,
    "a file type without brands": atom(b"ftyp") + TAIL,
    "a file type that nobody knows": file_type(b"zzzz", b"yyyy") + TAIL,
    "a WAV": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40),
    "an AVI": b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(40),
    "a WebP without a picture": b"RIFF\x24\x00\x00\x00WEBPEXIF" + bytes(40),
    "a PNG's signature alone": b"\x89PNG\r\n\x1a\n",
    "a PNG's signature with something else": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "half a JPEG marker": b"\xff\xd8",
    "a Matroska film": b"\x1a\x45\xdf\xa3" + bytes(60),
    "a ZIP": b"PK\x03\x04" + bytes(60),
    "a program": b"\x7fELF" + bytes(60),
    "padding and then a text": atom(b"free", bytes(8)) + b"abcdmoov" + b"text " * 20,
    "padding and then nothing": atom(b"free", bytes(8)),
    "padding without a size": atom(b"free", bytes(100), size=0),
    "an unknown atom": atom(b"abcd", bytes(100)),
}


@pytest.mark.parametrize("what", TAKEN)
def test_our_media_are_recognised_by_their_first_bytes(what: str):
    data, expected = TAKEN[what]
    assert recognise(data[:HEAD_BYTES]) == expected
    assert recognise(data) == expected


@pytest.mark.parametrize("what", REFUSED)
def test_anything_else_is_refused(what: str):
    assert recognise(REFUSED[what][:HEAD_BYTES]) is None


def test_the_types_are_those_of_the_contract():
    assert [media.extension for media in MEDIA_TYPES] == ["jpg", "png", "webp", "gif", "mp4", "mov"]
    assert {media.mime.split("/")[0] for media in MEDIA_TYPES} == {"image", "video"}


@given(st.binary(max_size=100))
def test_any_bytes_get_an_answer(head: bytes):
    assert recognise(head) in (None, *MEDIA_TYPES)


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_no_text_is_ever_media(text: str):
    assert recognise(text.encode("utf-8")) is None or "\x00" in text
