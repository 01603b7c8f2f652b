"""Moving a release in the dashboard: what the form asks, what it keeps, and what it says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, PreSave, PreSaveState
from tests import factory
from tests.fans import text_of
from tests.forms import in_days, send
from tests.nights.night import check_books, make_night, work
from tests.sandbox_process import ALBUM_URI, Sandbox
from tools.pictures import file_of, picture

pytestmark = pytest.mark.django_db

LATER_DAYS = 90
OTHER_ID = "1111111111111111111111"
OTHER = f"spotify:album:{OTHER_ID}"


def make_old(label: Label, fans: int = 2, **fields: Any) -> Campaign:
    """A campaign whose first fans consented 100 days ago; in 90 days they will have lapsed."""
    long_ago = timezone.now() - timedelta(days=100)
    campaign = factory.make_campaign(label=label, opened_at=long_ago, **fields)
    factory.make_presaves(campaign, ["a-token"] * fans, consented_at=long_ago)
    factory.make_presave(campaign, consented_at=timezone.now())
    return campaign


def asked_in(page: str) -> tuple[int, bool] | None:
    """How many permissions the page asks about, and whether its box is ticked."""
    number = re.search(r'name="expiring" value="(\d+)"', page)
    box = re.search(r"<input[^>]*move_anyway[^>]*>", page)
    return (int(number[1]), "checked" in box[0]) if number and box else None


def stored(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


# Permissions that would lapse.


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_before_permissions_lapse_the_form_asks_and_saves_nothing(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    campaign = make_old(label, state=state)
    before = Campaign.objects.values().get()
    cover = SimpleUploadedFile("cover.png", file_of(picture(400, 400)).getvalue())

    page = text_of(
        send(
            dashboard,
            campaign,
            release_at=in_days(LATER_DAYS),
            artwork_alt="Typed just now",
            artwork=cover,
        )
    )

    assert "2 of 3 permissions would expire before this date" in page
    assert "Nothing has been saved yet" in page
    assert asked_in(page) == (2, False)
    assert "Move it anyway" in page
    assert f'value="{in_days(LATER_DAYS)}"' in page
    assert 'value="Typed just now"' in page
    assert "Your new cover." in page
    assert Campaign.objects.values().get() == before


AGREED: dict[str, Any] = {"expiring": "2", "move_anyway": "on"}


def test_with_the_box_ticked_the_release_is_moved(dashboard: Client, label: Label) -> None:
    campaign = make_old(label)

    page = text_of(send(dashboard, campaign, release_at=in_days(LATER_DAYS), **AGREED))

    assert "Saved. The release is set for" in page
    assert stored(campaign).release_at > timezone.now() + timedelta(days=LATER_DAYS - 2)


def test_the_form_asks_again_when_the_number_has_grown(dashboard: Client, label: Label) -> None:
    campaign = make_old(label, fans=3)

    page = text_of(send(dashboard, campaign, release_at=in_days(LATER_DAYS), **AGREED))

    assert "3 of 4 permissions would expire" in page
    assert asked_in(page) == (3, False)
    assert stored(campaign).release_at == campaign.release_at


def test_the_number_without_a_tick_agrees_to_nothing(dashboard: Client, label: Label) -> None:
    campaign = make_old(label)

    page = text_of(send(dashboard, campaign, release_at=in_days(LATER_DAYS), expiring="2"))

    assert asked_in(page) == (2, False)
    assert stored(campaign).release_at == campaign.release_at


def test_an_agreement_is_kept_when_the_form_comes_back_for_something_else(
    dashboard: Client, label: Label
) -> None:
    campaign = make_old(label)

    page = text_of(send(dashboard, campaign, release_at=in_days(LATER_DAYS), **AGREED, upc="1"))

    assert asked_in(page) == (2, True)


@pytest.mark.parametrize("junk", ["", "-1", "1", "\0", "9" * 5000, "<script>"])
def test_a_tick_without_the_number_agrees_to_nothing(
    dashboard: Client, label: Label, junk: str
) -> None:
    campaign = make_old(label)
    agreed = AGREED | {"expiring": junk}

    page = text_of(send(dashboard, campaign, release_at=in_days(LATER_DAYS), **agreed))

    assert "Nothing has been saved yet" in page
    assert stored(campaign).release_at == campaign.release_at


def test_nobody_is_asked_when_no_permission_lapses(dashboard: Client, label: Label) -> None:
    campaign = make_old(label)

    page = text_of(send(dashboard, campaign, release_at=in_days(20)))

    assert "Saved. The release is set for" in page
    assert asked_in(page) is None


# In mid-run.


def test_who_is_asked_for_another_link_is_told_what_was_sent(
    dashboard: Client, label: Label
) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.RELEASING)
    factory.make_presave(campaign, sent_at=timezone.now())
    form = text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}/edit"))
    assert "1 of them has a save that was sent and can't be taken back" in form


def test_a_release_that_has_begun_is_moved_to_later_and_says_who_has_it(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=3, label=label)
    factory.make_presaves(campaign, ["a", "b"], state=PreSaveState.SAVED)

    form = text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}/edit"))
    assert "The release has begun: 2 fans have it already. 3 are still waiting." in form
    assert "can't be taken back" not in form
    assert 'name="release_at"' in form
    assert 'name="artwork_alt"' in form
    for name in ("title", "artist", "slug", "out_now"):
        assert f'name="{name}"' not in form

    page = text_of(send(dashboard, campaign, release_at=in_days(10), artwork_alt="A bus"))

    moved = stored(campaign)
    assert "2 fans already have the release and keep it." in page
    assert (moved.state, moved.artwork_alt) == (CampaignState.OPEN, "A bus")
    assert work() == 0
    assert sandbox.calls("library") == []
    check_books(campaign)


def test_while_the_release_runs_the_artwork_is_changed_and_the_saves_go_on(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=3, label=label)

    page = text_of(send(dashboard, campaign, artwork_alt="A bus", title="Bait"))

    assert "Saved." in page
    changed = stored(campaign)
    assert (changed.state, changed.artwork_alt) == (CampaignState.RELEASING, "A bus")
    assert changed.title == "Night Bus"
    assert work() == 3


def test_a_running_release_is_not_stopped_for_a_link_that_is_not_shown(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=3, label=label)
    page = text_of(send(dashboard, campaign, spotify_uri=OTHER))
    assert "only once Spotify shows it" in page
    sandbox.add_album(id=OTHER_ID, artists=["Somebody Else"])
    page = text_of(send(dashboard, campaign, spotify_uri=OTHER))
    assert "by Somebody Else there" in page
    assert "Use it anyway" not in page
    assert stored(campaign).state == CampaignState.RELEASING
    assert work() == 3


def test_the_page_of_a_running_release_leads_to_its_form(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label, state=CampaignState.RELEASING)
    assert "/edit" in text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}"))


# Out early.


def test_a_release_that_is_out_early_begins_with_one_tick(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=3, label=label, state=CampaignState.OPEN)
    form = text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}/edit"))
    assert "Already out: start saving now" in form

    send(dashboard, campaign, out_now="on")

    assert stored(campaign).release_at <= timezone.now()
    assert work() == 3


def test_an_edit_just_after_the_release_time_does_not_move_it(
    dashboard: Client, label: Label
) -> None:
    moment = timezone.now() - timedelta(minutes=2)
    campaign = factory.make_campaign(label=label, release_at=moment)
    send(dashboard, campaign, artwork_alt="A bus at night")
    campaign.refresh_from_db()
    assert (campaign.artwork_alt, campaign.release_at) == ("A bus at night", moment)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_present_minute_means_now(
    dashboard: Client, label: Label, zone: str, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=1, label=label, state=CampaignState.OPEN)
    present = datetime.now(ZoneInfo(zone))

    send(dashboard, campaign, release_at=f"{present:%Y-%m-%dT%H:%M}", release_zone=zone)

    assert stored(campaign).release_at >= present
    assert work() == 1


# What the release is.


def test_a_refused_swap_says_why_and_keeps_what_was_typed(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=1, label=label, state=CampaignState.OPEN)
    sandbox.add_album(id=OTHER_ID, artists=["Somebody Else"])

    page = text_of(send(dashboard, campaign, spotify_uri=OTHER, artwork_alt="Typed just now"))

    assert "shows “Night Bus” by Somebody Else there, which isn't what fans agreed to" in page
    assert f'name="spotify_uri" value="{OTHER}"' in page
    assert 'value="Typed just now"' in page
    assert stored(campaign).spotify_uri == ALBUM_URI
    assert PreSave.objects.get().is_pending


def test_another_release_is_used_after_a_tick_and_then_waits_for_an_answer(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=1, label=label, state=CampaignState.OPEN)
    sandbox.add_album(id=OTHER_ID, artists=["Somebody Else"])
    refused = text_of(send(dashboard, campaign, spotify_uri=OTHER))
    assert f'name="other_uri" value="{OTHER}"' in refused
    assert 'name="use_anyway"' in refused

    ticked = {"spotify_uri": OTHER, "use_anyway": "on"}
    assert "Nothing has been saved yet" in text_of(
        send(dashboard, campaign, **ticked, other_uri=ALBUM_URI)
    )
    page = text_of(send(dashboard, campaign, **ticked, other_uri=OTHER))
    assert "Saved." in page
    assert "Spotify shows a different title or artist" in page
    assert "This is it…" in page
    assert work() == 0


def test_the_form_offers_what_may_be_added_and_sends_back_what_stays(
    dashboard: Client, label: Label
) -> None:
    campaign = factory.make_campaign(label=label, upc="609008295069", spotify_uri=ALBUM_URI)
    factory.make_presave(campaign)
    form = text_of(dashboard.get(f"/dashboard/campaigns/{campaign.slug}/edit"))

    assert f'value="{ALBUM_URI}"' in form
    assert 'value="609008295069"' in form
    assert "you can correct these until the campaign ends" in form
    assert 'name="title"' in form
