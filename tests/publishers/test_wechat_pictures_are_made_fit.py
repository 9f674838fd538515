"""Every picture that leaves is a still JPEG or PNG below the platform's limit, and tells nothing about its camera."""

import io
import random
from dataclasses import replace

import pytest
from PIL import Image

from publishers.errors import ChannelRefused
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.pictures import fitted

LIMITS = WeChatLimits()


def picture(form: str, size: tuple[int, int] = (80, 60), mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else None).save(buffer, form, **options)
    return buffer.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(5).randbytes(size[0] * size[1] * 3)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_common_formats_become_still_pictures(form: str) -> None:
    data, media_type = fitted(picture(form), limits=LIMITS)
    with Image.open(io.BytesIO(data)) as made:
        assert made.format in {"JPEG", "PNG"}
        assert media_type == f"image/{made.format.lower()}"
        assert made.size == (80, 60)


def test_a_heavy_picture_is_made_light() -> None:
    data, media_type = fitted(noise((1500, 1200)), limits=LIMITS)
    assert len(data) < LIMITS.body_picture_bytes
    assert media_type == "image/jpeg"
    small, _ = fitted(noise((300, 300)), limits=replace(LIMITS, body_picture_bytes=9_000))
    assert len(small) < 9_000


def test_transparency_and_grey_survive() -> None:
    data, media_type = fitted(picture("PNG", mode="RGBA"), limits=LIMITS)
    assert media_type == "image/png"
    with Image.open(io.BytesIO(data)) as made:
        assert made.mode == "RGBA"
    assert fitted(picture("JPEG", mode="L"), limits=LIMITS)[1] == "image/jpeg"


def test_the_cameras_notes_stay_here() -> None:
    notes = Image.Exif()
    notes[0x010F] = "Maker"
    notes[0x0112] = 6
    data, _ = fitted(picture("JPEG", exif=notes.tobytes()), limits=LIMITS)
    assert b"Maker" not in data
    with Image.open(io.BytesIO(data)) as made:
        assert made.size == (60, 80)  # Turned as the camera said, since the note that said so is gone.
        assert not made.getexif()


def test_a_bomb_or_a_broken_file_is_refused() -> None:
    with pytest.raises(ChannelRefused, match="百万像素"):
        fitted(picture("PNG", size=(200, 100)), limits=replace(LIMITS, picture_pixels=19_999))
    for broken in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", picture("JPEG")[:200]):
        with pytest.raises(ChannelRefused, match="损坏"):
            fitted(broken, limits=LIMITS)
