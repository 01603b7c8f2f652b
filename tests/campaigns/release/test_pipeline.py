"""A worker's fans on their way: how many it holds, how far ahead, and what stops a save."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.consent import receipts
from campaigns.gate import closing, permits, rows
from campaigns.keyring import Secret
from campaigns.models import Campaign, ErrorReason, Gate, GateName, PauseReason, PreSave
from campaigns.planning.transitions import cancel_campaign
from campaigns.release import claims, pipeline
from campaigns.release.claims import LEASE
from campaigns.retention import keys
from campaigns.spotify import FanCalls, Slots
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_presaves
from tests.nights.night import check_books, claim, make_night, record, save, send, states, work
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
PAST_THE_LEASE = LEASE.total_seconds() + 1


def test_saves_are_sent_soon_after_the_look_that_allowed_them(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    campaign = make_night(sandbox, fans=40)
    now = database_now()
    Gate.objects.create(name=GateName.API, rate=20, free_at=now, adjusted_at=now)
    ahead, save = [], FanCalls.save

    def note(calls: FanCalls[UUID], tokens: dict[UUID, Secret], uri: str, slots: Slots) -> None:
        ahead.append(slots.first_in + (len(tokens) - 1) * slots.step)
        save(calls, tokens, uri, slots)

    monkeypatch.setattr(FanCalls, "save", note)
    assert work() == 40
    assert max(ahead) <= permits.AHEAD.total_seconds() + 1 / 20
    check_books(campaign)


def test_no_more_fans_are_held_than_can_be_served_within_their_lease(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10 / rows.SHARE_OF_CAP
    with FanCalls[UUID](1) as calls:
        pipe = pipeline.Pipeline(calls, database_now)
        pipe.apply_gates()
        assert pipe.room == 10 * pipeline.LONGEST_HOLD_SECONDS
    assert claims.LEASE.total_seconds() / 4 > pipeline.LONGEST_HOLD_SECONDS


def test_a_stalled_worker_saves_nothing(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    stalled = claim(campaign)
    claim(campaign, later=PAST_THE_LEASE)
    assert save(stalled).outcome.sent == {}
    assert sandbox.calls("library") == []


def test_a_fan_who_cancels_between_claim_and_save_is_not_saved(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    claimed = claim(campaign)
    cancelled, kept = claimed.rows
    assert receipts.cancel(cancelled.id, timezone.now())
    done = save(claimed)
    assert [*done.outcome.sent] == [kept.id]
    record(done)
    assert states(campaign) == {"cancelled": 1, "sent": 1}
    assert len(sandbox.libraries()) == 1
    check_books(campaign)


def test_a_fan_who_cancels_after_the_save_ends_cancelled_and_is_counted_once(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=1)
    claimed = claim(campaign)
    done = save(claimed)
    assert receipts.cancel(claimed.rows[0].id, timezone.now())
    record(done)
    assert states(campaign) == {"cancelled": 1}
    check_books(campaign)
    assert not receipts.cancel(claimed.rows[0].id, timezone.now())
    check_books(campaign)


@pytest.mark.parametrize("before_the_save", [True, False])
def test_a_campaign_cancelled_in_mid_block_ends_with_its_permissions_gone(
    before_the_save: bool, sandbox: Sandbox, keyring_dir: Path
) -> None:
    campaign = make_night(sandbox)
    claimed = claim(campaign)
    if before_the_save:
        assert cancel_campaign(campaign, timezone.now()) == 5
        done = save(claimed)
        assert sandbox.calls("library") == []
    else:
        done = save(claimed)
        assert cancel_campaign(campaign, timezone.now()) == 5
    record(done)
    assert states(campaign) == {"cancelled": 5}
    check_books(campaign)
    keys.shred_ended(timezone.now())
    assert list(keyring_dir.glob("*.key")) == []


def test_a_campaign_paused_in_mid_block_saves_nothing_more(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    claimed = claim(campaign)
    pipeline.pause(campaign, PauseReason.RELEASE_REFUSED, timezone.now())
    assert save(claimed).outcome.sent == {}
    assert sandbox.calls("library") == []


def test_a_gate_that_closes_between_refresh_and_save_lets_no_save_through(
    sandbox: Sandbox,
) -> None:
    claimed = claim(make_night(sandbox, fans=2))
    ban = SpotifyError(ErrorReason.RATE_LIMITED, retry_after=60)
    done = save(claimed, meanwhile=lambda: closing.close(ban, database_now()))
    assert len(done.outcome.returned) == 2
    assert sandbox.calls("library") == []


def test_a_row_that_cannot_be_opened_waits_alone_and_is_told_once(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it is erased: put back, it is served."""
    campaign = make_night(sandbox, fans=3)
    poisoned = PreSave.objects.filter(campaign=campaign).first()
    assert poisoned
    assert poisoned.sealed
    whole = bytes(poisoned.sealed)
    PreSave.objects.filter(id=poisoned.id).update(sealed=whole[:-1] + bytes([whole[-1] ^ 1]))
    assert work() == 2
    assert work(later=60) == 0
    poisoned.refresh_from_db()
    assert poisoned.state == "pending"
    assert poisoned.attempts >= 2
    errors = [line for line in caplog.records if line.levelname == "ERROR"]
    assert [line.getMessage() for line in errors] == [
        f"permission unreadable presave={poisoned.id}"
    ]
    campaign.refresh_from_db()
    assert not campaign.is_paused
    PreSave.objects.filter(id=poisoned.id).update(sealed=whole)
    assert work(later=120) == 1
    check_books(campaign)


