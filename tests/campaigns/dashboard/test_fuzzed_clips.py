"""Broken sound files at the clips' door, the same ones every time. FUZZED_CLIPS says how many."""

from __future__ import annotations

import os
import random
from functools import cache
from io import BytesIO
from typing import Final

import pytest

from campaigns.clips import decoding
from campaigns.clips.decoding import ClipError
from campaigns.clips.terms import Trouble
from tests.campaigns.dashboard.test_fuzzed_artwork import EXTREMES
from tools import sounds

FIRST_BYTES: Final = 64
SEEDS: Final = range(int(os.environ.get("FUZZED_CLIPS", "20")))
KNOWN: Final = {decoding._sentence(trouble) for trouble in Trouble}


@cache
def whole_files() -> list[bytes]:
    sound = sounds.wav(6)
    made = [("flac", "flac"), ("mp3", "libmp3lame"), ("ipod", "aac"), ("ipod", "alac")]
    made += [("ogg", "libopus"), ("aiff", "pcm_s16be"), ("matroska", "flac"), ("caf", "pcm_s16be")]
    return [sound, *(sounds.converted(sound, form, codec) for form, codec in made)]


def broken(seed: int) -> bytes:
    """Where a format says what it is, or anywhere; and perhaps without its end."""
    chance = random.Random(seed)
    file = bytearray(chance.choice(whole_files()))
    for _ in range(chance.choice((1, 4, 30))):
        at = chance.randrange(chance.choice((FIRST_BYTES, len(file))))
        value = chance.choice([*EXTREMES, chance.randbytes(1), chance.randbytes(4)])
        file[at : at + len(value)] = value
    return bytes(file[: chance.choice((len(file), len(file), chance.randrange(len(file))))])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broken_file_is_a_clip_or_a_sentence(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    refusal, clip = "", None
    try:
        clip = decoding.prepare(BytesIO(broken(seed)))
    except ClipError as error:
        refusal = str(error)

    assert "Traceback" not in caplog.text
    if clip is None:
        assert refusal in KNOWN
    else:
        assert 5 <= clip.seconds <= 30
        assert len(clip.file) < 500_000
