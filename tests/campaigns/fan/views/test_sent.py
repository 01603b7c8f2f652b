"""A save that was sent to Spotify, and that no look has confirmed yet: what its receipt says, and
what it says when the pre-save ends before that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.retention import sent
from tests.factory import make_campaign, make_presave
from tests.fans import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
NOW = timezone.now()
LANGUAGES = [code for code, _ in django_settings.LANGUAGES]
BEING_CONFIRMED = "Sent to Spotify, being confirmed"


def make_sent(campaign: Campaign | None = None, **fields: Any) -> PreSave:
    campaign = campaign or make_campaign(state=CampaignState.RELEASING, slug="night-bus")
    return make_presave(campaign, **{"receipt": "a-receipt", "sent_at": NOW, **fields})


def shown(client: Client, language: str = "en") -> str:
    return text_of(client.get(f"/receipt/a-receipt?lang={language}"))


def test_a_sent_receipt_says_that_the_save_is_being_confirmed(client: Client) -> None:
    released = make_campaign(state=CampaignState.RELEASING, release_at=MIDNIGHT)
    make_sent(released, sent_at=MIDNIGHT + timedelta(seconds=4))
    text = shown(client)
    assert f"<h1>{BEING_CONFIRMED}</h1>" in text
    assert "Spotify accepted the save. We now check that the release is still there" in text
    assert "<dt>Sent</dt>" in text
    assert "5 December 2026, 00:00:04 Berlin time" in text
    assert "<dd>one sealed permission</dd>" in text
    assert "as soon as the save is confirmed, by " in text
    assert 'data-state="sent"' in text
    assert ">Refresh</a>" in text


def test_a_sent_receipt_promises_nothing_that_is_not_proven(client: Client) -> None:
    make_sent()
    text = shown(client)
    for words in ("in your library</h1>", "ready to play", "after the release", "<dt>Saved"):
        assert words not in text


def test_before_a_sent_save_is_cancelled_the_receipt_says_what_cancelling_cannot_undo(
    client: Client,
) -> None:
    presave = make_sent()
    warning = "so the release may be in your library all the same"
    assert 'action="/receipt/a-receipt/cancel' in shown(client)
    assert warning in shown(client)
    PreSave.objects.filter(id=presave.id).update(sent_for=None)  # to be sent again
    assert warning in shown(client)
    PreSave.objects.filter(id=presave.id).update(sent_at=None)
    assert warning not in shown(client)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sent_receipt_speaks_the_fans_language(client: Client, language: str) -> None:
    make_sent()
    with override(language):
        title = gettext(BEING_CONFIRMED)
    assert (title == BEING_CONFIRMED) is (language == "en")
    assert f"<h1>{title}</h1>" in shown(client, language)


def test_a_saved_receipt_counts_from_when_the_save_was_sent(client: Client) -> None:
    released = make_campaign(state=CampaignState.RELEASING, release_at=MIDNIGHT)
    sent_at, confirmed_at = MIDNIGHT + timedelta(seconds=3), MIDNIGHT + timedelta(seconds=20)
    make_sent(released, state=PreSaveState.SAVED, sent_at=sent_at, settled_at=confirmed_at)
    saved, _, destroyed = shown(client).partition("<dt>Destroyed")
    assert '<p class="when">3 seconds after the release</p>' in saved
    assert "00:00:03 Berlin time" in saved
    assert "00:00:20 Berlin time" in destroyed.partition("</dl>")[0]
    assert "Sent to Spotify" not in saved


MAY_BE_THERE = "so the release may be in your library."
ENDINGS: list[tuple[dict[str, Any], str]] = [
    ({"state": PreSaveState.CANCELLED, "reason": Reason.BY_FAN}, "Cancelled, as you asked"),
    (
        {"state": PreSaveState.CANCELLED, "reason": Reason.CAMPAIGN_CANCELLED},
        "The artist cancelled this",
    ),
    (
        {"state": PreSaveState.EXPIRED, "reason": Reason.PERMISSION_AGE},
        "Sent, but not confirmed",
    ),
    ({"state": PreSaveState.EXPIRED, "reason": Reason.HARD_STOP}, "Sent, but not confirmed"),
]


@pytest.mark.parametrize(("fields", "title"), ENDINGS)
def test_who_ends_after_the_save_was_sent_is_told_that_it_may_have_come(
    client: Client, fields: Mapping[str, Any], title: str
) -> None:
    make_sent(**fields)
    text = shown(client)
    assert f"<h1>{title}</h1>" in text
    assert MAY_BE_THERE in text
    assert "Nothing will be saved" not in text
    assert "could not be saved" not in text
    assert "<dt>Sent</dt>" in text
    assert "<dt>We hold</dt><dd>nothing</dd>" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("fields", "_title"), ENDINGS)
def test_they_are_told_so_in_every_language(
    client: Client, fields: Mapping[str, Any], _title: str, language: str
) -> None:
    make_sent(**fields)
    after_sent = shown(client, language)
    PreSave.objects.update(sent_at=None, sent_for=None)
    without = shown(client, language)
    with override(language):
        advice = gettext(
            "Look in your library: you can remove the release there, or save it by hand if it is "
            "missing."
        )
    advice = " ".join(advice.split())
    assert advice in after_sent
    assert advice not in without
    assert sentences(without).isdisjoint(sentences(after_sent))


def sentences(text: str) -> set[str]:
    """The paragraph that says what happened, and the page's description."""
    first = text.partition("</header>")[2].partition("<p>")[2].partition("</p>")[0]
    described = text.partition('<meta name="description" content="')[2].partition('"')[0]
    assert first
    return {first, described}


