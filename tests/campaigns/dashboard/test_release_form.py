"""A release is looked up while it is entered: what the page says, fills in and asks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.clock import database_now
from campaigns.models import (
    Campaign,
    CampaignState,
    Event,
    Gate,
    GateName,
    HistoryEntry,
    Label,
    LabelArtist,
)
from tests import factory
from tests.forms import filled_in, in_days, send
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

WRONG = {"title": "Wrong Link Three", "artist": "Night Desk"}
EMPTY = {"title": "", "artist": "", "release_at": ""}


def look_up(dashboard: Client, **values: Any) -> str:
    form = filled_in(**{"look_up": "1", **values})
    page = dashboard.post("/dashboard/new", form).content.decode()
    assert not Campaign.objects.exists()
    return page


def carried(page: str) -> str:
    found = re.search(r'name="found" value="([^"]+)"', page)
    assert found
    return found[1]


def test_what_is_found_fills_in_what_is_empty(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(release_date=in_days(20)[:10])

    page = look_up(dashboard, **EMPTY)

    assert "Found on Spotify" in page
    assert 'value="Night Bus"' in page
    assert 'value="Demo Artist"' in page
    assert f'value="{in_days(20)}"' in page
    assert page.count("Filled in from Spotify") == 3


def test_what_is_not_there_yet_is_normal(dashboard: Client, label: Label, sandbox: Sandbox) -> None:
    page = look_up(dashboard, title="")

    assert "That's normal before a release" in page
    assert "This field is required" not in page


def test_another_artists_release_is_asked_about(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light", release_date="2024-03-14")

    page = look_up(dashboard, **WRONG)

    assert "Is this your release?" in page
    assert "First Light" in page
    assert "Out since 14 March 2024" in page
    assert 'value="Wrong Link Three"' in page


def test_no_answer_leaves_a_draft_that_does_not_open(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    send(dashboard, **WRONG)
    campaign = Campaign.objects.get()

    page = dashboard.post(f"/dashboard/campaigns/{campaign.slug}/open", follow=True)

    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    assert page.redirect_chain[-1][0].startswith(f"/dashboard/campaigns/{campaign.slug}/edit?")
    assert "Yes, this is it" in page.content.decode()


def test_yes_is_noted_and_the_campaign_opens(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(artist="宇多田ヒカル")
    found = carried(look_up(dashboard, artist="Hikaru Utada"))

    send(dashboard, artist="Hikaru Utada", found=found, is_it="yes")

    campaign = Campaign.objects.get()
    noted = HistoryEntry.objects.get(event=Event.RELEASE_ACCEPTED)
    assert campaign.accepted_uri == noted.details["uri"] == ALBUM_URI
    assert LabelArtist.objects.get().label == label
    dashboard.post(f"/dashboard/campaigns/{campaign.slug}/open")
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN


def test_no_asks_for_another_link(dashboard: Client, label: Label, sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    found = carried(look_up(dashboard, **WRONG))

    page = send(dashboard, found=found, is_it="no", **WRONG).content.decode()

    assert "Correct this, or enter only the UPC or ISRC" in page
    assert not Campaign.objects.exists()


def test_an_answer_counts_for_what_was_shown_alone(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    found = carried(look_up(dashboard, **WRONG))

    send(dashboard, found=found, is_it="yes", upc=UPC, **WRONG)
    send(dashboard, found=f"{found}x", is_it="yes", slug="forged", **WRONG)

    assert [one.accepted_uri for one in Campaign.objects.all()] == ["", ""]


@pytest.mark.parametrize("typed", [{"title": "Last Light"}, {"artist": "Somebody Else"}], ids=str)
def test_an_answer_counts_for_the_title_and_artist_that_were_asked_about(
    typed: dict[str, str], dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    found = carried(look_up(dashboard, **WRONG))

    page = send(dashboard, found=found, is_it="yes", **WRONG | typed).content.decode()

    campaign = Campaign.objects.get()
    assert (campaign.accepted_uri, LabelArtist.objects.count()) == ("", 0)
    assert "Spotify shows a different title or artist. Edit the campaign" in page


def test_a_form_that_comes_back_asks_anew_about_another_title(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    found = carried(look_up(dashboard, **WRONG))
    form = filled_in(**WRONG | {"title": "Last Light", "release_at": ""}, found=found, is_it="yes")

    page = dashboard.post("/dashboard/new", form).content.decode()

    assert "Is this your release?" in page
    assert not re.search(r'name="is_it" value="yes"[^>]*checked', page)
    send(dashboard, found=carried(page), is_it="yes", **WRONG | {"title": "Last Light"})
    assert Campaign.objects.get().accepted_uri == ALBUM_URI


def test_an_answer_counts_where_the_title_was_filled_in(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First  Light")
    found = carried(look_up(dashboard, **WRONG | {"title": ""}))

    send(dashboard, found=found, is_it="yes", **WRONG | {"title": "First  Light"})

    assert Campaign.objects.get().accepted_uri == ALBUM_URI


def test_one_of_several_is_picked_by_its_link(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    for number in (1, 2):
        sandbox.add_track(id=str(number) * 22, release_date=f"200{number}")
    given = {"spotify_uri": "", "isrc": "QZAAA2600001"}
    page = look_up(dashboard, **given)
    assert "Which one is yours?" in page
    picked = f"spotify:track:{'2' * 22}"

    after = look_up(dashboard, look_up="pick", found=carried(page), pick=picked, **given)

    assert "Found on Spotify" in after
    assert f'name="spotify_uri" value="{picked}"' in after


def test_a_link_that_is_pasted_after_one_was_ticked_is_what_is_looked_up(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    for number in (1, 2):
        sandbox.add_track(id=str(number) * 22, release_date=f"200{number}")
    page = look_up(dashboard, spotify_uri="", isrc="QZAAA2600001")
    pasted = f"spotify:track:{'1' * 22}"

    after = look_up(
        dashboard, found=carried(page), pick=f"spotify:track:{'2' * 22}", spotify_uri=pasted
    )

    assert f'name="spotify_uri" value="{pasted}"' in after


def test_a_spotify_that_does_not_answer_loses_nothing(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.fault("album", status=503, times=1)

    page = look_up(dashboard, title="Kept Title")

    assert "Nothing you entered is lost" in page
    assert 'value="Kept Title"' in page


def test_once_fans_agreed_the_form_does_not_take_the_answer(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album(name="First Light")
    campaign = factory.make_campaign(label=label)
    factory.make_presave(campaign)

    page = dashboard.post(
        f"/dashboard/campaigns/{campaign.slug}/edit", filled_in(campaign, look_up="1")
    ).content.decode()

    assert "First Light" in page
    assert "Yes, this is it" not in page


@pytest.mark.parametrize("is_fresh", [True, False])
def test_what_the_form_just_showed_is_not_asked_about_again_when_a_running_release_is_corrected(
    is_fresh: bool, dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    """Its fans' saves may leave no call for that."""
    new = f"https://open.spotify.com/album/{'1' * 22}"
    campaign = factory.make_campaign(label=label, state=CampaignState.RELEASING)
    factory.make_presave(campaign)
    sandbox.add_album(id="1" * 22)
    address = f"/dashboard/campaigns/{campaign.slug}/edit"
    page = dashboard.post(address, filled_in(campaign, look_up="1", spotify_uri=new))
    found = carried(page.content.decode())
    later = database_now() + timedelta(minutes=1)
    Gate.objects.update_or_create(name=GateName.API, defaults={"rate": 10, "free_at": later})

    sent = new if is_fresh else ALBUM_URI.replace("4", "5")
    after = send(dashboard, campaign, spotify_uri=sent, found=found).content.decode()

    campaign.refresh_from_db()
    assert (campaign.spotify_uri == f"spotify:album:{'1' * 22}") is is_fresh
    assert ("answering right now" in after) is not is_fresh


