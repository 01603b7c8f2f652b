"""How loud clips are: measured by EBU R 128, and made the same for all."""

from __future__ import annotations

import math

import pytest

from campaigns.clips import decoder, loudness
from campaigns.clips.loudness import FRAME_BYTES, HIGHEST_PEAK, RATE, TARGET
from tools import sounds


def sine(second: float) -> float:
    return math.sin(2 * math.pi * 997 * second)


def samples_of(file: bytes) -> bytes:
    return decoder.excerpt(file, 0)


def test_the_scale_is_that_of_the_standard() -> None:
    """EBU Tech 3341: a sine of 997 Hz in both channels is as loud as its level."""
    told = loudness.measure(samples_of(sounds.wav(6, sine, level=10 ** (-23 / 20))))

    assert told.integrated == pytest.approx(-23, abs=0.1)
    assert told.peak == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    "file",
    [
        sounds.wav(6, sounds.beat, level=1.0),
        sounds.wav(6, sounds.beat, level=0.03),
        sounds.wav(6, sounds.drum, level=0.2),
        sounds.wav(6, lambda second: 1.0 if second % 0.01 < 0.005 else -1.0, level=1.0),
    ],
    ids=["loud", "quiet", "drums alone", "clipped"],
)
def test_a_clip_is_as_loud_as_all_others_once_it_is_encoded(file: bytes) -> None:
    heard = loudness.measure(samples_of(decoder.make_clip(file, 0)))

    assert heard.integrated == pytest.approx(TARGET, abs=0.5)
    assert heard.peak <= HIGHEST_PEAK


def test_what_is_cut_begins_and_ends_softly() -> None:
    sound = samples_of(sounds.wav(6, sine))
    faded = loudness.fade(sound, begins=True, ends=True)

    assert len(faded) == len(sound)
    tenth = RATE * FRAME_BYTES // 10
    before, after = (loudness.measure(6 * of[-6 * tenth :]) for of in (sound, faded))
    assert after.integrated < before.integrated - 6
    assert faded[:FRAME_BYTES] == bytes(FRAME_BYTES)
    assert loudness.fade(sound, begins=False, ends=False) == sound
