"""The preview link: whom it leads where, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.utils import timezone

from campaigns.models import PREVIEW_LIFETIME
from campaigns.planning import addresses, previewing
from tests import factory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_it_works_for_seven_days() -> None:
    campaign = factory.make_campaign()
    previewing.make_link(campaign, NOW)
    token = previewing.token_of(campaign)

    almost = NOW + PREVIEW_LIFETIME - timedelta(seconds=1)
    assert timedelta(days=7) == PREVIEW_LIFETIME
    assert previewing.campaign_behind(token, almost) == campaign
    assert previewing.campaign_behind(token, NOW + PREVIEW_LIFETIME) is None
    assert not previewing.has_link(campaign, NOW + PREVIEW_LIFETIME)


def test_a_new_link_ends_the_one_before() -> None:
    campaign = factory.make_campaign()
    previewing.make_link(campaign, NOW)
    old = previewing.token_of(campaign)

    previewing.make_link(campaign, NOW)

    assert previewing.campaign_behind(old, NOW) is None
    assert previewing.campaign_behind(previewing.token_of(campaign), NOW) == campaign


def test_withdrawn_it_leads_nowhere() -> None:
    campaign = factory.make_campaign()
    previewing.make_link(campaign, NOW)
    token = previewing.token_of(campaign)

    previewing.withdraw_link(campaign)

    assert previewing.campaign_behind(token, NOW) is None
    assert previewing.campaign_behind(previewing.token_of(campaign), NOW) is None


def test_a_forged_one_leads_nowhere() -> None:
    campaign = factory.make_campaign()
    previewing.make_link(campaign, NOW)
    nonce = campaign.preview_nonce
    forged = Signer(salt="another").sign_object([campaign.id.hex, nonce])

    for token in ("", "x", f"{campaign.id}:{nonce}", forged):
        assert previewing.campaign_behind(token, NOW) is None


def test_no_campaign_takes_its_address() -> None:
    assert addresses.is_reserved("preview")
