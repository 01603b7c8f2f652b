"""A history's entries as people read them: templates/dashboard/history_entry.txt has the words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.dashboard.team_forms import ROLE_NAMES
from campaigns.models import HistoryEntry
from campaigns.status.sentences import in_one_line

ENTRIES_A_PAGE: Final = 50
# As the form calls them; another field has its own name.
FIELDS: Final[dict[str, Promise]] = {
    "title": _("title"),
    "artist": _("artist"),
    "slug": _("address"),
    "spotify_uri": _("Spotify link"),
    "upc": _("UPC"),
    "isrc": _("ISRC"),
    "market": _("country"),
    "release_mode": _("release type"),
    "artwork": _("cover"),
    "artwork_focus_x": _("cover"),
    "artwork_focus_y": _("cover"),
    "artwork_alt": _("alt text"),
    "clip": _("clip"),
    "note": _("message to fans"),
    "thanks": _("thank-you message"),
    "accent": _("colour"),
    "countdown_url": _("Countdown Page"),
    "links_before": _("links"),
    "links": _("links"),
}


class Told(NamedTuple):
    """One entry: when, what happened, and who did it, where that is known."""

    entry: HistoryEntry
    text: str


def tell(entries: Iterable[HistoryEntry]) -> list[Told]:
    return [Told(entry, text_of(entry)) for entry in entries]


def text_of(entry: HistoryEntry) -> str:
    """What happened in one sentence, not escaped."""
    details: dict[str, Any] = entry.details
    context = {
        **details,
        "event": entry.event,
        "times": entry.times,
        "role_name": ROLE_NAMES.get(details.get("role", "")),
        "role_before": ROLE_NAMES.get(details.get("before", "")),
        "field_names": ", ".join(
            dict.fromkeys(str(FIELDS.get(name, name)) for name in details.get("fields", ()))
        ),
    }
    if entry.event == "moved":
        context.update({name: _written(details[name]) for name in ("before", "after")})
    return in_one_line(render_to_string("dashboard/history_entry.txt", context))


def _written(moment: str) -> str:
    """In the release's own zone, as it was at that time."""
    at = datetime.fromisoformat(moment)
    return f"{date_format(at, 'DATETIME_FORMAT')} (UTC{at:%z})"


def page_of(history: QuerySet[HistoryEntry], number: str) -> Page[HistoryEntry]:
    return Paginator(history.select_related("by"), ENTRIES_A_PAGE).get_page(number)
