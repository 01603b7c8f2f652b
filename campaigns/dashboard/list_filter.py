"""What the list of campaigns is narrowed to: a search and filters, from the page's own address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.models import ENDED_STATES, CampaignQuerySet, CampaignState, PauseReason
from campaigns.models.searching import Plain, plain
from campaigns.pasted import visible_text

ARCHIVED: Final = "archived"
PAUSED: Final = "paused"
STATES: Final = (
    (CampaignState.DRAFT.value, _("Draft")),
    (CampaignState.OPEN.value, _("Open")),
    (CampaignState.RELEASING.value, _("Releasing")),
    (PAUSED, _("Paused")),
    (CampaignState.FINISHED.value, _("Finished")),
    (CampaignState.CANCELLED.value, pgettext_lazy("campaign", "Cancelled")),
    (ARCHIVED, _("Archived")),
)
# More words than anybody types.
MOST_WORDS: Final = 10


class ListFilter(forms.Form):
    """What it cannot read it leaves out: an address that was cut off still shows the list."""

    q = forms.CharField(required=False, max_length=200)
    artist = forms.CharField(required=False)
    label = forms.UUIDField(required=False)
    state = forms.ChoiceField(required=False, choices=STATES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_valid()

    @property
    def chosen(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def condition(self) -> Q:
        """Of campaigns that come from `searchable`."""
        wanted = self._state()
        for word in plain(visible_text(self.chosen.get("q", ""))).split()[:MOST_WORDS]:
            wanted &= Q(searched__contains=word)
        if artist := self.chosen.get("artist"):
            wanted &= Q(artist=artist)
        if label := self.chosen.get("label"):
            wanted &= Q(label=label)
        return wanted

    def _state(self) -> Q:
        state = self.chosen.get("state")
        if state == ARCHIVED:
            return Q(archived_at__isnull=False)
        if state == PAUSED:
            running = ~Q(paused_reason=PauseReason.NONE) & ~Q(state__in=ENDED_STATES)
            return Q(archived_at=None) & running
        return Q(archived_at=None, state=state) if state else Q(archived_at=None)


def searchable(campaigns: CampaignQuerySet) -> CampaignQuerySet:
    """No word of a search has a space in it, so none is found across two of these."""
    space = Value(" ")
    texts = Concat("title", space, "artist", space, "slug", space, F("label__name"))
    return campaigns.alias(searched=Plain(texts))


@dataclass
class Tally:
    """How many campaigns there are in each part of what is shown, how many are archived, and every
    artist there is.
    """

    shown: Counter[int] = field(default_factory=Counter)
    archived: int = 0
    artists: list[str] = field(default_factory=list)


def tally(campaigns: CampaignQuerySet, condition: Q) -> Tally:
    """One query, of searchable campaigns in parts."""
    each = campaigns.order_by().values("artist", "part")  # type: ignore[misc]  # `part` is no column
    rows = each.annotate(
        shown=Count("id", filter=condition),
        archived=Count("id", filter=Q(archived_at__isnull=False)),
    )
    found, artists = Tally(), set()
    for artist, part, shown, archived in rows.values_list("artist", "part", "shown", "archived"):
        found.shown[part] += shown
        found.archived += archived
        artists.add(artist)
    found.artists = sorted(artists, key=plain)
    return found
