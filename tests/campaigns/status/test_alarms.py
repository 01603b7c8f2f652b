"""Alarms: who is told that a release does not go as promised, when, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue.candidates import to_json
from campaigns.gate import closing
from campaigns.models import (
    CHOICES,
    TOLD_TO_FANS,
    Alarm,
    Campaign,
    CampaignState,
    ErrorReason,
    Finding,
    Label,
    Message,
    PauseReason,
    Role,
    Webhook,
)
from campaigns.planning import moving, transitions
from campaigns.spotify import Artist, Release
from campaigns.spotify.answers import SpotifyError
from campaigns.status import alarms, outbox
from campaigns.status.troubles import LATE_AFTER
from tests.factory import (
    make_campaign,
    make_label,
    make_member,
    make_presave,
    make_user,
    make_webhook,
)
from tests.nights.night import in_threads, make_night, work
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
ARTISTS = (Artist("1" * 22, "Demo Artist"),)
ALBUM = Release(ALBUM_URI, UPC, "", "2026-12-04", True, ARTISTS, "Night Bus", "album")
TRACK = Release(TRACK_URI, "", ISRC, "2026-12", True, ARTISTS, "Night Bus", "album", True)
TWO = to_json([ALBUM, replace(TRACK, album_title="Late Lines")])


@pytest.fixture
def mailing(settings: Settings) -> None:
    settings.SENDS_EMAIL = True


@pytest.fixture
def label() -> Label:
    """With an owner and an editor, who are told, and a viewer, who is not."""
    label = make_label(owner=make_user(email="owner@example.com"))
    make_member(label, make_user(email="editor@example.com"), Role.EDITOR)
    make_member(label, make_user(email="viewer@example.com"), Role.VIEWER)
    return label


def make_late(**fields: Any) -> Campaign:
    """A campaign whose release has not been confirmed for ten minutes."""
    fields.setdefault("release_at", timezone.now() - LATE_AFTER)
    return make_campaign(**fields)


def sent() -> list[Any]:
    """The messages, each delivered when it was raised."""
    for at in sorted({message.created_at for message in Message.objects.mails()}):
        outbox.deliver_due("mails", partial(_same, at))
    return list(mail.outbox)


def _same(at: datetime) -> datetime:
    return at


def troubles_told() -> list[str]:
    return list(Alarm.objects.order_by("raised_at").values_list("trouble", flat=True))


# When.


def test_a_release_is_late_ten_minutes_after_its_moment() -> None:
    campaign = make_campaign()
    late = campaign.release_at + LATE_AFTER
    assert alarms.raise_due(late - SECOND) == 0
    assert alarms.raise_due(late) == 1
    assert troubles_told() == ["late"]


@pytest.mark.parametrize("reason", [reason for reason in PauseReason if reason])
@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_pause_is_told_at_once_and_once_more_at_the_release_time(
    reason: PauseReason, state: CampaignState
) -> None:
    campaign = make_campaign(state=state, paused_reason=reason)
    early, on_time = campaign.release_at - SECOND, campaign.release_at
    assert [alarms.raise_due(early) for _ in range(2)] == [1, 0]
    assert [alarms.raise_due(on_time) for _ in range(2)] == [1, 0]
    assert troubles_told() == [reason.value]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CampaignState.DRAFT},
        {"state": CampaignState.FINISHED},
        {"state": CampaignState.CANCELLED},
        {"state": CampaignState.CANCELLED, "paused_reason": PauseReason.RELEASE_REFUSED},
        {"state": CampaignState.RELEASING},
    ],
)
def test_nothing_is_wrong_with(fields: dict[str, Any]) -> None:
    make_late(**fields)
    assert alarms.raise_due(timezone.now()) == 0


def test_a_confirmed_release_is_never_late(sandbox: Sandbox) -> None:
    """Not even when no worker ran at its moment: the look comes before the alarm."""
    sandbox.add_album()
    make_late()
    work()
    assert troubles_told() == []


def test_a_worker_that_a_refusal_stops_in_mid_release_tells_of_it(
    sandbox: Sandbox, mailing: None, label: Label
) -> None:
    make_night(sandbox, label=label)
    sandbox.fault("library", status=404, times=None)
    work()
    assert troubles_told() == ["release_refused"]
    assert {message.subject for message in sent()} == {
        "Night Bus: Spotify refuses to save the release"
    }


@pytest.mark.parametrize("finding", ["", *Finding])
def test_the_log_names_campaign_trouble_and_finding(
    finding: str, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_late(last_finding=finding)
    alarms.raise_due(timezone.now())
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    trouble = "other_release" if finding in ("other_artist", "other_title") else "late"
    said = f"campaign={campaign.id} trouble={trouble} finding={finding or 'none'}"
    assert said in record.message


# How often.


def test_an_alarm_is_raised_once() -> None:
    make_late()
    assert [alarms.raise_due(timezone.now()) for _ in range(3)] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_tells(mailing: None, label: Label) -> None:
    for _ in range(5):
        make_late(label=label)
    raised = in_threads(8, lambda _: alarms.raise_due(timezone.now()))
    assert sum(raised) == 5
    assert len(sent()) == 5 * 2


def test_a_release_that_was_moved_can_be_late_again() -> None:
    campaign = make_late()
    alarms.raise_due(timezone.now())
    moved_to = timezone.now() + timedelta(days=1)
    moving.move_release(campaign, moved_to, "Europe/Berlin", timezone.now())
    assert alarms.raise_due(moved_to) == 0
    assert alarms.raise_due(moved_to + LATE_AFTER) == 1
    assert troubles_told() == ["late", "late"]


def test_a_key_that_comes_and_goes_is_told_once() -> None:
    campaign = Campaign.objects.filter(id=make_late().id)
    for reason in (PauseReason.KEY_MISSING, PauseReason.NONE) * 3:
        campaign.update(paused_reason=reason, paused_at=timezone.now())
        alarms.raise_due(timezone.now())
    assert sorted(troubles_told()) == ["key_missing", "late"]


@pytest.mark.parametrize("reason", TOLD_TO_FANS)
def test_a_pause_that_ended_by_itself_is_told_again_once_an_hour(reason: PauseReason) -> None:
    campaign = Campaign.objects.filter(id=make_campaign(state=CampaignState.RELEASING).id)
    now, told = timezone.now(), []
    for minutes in range(0, 90, 10):
        for paused in (reason, PauseReason.NONE):
            campaign.update(paused_reason=paused, paused_at=now)
            told += [minutes] * alarms.raise_due(now + timedelta(minutes=minutes))
    assert told == [0, 60]


def test_a_pause_that_lasts_is_told_once() -> None:
    make_campaign(state=CampaignState.RELEASING, paused_reason=PauseReason.APP_NOT_OPEN)
    now = timezone.now()
    raised = [alarms.raise_due(now + timedelta(hours=hours)) for hours in range(5)]
    assert raised == [1, 0, 0, 0, 0]


def test_a_campaign_that_stops_again_after_it_was_resumed_is_told_again() -> None:
    campaign = make_campaign(
        state=CampaignState.RELEASING, paused_reason=PauseReason.RELEASE_REFUSED
    )
    alarms.raise_due(timezone.now())
    transitions.resume(campaign)
    assert alarms.raise_due(timezone.now()) == 0
    Campaign.objects.update(paused_reason=PauseReason.RELEASE_REFUSED)
    assert alarms.raise_due(timezone.now()) == 1


def test_one_alarm_that_cannot_be_raised_does_not_hold_others_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody was told, so it is tried again."""
    make_late()
    make_late()
    with override_settings(TEMPLATES=[]):  # no message can be written
        assert alarms.raise_due(timezone.now()) == 0
    assert caplog.text.count("alarm failed campaign=") == 2
    assert troubles_told() == []
    assert alarms.raise_due(timezone.now()) == 2


