"""Thumbnails from real pixels, and what pictures say of themselves."""

import base64
import io
from datetime import datetime

import pytest
from dropbox import files
from dropbox.exceptions import ApiError
from PIL import ExifTags, Image

from sandbox.pictures import MAX_BYTES, scale
from tests.pictures import jpeg
from tests.sandbox.test_relocation import tags_of

SIZE, MODE, FORMAT = files.ThumbnailSize, files.ThumbnailMode, files.ThumbnailFormat


def picture(kind: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", colour="red", **more) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


def opened(answer) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


def is_red(pixel) -> bool:
    red, green, blue = pixel
    return bool(red > 200 > 60 > max(green, blue))


def thumbnail(client, path: str, **more) -> Image.Image:
    return opened(client.files_get_thumbnail_v2(files.PathOrLink.path(path), **more)[1])


def refusal(client, path: str, **more) -> str:
    with pytest.raises(ApiError) as refused:
        client.files_get_thumbnail_v2(files.PathOrLink.path(path), **more)
    return tags_of(refused.value.error)


EXTENSIONS = {"jpg": "JPEG", "JPEG": "JPEG", "png": "PNG", "tiff": "TIFF", "tif": "TIFF", "gif": "GIF", "webp": "WEBP"}


@pytest.mark.parametrize(("extension", "kind"), [*EXTENSIONS.items(), ("ppm", "PPM"), ("bmp", "BMP")])
def test_every_kind_of_picture_that_dropbox_names_has_a_thumbnail(studio, extension, kind):
    studio.files_upload(picture(kind), f"/a.{extension}")
    shown = thumbnail(studio, f"/a.{extension}")
    assert (shown.format, shown.size) == ("JPEG", (64, 48))
    assert is_red(shown.getpixel((32, 24)))


@pytest.mark.parametrize(
    ("mode", "wide", "high"),
    [
        (MODE.strict, (480, 240), (160, 320)),
        (MODE.bestfit, (480, 240), (240, 480)),
        (MODE.fitone_bestfit, (640, 320), (320, 640)),
        (MODE.original, (1000, 500), (500, 1000)),
    ],
)
def test_modes_fit_cover_or_leave_the_size(studio, mode, wide, high):
    studio.files_upload(picture("PNG", (1000, 500)), "/wide.png")
    studio.files_upload(picture("PNG", (500, 1000)), "/high.png")
    for name, size in (("wide", wide), ("high", high)):
        assert thumbnail(studio, f"/{name}.png", size=SIZE.w480h320, mode=mode).size == size


@pytest.mark.parametrize("mode", ["strict", "bestfit", "fitone_bestfit"])
def test_nothing_is_ever_made_larger(mode):
    assert scale((10, 10), (64, 64), mode) == 1.0


@pytest.mark.parametrize(("wanted", "kind"), [(FORMAT.jpeg, "JPEG"), (FORMAT.png, "PNG"), (FORMAT.webp, "WEBP")])
def test_the_format_is_the_one_asked_for(studio, wanted, kind):
    studio.files_upload(jpeg(1), "/a.jpg")
    told, answer = studio.files_get_thumbnail_v2(files.PathOrLink.path("/a.jpg"), format=wanted)
    assert (opened(answer).format, answer.headers["content-type"]) == (kind, f"image/{kind.lower()}")
    assert told.file_metadata.path_display == "/a.jpg"


def test_transparency_becomes_white_unless_it_is_to_stay(studio):
    studio.files_upload(picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)), "/clear.png")
    assert thumbnail(studio, "/clear.png").getpixel((5, 5)) == (255, 255, 255)
    kept = thumbnail(studio, "/clear.png", format=FORMAT.png, preserve_transparency=True)
    assert kept.getchannel("A").getextrema() == (0, 0)
    assert refusal(studio, "/clear.png", preserve_transparency=True) == "unsupported_output_format"


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "I;16"), ("GIF", "P")])
def test_unusual_pixels_are_converted(studio, kind, mode):
    studio.files_upload(picture(kind, mode=mode, colour=1 if mode != "CMYK" else "red"), f"/a.{kind}")
    assert thumbnail(studio, f"/a.{kind}").mode == "RGB"


