"""Form fields for links beside the release's own: Spotify's Countdown Page, and where else to
listen.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns.links import MOST_LINKS, OtherLinksError, parse_links
from campaigns.release_links import ReleaseLinkError, parse_countdown_link


class CountdownLinkField(forms.CharField):
    """The link of a Countdown Page; its value is the bare link, without what a share adds."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            max_length=300,
            label="Countdown Page",
            help_text="Spotify's own page for the release, if it has one: "
            "https://open.spotify.com/prerelease/… It is offered to fans who rather do not "
            "pre-save here.",
        )

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return parse_countdown_link(text)
        except ReleaseLinkError as error:
            raise ValidationError(str(error), code="countdown_link") from error


class OtherLinksField(forms.CharField):
    """Links, one on each line; its value is the list of them."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def __init__(self) -> None:
        super().__init__(
            required=False,
            # Blank lines count where an error names a line.
            strip=False,
            label="Where else to listen",
            help_text=f"One https:// address per line, up to {MOST_LINKS}: Apple Music, Bandcamp, "
            "your own site. The page shows them when the release is out, and you can still change "
            "them then. A host with letters beyond a to z is shown as browsers ask for it: xn--…",
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        try:
            return parse_links(super().clean(value))
        except OtherLinksError as error:
            raise ValidationError(str(error), code="other_links") from error