def test_a_market_that_spotify_does_not_serve_is_refused(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    assert "Select a valid choice" in look_up(dashboard, market="ZZ")
    send(dashboard, market="JP")
    assert Campaign.objects.get().market == "JP"


def test_the_cover_comes_from_here_to_members_alone(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    address = re.search(r'src="(/dashboard/cover/[^"]+)"', look_up(dashboard))
    assert address

    cover = dashboard.get(address[1])

    assert cover["Content-Type"] == "image/jpeg"
    assert "private" in cover["Cache-Control"]
    assert dashboard.get(f"{address[1]}x").status_code == 404
    assert Client().get(address[1]).status_code == 302


def test_a_text_that_is_too_long_comes_back_whole_with_the_limit(
    dashboard: Client, label: Label
) -> None:
    empty = dashboard.get("/dashboard/new").content.decode()
    texts = {"title": 300, "artwork_alt": 200, "note": 280, "thanks": 280}
    page = send(dashboard, **{name: "a" * most + "b" for name, most in texts.items()})

    for most in texts.values():
        assert f"At most {most} characters." in empty
        assert f"at most {most} characters (it has {most + 1})" in page.content.decode()
        assert "a" * most + "b" in page.content.decode()


def test_what_is_pasted_is_stored_as_the_link_and_code_in_it(
    dashboard: Client, label: Label
) -> None:
    page = dashboard.get("/dashboard/new").content.decode()
    assert page.count('maxlength="2000"') == 4  # a browser would cut a longer paste

    player = f"https://open.spotify.com/embed/album/{ALBUM_URI[-22:]}?utm_source=generator"
    send(dashboard, spotify_uri=f'<iframe src="{player}"></iframe>', upc=f"UPC: {UPC}\u200b")

    campaign = Campaign.objects.get()
    assert (campaign.spotify_uri, campaign.upc) == (ALBUM_URI, UPC)