def test_a_turned_photo_is_shown_upright_and_measured_so(studio):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    studio.files_upload(picture("JPEG", (400, 200), exif=exif), "/turned.jpg")
    assert thumbnail(studio, "/turned.jpg").size == (32, 64)
    told = studio.files_get_metadata("/turned.jpg", include_media_info=True).media_info.get_metadata()
    assert (told.dimensions.width, told.dimensions.height) == (200, 400)


def test_what_has_no_thumbnail_says_why(studio):
    studio.files_create_folder_v2("/folder.jpg")
    for name, data in {
        "text.txt": b"words",
        "clip.mp4": b"\0" * 100,
        "noextension": jpeg(1),
        "words.jpg": b"words",
        "empty.jpg": b"",
        "broken.png": picture("PNG", (50, 50))[:80],
        "large.jpg": jpeg(1, pad_to=MAX_BYTES + 1),
    }.items():
        studio.files_upload(data, f"/{name}")
    why = {name: refusal(studio, f"/{name}") for name in ("text.txt", "clip.mp4", "noextension")}
    assert set(why.values()) == {"unsupported_extension"}
    for name in ("words.jpg", "empty.jpg", "large.jpg"):
        assert refusal(studio, f"/{name}") == "unsupported_image"
    assert refusal(studio, "/broken.png") == "conversion_error"
    assert refusal(studio, "/nowhere.jpg") == "path/not_found"
    assert refusal(studio, "/folder.jpg") == "path/not_file"


def test_shared_links_lead_nowhere(studio):
    with pytest.raises(ApiError) as refused:
        studio.files_get_thumbnail_v2(files.PathOrLink.link(files.SharedLinkFileInfo(url="https://example.com/s/x")))
    assert refused.value.error.is_not_found()


def test_a_batch_gives_each_entry_its_own_ending_and_takes_25(studio):
    studio.files_upload(picture("JPEG"), "/a.jpg")
    wanted = [files.ThumbnailArg("/a.jpg", size=SIZE.w32h32), files.ThumbnailArg("/nowhere.jpg")]
    good, bad = studio.files_get_thumbnail_batch(wanted).entries
    shown = Image.open(io.BytesIO(base64.b64decode(good.get_success().thumbnail)))
    assert (shown.size, good.get_success().metadata.name) == ((32, 24), "a.jpg")
    assert good.get_success().metadata.media_info is None
    assert tags_of(bad.get_failure()) == "path/not_found"
    with pytest.raises(ApiError) as refused:
        studio.files_get_thumbnail_batch(wanted * 13)
    assert refused.value.error.is_too_many_files()


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
def test_the_first_version_takes_a_bare_path(studio):
    studio.files_upload(jpeg(1), "/a.jpg")
    told, answer = studio.files_get_thumbnail("/a.jpg", size=SIZE.w32h32)
    assert (told.name, opened(answer).size) == ("a.jpg", (32, 24))


def test_metadata_tells_of_a_photo_when_asked(studio):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:02:11 19:24:03"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] = (52.0, 30.0, 0.0), "N"
    gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] = (13.0, 15.0, 36.0), "W"
    studio.files_upload(picture("JPEG", exif=exif), "/a.jpg")
    assert studio.files_get_metadata("/a.jpg").media_info is None
    told = studio.files_get_metadata("/a.jpg", include_media_info=True).media_info.get_metadata()
    assert isinstance(told, files.PhotoMetadata)
    assert (told.dimensions.width, told.dimensions.height) == (400, 300)
    assert told.time_taken == datetime(2026, 2, 11, 19, 24, 3)
    assert (told.location.latitude, round(told.location.longitude, 2)) == (52.5, -13.26)
    assert studio.files_list_folder("", include_media_info=True).entries[0].media_info is None


def test_what_is_no_picture_tells_nothing(studio):
    for name in ("a.jpg", "a.txt"):
        studio.files_upload(b"words", f"/{name}")
        assert studio.files_get_metadata(f"/{name}", include_media_info=True).media_info is None
    plain = studio.files_upload(jpeg(1), "/b.jpg")
    assert plain.media_info is None
    told = studio.files_get_metadata("/b.jpg", include_media_info=True).media_info.get_metadata()
    assert (told.dimensions.width, told.time_taken, told.location) == (64, None, None)
