"""What is checked before a release, and what each check comes to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.models import ErrorReason, Finding, Gate, GateName, PauseReason, Totals
from campaigns.status.readiness import Check, Mark, checks_of
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

IN_AN_HOUR = timedelta(hours=1)


def checks(
    fields: dict[str, Any] | None = None,
    *gates: Gate,
    fans: int = 3,
    worker_warning: str = "",
) -> dict[str, Check]:
    now = timezone.now()
    found = checks_of(
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
        ({}, {}, "release", Mark.OPEN, "checks again by itself"),
        ({"last_finding": Finding.NOT_THERE_YET}, {}, "release", Mark.OPEN, "That is normal"),
        ({"last_finding": Finding.UNREACHABLE}, {}, "release", Mark.OPEN, "checks again"),
        ({"last_finding": Finding.DIFFERENT_CODE}, {}, "release", Mark.BAD, "Edit the campaign"),
        ({"last_finding": Finding.OTHER_ARTIST}, {}, "question", Mark.BAD, "before you answer"),
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
    assert "look here if something goes wrong" in check.text
