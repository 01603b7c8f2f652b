"""What has ended stays ended when an older database comes back: cancellations are copied next to
the key files within seconds, and whatever the tombstones there know better is ended again before
anything is claimed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from campaigns import keyring
from campaigns.keyring import CampaignKey, End, KeyFileError, Keyring, KeyringError
from campaigns.models import (
    ENDED_STATES,
    PERMISSION_LIFETIME,
    Campaign,
    CampaignState,
    DailyCount,
    PreSave,
    PreSaveState,
    Reason,
)
from campaigns.retention import erasing

logger = logging.getLogger(__name__)

# A cancellation is dated before it is committed: by less than this.
LONGEST_COMMIT: Final = timedelta(minutes=5)


class _Look(NamedTuple):
    """When this process last copied a campaign's cancellations, and how many marks more there were
    then than cancellations: those of rows that an older database does not have.
    """

    at: datetime
    marks_without_row: int


_last_looks: dict[UUID, _Look] = {}


def bury(keyring_files: Keyring, campaign_id: UUID, now: datetime) -> None:
    """Note next to the keys that this campaign has ended. Raises KeyringError."""
    state = Campaign.objects.values_list("state", flat=True).get(id=campaign_id)
    keyring_files.tombstones.bury(campaign_id, End(state, now), now - PERMISSION_LIFETIME)


def begin(now: datetime) -> None:
    """What a worker does once, at its start: as look, and what was ended without a tombstone, as by
    version 0.1, gets one. Raises KeyringError.
    """
    keyring_files = keyring.from_settings()
    recent = Campaign.objects.filter(key_destroyed_at__gt=now - PERMISSION_LIFETIME)
    buried = keyring_files.tombstones.ended()
    for campaign_id, at in recent.values_list("id", "key_destroyed_at"):
        if campaign_id not in buried:
            bury(keyring_files, campaign_id, at or now)
    look(now)


def look(now: datetime) -> None:
    """Copy cancellations to the tombstones, and end again what these say has ended. Costs little
    when there is nothing new. Raises KeyringError where the tombstones cannot be read.
    """
    keyring_files = keyring.from_settings()
    _end_again(keyring_files, now)
    live = Campaign.objects.exclude(public_key=None).exclude(state__in=ENDED_STATES)
    ids = set(live.values_list("id", flat=True))
    _destroy_again(keyring_files, ids)
    for gone in _last_looks.keys() - ids:
        _last_looks.pop(gone, None)
    not_copied = _copy_cancellations(keyring_files, ids, now)
    counts = DailyCount.objects.totals_by_campaign(ids)
    for campaign_id in ids:
        cancelled = counts[campaign_id].cancelled if campaign_id in counts else 0
        _cancel_again(keyring_files, campaign_id, cancelled, now)
    for campaign_id in not_copied:
        # All of them, once the key is back and there is room.
        _last_looks.pop(campaign_id, None)


def _end_again(keyring_files: Keyring, now: datetime) -> None:
    """An older database knows nothing of these ends."""
    ended = keyring_files.tombstones.ended()
    going_on = Campaign.objects.exclude(state__in=ENDED_STATES).values_list("id", flat=True)
    for campaign_id in sorted(ended.intersection(going_on)):
        try:
            end = keyring_files.tombstones.end_of(campaign_id)
        except KeyringError as error:
            # Its key is refused all the same, and others are not held up.
            logger.error("tombstone unusable campaign=%s: %s", campaign_id, error)
            continue
        erased = _erase(campaign_id, end, now)
        logger.warning(
            "ended again campaign=%s state=%s permissions=%d", campaign_id, end.state, erased
        )


def _erase(campaign_id: UUID, end: End, now: datetime) -> int:
    how = PreSaveState.FAILED, Reason.RESTORED
    if end.state == CampaignState.CANCELLED:
        how = PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED
    rows = PreSave.objects.filter(campaign_id=campaign_id)
    erased = erasing.end_all(rows, campaign_id, *how, now)
    with transaction.atomic():
        # A consent takes the same lock, so none can come in between the last look and the end.
        campaign = Campaign.objects.select_for_update(no_key=True).get(id=campaign_id)
        erased += erasing.end_all(rows, campaign_id, *how, now)
        _write_end(campaign, end)
    return erased


def _write_end(campaign: Campaign, end: End) -> None:
    # A draft never opened here: it cannot have finished.
    is_finished = end.state == CampaignState.FINISHED and campaign.opened_at is not None
    if is_finished:
        campaign.state, campaign.finished_at = CampaignState.FINISHED, end.at
    else:
        campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, end.at
    campaign.key_destroyed_at = end.at
    campaign.save(update_fields=["state", "finished_at", "cancelled_at", "key_destroyed_at"])


def _destroy_again(keyring_files: Keyring, live: set[UUID]) -> None:
    """Keys that were destroyed, as their tombstones or their rows say, and came back with an older
    copy of the keyring.
    """
    others = set(keyring_files.campaign_ids()) - live
    if not others:
        return
    of_rows = dict(Campaign.objects.filter(id__in=others).values_list("id", "key_destroyed_at"))
    for campaign_id in others:
        destroyed_at = of_rows.get(campaign_id)
        # Of one that is in no row, its tombstone knows. Of others the first time is still to come,
        # or under way.
        is_gone = campaign_id not in of_rows and keyring_files.tombstones.has_ended(campaign_id)
        if destroyed_at or is_gone:
            keyring_files.shred(campaign_id)
            logger.warning("key destroyed again campaign=%s", campaign_id)


def _copy_cancellations(keyring_files: Keyring, ids: set[UUID], now: datetime) -> set[UUID]:
    """Returns the campaigns whose cancellations have to be copied again, all of them."""
    cancelled = PreSave.objects.cancelled_by_fan()
    seen = {campaign_id: _last_looks[campaign_id].at for campaign_id in ids & _last_looks.keys()}
    rows: dict[UUID, list[UUID]] = {
        campaign_id: list(cancelled.filter(campaign_id=campaign_id).values_list("id", flat=True))
        for campaign_id in ids - seen.keys()
    }
    if seen:
        since = min(seen.values()) - LONGEST_COMMIT
        recent = cancelled.filter(campaign_id__in=seen, settled_at__gte=since)
        for campaign_id, row_id in recent.values_list("campaign_id", "id"):
            rows.setdefault(campaign_id, []).append(row_id)
    copied = {
        campaign_id: _copy(keyring_files, campaign_id, rows[campaign_id]) for campaign_id in rows
    }
    for campaign_id in seen.keys() & _last_looks.keys():
        _last_looks[campaign_id] = _last_looks[campaign_id]._replace(at=now)
    return {campaign_id for campaign_id, is_copied in copied.items() if not is_copied}


def _copy(keyring_files: Keyring, campaign_id: UUID, row_ids: Sequence[UUID]) -> bool:
    """False where it has to be done again."""
    if not row_ids:
        return True
    key = _open(keyring_files, campaign_id)
    if key is None:
        return False
    try:
        keyring_files.tombstones.add_marks(campaign_id, {key.mark(row_id) for row_id in row_ids})
    except KeyringError as error:
        # As where the disk is full: what the marks say already still counts, and saves go on.
        logger.error("cancellations not copied campaign=%s: %s", campaign_id, error)
        return False
    return True


def _cancel_again(keyring_files: Keyring, campaign_id: UUID, cancelled: int, now: datetime) -> None:
    """More marks than cancellations: an older database came back."""
    without_row = keyring_files.tombstones.number_of_marks(campaign_id) - cancelled
    last = _last_looks.get(campaign_id)
    if last and without_row <= last.marks_without_row:
        return
    key = _open(keyring_files, campaign_id)
    if key is None:
        return
    if without_row > 0:
        marks = keyring_files.tombstones.marks(campaign_id)
        rows = _marked(key, campaign_id, marks)
        without_row -= _cancel(rows, campaign_id, now)
    _last_looks[campaign_id] = _Look(now, max(without_row, 0))


def _marked(key: CampaignKey, campaign_id: UUID, marks: set[bytes]) -> list[UUID]:
    pending = PreSave.objects.pending().filter(campaign_id=campaign_id)
    ids = pending.values_list("id", flat=True).iterator()
    return [row_id for row_id in ids if key.mark(row_id) in marks]


def _cancel(row_ids: Sequence[UUID], campaign_id: UUID, now: datetime) -> int:
    how, at_once = (PreSaveState.CANCELLED, Reason.BY_FAN), erasing.ROWS_ERASED_AT_ONCE
    cancelled = 0
    for start in range(0, len(row_ids), at_once):
        block = PreSave.objects.filter(id__in=row_ids[start : start + at_once])
        cancelled += erasing.end_all(block, campaign_id, *how, now)
    if cancelled:
        logger.warning("cancelled again campaign=%s rows=%d", campaign_id, cancelled)
    return cancelled


def _open(keyring_files: Keyring, campaign_id: UUID) -> CampaignKey | None:
    """None where the key is missing: then nobody is saved either, until it is back."""
    try:
        return keyring_files.open(campaign_id)
    except KeyFileError:
        return None
