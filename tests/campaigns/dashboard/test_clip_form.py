"""The form for a clip: what it takes for a start, and what it asks for first."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.clips import decoding
from campaigns.dashboard.clip_form import ClipForm, StartField
from tools import sounds

SIX_SECONDS = sounds.wav(6)


def form_of(file: bytes | None = SIX_SECONDS, **given: Any) -> ClipForm:
    files: Any = {} if file is None else {"sound": SimpleUploadedFile("song.wav", file)}
    return ClipForm({"start": "0:00", "rights": "on"} | given, files)


@pytest.mark.parametrize(
    ("entered", "seconds"),
    [
        *(("", 0), ("0:00", 0), ("45", 45), ("0:45", 45), ("1:05", 65), ("12:00", 720)),
        *((" 1:05\u200b", 65), ("\uff11:\uff10\uff15", 65), ("90", 90), ("60:00", 3600)),
    ],
)
def test_a_start_is_in_minutes_and_seconds(entered: str, seconds: int) -> None:
    assert StartField(required=False).clean(entered) == seconds


@pytest.mark.parametrize(
    "entered",
    ["a minute", "-5", "1:2:3", "1.5", "61:00", "9999", ":", "٣", "9:99", "1:60", "1:005"],
)
def test_a_start_that_is_none_is_refused(entered: str) -> None:
    with pytest.raises(ValidationError, match=r"Enter minutes and seconds, such as 1:05\."):
        StartField(required=False).clean(entered)


def test_a_file_becomes_a_clip_from_the_start_that_was_chosen() -> None:
    form = form_of(start="0:01")

    assert form.is_valid(), form.errors
    assert form.cleaned_data["clip"].seconds == 5


def test_nothing_is_read_before_all_else_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_BYTES", 0)
    form = form_of(rights="", start="x")

    assert "Tick this box" in form.errors["rights"][0]
    assert "Enter minutes" in form.errors["start"][0]
    assert form.errors["sound"] == ["Choose the file again: browsers don't keep it."]


@pytest.mark.parametrize(
    ("file", "start", "sentence"),
    [
        (SIX_SECONDS, "0:10", "There's less than 5 seconds of sound after this point."),
        (sounds.wav(6, level=0), "0:00", "This part is silent."),
    ],
)
def test_what_another_start_can_mend_is_told_there(file: bytes, start: str, sentence: str) -> None:
    form = form_of(file, start=start)

    assert sentence in form.errors["start"][0]
    assert form.errors["sound"] == ["Choose the file again: browsers don't keep it."]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [(None, "required"), (b"", "This file is empty."), (b"text", "no sound that we can read")],
)
def test_a_file_that_is_none_is_refused(file: bytes | None, sentence: str) -> None:
    assert sentence in form_of(file).errors["sound"][0]
