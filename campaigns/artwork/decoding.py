"""Pictures from elsewhere, decoded by a process of their own: decoder.py is what runs there."""

from __future__ import annotations

import json
import logging
import subprocess
from contextlib import suppress
from io import BytesIO
from typing import IO, Final

from django.utils.translation import gettext, gettext_lazy
from PIL import Image

from campaigns.artwork.decoder import REFUSED, Trouble
from campaigns.artwork.encoding import encode
from campaigns.confined import running
from campaigns.confined.running import BusyError, TooSlowError

MOST_BYTES: Final = running.MOST_BYTES
# A small phone shows the cover 320 dots wide; a smaller one would be a blur.
FEWEST_PIXELS_A_SIDE: Final = 320
# Of a picture that is shown 80 pixels wide.
SMALL: Final = 160
# A JPEG, HEIC or AVIF of the most pixels needs three quarters of it at most. A WebP or a clear PNG
# would need more, and gets what it needs for the 48 megapixels of a phone.
MOST_MEMORY: Final = 1024**3
# Of computing; the slowest of 64 megapixels takes some 3.
MOST_SECONDS: Final = 10
TOO_LARGE: Final = gettext_lazy(
    "This file is larger than 25 MB. 1200 by 1200 pixels is enough for a cover."
)
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
    answer = _answer_of_decoder(file, fewest)
    result = _result(answer)
    if isinstance(result, Image.Image):
        return result
    if result is None:
        logger.warning("The decoder ended with %s: %r", answer.returncode, answer.stderr[-1000:])
        is_stopped = running.was_stopped(answer)
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


def _answer_of_decoder(file: bytes, fewest: int) -> subprocess.CompletedProcess[bytes]:
    limits = (fewest, MOST_MEMORY, MOST_SECONDS)
    try:
        return running.run("campaigns.artwork.decoder", file, *limits)
    except TooSlowError:
        raise _error(Trouble.TOO_MUCH_WORK) from None
    except BusyError:
        raise ArtworkError(
            gettext("Several files are being read right now. Choose yours again in a minute.")
        ) from None


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
