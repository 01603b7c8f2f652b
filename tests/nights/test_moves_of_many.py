"""A move takes fans along in blocks: whatever comes between two of them, everybody has the new
release time once, and nobody is saved before all have it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, PreSave, SpentState, midnights
from campaigns.planning import editing, moving, transitions
from campaigns.release.claims import claim_block
from campaigns.release.queue import Queue
from campaigns.retention import erasing
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.fans import Fan
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]
ZONES = ("Pacific/Kiritimati", "Asia/Kolkata", "Europe/Berlin", "America/Phoenix", "")
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FIRST = midnights.first_midnight(date(2026, 12, 5))
DAY = timedelta(days=1)


class KilledError(Exception):
    pass


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "FANS_MOVED_AT_ONCE", 2)


@pytest.fixture
def campaign() -> Campaign:
    """With local midnights, where a fan who is taken along twice is seen to be."""
    campaign = make_local_campaign(FIRST.date() + DAY, opened_at=OPENED)
    for number, zone in enumerate(ZONES):
        due_at = midnights.due_at(campaign.release_at, zone)
        make_presave(campaign, due_at=due_at, consented_at=OPENED + number * DAY)
    return campaign


def move(
    campaign: Campaign,
    to: datetime,
    monkeypatch: pytest.MonkeyPatch,
    after_block: Callable[[int], None] = lambda number: None,
) -> None:
    """Move the release; `after_block` happens between the blocks."""
    take, blocks = moving._take_some_along_of, iter(range(1, 100))

    def take_some(campaign_id: object) -> bool:
        is_moving = take(campaign.id)
        after_block(next(blocks))
        return is_moving

    with monkeypatch.context() as patched:
        patched.setattr(moving, "_take_some_along_of", take_some)
        moving.move_release(Campaign.objects.get(), to, midnights.FIRST_ZONE, NOW)


def die(*arguments: object) -> None:
    raise KilledError


def kill_after(block: int) -> Callable[[int], None]:
    def kill(number: int) -> None:
        if number == block:
            raise KilledError

    return kill


def due_times() -> list[datetime]:
    waiting = PreSave.objects.pending().order_by("consented_at")
    return list(waiting.values_list("due_at", flat=True))


def due_after(release_at: datetime, zones: tuple[str, ...] = ZONES) -> list[datetime]:
    return [midnights.due_at(release_at, zone) for zone in zones]


def finish() -> None:
    while Campaign.objects.exclude(moved_from=None).exists():
        moving.finish_moves()


def test_a_move_touches_few_fans_at_once(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []
    move(campaign, FIRST + DAY, monkeypatch, lambda number: moved.append(due_times()))
    before, after = due_after(FIRST), due_after(FIRST + DAY)
    assert moved[0] == after[:2] + before[2:]
    assert moved[-1] == after


@pytest.mark.parametrize("block", [1, 2, 3])
def test_workers_finish_a_move_that_was_killed(
    block: int, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        move(campaign, FIRST + DAY, monkeypatch, kill_after(block))
    assert Campaign.objects.get().release_at == FIRST + DAY
    finish()
    assert due_times() == due_after(FIRST + DAY)


def test_one_round_of_maintenance_takes_many_blocks_along(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is served before the last: a round for each block would make a release late."""
    with pytest.raises(KilledError):
        move(campaign, FIRST + DAY, monkeypatch, kill_after(1))
    moving.finish_moves()
    assert due_times() == due_after(FIRST + DAY)
    assert Campaign.objects.get().moved_from is None