def test_a_cancelled_campaign_that_is_still_being_erased_says_so_too(client: Client) -> None:
    make_sent(make_campaign(state=CampaignState.CANCELLED))
    text = shown(client)
    assert MAY_BE_THERE in text
    assert "Your permission is being destroyed right now." in text
    assert "Nothing will be saved" not in text


def test_a_fan_who_cancels_after_the_save_was_sent_loses_the_permission_at_once(
    client: Client,
) -> None:
    make_sent()
    text = text_of(client.post("/receipt/a-receipt/cancel", follow=True))
    cancelled = PreSave.objects.get()
    assert cancelled.state == PreSaveState.CANCELLED
    assert cancelled.sealed is None
    assert MAY_BE_THERE in text


def test_the_releases_page_is_told_that_the_save_is_being_confirmed(client: Client) -> None:
    make_sent()
    client.cookies["receipts"] = receipts.remembering({}, "night-bus", "a-receipt")
    answer = client.get("/night-bus/mine").json()
    assert answer == {"state": "sent", "receipt": "/receipt/a-receipt"}


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_by_itself_that_the_save_is_confirmed(page: Page, site: str) -> None:
    presave = make_sent(receipt="a-receipt")
    heading = page.get_by_role("heading", level=1)
    page.clock.install()
    page.goto(f"{site}/receipt/a-receipt?lang=en")
    page.evaluate("window.isAsBefore = true")
    expect(heading).to_have_text(BEING_CONFIRMED)

    with page.expect_response("**/receipt/a-receipt?lang=en"):
        page.clock.run_for(6100)
    assert page.evaluate("window.isAsBefore"), "nothing has changed, so nobody is disturbed"

    assert sent.settle(Campaign.objects.get(id=presave.campaign_id), NOW, NOW) == 1
    page.clock.run_for(9100)
    expect(heading).to_have_text("It's in your library")


@pytest.mark.django_db(transaction=True)
def test_without_javascript_a_link_looks_again(page: Page, site: str) -> None:
    make_sent()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{site}/receipt/a-receipt")
    PreSave.objects.update(state=PreSaveState.SAVED, sealed=None, settled_at=NOW)
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It's in your library")


@pytest.mark.django_db(transaction=True)
def test_a_fan_who_comes_back_is_told_that_the_save_is_being_confirmed(
    page: Page, site: str
) -> None:
    make_sent()
    cookie = receipts.remembering({}, "night-bus", "a-receipt")
    page.context.add_cookies([{"name": "receipts", "value": cookie, "url": site}])
    page.goto(f"{site}/receipt/a-receipt")
    page.goto(f"{site}/night-bus")
    expect(page.get_by_text("Sent to Spotify, being confirmed.")).to_be_visible()
    expect(page.get_by_text("You're in.")).to_be_hidden()
