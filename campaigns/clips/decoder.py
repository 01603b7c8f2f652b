"""The process that makes a clip of one sound file: `python -m campaigns.clips.decoder`.

The file comes on standard input. The clip goes to standard output as MP3, or else why there is
none. Whatever a hostile file does to a decoder is done to this process, which has no secrets in its
environment, can open no file and no connection, and ends soon. decoding.py starts it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Final, NoReturn

import av
import av.subtitles.stream  # else av does so once no file can be opened
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container.input import InputContainer

from campaigns.clips import loudness
from campaigns.clips.loudness import FRAME_BYTES, RATE
from campaigns.clips.terms import LONGEST, REFUSED, SHORTEST, Trouble
from campaigns.confined.limiting import limit_this_process, open_nothing_more

# Nothing that reads a list of other files, and nothing that shows pictures.
FORMATS: Final = "aac,aiff,caf,flac,mov,mp3,ogg,w64,wav,matroska"
DECODERS: Final = (
    *("aac", "alac", "flac", "mp3", "mp3float", "opus", "vorbis"),
    *(f"pcm_{kind}{end}" for kind in ("s16", "s24", "s32", "f32", "f64") for end in ("le", "be")),
    *("pcm_u8", "pcm_s8"),
)
# Of packets: players go on over so many as well.
MOST_BROKEN: Final = 3
_LONGEST_SOUND: Final = LONGEST * RATE * FRAME_BYTES
# In LUFS. What is quieter is the noise of a room.
QUIETEST: Final = -50


class RefusedError(Exception):
    """The file is no clip for us."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def main() -> None:
    """The arguments say at which second to begin, and how much memory and time there is."""
    start, most_memory, most_seconds = map(int, sys.argv[1:])
    limit_this_process(most_memory, most_seconds)
    open_nothing_more()
    try:
        sys.stdout.buffer.write(make_clip(sys.stdin.buffer.read(), start))
    except RefusedError as refused:
        _refuse(refused.trouble)
    except MemoryError:
        _refuse(Trouble.TOO_MUCH_WORK)


def _refuse(trouble: Trouble) -> NoReturn:
    sys.stdout.write(trouble)
    sys.exit(REFUSED)


def make_clip(file: bytes, start: int) -> bytes:
    """Half a minute from there on. Raises RefusedError, whatever a decoder raised over the file,
    and MemoryError.
    """
    try:
        sound = excerpt(file, start)
        if len(sound) < SHORTEST * RATE * FRAME_BYTES:
            raise RefusedError(Trouble.TOO_SHORT)
        sound = loudness.fade(sound, begins=start > 0, ends=len(sound) == _LONGEST_SOUND)
        before = loudness.measure(sound)
        if not before.integrated >= QUIETEST:  # nor is what is no number
            raise RefusedError(Trouble.SILENT)
        return loudness.normalise(sound, before, lambda clip: excerpt(clip, 0))
    except (RefusedError, MemoryError):
        raise
    except Exception:
        raise RefusedError(Trouble.DAMAGED) from None


def excerpt(file: bytes, start: int) -> bytes:
    """At most half a minute as plain samples: see loudness."""
    sound = bytearray()
    to_skip = start * RATE * FRAME_BYTES
    with _opened(file) as container:
        for frame in _resampled(container):
            samples = bytes(frame.planes[0])[: frame.samples * FRAME_BYTES]
            sound += samples[to_skip:]
            to_skip = max(0, to_skip - len(samples))
            if len(sound) >= _LONGEST_SOUND:
                break
    return bytes(sound[:_LONGEST_SOUND])


def _opened(file: bytes) -> InputContainer:
    options = {"format_whitelist": FORMATS, "codec_whitelist": ",".join(DECODERS)}
    try:
        return av.open(
            BytesIO(file),
            "r",
            options={**options, "protocol_whitelist": ""},
            metadata_errors="replace",
        )
    except av.error.FFmpegError:
        raise RefusedError(Trouble.NO_SOUND) from None


def _resampled(container: InputContainer) -> Iterator[AudioFrame]:
    _check_streams(container)
    resampler = AudioResampler("s32", "stereo", RATE)
    for frame in _decoded(container):
        frame.pts = None
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _check_streams(container: InputContainer) -> None:
    """A cover picture is a stream too, and is not looked at."""
    pictures = av.stream.Disposition.attached_pic
    if any(not stream.disposition & pictures for stream in container.streams.video):
        raise RefusedError(Trouble.VIDEO)
    if not container.streams.audio:
        raise RefusedError(Trouble.NO_SOUND)
    if container.streams.audio[0].codec_context.name not in DECODERS:
        raise RefusedError(Trouble.NO_SOUND)


def _decoded(container: InputContainer) -> Iterator[AudioFrame]:
    broken = 0
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > MOST_BROKEN:
                raise RefusedError(Trouble.DAMAGED) from None


if __name__ == "__main__":
    main()
