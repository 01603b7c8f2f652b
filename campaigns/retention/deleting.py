"""How long things are kept: making and shredding campaign keys, expiring and erasing
permissions, deleting what has run out.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from campaigns import keyring
from campaigns.consent.arriving import COOKIE_LIFETIME
from campaigns.keyring import KeyFileError, Keyring, KeyringError
from campaigns.models import (
    ENDED_STATES,
    HARD_STOP,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    PauseReason,
    PreSave,
    PreSaveState,
    Reason,
    SpentState,
)
from campaigns.retention import erasing

logger = logging.getLogger(__name__)

# So few that a deletion never keeps a worker from its saves.
ROWS_DELETED_AT_ONCE: Final = 1000


def make_keys() -> int:
    """Give every opened campaign its key; its landing page goes live with that.

    A key that cannot be made does not hold the others up.
    """
    made = 0
    for campaign_id in list(Campaign.objects.awaiting_key().values_list("id", flat=True)):
        try:
            made += _make_key(campaign_id)
        except KeyringError as error:
            logger.error("key not made campaign=%s: %s", campaign_id, error)
    return made


@transaction.atomic
def _make_key(campaign_id: UUID) -> int:
    # The lock keeps a cancellation, and with it the shredding, from passing between file and row.
    campaign = (
        Campaign.objects.awaiting_key()
        .select_for_update(no_key=True)
        .filter(id=campaign_id)
        .first()
    )
    if campaign is None:
        return 0
    campaign.public_key = keyring.from_settings().public_key(campaign_id)
    campaign.save(update_fields=["public_key"])
    return 1


def finish_settled(now: datetime) -> int:
    """End every campaign that has been released, or has run out of time, and has no pending
    pre-save left.
    """
    finished = 0
    settled = Campaign.objects.endable(now).exclude(presaves__state=PreSaveState.PENDING)
    for campaign_id in list(settled.values_list("id", flat=True)):
        with transaction.atomic():
            # A consent takes the same lock, so none can slip in between this look and the end.
            campaign = (
                Campaign.objects.endable(now)
                .select_for_update(no_key=True)
                .filter(id=campaign_id)
                .first()
            )
            if campaign and not campaign.presaves.pending().exists():
                campaign.state = CampaignState.FINISHED
                campaign.finished_at = now
                campaign.save(update_fields=["state", "finished_at"])
                finished += 1
    return finished


def shred_ended(now: datetime) -> int:
    """Destroy the key of every ended campaign.

    One that cannot be destroyed is tried again and does not hold the others up.
    """
    shredded = 0
    for campaign_id in list(Campaign.objects.awaiting_shredding().values_list("id", flat=True)):
        try:
            shredded += shred(campaign_id, now)
        except KeyringError as error:
            logger.error("key not destroyed campaign=%s: %s", campaign_id, error)
    return shredded


def shred(campaign_id: UUID, now: datetime) -> int:
    """The file goes first: a crash in between only repeats the deletion. Raises KeyringError."""
    keyring.from_settings().shred(campaign_id)
    logger.info("key destroyed campaign=%s", campaign_id)
    return Campaign.objects.awaiting_shredding().filter(id=campaign_id).update(key_destroyed_at=now)


def expire(now: datetime) -> int:
    """Erase what may not be kept any longer, saved or not: at most a block of each campaign, so
    that a worker is soon back at its saves. The rest comes with the next rounds of all workers.
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


def delete_old_rows(now: datetime) -> int:
    """Delete some rows of one campaign whose fans have had their receipts long enough; the counts
    stay.
    """
    campaign = Campaign.objects.awaiting_deletion(now).order_by("release_at").first()
    if campaign is None:
        return 0
    ids = list(campaign.presaves.values_list("id", flat=True)[:ROWS_DELETED_AT_ONCE])
    deleted, _ = PreSave.objects.filter(id__in=ids).delete()
    if len(ids) < ROWS_DELETED_AT_ONCE:
        Campaign.objects.filter(id=campaign.id).update(rows_deleted_at=now)
        logger.info("rows deleted campaign=%s", campaign.id)
    return deleted


def forget_spent_states(now: datetime) -> int:
    """A state older than its cookie cannot come back."""
    forgotten, _ = SpentState.objects.filter(spent_at__lt=now - COOKIE_LIFETIME).delete()
    return forgotten


def forget_log_ins(now: datetime) -> None:
    """Delete sessions that have run out, and with the counts of log-in attempts the IP addresses
    that these came from. Django deletes neither by time.
    """
    Session.objects.filter(expire_date__lt=now).delete()
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        ran_out_before = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ran_out_before])  # noqa: S608 -- the table's name is ours


def verify_keys() -> list[str]:
    """Open the key of every live campaign and compare it with its row; says what is wrong.

    Raises KeyringError when the master key itself is missing or wrong.
    """
    ring = keyring.from_settings()
    problems = {campaign.id: _problem(ring, campaign) for campaign in _live_campaigns()}
    # One that ended a moment ago has no key any more, and that is right.
    still_live = set(_live_campaigns().values_list("id", flat=True))
    return [problem for id, problem in problems.items() if problem and id in still_live]


def check_keys(now: datetime) -> None:
    """Pause every live campaign whose key does not open and fit: nobody may consent to it any
    more. It goes on when the key is back.

    Raises KeyringError when the master key itself is missing or wrong.
    """
    ring = keyring.from_settings()
    for campaign in _live_campaigns():
        problem, row = _problem(ring, campaign), _live_campaigns().filter(id=campaign.id)
        if problem and not campaign.is_paused:
            # None when it ended a moment ago, and its key with it.
            if row.update(paused_reason=PauseReason.KEY_MISSING, paused_at=now):
                logger.error("campaign paused: %s", problem)
        elif not problem and campaign.paused_reason == PauseReason.KEY_MISSING:
            row.update(paused_reason=PauseReason.NONE, paused_at=None)


def _live_campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.exclude(public_key=None).exclude(state__in=ENDED_STATES)


def _problem(ring: Keyring, campaign: Campaign) -> str:
    try:
        fits = ring.open(campaign.id).public_bytes == bytes(campaign.public_key or b"")
    except KeyFileError as error:
        return str(error)
    if fits:
        return ""
    return (
        f"The key file of campaign {campaign.slug} does not fit its public key. "
        "Restore KEYRING_DIR from the backup that belongs to this database."
    )