@pytest.mark.parametrize(
    ("asked", "trouble"),
    [
        ({"last_finding": Finding.OTHER_TITLE}, "other_release"),
        ({"last_finding": Finding.SEVERAL_MATCH, "candidates": TWO}, "several_match"),
    ],
    ids=["other title", "several"],
)
def test_who_is_asked_ahead_of_the_release_is_asked_once_more_on_the_night(
    asked: dict[str, Any], trouble: str, mailing: None, label: Label
) -> None:
    campaign = make_campaign(label=label, **asked)
    early, on_time = timezone.now(), campaign.release_at
    assert [alarms.raise_due(early) for _ in range(2)] == [1, 0]
    assert [alarms.raise_due(on_time) for _ in range(3)] == [1, 0, 0]
    assert troubles_told() == [trouble]
    again = "If nothing has changed by the release time, we'll send it once more."
    assert [again in message.body for message in sent()] == [True, True, False, False]


def test_a_campaign_that_is_to_come_and_in_order_raises_nothing(mailing: None) -> None:
    for finding in Finding:
        if finding not in CHOICES:
            make_campaign(last_finding=finding)
    make_campaign(last_finding=Finding.OTHER_TITLE, found_uri=ALBUM_URI, accepted_uri=ALBUM_URI)
    assert alarms.raise_due(timezone.now()) == 0


