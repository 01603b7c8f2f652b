"""Form fields that know one thing each: plain text, a release's link or code, a time, a zone."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from campaigns import pasted
from campaigns.artwork import decoding
from campaigns.artwork.decoding import ArtworkError
from campaigns.links import parse_countdown_link, parse_links, parse_release_link
from campaigns.pasted import visible_text
from presave.markets import MARKETS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class WholeField(forms.CharField):
    """Text that comes back whole if it is too long: a browser would cut it without a word."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


def with_limit(hint: _StrPromise, most: int) -> _StrPromise:
    limit = format_lazy(gettext_lazy("At most {most} characters."), most=most)
    return format_lazy("{hint} {limit}", hint=hint, limit=limit)


class PlainTextField(WholeField):
    """One line of text: what cannot be seen is taken out, and nothing that can be seen is lost."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(visible_text(value) if isinstance(value, str) else value)


class NoteField(WholeField):
    """A few lines of text, each as in PlainTextField, with one empty line at most between them."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "\n".join(map(visible_text, value.splitlines()))
            value = re.sub(r"\n{3,}", "\n\n", value).strip()
        return super().to_python(value)


class _PastedField(forms.CharField):
    """A link or code in whatever it was pasted with; its value is that alone."""

    def to_python(self, value: Any) -> str:
        # No more than a browser lets anybody paste.
        text = pasted.typed((super().to_python(value) or "")[: self.max_length])
        return self.parse(text) if text else ""

    def parse(self, text: str) -> str:
        raise NotImplementedError


class ReleaseLinkField(_PastedField):
    """A Spotify link or URI of an album or track; its value is the URI."""

    def parse(self, text: str) -> str:
        return parse_release_link(text)


class CountdownLinkField(_PastedField):
    """The link of a Countdown Page; its value is the bare link, without what a share adds."""

    def parse(self, text: str) -> str:
        return parse_countdown_link(text)


class UPCField(_PastedField):
    """A UPC or EAN as GS1 forms it; its value is the digits."""

    def parse(self, text: str) -> str:
        return _checked(_the_upc(text))


def _the_upc(text: str) -> str:
    found = pasted.upcs(text)
    if len(found) > 1:
        raise ValidationError(pasted.MORE_THAN_ONE)
    if found:
        return found[0]
    if pasted.is_rounded(text):
        raise ValidationError(
            gettext(
                "This is how spreadsheets shorten a long number, and its last digits are gone. "
                "Copy the whole number from your distributor."
            )
        )
    whole = pasted.without_lost_zeros(text)
    if whole.strip("0") and _check_digit_fits(whole):
        text = gettext(
            "Digits are missing at the start, where spreadsheets drop zeros. If your number is "
            "%(whole)s, enter that."
        )
        raise ValidationError(text % {"whole": whole})
    raise ValidationError(
        gettext("A UPC has 12 digits and an EAN 13. Your distributor shows it with the release.")
    )


def _checked(digits: str) -> str:
    if not digits.strip("0"):
        raise ValidationError(
            gettext(
                "A UPC can't be all zeros. Leave it empty until your distributor shows you the "
                "release's own."
            )
        )
    if not _check_digit_fits(digits):
        raise ValidationError(
            gettext(
                "The last digit doesn't match the others, so one of them is mistyped. "
                "Check the number with your distributor."
            )
        )
    return digits


def _check_digit_fits(digits: str) -> bool:
    """From the right, every second digit counts three times.

    https://www.gs1.org/services/how-calculate-check-digit-manually
    """
    weighed = [int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits))]
    return sum(weighed) % 10 == 0


class ISRCField(_PastedField):
    """An ISRC as ISO 3901 forms it; its value has capitals and no hyphens."""

    def parse(self, text: str) -> str:
        found = pasted.isrcs(text)
        if len(found) > 1:
            raise ValidationError(pasted.MORE_THAN_ONE)
        if not found:
            raise ValidationError(
                gettext(
                    "An ISRC has 12 characters, such as QZ-ABC-26-00042: two letters, three "
                    "letters or digits, and seven digits."
                )
            )
        return found[0]


