"""What a preview makes of a campaign that fans can't see yet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.dashboard import preview
from campaigns.fan import page_context
from campaigns.models import Campaign, CampaignState
from campaigns.status.phase import Phase, phase_of
from tests import factory

NOW = timezone.now()


def test_what_is_not_entered_yet_has_a_placeholder() -> None:
    shown = preview.as_opened(Campaign(release_at=NOW, release_zone="UTC"), NOW)

    assert (shown.title, shown.artist, shown.slug) == ("Title", "Artist", preview.ADDRESS)


@pytest.mark.django_db
def test_a_draft_is_shown_as_open_and_stays_a_draft() -> None:
    draft = factory.make_campaign(state=CampaignState.DRAFT)

    shown = preview.as_opened(draft, NOW)

    assert shown.takes_consents
    assert phase_of(shown, NOW) is Phase.OPEN
    assert draft.state == CampaignState.DRAFT
    assert draft.public_key is None


def test_the_pre_save_is_shown_before_the_release_is_named() -> None:
    unnamed = Campaign(release_at=NOW, release_zone="UTC")

    assert page_context.offers_pre_save(preview.as_opened(unnamed, NOW))


@pytest.mark.django_db
def test_an_open_one_is_shown_as_it_stands() -> None:
    campaign = factory.make_campaign(release_at=NOW - timedelta(minutes=1))

    assert phase_of(preview.as_opened(campaign, NOW), NOW) is Phase.DUE
