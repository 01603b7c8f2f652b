"""Series of looks. A catalogue that is being filled shows a release to some calls and not to
others: one look proves little, and each that does not show it ends the series.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from campaigns.models import WATCH_EVERY, Campaign, CampaignState

# So many looks have to agree before the first save, so far apart.
FIRST_LOOKS: Final = 3
FIRST_LOOKS_APART: Final = timedelta(seconds=0.7)
# What has vanished once has to be there for so long before saves go on.
STEADY_AFTER_VANISHING: Final = timedelta(seconds=30)
STEADY_LOOKS_APART: Final = timedelta(seconds=2)
# A look proves a save that is at least so old, if the look before, which came after the save as
# well, showed the release too.
CONFIRMED_AFTER: Final = timedelta(seconds=10)
# In the first minute a catalogue flickers most: looks come with every round of maintenance, and
# each asks twice.
YOUNG_FOR: Final = timedelta(seconds=60)
YOUNG_LOOKS_APART: Final = timedelta(seconds=1.5)
CALLS_WHILE_YOUNG: Final = 2
# A look that comes so much later than planned says little about the time since the last one: no
# worker was there, or the gate was closed, and the release may have been away for a while.
LATE_BY: Final = timedelta(seconds=5)
# Before a release is there, looks follow each other by this part of the time already waited.
SHARE_OF_WAIT: Final = 1 / 90
SHORTEST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(seconds=30)


def is_going_on(campaign: Campaign) -> bool:
    """Whether the last look showed something that is not believed yet."""
    return campaign.shown_looks > 0


def is_beginning(campaign: Campaign) -> bool:
    """Whether the next look of the series comes within a second."""
    return 0 < campaign.shown_looks < FIRST_LOOKS


def is_steady(campaign: Campaign, now: datetime) -> bool:
    """Whether what the looks of the series showed is believed."""
    if campaign.shown_looks < FIRST_LOOKS:
        return False
    has_vanished = campaign.state == CampaignState.OPEN and campaign.vanished_at
    since = campaign.shown_since or now
    return not has_vanished or now - since >= STEADY_AFTER_VANISHING


def is_young(campaign: Campaign, now: datetime) -> bool:
    """Whether a release that is being saved has only just been seen, in some market."""
    return campaign.shown_since is not None and now - campaign.shown_since < YOUNG_FOR


def unwatched(campaign: Campaign, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when saves went out in the first minute without the looks that belong to it,
    of which the next came only now; None where it came as planned.
    """
    last = campaign.shown_at or campaign.confirmed_at
    if not (last and campaign.shown_since and campaign.watched_until):
        return None
    until = min(now, campaign.shown_since + YOUNG_FOR)
    return (last, until) if now > campaign.watched_until and last < until else None


def wait_within(campaign: Campaign) -> timedelta:
    """How long until the next look of a series that is going on."""
    return FIRST_LOOKS_APART if is_beginning(campaign) else STEADY_LOOKS_APART


def wait_while_saving(campaign: Campaign, now: datetime) -> timedelta:
    """How long until the next look while a release is being saved."""
    return YOUNG_LOOKS_APART if is_young(campaign, now) else WATCH_EVERY


def wait_until_shown(waited: timedelta) -> timedelta:
    """How long until the next look for a release that has not been shown for so long."""
    return min(max(waited * SHARE_OF_WAIT, SHORTEST_WAIT), LONGEST_WAIT)