class ReleaseTimeField(forms.DateTimeField):
    """Date and time as the browser's own picker sends them, read in the active zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            text = gettext(
                "The clocks change in %(zone)s at that hour, so this time comes twice or not at "
                "all. Choose a time at least an hour away."
            )
            zone = timezone.get_current_timezone_name()
            raise ValidationError(text % {"zone": zone}) from error


class ArtworkField(forms.FileField):
    """A picture file; its value is the checked picture, ready to be written."""

    widget = forms.FileInput(
        attrs={
            "accept": ",".join(f"image/{kind}" for kind in ("jpeg", "png", "webp", "avif", "heic")),
            "data-most-bytes": decoding.MOST_BYTES,
            "data-too-large": decoding.TOO_LARGE,
        }
    )
    default_error_messages = {
        "empty": gettext_lazy("This file is empty. Save the image again and upload that.")
    }

    def clean(self, data: Any, initial: Any = None) -> Any:
        # The stored artwork's name, which is the initial value, is no file to be checked again.
        upload = super().clean(data)
        if not upload:
            return None
        try:
            return decoding.prepare(upload)
        except ArtworkError as error:
            raise ValidationError(str(error), code="artwork") from error


class FocusField(forms.IntegerField):
    """Where the point that matters lies, in percent."""

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"type": "range"})
        super().__init__(
            min_value=0, max_value=100, initial=50, required=False, widget=widget, **options
        )

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        return self.initial if given is None else given


class ZoneField(forms.ChoiceField):
    """Offers each place once. Its older name, which a campaign may have, is understood too."""

    def valid_value(self, value: str) -> bool:
        return super().valid_value(_present_name(value))

    def prepare_value(self, value: Any) -> Any:
        return _present_name(value) if isinstance(value, str) else value


@cache
def zone_choices() -> list[tuple[str | Promise, list[tuple[str, str]]]]:
    """Every zone that people live by, grouped by region for a select."""
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(line[2] for line in _tzdata_lines("zone.tab", "\t")):
        region, _, place = name.partition("/")
        grouped[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return [(gettext_lazy("Everywhere"), [("UTC", "UTC")]), *grouped.items()]


def _present_name(zone: str) -> str:
    return _older_names().get(zone, zone)


@cache
def _older_names() -> dict[str, str]:
    """Europe/Kiev is Europe/Kyiv today. A place that only shares its clock with another stays."""
    offered = {name for _, places in zone_choices() for name, _ in places}
    links = {line[2]: line[1] for line in _tzdata_lines("tzdata.zi", " ") if line[0] == "L"}
    return {old: name for old, name in links.items() if name in offered and old not in offered}


def market_choices() -> list[tuple[str, str]]:
    """Every country that Spotify serves, by name; the first choice is the operator's own."""
    names = {code: _countries().get(code, code) for code in MARKETS}
    own = names.get(settings.SPOTIFY_MARKET, settings.SPOTIFY_MARKET)
    usual = gettext("Site default: %(country)s") % {"country": own}
    return [("", usual), *sorted(names.items(), key=lambda one: one[1])]


@cache
def _countries() -> dict[str, str]:
    """Names of ISO 3166 codes as tzdata has them, which leaves out Kosovo."""
    return {"XK": "Kosovo", **dict(_tzdata_lines("iso3166.tab", "\t"))}


def _tzdata_lines(name: str, separator: str) -> list[list[str]]:
    table = resources.files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
    return [line.split(separator) for line in table.splitlines() if not line.startswith("#")]


class OtherLinksField(forms.CharField):
    """Links, one on each line; its value is the list of them."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def __init__(self, **texts: Any) -> None:
        # Blank lines count where an error names a line.
        super().__init__(required=False, strip=False, **texts)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return parse_links(super().clean(value))
