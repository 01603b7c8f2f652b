"""The parts of the list: the database leaves nothing out that needs somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Finding, PauseReason
from campaigns.status import overview
from campaigns.status.parts import DRAFT_IS_NEAR, Part, in_parts, is_near_draft
from tests import factory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def part_of(campaign: Campaign, now: datetime) -> Part:
    found = in_parts(Campaign.objects.all(), now).get(id=campaign.id)
    return Part(found.part)  # type: ignore[attr-defined]  # of in_parts


def test_whatever_needs_somebody_is_at_hand() -> None:
    """Every state, finding and pause, before and after the release time."""
    now = timezone.now()
    label = factory.make_label()
    several = [{"uri": "spotify:album:1111111111111111111111"}]
    for state, finding, paused, hours in product(
        CampaignState,
        ["", Finding.OTHER_TITLE, Finding.SEVERAL_MATCH, Finding.NOT_OUT_YET],
        [PauseReason.NONE, PauseReason.APP_NOT_OPEN],
        [-30, -1, 24, 24 * 30],
    ):
        make = factory.make_local_campaign if hours in (-30, 24) else factory.make_campaign
        fields: dict[str, Any] = {
            "last_finding": finding,
            "paused_reason": paused,
            "candidates": several,
        }
        release_at = now + hours * HOUR
        make(label=label, state=state, release_at=release_at, **fields)

    found = list(in_parts(Campaign.objects.all(), now).with_waiting_fans(now))
    items = overview.list_items(found, now)

    needing = [item for item in items if item.urgency is not None]
    assert len(needing) > 40
    assert {item.campaign.part for item in needing} == {Part.AT_HAND}  # type: ignore[attr-defined]  # of in_parts
    for item in items:
        is_out = item.campaign.part == Part.OUT  # type: ignore[attr-defined]  # of in_parts
        assert is_out == item.campaign.has_ended


@pytest.mark.parametrize(
    ("ahead", "is_near"),
    [
        (timedelta(0), False),
        (timedelta(seconds=1), True),
        (DRAFT_IS_NEAR, True),
        (DRAFT_IS_NEAR + timedelta(seconds=1), False),
    ],
)
def test_a_draft_is_near_for_two_weeks(ahead: timedelta, is_near: bool) -> None:
    now = timezone.now()
    draft = factory.make_campaign(state=CampaignState.DRAFT, release_at=now + ahead)
    assert is_near_draft(draft, now) is is_near
    assert (part_of(draft, now) is Part.AT_HAND) is is_near
    draft.archived_at = now
    draft.save()
    assert not is_near_draft(draft, now)
    assert part_of(draft, now) is Part.COMING
