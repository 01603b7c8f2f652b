"""How a campaign ended: in a sentence, and in the message to its label."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from campaigns import webhooks
from campaigns.models import (
    Campaign,
    CampaignState,
    FinalFigures,
    Message,
    MessageEvent,
    PreSaveState,
    Reason,
    Totals,
    Trouble,
    WebhookKind,
)
from campaigns.retention import figures
from campaigns.status import alarms, endings
from campaigns.webhooks import Notice, new_secret
from tests.factory import make_campaign, make_label, make_presave, make_user, make_webhook
from tests.nights.night import in_threads, make_night, work
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


def make_finished(half: int | None = None, latest: int | None = None, **fields: Any) -> Campaign:
    campaign = make_campaign(state=CampaignState.FINISHED, delivery_p50=half, **fields)
    if latest is not None:
        FinalFigures.objects.create(campaign=campaign, delivery_latest=latest)
    return campaign


def done(campaign: Campaign, **totals: int) -> str:
    return endings.done(campaign, Totals(**totals), timezone.now())


@pytest.mark.parametrize(
    ("half", "latest", "totals", "sentence"),
    [
        (
            1,
            4,
            {"presaves": 61, "saved": 61},
            "Done: 61 of 61 fans have it, half within 1 second, all within 4 seconds.",
        ),
        (
            1,
            4,
            {"presaves": 63, "saved": 61, "cancelled": 2},
            "Done: 61 of 61 fans have it, half within 1 second, all within 4 seconds.",
        ),
        (
            2,
            400,
            {"presaves": 64, "saved": 61, "cancelled": 2, "failed": 1},
            "Done: 61 of 62 fans have it: half of them within 2 seconds, the last within "
            "7 minutes.",
        ),
        (0, 0, {"presaves": 1, "saved": 1}, "Done: 1 of 1 fan has it, within 1 second."),
        (3, None, {"presaves": 5, "saved": 5}, "Done: 5 of 5 fans have it, half within 3 seconds."),
        (None, None, {"presaves": 5, "saved": 5}, "Done: 5 of 5 fans have it."),
        (None, None, {"presaves": 1, "failed": 1}, "Done: 0 of 1 fan has it."),
        (None, None, {"presaves": 2, "cancelled": 2}, "Every pre-save had been cancelled."),
    ],
)
def test_the_end_is_told_in_one_sentence(
    half: int | None, latest: int | None, totals: dict[str, int], sentence: str
) -> None:
    assert done(make_finished(half, latest), **totals) == sentence


def test_thousands_are_set_apart() -> None:
    sentence = done(make_finished(1, 4), presaves=1_000_000, saved=998_877)
    assert sentence.startswith("Done: 998,877 of 1,000,000 fans have it: half")


def test_a_release_that_never_came_is_told() -> None:
    campaign = make_finished(confirmed_uri="")
    told = done(campaign, presaves=3, expired=3)
    assert told == "The release never appeared in Spotify's catalogue, so 3 fans don't have it."


@pytest.mark.parametrize("state", [state for state in CampaignState if state != "finished"])
def test_nothing_is_done_before_the_end(state: CampaignState) -> None:
    assert done(make_campaign(state=state), presaves=1, saved=1) == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        *((0, "1 second"), (1, "1 second"), (2, "2 seconds"), (120, "120 seconds")),
        *((121, "3 minutes"), (7200, "120 minutes"), (7201, "3 hours"), (172_801, "3 days")),
        (None, ""),
    ],
)
def test_a_time_is_rounded_up(seconds: int | None, told: str) -> None:
    assert endings.spoken(seconds) == told


# The message.


def announced() -> int:
    figures.write_down(timezone.now())
    return endings.announce(timezone.now())


@pytest.fixture
def campaign(settings: Settings) -> Campaign:
    """Finished, of a label with an owner and a webhook."""
    settings.SENDS_EMAIL = True
    label = make_label(owner=make_user(email="owner@example.com"))
    make_webhook(label)
    campaign = make_campaign(label=label, state=CampaignState.FINISHED)
    saved: dict[str, Any] = {"state": PreSaveState.SAVED}
    for seconds in (1, 4):
        at = campaign.release_at + timedelta(seconds=seconds)
        make_presave(campaign, settled_at=at, **saved)
    make_presave(campaign, "the-token", state=PreSaveState.FAILED, reason=Reason.REVOKED)
    return campaign


def test_the_label_is_told_once(campaign: Campaign) -> None:
    assert [announced(), announced()] == [1, 0]
    assert Message.objects.mails().count() == 1
    assert Message.objects.calls().count() == 1


def test_the_mail_says_how_it_went(campaign: Campaign, settings: Settings) -> None:
    announced()
    message = Message.objects.mails().get()
    assert message.subject == "Night Bus: 2 of 3 fans have it"
    body = " ".join(message.body.split())
    assert body.startswith(
        "Done: 2 of 3 fans have it: half of them within 1 second, the last within 4 seconds."
    )
    assert "3 pre-saves 2 saved 1 failed 0 cancelled 0 expired" in body
    assert "1 The permission was withdrawn at Spotify" in body
    assert f"{settings.PUBLIC_URL}/dashboard/campaigns/{campaign.slug}/report" in body
    assert "\n\n\n" not in message.body


def test_tools_get_numbers_and_nothing_of_a_fan(campaign: Campaign) -> None:
    announced()
    message = Message.objects.calls().get()
    assert message.data["numbers"] == {
        "presaves": 3,
        "saved": 2,
        "failed": 1,
        "cancelled": 0,
        "expired": 0,
        "pending": 0,
    }
    assert message.data["seconds_to_save"] == {"half": 1, "95_of_100": 4, "last": 4}
    assert message.data["failures"] == {"revoked": 1}
    told = f"{message.subject} {message.body} {message.data}"
    for presave in campaign.presaves.all():
        assert str(presave.id) not in told
        assert bytes(presave.receipt_hash).hex() not in told
    assert "the-token" not in told


def test_an_end_of_long_ago_is_no_news(campaign: Campaign) -> None:
    """As of campaigns that had finished before an upgrade."""
    Campaign.objects.update(finished_at=timezone.now() - endings.NEWS_FOR)
    assert announced() == 0
    assert not Message.objects.exists()


def test_a_cancelled_campaign_is_no_news_to_those_who_cancelled_it(campaign: Campaign) -> None:
    Campaign.objects.update(state=CampaignState.CANCELLED)
    assert announced() == 0


def test_one_end_that_cannot_be_told_does_not_hold_others_up(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_campaign(state=CampaignState.FINISHED)
    figures.write_down(timezone.now())
    Campaign.objects.filter(id=broken.id).update(failures={"no such reason": 1})
    assert endings.announce(timezone.now()) == 1
    assert f"end not told campaign={broken.id}" in caplog.text
    assert FinalFigures.objects.get(campaign=broken).announced_at is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_announces(campaign: Campaign) -> None:
    figures.write_down(timezone.now())
    assert sum(in_threads(4, lambda _: endings.announce(timezone.now()))) == 1
    assert Message.objects.count() == 2


def test_a_night_ends_with_its_message(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    make_webhook(campaign.label)
    work()
    message = Message.objects.get()
    assert message.event == "campaign.finished"
    assert message.subject == "Night Bus: 3 of 3 fans have it"


def fields(content: dict[str, Any], before: str = "") -> set[str]:
    """The names of all that is in it, as docs/webhooks.md writes them."""
    found: set[str] = set()
    for name, value in content.items():
        is_open = isinstance(value, dict) and name != "failures"
        found |= fields(value, f"{before}{name}.") if is_open else {before + name}
    return found


def test_the_document_lists_every_field_that_tools_get(campaign: Campaign) -> None:
    told = [
        endings._told(campaign, FinalFigures(campaign=campaign), timezone.now()),
        alarms._told(campaign, Trouble.LATE, timezone.now()),
        alarms._resolved(campaign),
    ]
    sent: set[str] = set()
    for one in told:
        notice = Notice(uuid4(), one.event, timezone.now(), one.subject, one.note, one.data)
        call = webhooks.call(WebhookKind.JSON, "", new_secret(), notice, timezone.now())
        sent |= fields(json.loads(call.body))
    page = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    assert set(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE)) == sent
    assert all(f"`{event}`" in page for event in MessageEvent.values if event != "account")
