"""What is checked before a draft is opened and before a release, and what it comes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.clock import database_now
from campaigns.models import (
    LONGEST_LEAD,
    CampaignState,
    ErrorReason,
    Finding,
    Gate,
    GateName,
    Heartbeat,
    PauseReason,
    Totals,
)
from campaigns.status import heartbeat
from campaigns.status.checks import Check, Mark, before_opening, before_release
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

IN_AN_HOUR = timedelta(hours=1)
A_DAY = datetime(2026, 9, 1, 12, tzinfo=UTC)


def checks(
    fields: dict[str, Any] | None = None,
    *gates: Gate,
    fans: int = 3,
    worker_warning: str = "",
) -> dict[str, Check]:
    now = timezone.now()
    found = before_release(
        make_campaign(**fields or {}), Totals(presaves=fans), gates, worker_warning, now
    )
    return {check.name: check for check in found}


def gate(reason: ErrorReason) -> Gate:
    now = timezone.now()
    return Gate(
        name=GateName.API,
        rate=10,
        free_at=now,
        blocked_at=now,
        blocked_until=now + IN_AN_HOUR,
        blocked_reason=reason,
    )


def test_when_all_is_well_no_check_wants_anything(settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    found = checks({"last_finding": Finding.NOT_OUT_YET})
    assert list(found) == ["worker", "key", "release", "question", "gate", "mail", "fans"]
    assert {check.mark for check in found.values()} == {Mark.GOOD}
    assert all(check.title for check in found.values())


@pytest.mark.parametrize(
    ("fields", "options", "name", "mark", "said"),
    [
        ({}, {"worker_warning": "No sign."}, "worker", Mark.BAD, "No sign."),
        ({"public_key": None}, {}, "key", Mark.OPEN, "within seconds"),
        ({"paused_reason": PauseReason.KEY_MISSING}, {}, "key", Mark.BAD, "keyring's backup"),
        ({}, {}, "release", Mark.OPEN, "looks it up by itself"),
        ({"last_finding": Finding.NOT_THERE_YET}, {}, "release", Mark.OPEN, "That's normal"),
        ({"last_finding": Finding.UNREACHABLE}, {}, "release", Mark.OPEN, "checks again"),
        ({"last_finding": Finding.DIFFERENT_CODE}, {}, "release", Mark.BAD, "Edit the campaign"),
        ({"last_finding": Finding.OTHER_ARTIST}, {}, "question", Mark.BAD, "until you answer"),
        ({"last_finding": Finding.OTHER_ARTIST}, {}, "release", Mark.OPEN, ""),
        ({}, {"fans": 0}, "fans", Mark.OPEN, "Share the campaign's link"),
    ],
)
def test_a_check_says_what_it_found_and_what_to_do(
    fields: dict[str, Any], options: dict[str, Any], name: str, mark: Mark, said: str
) -> None:
    check = checks(fields, **options)[name]
    assert check.mark is mark
    assert said in check.text


def test_a_release_that_an_artist_confirmed_is_in_order() -> None:
    accepted = {"found_uri": ALBUM_URI, "accepted_uri": ALBUM_URI}
    found = checks({"last_finding": Finding.OTHER_TITLE, **accepted})
    assert found["release"].mark is found["question"].mark is Mark.GOOD


@pytest.mark.parametrize(
    ("reason", "mark"),
    [(ErrorReason.RATE_LIMITED, Mark.OPEN), (ErrorReason.INVALID_CLIENT, Mark.BAD)],
)
def test_a_closed_gate_is_bad_where_a_person_has_to_open_it(
    reason: ErrorReason, mark: Mark
) -> None:
    assert checks({}, gate(reason))["gate"].mark is mark


def test_a_site_without_email_says_so(settings: Settings) -> None:
    settings.SENDS_EMAIL = False
    check = checks()["mail"]
    assert check.mark is Mark.OPEN
    assert "check this page on release night" in check.text


def of_a_draft(**fields: Any) -> dict[str, Check]:
    fields.setdefault("release_at", datetime(2026, 10, 1, 22, tzinfo=UTC))
    draft = make_campaign(state=CampaignState.DRAFT, **fields)
    return {check.name: check for check in before_opening(draft, A_DAY)}


def sized(width: int, height: int) -> dict[str, Any]:
    return {"artwork": "0" * 32, "artwork_width": width, "artwork_height": height}


@pytest.mark.parametrize(
    ("fields", "name", "mark", "said"),
    [
        ({}, "release", Mark.OPEN, "Not looked up"),
        ({"looked_up_finding": Finding.CONFIRMED}, "release", Mark.GOOD, "has the release"),
        ({"looked_up_finding": Finding.NOT_THERE_YET}, "release", Mark.OPEN, "That's normal"),
        ({"looked_up_finding": Finding.OTHER_TITLE}, "release", Mark.BAD, "before fans see"),
        ({"looked_up_finding": Finding.SEVERAL_MATCH}, "release", Mark.BAD, "choose yours"),
        ({}, "cover", Mark.WARNING, "no cover"),
        (sized(640, 640), "cover", Mark.GOOD, "sharp"),
        (sized(639, 639), "cover", Mark.WARNING, "soft"),
        (sized(1200, 640), "cover", Mark.WARNING, "isn't square"),
    ],
)
def test_a_draft_is_checked_before_it_is_opened(
    fields: dict[str, Any], name: str, mark: Mark, said: str
) -> None:
    check = of_a_draft(**fields)[name]
    assert check.mark is mark
    assert said in f"{check.title} {check.text}"
    assert "permission" not in check.text


@pytest.mark.parametrize(
    ("release_at", "mark", "said"),
    [
        (datetime(2026, 10, 1, 22, tzinfo=UTC), Mark.GOOD, "2 October 2026"),
        (datetime(2026, 10, 2, 1, tzinfo=UTC), Mark.WARNING, "at night"),
        (datetime(2026, 10, 2, 4, tzinfo=UTC), Mark.GOOD, ""),
        (A_DAY - timedelta(seconds=1), Mark.BAD, "passed"),
        (A_DAY + LONGEST_LEAD, Mark.GOOD, ""),
        (
            A_DAY + LONGEST_LEAD + timedelta(days=3),
            Mark.OPEN,
            "open it from 4 September 2026",
        ),
    ],
)
def test_a_drafts_release_time(release_at: datetime, mark: Mark, said: str) -> None:
    """In Berlin, two hours ahead of UTC."""
    check = of_a_draft(release_at=release_at)["time"]
    assert check.mark is mark
    assert said in check.title


def test_what_a_draft_needs_of_the_site(settings: Settings) -> None:
    settings.SPOTIFY_APP_MODE, settings.SENDS_EMAIL = "development", False
    site = of_a_draft()
    assert [site[name].mark for name in ("app", "worker", "mail")] == [
        *(Mark.WARNING, Mark.BAD, Mark.OPEN),
    ]
    assert "Ask your site administrator" in site["worker"].text
    settings.SPOTIFY_APP_MODE, settings.SENDS_EMAIL = "extended", True
    heartbeat.beat(database_now())
    site = of_a_draft()
    assert {site[name].mark for name in ("app", "worker", "mail")} == {Mark.GOOD}
    Heartbeat.objects.update(beat_at=database_now() - timedelta(seconds=61))
    assert of_a_draft()["worker"].mark is Mark.BAD
