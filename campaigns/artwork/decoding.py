"""Pictures from elsewhere, decoded by a process of their own: decoder.py has its limits.

Each process of the web service decodes one at a time; a few wait in line, and all others are asked
to come back. So pages are served whatever is uploaded.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, Final

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy
from PIL import Image

from campaigns.artwork.decoder import REFUSED, Trouble
from campaigns.artwork.encoding import encode

MOST_BYTES: Final = 25 * 1024 * 1024
# A small phone shows the cover 320 dots wide; a smaller one would be a blur.
FEWEST_PIXELS_A_SIDE: Final = 320
# Of a picture that is shown 80 pixels wide.
SMALL: Final = 160
# A JPEG, HEIC or AVIF of the most pixels needs three quarters of it at most. A WebP or a clear PNG
# would need more, and gets what it needs for the 48 megapixels of a phone.
MOST_MEMORY: Final = 1024**3
# Of computing; the slowest of 64 megapixels takes some 3. Then of waiting, for a machine that is
# busy with other things, and of waiting for one's turn.
MOST_SECONDS: Final = 10
MOST_SECONDS_IN_ALL: Final = 40
MOST_SECONDS_IN_LINE: Final = 20
# With its secrets a hostile picture would get them.
_ENVIRONMENT: Final = {"PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"}
_OUT_OF_TIME: Final = (-signal.SIGXCPU, -signal.SIGKILL)
TOO_LARGE: Final = gettext_lazy(
    "This file is larger than 25 MB. 1200 by 1200 pixels is enough for a cover."
)
_in_line = BoundedSemaphore(4)
_at_work = BoundedSemaphore(1)
logger = logging.getLogger(__name__)


class ArtworkError(ValueError):
    """The file cannot be a campaign's artwork. The message tells the artist what to give
    instead.
    """


def prepare(upload: IO[bytes]) -> Image.Image:
    """The upload as plain sRGB pixels, upright and without metadata; the shorter side has at most
    1200, for a square to be cropped from it.

    Raises ArtworkError.
    """
    length = upload.seek(0, 2)
    upload.seek(0)
    if length > MOST_BYTES:
        raise ArtworkError(TOO_LARGE)
    return _decode(upload.read(), FEWEST_PIXELS_A_SIDE)


def small_jpeg(picture: bytes) -> bytes:
    """A picture that is nobody's upload, made anew for the screen alone. Raises ArtworkError."""
    image = _decode(picture, fewest=1)
    image.thumbnail((SMALL, SMALL))
    return encode(image, ".jpg")


def _decode(file: bytes, fewest: int) -> Image.Image:
    with _turn():
        answer = _answer_of_decoder(file, fewest)
    result = _result(answer)
    if isinstance(result, Image.Image):
        return result
    if result is None:
        logger.warning("The decoder ended with %s: %r", answer.returncode, answer.stderr[-1000:])
        is_stopped = answer.returncode in _OUT_OF_TIME
        result = _error(Trouble.TOO_MUCH_WORK if is_stopped else Trouble.DAMAGED)
    raise result


def _result(answer: subprocess.CompletedProcess[bytes]) -> Image.Image | ArtworkError | None:
    """None where the decoder broke, or was taken over: then its answer may be anything."""
    with suppress(Exception):
        if answer.returncode == 0:
            with Image.open(BytesIO(answer.stdout), formats=["PPM"]) as image:
                return image.convert("RGB")
        if answer.returncode == REFUSED:
            trouble, *size = json.loads(answer.stdout)
            return _error(Trouble(trouble), *size)
    return None


@contextmanager
def _turn() -> Iterator[None]:
    if not _in_line.acquire(blocking=False):
        raise _busy()
    try:
        if not _at_work.acquire(timeout=MOST_SECONDS_IN_LINE):
            raise _busy()
        try:
            yield
        finally:
            _at_work.release()
    finally:
        _in_line.release()


def _answer_of_decoder(file: bytes, fewest: int) -> subprocess.CompletedProcess[bytes]:
    decoder = [sys.executable, "-m", "campaigns.artwork.decoder"]
    try:
        return subprocess.run(
            [*decoder, *map(str, (fewest, MOST_MEMORY, MOST_SECONDS))],
            input=file,
            capture_output=True,
            check=False,
            cwd=settings.BASE_DIR,
            env=_ENVIRONMENT,
            timeout=MOST_SECONDS_IN_ALL,
        )
    except subprocess.TimeoutExpired:
        raise _error(Trouble.TOO_MUCH_WORK) from None


def _busy() -> ArtworkError:
    return ArtworkError(
        gettext("Several images are being read right now. Choose yours again in a minute.")
    )


def _error(trouble: Trouble, width: int = 0, height: int = 0) -> ArtworkError:
    size = {"width": width, "height": height, "fewest": FEWEST_PIXELS_A_SIDE}
    return ArtworkError(_sentence(trouble) % size)


def _sentence(trouble: Trouble) -> str:
    match trouble:
        case Trouble.NO_PICTURE:
            return gettext(
                "This file isn't a JPEG, PNG, WebP, AVIF or HEIC image. Save it as a JPEG or PNG."
            )
        case Trouble.DAMAGED:
            return gettext(
                "This image is damaged or incomplete. Save it again and upload the new file."
            )
        case Trouble.TOO_MANY_PIXELS:
            return gettext(
                "This image has more than 64 megapixels. Make it smaller: "
                "1200 by 1200 pixels is enough."
            )
        case Trouble.TOO_SMALL:
            return gettext(
                "This image is %(width)d by %(height)d pixels, which would look blurred on a "
                "phone. Each side needs at least %(fewest)d; 1200 by 1200 is best."
            )
        case Trouble.TOO_MUCH_WORK:
            return gettext(
                "This image takes too long to read. Save it as a plain JPEG or PNG of 1200 by "
                "1200 pixels."
            )
