"""The parts of the list of campaigns and the order in them, read from columns by the database.

Only a few campaigns at a time are due, held up or about to be; troubles.py judges those one by one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Case, F, IntegerChoices, Q, When
from django.db.models.functions import Coalesce

from campaigns.models import (
    ENDED_STATES,
    MISMATCHES,
    Campaign,
    CampaignQuerySet,
    CampaignState,
    Finding,
    PauseReason,
)

# So long before its release a draft that is not open costs pre-saves.
DRAFT_IS_NEAR: Final = timedelta(days=14)
_ASKING: Final = (*MISMATCHES, Finding.SEVERAL_MATCH)


class Part(IntegerChoices):
    # Whatever may need a hand, and what is under way.
    AT_HAND = 0
    COMING = 1
    OUT = 2


def in_parts(campaigns: CampaignQuerySet, now: datetime) -> CampaignQuerySet:
    """Each with its `part`; in the list's order: what comes, soonest first, drafts whose release
    time has passed after it; what is out, newest first.
    """
    due_or_asked = Q(state__in=[CampaignState.OPEN, CampaignState.RELEASING]) & (
        Q(release_at__lte=now) | Q(last_finding__in=_ASKING)
    )
    paused = ~Q(paused_reason=PauseReason.NONE) & ~Q(state__in=ENDED_STATES)
    at_hand = due_or_asked | paused | _near_draft(now)
    part = Case(
        When(at_hand, then=Part.AT_HAND),
        When(state__in=ENDED_STATES, then=Part.OUT),
        default=Part.COMING,
    )
    is_left = Case(
        When(state=CampaignState.DRAFT, release_at__lte=now, then=1),
        default=0,
    )
    ended_at = Case(
        When(state__in=ENDED_STATES, then=Coalesce("cancelled_at", "release_at")),
        default=None,
    )
    ordered = campaigns.annotate(part=part).alias(is_left=is_left, ended_at=ended_at)
    return ordered.order_by("part", "is_left", F("ended_at").desc(), "release_at", "id")


def _near_draft(now: datetime) -> Q:
    soon = Q(release_at__gt=now, release_at__lte=now + DRAFT_IS_NEAR)
    return Q(soon, state=CampaignState.DRAFT, archived_at=None)


def is_near_draft(campaign: Campaign, now: datetime) -> bool:
    """As the part's condition says it of columns."""
    is_draft = campaign.state == CampaignState.DRAFT and campaign.archived_at is None
    return is_draft and now < campaign.release_at <= now + DRAFT_IS_NEAR
