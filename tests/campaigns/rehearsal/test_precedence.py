"""Which real releases a rehearsal leaves the field to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import CampaignState
from campaigns.rehearsal.precedence import due_within
from tests.factory import make_campaign, make_presave

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_release_within_the_hour_comes_first() -> None:
    now = timezone.now()
    soon = make_campaign(release_at=now + timedelta(minutes=59))
    make_campaign(release_at=now + timedelta(minutes=61))
    make_campaign(release_at=now + timedelta(minutes=30), state=CampaignState.DRAFT)

    assert list(due_within(HOUR, now)) == [soon]


def test_a_release_that_is_under_way_comes_first_as_long_as_fans_wait() -> None:
    now = timezone.now()
    under_way = make_campaign(state=CampaignState.RELEASING)
    fan = make_presave(under_way)
    make_campaign(state=CampaignState.RELEASING)

    assert list(due_within(HOUR, now)) == [under_way]

    fan.delete()
    assert not due_within(HOUR, now).exists()


def test_fans_whose_own_midnight_comes_within_the_hour_come_first() -> None:
    now = timezone.now()
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=now + timedelta(minutes=61))
    assert not due_within(HOUR, now).exists()

    make_presave(campaign, due_at=now + timedelta(minutes=59))
    assert list(due_within(HOUR, now)) == [campaign]