def test_a_worker_and_the_artists_process_take_nobody_along_twice(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(campaign, FIRST + DAY, monkeypatch, lambda number: moving.finish_moves())
    assert due_times() == due_after(FIRST + DAY)


def test_a_second_move_finishes_the_first(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        move(campaign, FIRST + 3 * DAY, monkeypatch, kill_after(1))
    move(campaign, FIRST - DAY, monkeypatch)
    assert due_times() == due_after(FIRST - DAY)


def test_a_second_move_that_knows_nothing_of_the_first_finishes_it_too(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Campaign.objects.get()
    with pytest.raises(KilledError):
        move(campaign, FIRST + 3 * DAY, monkeypatch, kill_after(1))
    moving.move_release(stale, FIRST + DAY, midnights.FIRST_ZONE, NOW)
    assert due_times() == due_after(FIRST + DAY)


def test_the_dashboard_finishes_a_move_before_it_locks_the_campaign_for_another(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilledError):
        move(campaign, FIRST + 3 * DAY, monkeypatch, kill_after(1))
    found = Campaign.objects.get()
    begin, under_way = moving.begin_to_move, []

    def begin_to_move(*arguments: Any) -> Campaign:
        under_way.append(Campaign.objects.get().moved_from)
        return begin(*arguments)

    monkeypatch.setattr(moving, "begin_to_move", begin_to_move)
    kept = {name: getattr(found, name) for name in ("title", "artist", "release_zone")}
    editing.change(found, kept | {"release_at": FIRST + DAY}, None, NOW)
    assert under_way == [None]
    assert due_times() == due_after(FIRST + DAY)


def test_who_cancels_in_between_is_left_alone(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = PreSave.objects.order_by("consented_at")[2]

    def cancel(number: int) -> None:
        receipts.cancel(third.id, timezone.now())

    move(campaign, FIRST + DAY, monkeypatch, cancel)
    assert due_times() == due_after(FIRST + DAY, (*ZONES[:2], *ZONES[3:]))
    third.refresh_from_db()
    assert (third.state, third.sealed) == ("cancelled", None)
    assert third.due_at == midnights.due_at(FIRST, ZONES[2])
    check_books(campaign)


def test_a_campaign_that_is_cancelled_in_between_is_moved_no_further(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who erases takes the rows in another order."""
    with pytest.raises(KilledError):
        move(campaign, FIRST + DAY, monkeypatch, kill_after(1))
    due_before = due_times()
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "erase_cancelled", die)
        with pytest.raises(KilledError):
            transitions.cancel_campaign(Campaign.objects.get(), timezone.now())
    finish()
    assert due_times() == due_before
    erasing.erase_cancelled(campaign.id, timezone.now())
    assert states(campaign) == {"cancelled": len(ZONES)}
    assert not PreSave.objects.exclude(sealed=None).exists()


# The days of the others' consents, the later ones by a clock that is ahead.
@pytest.mark.parametrize(
    "others",
    [
        pytest.param((-2, -1), id="after all"),
        pytest.param((-2, -1, 1), id="before whom the move has still to come to"),
        pytest.param((-2, 1, 2), id="before whom the move has come to"),
    ],
)
def test_who_consents_in_between_has_the_new_time_once(
    others: tuple[int, ...], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when their request came before the move. They said yes when they did."""
    release_at = midnights.first_midnight(timezone.now().date() + 30 * DAY)
    campaign = make_local_campaign(release_at.date() + DAY)
    for days in others:
        make_presave(campaign, consented_at=timezone.now() + days * DAY)
    before = list(PreSave.objects.values_list("id", flat=True))
    to = release_at + DAY

    def consent(number: int) -> None:
        if number == 1:
            Fan(sandbox).pre_save(campaign, "Europe/Berlin")

    move(campaign, to, monkeypatch, consent)
    newest = PreSave.objects.exclude(id__in=before).get()
    assert newest.due_at == midnights.due_at(to, "Europe/Berlin")
    assert newest.consented_at == SpentState.objects.get().spent_at


def test_nobody_is_claimed_before_everybody_has_the_new_time() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    now = database_now()
    for _ in range(3):
        make_presave(campaign, due_at=now)
    moving_still = {"moved_from": now - DAY, "moved_until": now}
    Campaign.objects.update(**moving_still)
    assert Queue(database_now).claim(10) is None
    assert not Campaign.objects.releasing().exists()
    finish()
    assert Queue(database_now).claim(10) is not None
    assert claim_block(campaign, 10, now) is None


def test_a_release_that_begins_while_its_fans_follow_serves_each_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = make_night(sandbox, fans=5, release_at=timezone.now() + DAY, state=CampaignState.OPEN)
    now = database_now()
    with monkeypatch.context() as patched:
        patched.setattr(moving, "_take_some_along_of", kill_after(0))
        patched.setattr(moving, "take_along", lambda campaign: campaign)
        moving.move_release(night, now, "UTC", now)
    assert PreSave.objects.filter(due_at__gt=now).count() == 5
    work(later=1)
    finish()
    work(later=2)
    assert {frozenset(one) for one in sandbox.libraries().values()} == {frozenset([ALBUM_URI])}
    assert len(sandbox.libraries()) == 5
    check_books(night)


def test_a_block_is_as_many_statements_for_many_fans_as_for_few(campaign: Campaign) -> None:
    counts = []
    for _ in range(2):
        Campaign.objects.update(moved_from=FIRST, moved_until=NOW, moved_past=None)
        with CaptureQueriesContext(connection) as queries:
            moving._take_some_along_of(campaign.id)
        counts.append(len(queries))
        for zone in ZONES * 3:
            make_presave(campaign, due_at=midnights.due_at(FIRST, zone), consented_at=OPENED)
    assert counts[0] == counts[1]
