"""How far away a release time is, as people say it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.models import Campaign, midnights
from campaigns.models.choices import ReleaseMode
from campaigns.status.relative_times import relative

# Midnight between a Thursday and a Friday in Berlin.
MIDNIGHT = datetime(2026, 12, 3, 23, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (1000 * DAY, "in 3 years"),
        (364 * DAY, "in 12 months"),
        (63 * DAY, "in 2 months"),
        (61 * DAY, "in 9 weeks"),
        (21 * DAY, "in 3 weeks"),
        (20 * DAY, "in 20 days"),
        (2 * DAY, "in 2 days"),
        (DAY, "tomorrow"),
        (19 * HOUR, "tomorrow"),
        (18 * HOUR, "tonight"),
        (HOUR, "tonight"),
        (59 * MINUTE, "in 59 minutes"),
        (90 * timedelta(seconds=1), "in 2 minutes"),
        (timedelta(seconds=5), "in 1 minute"),
        (timedelta(0), "just now"),
        (-MINUTE, "1 minute ago"),
        (-59 * MINUTE, "59 minutes ago"),
        (-HOUR, "1 hour ago"),
        (-23 * HOUR, "23 hours ago"),
        (-25 * HOUR, "yesterday"),
        (-2 * DAY, "2 days ago"),
        (-20 * DAY, "20 days ago"),
        (-21 * DAY, "3 weeks ago"),
        (-63 * DAY, "2 months ago"),
        (-800 * DAY, "2 years ago"),
    ],
)
def test_the_midnight_of_a_friday(before: timedelta, said: str) -> None:
    campaign = Campaign(release_at=MIDNIGHT, release_zone="Europe/Berlin")
    assert relative(campaign, MIDNIGHT - before) == said


@pytest.mark.parametrize(
    ("hour", "now_hour", "said"),
    [(12, 9, "today"), (18, 9, "tonight"), (23, 1, "tonight"), (6, 30, "yesterday")],
)
def test_a_release_by_day_is_today_and_one_in_the_evening_tonight(
    hour: int, now_hour: int, said: str
) -> None:
    day = datetime(2026, 12, 4, tzinfo=UTC)
    campaign = Campaign(release_at=day + hour * HOUR, release_zone="UTC")
    assert relative(campaign, day + now_hour * HOUR) == said


def test_tomorrow_is_told_by_the_calendar_of_the_campaigns_zone() -> None:
    noon_in_tokyo = datetime(2026, 12, 4, 3, tzinfo=UTC)
    campaign = Campaign(release_at=noon_in_tokyo, release_zone="Asia/Tokyo")
    assert relative(campaign, noon_in_tokyo - 13 * HOUR) == "tomorrow"
    campaign.release_zone = "America/Los_Angeles"
    assert relative(campaign, noon_in_tokyo - 13 * HOUR) == "tonight"


def test_a_day_that_has_begun_somewhere_is_today_until_it_has_begun_everywhere() -> None:
    first = midnights.first_midnight(date(2026, 12, 4))
    campaign = Campaign(
        release_at=first,
        release_zone=midnights.FIRST_ZONE,
        release_mode=ReleaseMode.LOCAL_MIDNIGHT,
    )
    assert relative(campaign, first - 3 * HOUR) == "tonight"
    assert relative(campaign, first) == "today"
    assert relative(campaign, first + 25 * HOUR) == "today"
    assert relative(campaign, first + 26 * HOUR) == "yesterday"
