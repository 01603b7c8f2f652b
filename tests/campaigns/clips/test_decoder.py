"""What a clip is made of, and what is refused with which reason."""

from __future__ import annotations

import pytest

from campaigns.clips import decoder, mp3
from campaigns.clips.decoder import RefusedError
from campaigns.clips.loudness import FRAME_BYTES, RATE
from campaigns.clips.terms import Trouble
from tools import sounds
from tools.pictures import file_of, picture

SIX_SECONDS = sounds.wav(6)
MOST_BYTES = 500_000


def refused(file: bytes, start: int = 0) -> Trouble:
    with pytest.raises(RefusedError) as error:
        decoder.make_clip(file, start)
    return error.value.trouble


def length_of(sound: bytes) -> float:
    return len(sound) / FRAME_BYTES / RATE


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        *(("wav", "pcm_s24le"), ("wav", "pcm_f32le"), ("aiff", "pcm_s16be"), ("flac", "flac")),
        *(("mp3", "libmp3lame"), ("ipod", "aac"), ("ipod", "alac"), ("ogg", "libopus")),
    ],
)
def test_formats_that_artists_have_are_read(form: str, codec: str) -> None:
    file = sounds.converted(SIX_SECONDS, form, codec)

    assert length_of(decoder.excerpt(file, 0)) == pytest.approx(6, abs=0.1)


def test_one_channel_is_heard_on_both_sides() -> None:
    sound = decoder.excerpt(sounds.wav(6, channels=1), 0)

    assert length_of(sound) == pytest.approx(6, abs=0.01)
    assert all(sound[at : at + 4] == sound[at + 4 : at + 8] for at in range(0, 8000, 8))


def test_of_a_long_file_thirty_seconds_are_kept_in_500_kilobytes() -> None:
    clip = decoder.make_clip(sounds.wav(40), 5)

    assert 29.9 < mp3.seconds(clip) < 30.1
    assert len(clip) < MOST_BYTES


def test_it_begins_where_the_artist_says() -> None:
    """Silence first: only what comes after it can be heard."""
    silence, beat = sounds.wav(7, level=0), sounds.wav(6)
    file = silence + beat[44:]
    whole = file[:40] + (len(file) - 44).to_bytes(4, "little") + file[44:]

    assert any(decoder.excerpt(whole, 7)[: RATE * FRAME_BYTES])
    assert not any(decoder.excerpt(whole, 0)[: 7 * RATE * FRAME_BYTES])
    assert length_of(decoder.excerpt(whole, 7)) == pytest.approx(6, abs=0.01)


@pytest.mark.parametrize(
    "file",
    [
        sounds.converted(SIX_SECONDS, "flac", "flac", title="Secret", comment="Secret"),
        sounds.converted(SIX_SECONDS, "ipod", "aac", title="Secret", artist="Secret"),
        sounds.with_id3(
            sounds.converted(SIX_SECONDS, "mp3", "libmp3lame"),
            "Secret",
            file_of(picture(64, 64)).getvalue(),
        ),
    ],
    ids=["FLAC", "M4A", "MP3 with a cover"],
)
def test_nothing_is_left_of_what_a_file_says_about_itself(file: bytes) -> None:
    assert b"Secret" in file

    clip = decoder.make_clip(file, 0)

    assert mp3.seconds(clip) == pytest.approx(6, abs=0.1)
    for note in (b"Secret", b"PNG", b"ID3", b"TAG", b"Lav"):
        assert note not in clip


@pytest.mark.parametrize(
    "file",
    [
        *(b"", b"This is text.", b"%PDF-1.7", b"ID3\3\0\0\0\0\0\0", b"RIFF\0\0\0\0WAVE"),
        file_of(picture(320, 320)).getvalue(),
        file_of(picture(320, 320), "GIF").getvalue(),
        # What would make a program that takes every format open other addresses and files.
        b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
)
def test_what_is_no_sound_is_refused(file: bytes) -> None:
    assert refused(file) is Trouble.NO_SOUND


def test_a_video_is_refused() -> None:
    assert refused(sounds.video(SIX_SECONDS)) is Trouble.VIDEO


def test_silence_is_refused() -> None:
    assert refused(sounds.wav(6, level=0)) is Trouble.SILENT
    assert refused(sounds.wav(6, level=0.001)) is Trouble.SILENT


@pytest.mark.parametrize(("seconds", "start"), [(4, 0), (6, 2), (6, 600)])
def test_what_is_over_at_once_is_refused(seconds: int, start: int) -> None:
    assert refused(sounds.wav(seconds), start) is Trouble.TOO_SHORT


def test_a_file_of_which_too_much_is_broken_is_refused() -> None:
    file = bytearray(sounds.converted(SIX_SECONDS, "flac", "flac"))
    for at in range(9000, len(file) - 100, 500):
        file[at : at + 100] = bytes(100)

    assert refused(bytes(file)) is Trouble.DAMAGED
