"""The form for a campaign's clip: half a minute of a file that an artist uploads."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from campaigns.clips import decoding
from campaigns.clips.decoding import ClipError, StartError
from campaigns.clips.terms import LATEST_START
from campaigns.pasted import typed

_MINUTES_AND_SECONDS: Final = re.compile(r"(?:([0-9]{1,2}):(?=[0-5]?[0-9]\Z))?([0-9]{1,4})")
_SUFFIXES: Final = (".wav", ".flac", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".ogg", ".opus")


class StartField(forms.CharField):
    """A point in a song as players show it, or in seconds alone; its value is in seconds."""

    def clean(self, value: Any) -> Any:
        given = _MINUTES_AND_SECONDS.fullmatch(typed(super().clean(value) or "0"))
        seconds = 60 * int(given[1] or 0) + int(given[2]) if given else LATEST_START + 1
        if seconds > LATEST_START:
            raise ValidationError(gettext("Enter minutes and seconds, such as 1:05."))
        return seconds


class ClipForm(forms.Form):
    sound = forms.FileField(
        label=gettext_lazy("Sound file"),
        help_text=gettext_lazy("WAV, FLAC, MP3, M4A, AIFF or Ogg, at most 25 MB."),
        error_messages={
            "empty": gettext_lazy("This file is empty. Export it again and upload the new file.")
        },
        widget=forms.FileInput(
            attrs={
                "accept": ",".join(("audio/*", *_SUFFIXES)),
                "data-most-bytes": decoding.MOST_BYTES,
                "data-too-large": decoding.TOO_LARGE,
            }
        ),
    )
    start = StartField(
        required=False,
        initial="0:00",
        label=gettext_lazy("Start at"),
        help_text=gettext_lazy(
            "Minutes and seconds, such as 1:05. We take up to 30 seconds from there."
        ),
        widget=forms.TextInput(attrs={"size": 6, "autocomplete": "off"}),
    )
    rights = forms.BooleanField(
        label=gettext_lazy("I hold the rights to publish this excerpt."),
        error_messages={
            "required": gettext_lazy("Tick this box if you hold the rights to publish it.")
        },
    )

    def clean(self) -> dict[str, Any]:
        """What takes a while comes last, once all else is right."""
        cleaned = super().clean() or self.cleaned_data
        if sound := cleaned.get("sound"):
            try:
                if not self.errors:
                    cleaned["clip"] = decoding.prepare(sound, cleaned["start"])
            except StartError as error:
                self.add_error("start", str(error))
            except ClipError as error:
                self.add_error("sound", str(error))
            if self.errors and "sound" not in self.errors:
                self.add_error("sound", gettext("Choose the file again: browsers don't keep it."))
        return cleaned
