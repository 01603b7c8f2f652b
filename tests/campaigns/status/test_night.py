"""The stages of release night: what is told first when several things are true at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.models import CampaignState, ErrorReason, Gate, GateName, PauseReason, Totals
from campaigns.status.night import Night, Stage, countdown, stage_of, told
from campaigns.status.progress import Backlog
from tests import factory
from tests.factory import make_campaign, make_local_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

RELEASING = {"state": CampaignState.RELEASING}
SILENT = "There's been no sign of the worker yet."


def night_of(
    fields: dict[str, Any], backlog: Backlog | None = None, *, says: str = "", **options: Any
) -> Night:
    now = timezone.now()
    campaign = make_campaign(**fields)
    blocked_until = now + timedelta(minutes=1) if options.get("is_closed") else None
    gate = Gate(
        name=GateName.API,
        rate=10,
        free_at=now,
        blocked_until=blocked_until,
        blocked_at=now if blocked_until else None,
        blocked_reason=options.get("reason", ErrorReason.RATE_LIMITED) if blocked_until else "",
    )
    is_ready = options.get("is_ready", True)
    standing = factory.standing(campaign, now)
    return Night(standing, Totals(5), backlog or Backlog(), [gate], says, is_ready, now)


@pytest.mark.parametrize(
    ("backlog", "is_closed", "stage"),
    [
        (Backlog(due=3), False, Stage.SAVING),
        (Backlog(due=3), True, Stage.HELD),
        (Backlog(tried_again=1), False, Stage.SAVING),
        (Backlog(waiting=1), False, Stage.SAVING),
        (Backlog(tried_again=6, refused=6), False, Stage.REFUSED),
        (Backlog(tried_again=6, refused=6), True, Stage.HELD),
        (Backlog(tried_again=6, refused=5), False, Stage.SAVING),
        (Backlog(tried_again=6, refused=6, due=1), False, Stage.SAVING),
        (Backlog(tried_again=6, refused=6, waiting=1), False, Stage.SAVING),
        (Backlog(tried_again=6, refused=6, sent=1), False, Stage.SAVING),
        (Backlog(sent=2), False, Stage.CONFIRMING),
        (Backlog(sent=2), True, Stage.HELD),
        (Backlog(), False, Stage.CAUGHT_UP),
        (Backlog(), True, Stage.CAUGHT_UP),
    ],
)
def test_while_it_is_released(backlog: Backlog, is_closed: bool, stage: Stage) -> None:
    assert stage_of(night_of(RELEASING, backlog, is_closed=is_closed)) is stage


@pytest.mark.parametrize(
    ("fields", "options", "stage"),
    [
        ({}, {}, Stage.READY),
        ({}, {"is_ready": False}, Stage.NOT_READY),
        ({}, {"says": SILENT, "is_ready": False}, Stage.NOT_READY),
        ({"paused_reason": PauseReason.KEY_MISSING}, {}, Stage.TROUBLE),
        ({"release_at": timezone.now()}, {}, Stage.LOOKING),
        ({"release_at": timezone.now()}, {"is_closed": True}, Stage.HELD),
        ({"release_at": timezone.now()}, {"says": SILENT}, Stage.SILENT),
        # Ten minutes late because no worker is there: that is what has to be told.
        ({"release_at": timezone.now() - timedelta(hours=1)}, {}, Stage.TROUBLE),
        ({"release_at": timezone.now() - timedelta(hours=1)}, {"says": SILENT}, Stage.SILENT),
        ({"paused_reason": PauseReason.APP_NOT_OPEN, **RELEASING}, {"says": SILENT}, Stage.TROUBLE),
    ],
)
def test_what_needs_a_hand_is_told_first(
    fields: dict[str, Any], options: dict[str, Any], stage: Stage
) -> None:
    assert stage_of(night_of(fields, **options)) is stage


def test_every_stage_has_words_of_its_own() -> None:
    now = timezone.now()
    titles = []
    for fields in ({}, RELEASING, {"state": CampaignState.CANCELLED}, {"release_at": now}):
        titles.append(told(night_of(fields), "")["headline"])
    assert all(titles)
    assert len(set(titles)) == 4


@pytest.mark.parametrize("reason", ["forbidden", "premium_lapsed", "invalid_client"])
def test_an_app_that_is_refused_is_not_told_as_one_that_has_to_wait(reason: str) -> None:
    said = told(night_of(RELEASING, Backlog(due=3), is_closed=True, reason=reason), "")
    assert said["headline"] == "Spotify refuses this app"
    assert said["left"] is None, "no pace is kept by waiting"
    limited = told(night_of(RELEASING, Backlog(due=3), is_closed=True), "")
    assert limited["headline"] == "Spotify's rate limit reached. Waiting"
    assert limited["left"] is not None
    used_up = told(night_of(RELEASING, Backlog(due=3), is_closed=True, reason="quota_exceeded"), "")
    assert used_up["headline"] == "This app's Spotify quota is used up"
    assert used_up["left"] is None


def test_fans_whom_spotify_refused_are_told_of_with_the_next_try() -> None:
    again_at = timezone.now().replace(hour=12, minute=30)
    fields = {"release_zone": "UTC", **RELEASING}
    refused = Backlog(tried_again=6, refused=6, again_at=again_at)
    said = told(night_of(fields, refused), "")
    assert said["headline"] == "Spotify refused the fans who are left"
    for text in (said["text"], said["spotify"]):
        assert text.startswith("Spotify refused 6 fans.")
        assert text.endswith("The next try is at 12:30 (UTC).")
    others = told(night_of(fields, Backlog(due=9, tried_again=1, refused=1)), "")
    assert others["headline"] == "It's out. Saving it for your fans"
    assert others["spotify"].startswith("Spotify refused 1 fan.")


def test_nobody_is_sent_to_sleep_whom_no_email_can_wake(settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    assert "go to bed" in told(night_of({}), "")["text"]
    settings.SENDS_EMAIL = False
    assert "Check this page then" in told(night_of({}), "")["text"]


def test_the_countdown_ends_with_the_release_time() -> None:
    now = timezone.now()
    campaign = make_campaign(release_at=now + timedelta(days=1, seconds=3723))
    assert countdown(campaign, now) == {
        "left": 90_123,
        "days": 1,
        "hours": 1,
        "minutes": 2,
        "seconds": 3,
    }
    assert countdown(campaign, campaign.release_at) is None


def test_at_local_midnights_the_page_says_who_has_it_and_who_does_not_yet() -> None:
    begun = timezone.now() - timedelta(hours=3)
    campaign = make_local_campaign(release_at=begun, state=CampaignState.RELEASING)
    now = timezone.now()
    standing = factory.standing(campaign, now)
    seen = Night(standing, Totals(presaves=5, saved=2), Backlog(), [], "", True, now)
    said = told(seen, "")
    assert said["headline"] == "Saved everywhere it's past midnight"
    assert said["text"] == "3 fans get it at their own midnight."
