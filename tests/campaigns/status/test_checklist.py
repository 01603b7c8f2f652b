"""The checklist of a draft: what is ready, and what somebody should look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.clock import database_now
from campaigns.models import LONGEST_LEAD, Campaign, CampaignState, Finding, Heartbeat
from campaigns.status import heartbeat
from campaigns.status.checklist import Check, Result, checks_of
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def draft(**fields: Any) -> Campaign:
    fields.setdefault("release_at", datetime(2026, 10, 1, 22, tzinfo=UTC))
    return factory.make_campaign(state=CampaignState.DRAFT, **fields)


def check(subject: str, **fields: Any) -> tuple[str, Result]:
    found = {one.subject: one for one in checks_of(draft(**fields), NOW)}[subject]
    return found.why, found.result


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ("", ("not_checked", Result.NOT_YET)),
        (Finding.CONFIRMED, ("found", Result.GOOD)),
        (Finding.NOT_THERE_YET, ("not_there", Result.NOT_YET)),
        (Finding.OTHER_TITLE, ("differs", Result.WARNING)),
        (Finding.DIFFERENT_CODE, ("differs", Result.WARNING)),
    ],
)
def test_the_release(finding: str, expected: tuple[str, Result]) -> None:
    assert check("release", looked_up_finding=finding) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 640), ("sharp", Result.GOOD)),
        ((639, 639), ("small", Result.WARNING)),
        ((1200, 640), ("not_square", Result.WARNING)),
    ],
)
def test_the_cover(size: tuple[int, int], expected: tuple[str, Result]) -> None:
    width, height = size
    cover = {"artwork": "0" * 32, "artwork_width": width, "artwork_height": height}
    assert check("cover", **cover) == expected
    assert check("cover") == ("missing", Result.WARNING)


@pytest.mark.parametrize(
    ("release_at", "expected"),
    [
        (datetime(2026, 10, 1, 22, tzinfo=UTC), ("sane", Result.GOOD)),
        (datetime(2026, 10, 2, 1, tzinfo=UTC), ("night", Result.WARNING)),
        (datetime(2026, 10, 2, 4, tzinfo=UTC), ("sane", Result.GOOD)),
        (NOW - timedelta(seconds=1), ("past", Result.STOP)),
        (NOW + LONGEST_LEAD, ("sane", Result.GOOD)),
        (NOW + LONGEST_LEAD + timedelta(seconds=1), ("far", Result.STOP)),
    ],
)
def test_the_time(release_at: datetime, expected: tuple[str, Result]) -> None:
    """In Berlin, two hours ahead of UTC."""
    assert check("time", release_at=release_at) == expected


def test_too_far_ahead_it_says_from_when_on(settings: Settings) -> None:
    far = NOW + LONGEST_LEAD + timedelta(days=3)
    found = checks_of(draft(release_at=far), NOW)
    assert Check("time", "far", Result.STOP, NOW + timedelta(days=3)) in found


def test_the_house(settings: Settings) -> None:
    settings.SPOTIFY_APP_MODE, settings.SENDS_EMAIL = "development", False
    assert check("app") == ("development", Result.WARNING)
    assert check("mail") == ("missing", Result.WARNING)
    assert check("worker") == ("silent", Result.STOP)
    settings.SPOTIFY_APP_MODE, settings.SENDS_EMAIL = "extended", True
    heartbeat.beat(database_now())
    assert check("app") == ("extended", Result.GOOD)
    assert check("mail") == ("configured", Result.GOOD)
    assert check("worker") == ("alive", Result.GOOD)
    Heartbeat.objects.update(beat_at=database_now() - timedelta(seconds=61))
    assert check("worker") == ("silent", Result.STOP)
