"""The process that decodes one picture from elsewhere: `python -m campaigns.artwork.decoder`.

The file comes on standard input. Pixels go to standard output as PPM, or else why there are none.
Whatever a hostile file does to a decoder is done to this process, which has no secrets in its
environment and ends soon. decoding.py starts it.
"""

from __future__ import annotations

import json
import sys
import warnings
from enum import StrEnum
from io import BytesIO
from typing import Final

from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from campaigns.artwork import colours
from campaigns.artwork.stripping import Stripped, strip
from campaigns.confined.limiting import limit_this_process, open_nothing_more

ACCEPTED: Final = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
MOST_PIXELS: Final = 64_000_000
# Of the shorter side, from which a square is cropped.
LARGEST: Final = 1200
# Of a longer picture the middle is taken, so that it stays small in memory.
LONGEST_SHAPE: Final = 10
REFUSED: Final = 3
_JPEG: Final = b"\xff\xd8"
_JPEG_END: Final = b"\xff\xd9"
# What may stand in place of a JPEG's lost end: the end, or pixels that make a noise.
_ENDS: Final = (_JPEG_END, bytes(of * of % 251 for of in range(4096)) + _JPEG_END)
_ORIENTATION: Final = 0x0112
_TURNED: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Trouble(StrEnum):
    """Why there is no picture."""

    NO_PICTURE = "no picture"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too many pixels"
    TOO_SMALL = "too small"
    TOO_MUCH_WORK = "too much work"


class RefusedError(Exception):
    """The file is no picture for us. The size is told where it is the reason."""

    def __init__(self, trouble: Trouble, size: tuple[int, int] = (0, 0)) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.size = size


def main() -> None:
    """The arguments say how many pixels each side needs, and how much memory and time there is."""
    fewest, most_memory, most_seconds = map(int, sys.argv[1:])
    limit_this_process(most_memory, most_seconds)
    _set_up_pillow()
    open_nothing_more()
    try:
        decode(sys.stdin.buffer.read(), fewest).save(sys.stdout.buffer, "PPM")
    except RefusedError as refused:
        json.dump([refused.trouble, *refused.size], sys.stdout)
        sys.exit(REFUSED)


def _set_up_pillow() -> None:
    import pillow_heif  # here alone: no web process has to load it

    Image.init()  # later it could open none of its modules any more
    pillow_heif.register_heif_opener()
    pillow_heif.options.DECODE_THREADS = AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Pillow warns above this, which is refused here anyway, and refuses above twice as much.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("ignore")


def decode(file: bytes, fewest: int) -> Image.Image:
    """Upright, in sRGB, and no larger than it is shown. Raises RefusedError, whatever a decoder
    raised over the file.
    """
    try:
        given = strip(file)
        is_cut = given.file.startswith(_JPEG) and _JPEG_END not in given.file
        return _without_end(given, fewest) if is_cut else _plain_pixels(given, fewest)
    except RefusedError:
        raise
    except Image.DecompressionBombError:
        raise RefusedError(Trouble.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise RefusedError(Trouble.NO_PICTURE) from None
    except MemoryError:
        raise RefusedError(Trouble.TOO_MUCH_WORK) from None
    except Exception:
        raise RefusedError(Trouble.DAMAGED) from None


def _without_end(given: Stripped, fewest: int) -> Image.Image:
    """Where all pixels are there, what comes after them changes none."""
    image, noisy = (
        _plain_pixels(given._replace(file=given.file.rstrip(b"\xff") + end), fewest)
        for end in _ENDS
    )
    if image.tobytes() != noisy.tobytes():
        raise RefusedError(Trouble.DAMAGED)
    return image


def _plain_pixels(given: Stripped, fewest: int) -> Image.Image:
    with Image.open(BytesIO(given.file), formats=ACCEPTED) as image:
        _check_size(image.size, fewest)
        # As in a browser: the still picture that is no frame of a moving PNG is for those who
        # show no movement.
        if getattr(image, "default_image", False):
            image.seek(1)
        if image.format == "JPEG":
            width, height = _largest_size(image)
            image.draft(None, (2 * width, 2 * height))
        exif = given.exif or image.info.get("exif", b"")
        profile = given.profile or image.info.get("icc_profile", b"")
        pixels = colours.opaque(image, given.clear)
    pixels.thumbnail(_largest_size(pixels), reducing_gap=2.0)
    return _middle(_upright(colours.in_srgb(pixels, profile, given.gamma), exif))


def _check_size(size: tuple[int, int], fewest: int) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise RefusedError(Trouble.TOO_MANY_PIXELS)
    if min(size) < fewest:
        raise RefusedError(Trouble.TOO_SMALL, size)


def _largest_size(image: Image.Image) -> tuple[int, int]:
    """Of its shape."""
    shrunk = min(1, LARGEST / min(image.size))
    return round(image.width * shrunk), round(image.height * shrunk)


def _upright(image: Image.Image, exif: bytes) -> Image.Image:
    """All but this one tag stays unread: a camera's odd note about something else decides
    nothing.
    """
    notes = Image.Exif()
    try:
        notes.load(exif)
        turn = _TURNED.get(notes.get(_ORIENTATION, 1))
    except Exception:
        return image
    return image if turn is None else image.transpose(turn)


def _middle(image: Image.Image) -> Image.Image:
    width, height = (min(length, LONGEST_SHAPE * min(image.size)) for length in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


if __name__ == "__main__":
    main()
