"""Copies a campaign: a new draft with everything that an artist typed, and nothing that became of
it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from campaigns.artwork import files
from campaigns.clips import files as clips
from campaigns.models import Campaign, Event, User
from campaigns.planning import editing, quotas
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError

# Title and codes go together: the title is compared with what the catalogue shows under the codes,
# and a mark such as "copy" in it would be another title.
COPIED: Final = (
    *("label", "title", "artist", "spotify_uri", "upc", "isrc", "market"),
    *("artwork_width", "artwork_height", "artwork_weights", "artwork_alt"),
    *("artwork_focus_x", "artwork_focus_y", "note", "thanks", "clip_seconds"),
    *("accent", "artwork_accent", "artwork_ground", "links_before", "links", "countdown_url"),
    *("release_mode", "release_zone"),
)
# So long before a release that fans have time to pre-save.
SOONEST: Final = timedelta(days=14)
WEEK: Final = timedelta(weeks=1)


def duplicate(campaign: Campaign, now: datetime, by: User | None = None) -> Campaign:
    """The copy, under a free address. Raises PlanningError when that was taken meanwhile, or the
    label has as many campaigns as it may have.
    """
    copy = Campaign(**{name: getattr(campaign, name) for name in COPIED})
    copy.slug = editing.free_slug(campaign.slug)
    copy.release_at = _release_time(campaign, now)
    copy.artwork = files.copy(campaign.artwork)
    copy.clip = clips.copy(campaign.clip)
    try:
        with transaction.atomic():
            quotas.check_campaigns(campaign.label)
            copy.save(force_insert=True)
            record(copy.label, Event.DUPLICATED, by, copy)
    except BaseException as error:
        files.discard(copy.artwork)
        clips.discard(copy.clip)
        if isinstance(error, IntegrityError) and "slug" in str(error):
            raise PlanningError(Obstacle.ADDRESS_TAKEN) from error
        raise
    return copy


def _release_time(campaign: Campaign, now: datetime) -> datetime:
    """The campaign's own; where it has passed, the same weekday and hour some weeks from now."""
    if campaign.release_at > now:
        return campaign.release_at
    weeks = math.ceil((now + SOONEST - campaign.release_at) / WEEK)
    # On the clock of its zone, whether or not that changes meanwhile.
    return (campaign.release_local + weeks * WEEK).astimezone(UTC)