# The message.


def test_owners_and_editors_get_one_message_each(mailing: None, label: Label) -> None:
    make_late(label=label, last_finding=Finding.NOT_THERE_YET)
    make_member(label, make_user(email="gone@example.com", is_active=False), Role.OWNER)
    make_label(owner=make_user(email="stranger@example.com"))
    alarms.raise_due(timezone.now())
    assert sorted(message.to for message in sent()) == [
        ["editor@example.com"],
        ["owner@example.com"],
    ]


def test_the_message_says_what_was_found_and_what_to_do(
    mailing: None, label: Label, settings: Settings
) -> None:
    campaign = make_late(
        label=label,
        title="Tom & Jerry's <Bus>",
        release_at=timezone.now().replace(2026, 11, 4, 23, 0),
        opened_at=timezone.now().replace(2026, 10, 4),
        last_finding=Finding.NOT_THERE_YET,
    )
    alarms.raise_due(campaign.release_at + LATE_AFTER)
    message = sent()[0]
    assert message.subject == "Tom & Jerry's <Bus>: The release isn't confirmed on Spotify"
    body = " ".join(message.body.split())
    assert "5 November 2026 at 00:00 (Europe/Berlin)" in body
    assert "Spotify doesn't show the release yet in the market US." in body
    assert "Ask your distributor" in body
    assert f"{settings.PUBLIC_URL}/dashboard/campaigns/{campaign.slug}" in body
    assert "11 November 2026, 23:00 UTC" in body
    assert message.body.count("\n\n\n") == 0


def test_the_message_says_that_spotify_told_the_app_to_wait(mailing: None, label: Label) -> None:
    make_late(label=label)
    closing.close(SpotifyError(ErrorReason.PREMIUM_LAPSED), timezone.now())
    alarms.raise_due(timezone.now())
    body = " ".join(sent()[0].body.split())
    assert "Presave hasn't been able to check" in body
    assert "Ask your site administrator to renew that subscription." in body


def test_the_message_holds_nothing_about_fans(mailing: None, label: Label) -> None:
    campaign = make_late(label=label)
    presave = make_presave(campaign, "the-token", receipt="the-receipt")
    alarms.raise_due(timezone.now())
    text = sent()[0].message().as_string()
    assert not any(
        word in text for word in ("the-token", "the-receipt", str(presave.id), presave.id.hex)
    )


def test_only_what_can_be_resumed_is_said_to_be(mailing: None, label: Label) -> None:
    for reason in (PauseReason.RELEASE_REFUSED, PauseReason.APP_NOT_OPEN):
        make_late(label=label, paused_reason=reason)
    alarms.raise_due(timezone.now())
    assert all("where it stands now, and resume," in message.body for message in sent())
    mail.outbox.clear()
    make_late(label=label, paused_reason=PauseReason.KEY_MISSING)
    alarms.raise_due(timezone.now())
    assert not any("where it stands now, and resume," in message.body for message in sent())


