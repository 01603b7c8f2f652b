"""An artist's answer that what the catalogue shows is the release, whatever it is called there."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from campaigns.models import Campaign, Trouble, User
from campaigns.planning.moving import locked
from campaigns.planning.obstacles import Obstacle, PlanningError

logger = logging.getLogger(__name__)


def check_is_asked(campaign: Campaign, uri: str) -> None:
    """Raise PlanningError unless the last look found that entry in place of the release, and nobody
    has answered yet.
    """
    if not (campaign.awaits_an_answer and uri and uri == campaign.found_uri):
        raise PlanningError(Obstacle.FOUND_CHANGED)


@transaction.atomic
def accept_found(campaign: Campaign, uri: str, by: User, now: datetime) -> None:
    """Let the entry that was found count as the release. The worker looks again at once.

    Raises PlanningError when something else is found by now.
    """
    campaign = locked(campaign)
    check_is_asked(campaign, uri)
    campaign.accepted_uri, campaign.next_check_at = uri, None
    campaign.save(update_fields=["accepted_uri", "next_check_at"])
    campaign.alarms.filter(trouble=Trouble.OTHER_RELEASE).delete()
    campaign.history.create(
        at=now,
        by=by,
        accepted_uri=uri,
        title=campaign.found_title,
        artist=campaign.found_artist,
    )
    logger.warning("other release accepted campaign=%s uri=%s by=%s", campaign.id, uri, by.pk)
