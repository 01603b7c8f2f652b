"""Cancelling while the save may be on its way: nobody who may get it is told that nothing will be
saved, and nobody waits for the outcome but the page itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override
from playwright.sync_api import Page, expect

from campaigns.consent import receipts
from campaigns.fan.words import LONGEST_DOUBT
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from campaigns.planning.transitions import cancel_campaign
from campaigns.release.claims import ClaimedRow
from tests.factory import make_campaign, make_presave
from tests.fans import text_of
from tests.nights.night import claim, make_night, record, save
from tests.nights.stepwise import SEND, SETTLE, Worker
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _ in django_settings.LANGUAGES]
NOTHING = "Nothing will be saved."
JUST_SENT = "in a moment you'll see here whether we stopped it in time"
MAY_APPEAR = "may still appear in your library"
WAS_SENT = "had already been sent to Spotify"


def receipt_of(row: PreSave | ClaimedRow) -> str:
    """Give a row of a night an address that the test knows."""
    digest = receipts.digest("a-receipt")
    PreSave.objects.filter(id=row.id).update(receipt_hash=digest)
    return "/receipt/a-receipt"


def told(client: Client, row: PreSave | ClaimedRow) -> str:
    """What the receipt says once its longest wait is over."""
    PreSave.objects.filter(id=row.id).update(settled_at=timezone.now() - LONGEST_DOUBT)
    return text_of(client.get("/receipt/a-receipt"))


def test_who_cancels_before_any_try_is_told_at_once_that_nothing_is_saved(client: Client) -> None:
    make_presave(make_campaign(), receipt="a-receipt")
    answer = client.post("/receipt/a-receipt/cancel", follow=True)
    assert NOTHING in text_of(answer)
    assert "Refresh" not in answer.headers


def test_who_cancels_between_claim_and_save_sees_that_it_was_stopped(
    client: Client, sandbox: Sandbox
) -> None:
    claimed = claim(make_night(sandbox, fans=1))
    address = receipt_of(claimed.rows[0])
    answer = client.post(f"{address}/cancel", follow=True)
    assert JUST_SENT in text_of(answer)
    assert NOTHING not in text_of(answer)
    assert answer.headers["Refresh"] == "2"
    assert PreSave.objects.get().sealed is None, "the permission is destroyed before the outcome"
    record(save(claimed))
    answer = client.get(address)
    assert NOTHING in text_of(answer)
    assert "Refresh" not in answer.headers
    assert sandbox.calls("library") == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("halting")
def test_who_cancels_while_the_save_is_being_sent_is_told_that_it_was(
    client: Client, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=1)
    address = receipt_of(PreSave.objects.get())
    worker = Worker("first", campaign)
    worker.step_to(SEND)
    assert JUST_SENT in text_of(client.post(f"{address}/cancel", follow=True))
    worker.step_to(SETTLE)
    assert sandbox.library()
    assert MAY_APPEAR in told(client, PreSave.objects.get())
    worker.step()
    assert WAS_SENT in text_of(client.get(address))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("halting")
def test_when_the_worker_dies_with_the_answer_the_fan_is_told_that_it_may_appear(
    client: Client, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=1)
    address = receipt_of(PreSave.objects.get())
    worker = Worker("first", campaign)
    worker.step_to(SETTLE)
    client.post(f"{address}/cancel")
    worker.die()
    text = told(client, PreSave.objects.get())
    assert MAY_APPEAR in text
    assert NOTHING not in text


@pytest.mark.parametrize(
    ("fault", "may_appear"),
    [
        (("library", "reset_after_effect"), True),
        (("library", "status"), True),
        (("token.refresh", "status"), False),
    ],
)
def test_who_cancels_after_a_try_is_told_of_a_save_that_nobody_answered(
    fault: tuple[str, str], may_appear: bool, client: Client, sandbox: Sandbox
) -> None:
    claimed = claim(make_night(sandbox, fans=1))
    address = receipt_of(claimed.rows[0])
    endpoint, kind = fault
    sandbox.fault(endpoint, kind, times=None, **({"status": 503} if kind == "status" else {}))
    record(save(claimed))
    text = text_of(client.post(f"{address}/cancel", follow=True))
    assert (JUST_SENT in text, NOTHING in text) == (may_appear, not may_appear)
    text = told(client, claimed.rows[0])
    assert (MAY_APPEAR in text, NOTHING in text) == (may_appear, not may_appear)


def test_fans_of_a_cancelled_campaign_are_told_the_same(client: Client, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    claimed = claim(campaign)
    receipt_of(claimed.rows[0])
    Campaign.objects.update(state=CampaignState.CANCELLED)
    not_yet_erased = text_of(client.get("/receipt/a-receipt"))
    assert NOTHING not in not_yet_erased
    assert MAY_APPEAR + ". Your permission is being destroyed right now." in not_yet_erased
    Campaign.objects.update(state=CampaignState.RELEASING)
    cancel_campaign(campaign, timezone.now())
    assert "when the artist cancelled, and " + MAY_APPEAR in told(client, claimed.rows[0])
    record(save(claimed))
    assert NOTHING in text_of(client.get("/receipt/a-receipt"))


ENDS: list[tuple[Reason, timedelta]] = [
    (reason, ago)
    for reason in (Reason.BY_FAN, Reason.CAMPAIGN_CANCELLED)
    for ago in (timedelta(), timedelta(minutes=1))
]


def make_cancelled(**fields: Any) -> PreSave:
    fields.setdefault("reason", Reason.BY_FAN)
    fields.setdefault("in_doubt", uuid4())
    state = PreSaveState.CANCELLED
    return make_presave(make_campaign(), receipt="a-receipt", state=state, **fields)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("reason", "ago"), ENDS)
def test_they_are_told_so_in_every_language(
    reason: Reason, ago: timedelta, language: str, client: Client
) -> None:
    make_cancelled(reason=reason, settled_at=timezone.now() - ago)

    def sentence() -> str:
        text = text_of(client.get(f"/receipt/a-receipt?lang={language}"))
        return text.partition('<meta name="description" content="')[2].partition('"')[0]

    doubtful = sentence()
    PreSave.objects.update(in_doubt=None)
    with override(language):
        nothing = gettext("Nothing will be saved. The permission is destroyed.")
    assert doubtful
    assert doubtful not in (nothing, sentence())
    assert ("The permission is destroyed" in doubtful) is (language == "en")


def test_a_receipt_in_doubt_is_no_standing_pre_save(client: Client) -> None:
    make_cancelled()
    assert 'data-state="in-doubt"' in text_of(client.get("/receipt/a-receipt"))


@pytest.mark.django_db(transaction=True)
def test_without_javascript_too_the_page_shows_by_itself_what_became_of_it(
    page: Page, site: str
) -> None:
    presave = make_cancelled(settled_at=timezone.now() + timedelta(days=1))
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{site}/receipt/a-receipt?lang=en")
    expect(page.get_by_text(JUST_SENT)).to_be_visible()
    PreSave.objects.filter(id=presave.id).update(in_doubt=None)
    expect(page.get_by_text(NOTHING)).to_be_visible(timeout=20_000)
