"""Ends permissions whose time is over, and campaigns that have nobody left to serve."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from campaigns.models import (
    HARD_STOP,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    PreSaveState,
    Reason,
)
from campaigns.retention import erasing


def finish_settled(now: datetime, *, unasked: bool = False) -> int:
    """End every campaign that has been released, or has run out of time, and has no pending
    pre-save left. Where nobody looks for the release (with `unasked` nowhere, as there is no
    Spotify app), the artist's release time is taken for it.
    """
    finished = 0
    settled = Campaign.objects.endable(now, unasked=unasked).exclude(
        presaves__state=PreSaveState.PENDING
    )
    for campaign_id in list(settled.values_list("id", flat=True)):
        with transaction.atomic():
            # A consent takes the same lock, so none can come in between this look and the end.
            campaign = (
                Campaign.objects.endable(now, unasked=unasked)
                .select_for_update(no_key=True)
                .filter(id=campaign_id)
                .first()
            )
            if campaign and not campaign.presaves.pending().exists():
                campaign.state = CampaignState.FINISHED
                campaign.finished_at = now
                is_unasked = unasked or not campaign.names_a_release
                if is_unasked and not campaign.presaves.exists():
                    campaign.confirmed_at = campaign.confirmed_at or now
                campaign.save(update_fields=["state", "finished_at", "confirmed_at"])
                finished += 1
    return finished


def expire(now: datetime) -> int:
    """Erase permissions that may not be kept any longer: at most a block of each campaign, so that
    a worker is soon back at its saves. The rest comes with the next rounds of all workers.
    """
    # A campaign younger than a permission's life holds no permission that is too old.
    old = Campaign.objects.filter(opened_at__lte=now - PERMISSION_LIFETIME)
    overdue = Campaign.objects.filter(release_at__lte=now - HARD_STOP)
    too_old = Q(consented_at__lte=now - PERMISSION_LIFETIME)
    return (
        erasing.finish_cancelling(now)
        + erasing.expire_some(_alive(old), too_old, Reason.PERMISSION_AGE, now)
        + erasing.expire_some(_alive(overdue), Q(), Reason.HARD_STOP, now)
    )


def _alive(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    alive = campaigns.filter(key_destroyed_at=None, public_key__isnull=False)
    return alive.exclude(state=CampaignState.CANCELLED)
