"""Gives a campaign a clip to listen to, and takes it away. That may change after the end, too."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from django.db import transaction

from campaigns.clips import files
from campaigns.clips.decoding import Clip
from campaigns.models import Campaign, Event, User
from campaigns.planning.history import record
from campaigns.planning.moving import locked
from campaigns.planning.obstacles import Obstacle, PlanningError

logger = logging.getLogger(__name__)
_NONE: Final = ("", 0)


def store(campaign: Campaign, clip: Clip, by: User | None = None) -> None:
    """Make it the campaign's own. Raises PlanningError where its file finds no room."""
    try:
        name = files.write(clip.file)
    except OSError as error:
        logger.exception("A clip could not be stored.")
        raise PlanningError(Obstacle.CLIP_NOT_STORED) from error
    try:
        _name(campaign, name, clip.seconds, by)
    except BaseException:
        files.discard(name)
        raise


def remove(campaign: Campaign, by: User | None = None) -> None:
    _name(campaign, *_NONE, by)


@transaction.atomic
def _name(campaign: Campaign, name: str, seconds: int, by: User | None) -> None:
    """What the row names no longer is deleted after the commit."""
    campaign = locked(campaign)
    if campaign.clip == name:
        return
    transaction.on_commit(partial(files.discard, campaign.clip))
    campaign.clip, campaign.clip_seconds = name, seconds
    campaign.save(update_fields=["clip", "clip_seconds"])
    record(campaign.label, Event.EDITED, by, campaign, fields=["clip"])
