"""Each way in which a consent comes to nothing: its own page, no row, no call that need not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from campaigns.consent import oauth_state
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, ReleaseMode
from tests.fans import Fan, query_of, text_of

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.django_db


SomeReturn = Callable[[Fan, Campaign], str]


def denied(fan: Fan, campaign: Campaign) -> str:
    return fan.decide(fan.tap(campaign), "deny")


def failed_at_spotify(fan: Fan, campaign: Campaign) -> str:
    state = query_of(fan.tap(campaign))["state"]
    return f"/callback?{urlencode({'error': 'server_error', 'state': state})}"


def without_cookie(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    fan.client.cookies.clear()
    return back


def with_an_altered_cookie(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    middle = len(fan.cookie) // 2
    other = "A" if fan.cookie[middle] != "A" else "B"
    fan.cookie = fan.cookie[:middle] + other + fan.cookie[middle + 1 :]
    return back


def with_another_browsers_cookie(fan: Fan, campaign: Campaign) -> str:
    other = Fan(fan.sandbox, "fan-2")
    other.tap(campaign)
    back = fan.decide(fan.tap(campaign))
    fan.cookie = other.cookie
    return back


def with_a_made_up_state(fan: Fan, campaign: Campaign) -> str:
    code = query_of(fan.decide(fan.tap(campaign)))["code"]
    return f"/callback?{urlencode({'code': code, 'state': campaign.slug + '.made-up'})}"


def without_a_state(fan: Fan, campaign: Campaign) -> str:
    code = query_of(fan.decide(fan.tap(campaign)))["code"]
    return f"/callback?{urlencode({'code': code})}"


def to_a_cancelled_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, campaign.opened_at
    campaign.save()
    return back


def to_a_finished_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.state, campaign.finished_at = CampaignState.FINISHED, campaign.opened_at
    campaign.save()
    return back


def to_a_paused_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.paused_reason = PauseReason.KEY_MISSING
    campaign.save()
    return back


def to_another_title(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(title="Spam EP", agreed_title="Spam EP")
    return back


def to_another_title_alone(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(title="Spam EP")
    return back


def to_another_artist(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(artist="Somebody Else", agreed_artist="Somebody Else")
    return back


def to_another_release_type(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(release_mode=ReleaseMode.LOCAL_MIDNIGHT)
    return back


def to_another_wording(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(consent_version=1)
    return back


def to_a_deleted_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.delete()
    return back


FORGED: list[Any] = [
    pytest.param(denied, 200, "You said no", id="denied"),
    pytest.param(failed_at_spotify, 503, "Spotify is not answering", id="error at Spotify"),
    pytest.param(without_cookie, 400, "Your browser changed", id="no cookie"),
    pytest.param(with_an_altered_cookie, 400, "Your browser changed", id="altered cookie"),
    pytest.param(with_another_browsers_cookie, 400, "Two attempts got mixed up", id="other cookie"),
    pytest.param(with_a_made_up_state, 400, "Two attempts got mixed up", id="wrong state"),
    pytest.param(without_a_state, 400, "Two attempts got mixed up", id="no state"),
    pytest.param(to_a_cancelled_campaign, 410, "The artist cancelled this", id="cancelled"),
    pytest.param(to_a_finished_campaign, 410, "Pre-save ended", id="finished"),
    pytest.param(to_a_paused_campaign, 503, "Paused for now.", id="paused"),
    *(
        pytest.param(make_return, 409, "The release changed", id=make_return.__name__)
        for make_return in (
            *(to_another_title, to_another_title_alone, to_another_artist),
            *(to_another_release_type, to_another_wording),
        )
    ),
    pytest.param(to_a_deleted_campaign, 410, "The artist cancelled this", id="deleted"),
]


@pytest.mark.parametrize(("make_return", "status", "title"), FORGED)
def test_what_did_not_start_here_never_reaches_spotify(
    fan: Fan, campaign: Campaign, make_return: SomeReturn, status: int, title: str
) -> None:
    back, slug = make_return(fan, campaign), campaign.slug
    answer = fan.get(back)
    assert answer.status_code == status
    assert f"<h1>{title}" in text_of(answer)
    assert "Not pre-saved</title>" in text_of(answer)
    assert "Nothing was stored" in text_of(answer)
    query = {"Your browser changed": "/go", "The release changed": "?again"}.get(title, "")
    back_to_it = f'href="/{slug}{query}"'
    assert back_to_it in text_of(answer) or "state=" not in back
    assert fan.sandbox.calls("token.code") == []
    assert not PreSave.objects.exists()


def test_one_fans_refusal_does_not_lead_another_to_the_wrong_release(client: Client) -> None:
    for slug in ("night-bus", "night-train"):
        state = oauth_state.new(slug)
        assert f'href="/{slug}/go"' in text_of(client.get(f"/callback?code=x&state={state}"))


@pytest.mark.parametrize(
    "make_return", [denied, with_a_made_up_state, failed_at_spotify, to_a_cancelled_campaign]
)
def test_the_cookie_stays_while_the_fan_may_come_back_with_it(
    fan: Fan, campaign: Campaign, make_return: SomeReturn
) -> None:
    fan.get(make_return(fan, campaign))
    assert fan.cookie


@pytest.mark.parametrize(
    "make_return",
    [
        *(to_a_cancelled_campaign, to_a_finished_campaign, to_a_paused_campaign),
        *(denied, failed_at_spotify),
    ],
)
def test_a_refusal_that_is_loaded_again_says_the_same(
    fan: Fan, campaign: Campaign, make_return: SomeReturn
) -> None:
    back = make_return(fan, campaign)
    assert text_of(fan.get(back)) == text_of(fan.get(back))
