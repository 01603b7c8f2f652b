"""A label's year: 68 campaigns, four of which need a hand. For the tests of the list, and for the
pictures of `make screenshots`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from campaigns.models import Campaign, CampaignState, DailyCount, Finding, Label, PauseReason
from tests.factory import make_campaign

LONG: Final = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2
ARTISTS: Final = ("Demo Artist", "Night Desk", "Slow Harbour", "Paper Lanterns")


def make(label: Label, cover: dict[str, Any]) -> dict[str, Campaign]:
    """The answer: those that can be told apart, by their titles."""
    now = timezone.now()
    named = {
        "Overdue One": {"release_at": now - timedelta(minutes=40), **cover},
        "Refused One": {
            "state": CampaignState.RELEASING,
            "paused_reason": PauseReason.RELEASE_REFUSED,
        },
        "Asked One": {"last_finding": Finding.OTHER_TITLE, "found_title": "Other", **cover},
        "Near Draft": {"state": CampaignState.DRAFT, "release_at": now + timedelta(days=4)},
        "Under Way": {"state": CampaignState.RELEASING, **cover},
        LONG: {"artist": LONG, "release_at": now + timedelta(days=2)},
    }
    made = {
        title: make_campaign(label=label, title=title, **fields) for title, fields in named.items()
    }
    for number in range(20):
        state = CampaignState.DRAFT if number % 5 == 4 else CampaignState.OPEN
        _make_one(label, number, cover, state=state, release_at=now + timedelta(days=15 + number))
    for number in range(42):
        released = now - timedelta(days=3 + 8 * number)
        _make_one(label, number, cover, state=CampaignState.FINISHED, release_at=released)
    return made


def _make_one(label: Label, number: int, cover: dict[str, Any], **fields: Any) -> None:
    campaign = make_campaign(
        label=label, title=f"Song {number}", artist=ARTISTS[number % 4], **cover, **fields
    )
    if campaign.opened_at:
        DailyCount.objects.bulk_create(
            DailyCount(
                campaign=campaign,
                day=timezone.now().date() - timedelta(days=ago),
                presaves=(number * 7 + ago * 13) % 40,
            )
            for ago in range(20)
        )
