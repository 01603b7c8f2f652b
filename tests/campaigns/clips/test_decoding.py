"""Sound from elsewhere, by way of the process that makes clips: what comes back, with which
sentence, and what a hostile file can take of the machine.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from campaigns.clips import decoding
from campaigns.clips.decoding import ClipError
from campaigns.confined import running
from tools import sounds
from tools.pictures import file_of, picture

SIX_SECONDS = sounds.wav(6)
# Of 128 kbit/s at 44.1 kHz, without a byte of padding.
FRAME = b"\xff\xfb\x90\x64" + bytes(413)


def refused(file: bytes, start: int = 0) -> str:
    with pytest.raises(ClipError) as error:
        decoding.prepare(BytesIO(file), start)
    return str(error.value)


@pytest.mark.parametrize(("form", "codec"), [("ipod", "aac"), ("flac", "flac"), ("ogg", "libopus")])
def test_it_becomes_a_bare_mp3(form: str, codec: str) -> None:
    """In a process that can open no file, so all that it loads it has loaded before."""
    clip = decoding.prepare(BytesIO(sounds.converted(SIX_SECONDS, form, codec)))

    assert clip.seconds == 6
    assert clip.file.startswith(b"\xff\xfb")


def test_25_megabytes_are_still_taken() -> None:
    seconds = decoding.MOST_BYTES // (4 * sounds.RATE)

    assert decoding.prepare(BytesIO(sounds.wav(seconds)), seconds - 10).seconds == 10


@pytest.mark.parametrize(
    ("file", "start", "sentence"),
    [
        (b"This is text.", 0, "no sound that we can read. Save it as"),
        (file_of(picture(320, 320)).getvalue(), 0, "no sound that we can read. Save it as"),
        (sounds.video(SIX_SECONDS), 0, "This is a video. Export its sound"),
        (sounds.wav(6, level=0), 0, "This part is silent. Choose another start"),
        (SIX_SECONDS, 3, "less than 5 seconds of sound after this point. Choose an earlier start"),
    ],
)
def test_a_refusal_says_what_to_change(file: bytes, start: int, sentence: str) -> None:
    assert sentence in refused(file, start)


def test_more_than_25_megabytes_are_refused_unread() -> None:
    class Unreadable(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            pytest.fail("The file was read.")

    with pytest.raises(ClipError, match="larger than 25 MB"):
        decoding.prepare(Unreadable(bytes(decoding.MOST_BYTES + 1)))


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_SECONDS", 0)
    assert "takes too long to read" in refused(SIX_SECONDS)


def test_what_takes_too_much_memory_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_MEMORY", 120_000_000)
    assert "takes too long to read" in refused(sounds.wav(60), 20)


def test_one_file_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS_IN_LINE", 0.01)
    with running._turn():
        assert "Choose yours again in a minute" in refused(SIX_SECONDS)


# The last five are a decoder that was taken over, or has sent a part of its answer.
@pytest.mark.parametrize(
    "answer",
    [
        *(b"exit 1", b"kill -SEGV $$", b"exit 0", b"exit 3", b"printf another; exit 3"),
        b"printf '<script>'; exit 0",
        b"printf 'ID3'; cat frame; exit 0",
        b"cat frame; printf TAG; exit 0",
    ],
)
def test_a_decoder_that_breaks_is_a_damaged_file_and_one_line_for_the_operator(
    answer: bytes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "frame").write_bytes(FRAME)
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\ncd %b\necho why >&2\n%b\n" % (bytes(tmp_path), answer))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))

    assert "damaged or incomplete" in refused(SIX_SECONDS)

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "why" in record.getMessage()


def test_no_web_process_loads_what_reads_sound() -> None:
    script = "import sys, campaigns.clips.decoding; print('av' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert said.stdout == b"False\n"
