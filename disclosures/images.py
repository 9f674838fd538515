"""Uploaded pictures are decoded and encoded again: what is stored is a picture and nothing else (no metadata, no place
where it was taken, no second file inside). Runs in a thread."""

import io
import warnings

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from disclosures.errors import FileRefused

MOST_PIXELS = 50_000_000
"""All frames together."""

_FORMATS = ("PNG", "JPEG", "GIF")


def encoded_again(data: bytes) -> bytes:
    """The same picture in the same format, upright, without metadata. Raises FileRefused."""
    try:
        with warnings.catch_warnings():
            # Pillow only warns between one and two times its own limit; ours is lower and is enforced below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        with image:
            frames = int(getattr(image, "n_frames", 1))
            if image.width * image.height * frames > MOST_PIXELS:
                raise FileRefused("图片超过五千万像素，请缩小后上传。")
            return _animation(image) if frames > 1 else _still(image)
    except FileRefused:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError, Image.DecompressionBombError) as broken:
        raise FileRefused("图片文件已损坏或格式不正确，请重新导出后上传。") from broken


def _still(image: Image.Image) -> bytes:
    kind = image.format or "PNG"
    upright = ImageOps.exif_transpose(image)
    if kind == "JPEG" and upright.mode not in {"L", "RGB"}:
        upright = upright.convert("RGB")
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    out = io.BytesIO()
    if kind == "JPEG":
        upright.save(out, "JPEG", quality=90, optimize=True)
    else:
        upright.save(out, kind, optimize=True)
    return out.getvalue()


def _animation(image: Image.Image) -> bytes:
    """Only GIF moves; an animated PNG becomes its first frame."""
    if image.format != "GIF":
        image.seek(0)
        return _still(image)
    frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
    durations = [int(frame.info.get("duration", 100)) for frame in frames]
    out = io.BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=int(image.info.get("loop", 0)),
        comment=b"",
    )  # fmt: skip
    return out.getvalue()