@pytest.mark.parametrize("damage", [{"sealed": b"damaged"}, {"agreed_digest": b"x" * 32}])
def test_an_odd_row_alone_in_its_block_pauses_nobody(
    damage: dict[str, bytes], sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=2)
    odd, late = PreSave.objects.all()
    PreSave.objects.filter(id=odd.id).update(**damage)
    PreSave.objects.filter(id=late.id).update(due_at=timezone.now() + timedelta(seconds=60))
    assert work() == 0
    assert work(later=61) == 1
    campaign.refresh_from_db()
    assert not campaign.is_paused
    assert states(campaign) == {"pending": 1, "saved": 1}


@pytest.mark.usefixtures("pace_of_a_night")
@pytest.mark.parametrize(("count", "is_paused"), [(3, False), (4, True)])
def test_a_few_odd_rows_in_one_block_are_not_everybodys(
    count: int, is_paused: bool, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=60)
    assert send() == 60
    make_presaves(campaign, ["a"] * count)
    PreSave.objects.filter(sent_at=None).update(sealed=b"damaged")
    assert send() == 0
    campaign.refresh_from_db()
    assert campaign.is_paused is is_paused


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00", b"\xed\xa0\x80", b"AQ\x80"])
def test_a_permission_that_opens_to_garbage_is_that_fans_alone(
    garbage: bytes, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_night(sandbox, fans=5)
    odd, *_ = PreSave.objects.order_by("id")
    seal_bytes(campaign, odd, garbage)
    assert work() == 4
    odd.refresh_from_db()
    assert odd.is_pending
    assert odd.attempts >= 1
    assert f"permission unreadable presave={odd.id}" in caplog.messages
    campaign.refresh_from_db()
    assert not campaign.is_paused


@pytest.mark.parametrize("text", ["", " ", "\n", "null", "\x00", "a&b=c", "x" * 100_000, "🎵"])
def test_a_permission_that_opens_to_nonsense_is_that_fans_alone(
    text: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=5)
    odd, *_ = PreSave.objects.order_by("id")
    seal_bytes(campaign, odd, text.encode())
    assert work() == 4
    odd.refresh_from_db()
    assert odd.is_pending


class Raw(str):
    """Bytes that pass for a permission's text."""

    def __new__(cls, content: bytes) -> Raw:
        raw = super().__new__(cls, "raw")
        raw.content = content
        return raw

    content: bytes

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.content


def seal_bytes(campaign: Campaign, row: PreSave, content: bytes) -> None:
    """As whoever has the public key and may write to the database can."""
    agreed = bytes(row.agreed_digest) if row.agreed_digest else None
    public_key = bytes(campaign.public_key or b"")
    sealed = keyring.seal(public_key, Secret(Raw(content)), campaign.id, row.id, agreed)
    PreSave.objects.filter(id=row.id).update(sealed=sealed)


def test_a_permission_moved_to_another_row_is_not_used(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=2)
    first, second = PreSave.objects.filter(campaign=campaign)
    PreSave.objects.filter(id=first.id).update(sealed=second.sealed)
    assert work() == 1
    first.refresh_from_db()
    assert first.is_pending
    assert len(sandbox.calls("token.refresh")) == 1
