"""How loud a clip is, by EBU R 128, and the same for all: -14 LUFS with true peaks below -1 dBTP.

That is what Spotify plays at: https://support.spotify.com/artists/article/loudness-normalization/.
Sound is bytes here: interleaved stereo samples of 32 bits at 44.1 kHz.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import Final, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.filter.graph import Graph

from campaigns.clips.terms import BITS_A_SECOND

RATE: Final = 44_100
FRAME_BYTES: Final = 8
TARGET: Final = -14.0
HIGHEST_PEAK: Final = -1.0
_CLOSE_ENOUGH: Final = 0.3
_ROUNDS: Final = 6
# What encoding adds to a peak, most often.
_HEADROOM: Final = 0.7
_PIECE: Final = 4410


class Loudness(NamedTuple):
    """In LUFS, and in dBTP."""

    integrated: float
    peak: float


def measure(sound: bytes) -> Loudness:
    told: dict[str, str] = {}
    for frame in _filtered(sound, ("ebur128", "peak=true:metadata=1")):
        told.update(frame.metadata)
    peak = float(told["lavfi.r128.true_peak"])
    integrated = float(told["lavfi.r128.I"])
    return Loudness(integrated, 20 * math.log10(max(peak, 1e-9)))


def fade(sound: bytes, *, begins: bool, ends: bool) -> bytes:
    """What is cut from the middle of a song begins and ends softly."""
    seconds = len(sound) / FRAME_BYTES / RATE
    filters = []
    if begins:
        filters.append(("afade", "type=in:duration=0.2"))
    if ends:
        filters.append(("afade", f"type=out:duration=1.5:start_time={seconds - 1.5}"))
    return _samples(_filtered(sound, *filters)) if filters else sound


def normalise(sound: bytes, before: Loudness, decoded: Callable[[bytes], bytes]) -> bytes:
    """The sound, which is so loud now, as MP3.

    What counts is how loud that is once it is decoded, so it is encoded again with what was
    missing. A limiter holds the peaks down that would come out too high.
    """
    gain, ceiling = TARGET - before.integrated, HIGHEST_PEAK - _HEADROOM
    for _ in range(_ROUNDS):
        is_too_high = before.peak + gain > ceiling
        clip = encode(_amplified(sound, gain, ceiling if is_too_high else None))
        heard = measure(decoded(clip))
        if abs(heard.integrated - TARGET) < _CLOSE_ENOUGH and heard.peak <= HIGHEST_PEAK:
            break
        # The limiter takes back a part of what is added.
        gain += 1.5 * (TARGET - heard.integrated)
        ceiling -= max(0.0, heard.peak - HIGHEST_PEAK + 0.1)
    return clip


def _amplified(sound: bytes, gain: float, ceiling: float | None) -> bytes:
    """Peaks between two samples are seen at four times the rate."""
    filters = [("volume", f"{gain}dB:precision=double")]
    if ceiling is not None:
        limit = 10 ** (ceiling / 20)
        filters += [
            ("aresample", f"{4 * RATE}"),
            ("alimiter", f"limit={limit}:attack=2:release=60:level=false:latency=true"),
            ("aresample", f"{RATE}"),
        ]
    return _samples(_filtered(sound, *filters))


def encode(sound: bytes) -> bytes:
    """Frames of MP3 and nothing before, between or behind them."""
    file = BytesIO()
    bare = {"id3v2_version": "0", "write_xing": "0", "write_id3v1": "0"}
    with av.open(file, "w", format="mp3", options=bare) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="stereo", format="s32p")
        stream.bit_rate = BITS_A_SECOND
        for frame in _filtered(sound, ("aformat", "sample_fmts=s32p"), piece=1152):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _samples(frames: Iterator[AudioFrame]) -> bytes:
    return b"".join(bytes(frame.planes[0])[: frame.samples * FRAME_BYTES] for frame in frames)


def _filtered(sound: bytes, *filters: tuple[str, str], piece: int = _PIECE) -> Iterator[AudioFrame]:
    graph = Graph()
    graph.threads = 1
    steps = [
        graph.add_abuffer(sample_rate=RATE, format="s32", layout="stereo"),
        *(graph.add(name, arguments) for name, arguments in filters),
        *([] if filters[-1][0] == "aformat" else [graph.add("aformat", "sample_fmts=s32")]),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*steps).configure()
    for frame in _pieces(sound, piece):
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[AudioFrame]:
    with suppress(av.error.BlockingIOError, av.error.EOFError):
        while isinstance(frame := graph.pull(), AudioFrame):
            yield frame


def _pieces(sound: bytes, piece: int) -> Iterator[AudioFrame]:
    for at in range(0, len(sound) // FRAME_BYTES, piece):
        samples = sound[at * FRAME_BYTES : (at + piece) * FRAME_BYTES]
        frame = AudioFrame(format="s32", layout="stereo", samples=len(samples) // FRAME_BYTES)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = RATE, at
        yield frame
