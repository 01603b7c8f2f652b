"""Made-up sound files, for the tests and the screenshots."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

import av
from av.audio.resampler import AudioResampler

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

RATE: Final = 44_100


def beat(second: float) -> float:
    """Four strokes a second over a chord."""
    stroke = math.exp(-8 * (4 * second % 1)) * math.sin(2 * math.pi * 110 * second)
    chord = sum(math.sin(2 * math.pi * pitch * second) for pitch in (330, 440, 550)) / 3
    return 0.6 * stroke + 0.3 * chord


def drum(second: float) -> float:
    """Nothing but peaks."""
    return math.exp(-20 * (2 * second % 1)) * math.sin(2 * math.pi * 70 * second)


def wav(
    seconds: int, of: Callable[[float], float] = beat, level: float = 0.5, channels: int = 2
) -> bytes:
    """One second of it, again and again."""
    one = array("h", (round(32_767 * level * of(at / RATE)) for at in range(RATE)))
    samples = array("h", (sample for sample in one for _ in range(channels)))
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(samples.tobytes() * seconds)
    return file.getvalue()


def converted(sound: bytes, form: str, codec: str, **notes: str) -> bytes:
    """The same in another format, with these notes about it."""
    file = io.BytesIO()
    with av.open(io.BytesIO(sound), "r") as given, av.open(file, "w", format=form) as made:
        made.metadata.update(notes)
        stream = cast("AudioStream", made.add_stream(codec, rate=48_000))
        [sample_format, *_] = stream.codec_context.codec.audio_formats or []
        size = stream.codec_context.frame_size or 1024
        resampler = AudioResampler(sample_format, "stereo", 48_000, frame_size=size)
        for frame in (*given.decode(audio=0), None):
            for piece in resampler.resample(frame):
                made.mux(stream.encode(piece))
        made.mux(stream.encode(None))
    return file.getvalue()


def with_id3(mp3: bytes, title: str, cover: bytes) -> bytes:
    """ID3v2.3, as music shops write it."""
    frames = _id3_frame(b"TIT2", b"\0" + title.encode("latin-1"))
    frames += _id3_frame(b"APIC", b"\0image/png\0\3\0" + cover)
    length = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + length + frames + mp3


def _id3_frame(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "big") + b"\0\0" + content


def video(sound: bytes) -> bytes:
    """Black pictures, for as long as the sound, and nothing to hear."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5 * len(sound) // (4 * RATE)):
            made.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        made.mux(stream.encode(None))
    return file.getvalue()
