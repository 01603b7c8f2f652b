"""Sound from elsewhere, made into a clip by a process of its own: decoder.py is what runs there."""

from __future__ import annotations

import logging
import subprocess
from contextlib import suppress
from typing import IO, Final, NamedTuple

from django.utils.translation import gettext, gettext_lazy

from campaigns.clips import mp3
from campaigns.clips.terms import LONGEST, REFUSED, SHORTEST, Trouble
from campaigns.confined import running
from campaigns.confined.running import BusyError, TooSlowError

MOST_BYTES: Final = running.MOST_BYTES
MOST_MEMORY: Final = 512 * 1024**2
# Of computing: the usual file takes some 3, and one with hard drums and nothing else some 8.
MOST_SECONDS: Final = 20
TOO_LARGE: Final = gettext_lazy(
    "This file is larger than 25 MB. Save it as an MP3, or cut it to the part you want."
)
logger = logging.getLogger(__name__)


class ClipError(ValueError):
    """The file cannot be a campaign's clip. The message tells the artist what to give instead."""


class StartError(ClipError):
    """Another start in the same file may do."""


class Clip(NamedTuple):
    """An MP3 file and its length."""

    file: bytes
    seconds: int


def prepare(upload: IO[bytes], start: int = 0) -> Clip:
    """Half a minute of the upload from that second on. Raises ClipError."""
    length = upload.seek(0, 2)
    upload.seek(0)
    if length > MOST_BYTES:
        raise ClipError(TOO_LARGE)
    answer = _answer_of_decoder(upload.read(), start)
    if answer.returncode == 0 and (seconds := mp3.seconds(answer.stdout)):
        return Clip(answer.stdout, min(round(seconds), LONGEST))
    trouble = _trouble(answer)
    is_of_start = trouble is Trouble.SILENT or (trouble is Trouble.TOO_SHORT and start > 0)
    raise (StartError if is_of_start else ClipError)(_sentence(trouble))


def _trouble(answer: subprocess.CompletedProcess[bytes]) -> Trouble:
    """Where the decoder broke, or was taken over, its answer may be anything."""
    if answer.returncode == REFUSED:
        with suppress(ValueError):
            return Trouble(answer.stdout.decode(errors="replace"))
    logger.warning("The clips' decoder ended with %s: %r", answer.returncode, answer.stderr[-1000:])
    return Trouble.TOO_MUCH_WORK if running.was_stopped(answer) else Trouble.DAMAGED


def _answer_of_decoder(file: bytes, start: int) -> subprocess.CompletedProcess[bytes]:
    limits = (start, MOST_MEMORY, MOST_SECONDS)
    try:
        return running.run("campaigns.clips.decoder", file, *limits)
    except TooSlowError:
        raise ClipError(_sentence(Trouble.TOO_MUCH_WORK)) from None
    except BusyError:
        raise ClipError(
            gettext("Several files are being read right now. Choose yours again in a minute.")
        ) from None


def _sentence(trouble: Trouble) -> str:
    match trouble:
        case Trouble.NO_SOUND:
            return gettext(
                "This file has no sound that we can read. Save it as a WAV, FLAC, MP3 or M4A file."
            )
        case Trouble.VIDEO:
            return gettext("This is a video. Export its sound as a WAV, FLAC, MP3 or M4A file.")
        case Trouble.DAMAGED:
            return gettext(
                "This file is damaged or incomplete. Export it again and upload the new file."
            )
        case Trouble.SILENT:
            return gettext("This part is silent. Choose another start, or another file.")
        case Trouble.TOO_SHORT:
            return gettext(
                "There's less than %(shortest)d seconds of sound after this point. Choose an "
                "earlier start or a longer file."
            ) % {"shortest": SHORTEST}
        case Trouble.TOO_MUCH_WORK:
            return gettext(
                "This file takes too long to read. Cut it to the part you want and upload that."
            )