def test_without_a_mail_server_the_alarm_is_raised_without_a_message(label: Label) -> None:
    make_late(label=label)
    assert alarms.raise_due(timezone.now()) == 1
    assert sent() == []


@pytest.mark.parametrize(
    ("finding", "subject", "advice"),
    [
        ("several_match", "Several releases have this code", "Choose yours on the campaign's page"),
        ("other_title", "Spotify shows a different title or artist", "Is this your release?"),
    ],
)
def test_the_message_names_the_releases_to_choose_from(
    finding: str, subject: str, advice: str, mailing: None, label: Label, settings: Settings
) -> None:
    found: dict[str, Any] = {"last_finding": finding, "candidates": TWO}
    campaign = make_campaign(label=label, release_at=timezone.now(), **found)
    alarms.raise_due(campaign.release_at)
    message = sent()[0]
    assert message.subject == f"Night Bus: {subject}"
    assert (
        "\n\n- “Night Bus” by Demo Artist\n"
        "  Album · 4 December 2026 · Not marked explicit\n"
        "  https://open.spotify.com/album/4aawyAB9vmqN3uQ7FjRGTy\n\n"
        "- “Night Bus” by Demo Artist\n"
        "  Track on “Late Lines” · December 2026 · Explicit\n"
        "  https://open.spotify.com/track/7a3LWj5xSFhFRYmztS8wgK\n\n"
        f"What to do\n{advice}"
    ) in message.body
    assert f"{settings.PUBLIC_URL}/dashboard/campaigns/{campaign.slug}" in message.body


# When it is over.


def told() -> list[str]:
    return list(Message.objects.order_by("created_at").values_list("event", flat=True))


@pytest.fixture
def tool(label: Label) -> Webhook:
    return make_webhook(label)


def test_webhooks_are_told_of_a_trouble_and_of_its_end(label: Label, tool: Webhook) -> None:
    campaign = make_late(label=label)
    alarms.raise_due(timezone.now())
    assert told() == ["campaign.trouble"]
    Campaign.objects.update(
        state=CampaignState.RELEASING, confirmed_at=timezone.now(), confirmed_uri=ALBUM_URI
    )
    for _ in range(2):
        assert alarms.raise_due(timezone.now()) == 0
    assert told() == ["campaign.trouble", "campaign.resolved"]
    over = Message.objects.get(event="campaign.resolved")
    assert over.subject == "Night Bus: Back on track"
    assert over.data["campaign"]["title"] == campaign.title


def test_one_trouble_in_place_of_another_is_no_end(label: Label, tool: Webhook) -> None:
    make_late(label=label)
    alarms.raise_due(timezone.now())
    Campaign.objects.update(paused_reason=PauseReason.RELEASE_REFUSED, paused_at=timezone.now())
    alarms.raise_due(timezone.now())
    assert told() == ["campaign.trouble", "campaign.trouble"]


def test_a_paused_campaign_whose_release_was_moved_is_not_back_on_track(
    label: Label, tool: Webhook
) -> None:
    make_campaign(label=label, release_at=timezone.now(), paused_reason=PauseReason.KEY_MISSING)
    alarms.raise_due(timezone.now())
    later = timezone.now() + timedelta(hours=1)
    Campaign.objects.update(release_at=later)
    alarms.raise_due(timezone.now())
    assert told() == ["campaign.trouble", "campaign.trouble"]


def test_who_resumes_a_campaign_ends_its_trouble(label: Label, tool: Webhook) -> None:
    campaign = make_campaign(
        label=label, state=CampaignState.RELEASING, paused_reason=PauseReason.RELEASE_REFUSED
    )
    alarms.raise_due(timezone.now())
    transitions.resume(campaign)
    assert told() == ["campaign.trouble", "campaign.resolved"]


def test_the_end_of_a_campaign_is_no_end_of_its_trouble(label: Label, tool: Webhook) -> None:
    make_late(label=label)
    alarms.raise_due(timezone.now())
    Campaign.objects.update(state=CampaignState.CANCELLED)
    alarms.raise_due(timezone.now())
    assert told() == ["campaign.trouble"]
    assert not Alarm.objects.filter(resolved_at=None).exists()
