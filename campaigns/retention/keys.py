"""Campaign keys: made when a campaign opens, checked while it lives, destroyed at its end; and the
weekly key that wraps them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from campaigns import keyring
from campaigns.keyring import KeyFileError, Keyring, KeyringError
from campaigns.models import ENDED_STATES, WEEKLY_KEY_LIFETIME, Campaign, PauseReason
from campaigns.retention import tombstones

logger = logging.getLogger(__name__)

# So many key files are wrapped anew at a time, that nothing else waits for a thousand.
REWRAPPED_AT_ONCE: Final = 20
SLUGS_NAMED: Final = 5


def make_keys() -> int:
    """Give every opened campaign its key, with which its landing page goes live.

    A key that cannot be made does not hold the others up.
    """
    return _for_each(Campaign.objects.awaiting_key(), _make_key, "key not made")


def shred_ended(now: datetime) -> int:
    """Destroy the key of every ended campaign.

    One that cannot be destroyed is tried again and does not hold the others up.
    """
    shred_now = partial(shred, now=now)
    return _for_each(Campaign.objects.awaiting_shredding(), shred_now, "key not destroyed")


def renew_weekly_key(now: datetime) -> None:
    """Replace the weekly key when its week is over, and go on with that until it is done.

    Raises KeyringError.
    """
    for problem in keyring.from_settings().renew(now, WEEKLY_KEY_LIFETIME, REWRAPPED_AT_ONCE):
        logger.error("key file not rewrapped: %s", problem)


def _for_each(campaigns: QuerySet[Campaign], act: Callable[[UUID], int], failure: str) -> int:
    done = 0
    for campaign_id in list(campaigns.values_list("id", flat=True)):
        try:
            done += act(campaign_id)
        except KeyringError as error:
            logger.error("%s campaign=%s: %s", failure, campaign_id, error)
    return done


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


def shred(campaign_id: UUID, now: datetime) -> int:
    """Destroy one campaign's key. Raises KeyringError.

    The file goes before the row says so: a crash in between only repeats the deletion. And it goes
    where no tombstone could be written, too; then all of this is tried again.
    """
    keyring_files = keyring.from_settings()
    try:
        tombstones.bury(keyring_files, campaign_id, now)
    finally:
        keyring_files.shred(campaign_id)
    logger.info("key destroyed campaign=%s", campaign_id)
    return Campaign.objects.awaiting_shredding().filter(id=campaign_id).update(key_destroyed_at=now)


def verify_keys() -> list[str]:
    """Open the key of every live campaign and compare it with its row; returns what is wrong.

    Raises KeyringError when the master key itself is missing or wrong.
    """
    keyring_files = keyring.from_settings()
    problems = {campaign.id: _problem(keyring_files, campaign) for campaign in _live_campaigns()}
    # One that has ended meanwhile has no key any more, and that is right.
    still_live = set(_live_campaigns().values_list("id", flat=True))
    return [problem for id, problem in problems.items() if problem and id in still_live]


def check_keys(now: datetime) -> None:
    """Pause every live campaign whose key does not open and fit: it takes no pre-saves. It goes on
    when the key is back.

    Raises KeyringError when the master key itself is missing or wrong.
    """
    keyring_files = keyring.from_settings()
    for campaign in _live_campaigns():
        problem, row = _problem(keyring_files, campaign), _live_campaigns().filter(id=campaign.id)
        if problem and not campaign.is_paused:
            # No row when it has ended meanwhile, and its key with it.
            if row.update(paused_reason=PauseReason.KEY_MISSING, paused_at=now):
                logger.error("campaign paused: %s", problem)
        elif not problem and campaign.paused_reason == PauseReason.KEY_MISSING:
            row.update(paused_reason=PauseReason.NONE, paused_at=None)


def refuse_strange_keyring() -> None:
    """For the start of a worker: one that holds no key of any live campaign belongs to another
    database, or is not mounted, and would have every campaign paused. Raises KeyringError.
    """
    keyring_files, live = keyring.from_settings(), list(_live_campaigns())
    would_pause = any(campaign.paused_reason != PauseReason.KEY_MISSING for campaign in live)
    if would_pause and all(_problem(keyring_files, campaign) for campaign in live):
        slugs = ", ".join(sorted(campaign.slug for campaign in live)[:SLUGS_NAMED])
        raise KeyringError(
            f"KEYRING_DIR holds no key of any live campaign ({len(live)}, as {slugs}), so it "
            "belongs to another database or is not mounted. Nothing was paused. Bring back the "
            "keyring of this database from keyring.tar of its newest backup, as docs/backup.md "
            "says. If there is none, cancel these campaigns in the dashboard: the worker then "
            "starts by itself."
        )


def _live_campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.exclude(public_key=None).exclude(state__in=ENDED_STATES)


def _problem(keyring_files: Keyring, campaign: Campaign) -> str:
    try:
        fits = keyring_files.open(campaign.id).public_bytes == bytes(campaign.public_key or b"")
    except KeyFileError as error:
        return str(error)
    if fits:
        return ""
    return (
        f"The key file of campaign {campaign.slug} does not fit its public key. "
        "Restore KEYRING_DIR from the backup that belongs to this database."
    )
