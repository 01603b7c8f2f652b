"""The artist's pages: what they show, what they change, and what they never break on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from campaigns import hosts
from campaigns.gate import closing
from campaigns.models import (
    Campaign,
    CampaignState,
    ErrorReason,
    Finding,
    Label,
    PauseReason,
    PreSaveState,
    Reason,
    Role,
    User,
)
from campaigns.release.claims import claim_block
from campaigns.spotify import DEVELOPMENT_MODE_URL, QUOTA_MODES_URL
from campaigns.spotify.answers import SpotifyError
from campaigns.status import overview
from tests import factory
from tests.forms import filled_in, send
from tests.log_ins import logged_in
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

LIST, NEW = "/dashboard", "/dashboard/new"
ALBUM = "spotify:album:4aawyAB9vmqN3uQ7FjRGTy"
COUNTDOWN = "https://open.spotify.com/prerelease/4aawyAB9vmqN3uQ7FjRGTy"
LINKS = "/dashboard/campaigns/night-bus/links"
DETAIL = "/dashboard/campaigns/night-bus"


def page_of(dashboard: Client, campaign: Campaign, after: str = "") -> str:
    return dashboard.get(f"/dashboard/campaigns/{campaign.slug}{after}").content.decode()


def post(dashboard: Client, campaign: Campaign, act: str, data: Any = None, **options: Any) -> Any:
    return dashboard.post(f"/dashboard/campaigns/{campaign.slug}/{act}", data, **options)


def make_campaign(label: Label, **fields: Any) -> Campaign:
    return factory.make_campaign(label=label, **fields)


# Opening, cancelling, resuming


def test_opening_leads_back_and_says_that_the_key_is_being_made(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    campaign = make_campaign(label, state=CampaignState.DRAFT, slug="night-bus")

    page = post(dashboard, campaign, "open", follow=True).content.decode()

    assert Campaign.objects.get().is_opening
    assert "Going live…" in page
    assert "The worker is creating this campaign&#x27;s key" in page
    assert f'value="{settings.PUBLIC_URL}/night-bus" readonly' in page


def test_an_opening_that_is_refused_says_why_and_changes_nothing(
    dashboard: Client, label: Label
) -> None:
    campaign = make_campaign(
        label, state=CampaignState.DRAFT, release_at=timezone.now() + timedelta(days=200)
    )

    page = post(dashboard, campaign, "open", follow=True).content.decode()

    assert "Spotify permissions last six months" in page
    assert Campaign.objects.get().state == CampaignState.DRAFT


def test_cancelling_says_how_many_permissions_go_and_then_erases_them(
    dashboard: Client, label: Label
) -> None:
    campaign = make_campaign(label)
    factory.make_presaves(campaign, ["a", "b", "c"])

    page = page_of(dashboard, campaign, "/cancel")
    assert "3 permissions will be erased" in page
    assert "can't be undone" in page
    assert Campaign.objects.get().state == CampaignState.OPEN

    after = post(dashboard, campaign, "cancel", follow=True).content.decode()
    assert "Campaign cancelled; 3 permissions erased." in after
    assert not campaign.presaves.exclude(sealed=None).exists()
    assert (
        "has ended and can&#x27;t be changed"
        in post(dashboard, campaign, "cancel", follow=True).content.decode()
    )


def test_cancelling_says_how_many_saves_were_sent_already(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, state=CampaignState.RELEASING)
    now = timezone.now()
    factory.make_presaves(campaign, ["a", "b"], sent_at=now)
    factory.make_presave(campaign, sent_at=now, sent_for=None)
    factory.make_presave(campaign)
    factory.make_presave(campaign, state=PreSaveState.SAVED, sent_at=now)
    by_fan = {"state": PreSaveState.CANCELLED, "reason": Reason.BY_FAN}
    factory.make_presave(campaign, sent_at=now, **by_fan)

    page = page_of(dashboard, campaign, "/cancel")
    assert "<strong>4 permissions will be erased at once</strong>, and nothing more is" in page
    sentence = "3 saves have already been sent to Spotify, so those fans may have the release."
    assert sentence in page

    after = post(dashboard, campaign, "cancel", follow=True).content.decode()
    assert (
        "Campaign cancelled; 4 permissions erased. 3 saves had already been sent to Spotify, so "
        "those fans may have the release."
    ) in after


def test_cancelling_says_how_many_saves_were_on_their_way(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, state=CampaignState.RELEASING)
    factory.make_presaves(campaign, ["a", "b", "c"])
    assert claim_block(campaign, 2, timezone.now())
    assert "may still appear in fan" in page_of(dashboard, campaign, "/cancel")
    after = post(dashboard, campaign, "cancel", follow=True).content.decode()
    assert (
        "Campaign cancelled; 3 permissions erased. 2 saves were already on their way, and may "
        "still appear in those fans&#x27; libraries."
    ) in after


def test_a_paused_campaign_says_why_and_can_be_resumed(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, paused_reason=PauseReason.RELEASE_REFUSED)
    factory.make_presave(campaign, attempts=1)

    page = page_of(dashboard, campaign)
    assert "find or save this release" in page
    assert "Resume</button>" in page

    post(dashboard, campaign, "resume")
    assert not Campaign.objects.get().is_paused
    assert "Resume</button>" not in page_of(dashboard, campaign)


@pytest.mark.parametrize("reason", [PauseReason.NONE, PauseReason.KEY_MISSING])
def test_what_a_button_cannot_fix_is_not_resumed(
    dashboard: Client, label: Label, reason: PauseReason
) -> None:
    campaign = make_campaign(label, paused_reason=reason)

    page = post(dashboard, campaign, "resume", follow=True).content.decode()

    assert "nothing to resume" in page
    assert "Campaign resumed." not in page
    assert Campaign.objects.get().paused_reason == reason


# The campaign's page


def test_the_numbers_add_up_on_the_page(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, state=CampaignState.RELEASING)
    for state in PreSaveState:
        factory.make_presave(campaign, state=state)

    page = page_of(dashboard, campaign)

    numbers = dict(re.findall(r"<dt>([\w-]+)</dt><dd>(\d+)</dd>", page))
    assert numbers == {
        "Pre-saves": "5",
        "Waiting": "1",
        "Saved": "1",
        "Failed": "1",
        "Cancelled": "1",
        "Expired": "1",
    }
    assert "Done: 3 of 4" in page
    assert "About half a minute left at 990 saves per second." in page


def test_the_overview_shows_no_number_that_is_nothing(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label)
    page = page_of(dashboard, campaign)
    assert dict(re.findall(r"<dt>([\w-]+)</dt><dd>(\d+)</dd>", page)) == {"Pre-saves": "0"}
    assert "Pre-saves by day" not in page

    factory.make_presave(campaign)

    page = page_of(dashboard, campaign)
    assert dict(re.findall(r"<dt>([\w-]+)</dt><dd>(\d+)</dd>", page)) == {
        "Pre-saves": "1",
        "Waiting": "1",
    }
    assert re.search(r"Pre-saves by day</title>\s*<path d=\"M", page)


def test_a_release_around_the_earth_says_when_midnight_comes_next(
    dashboard: Client, label: Label
) -> None:
    until = timezone.now()
    campaign = factory.make_local_campaign(
        label=label,
        state=CampaignState.RELEASING,
        release_at=until - timedelta(hours=3),
        confirmed_until=until,
    )
    next_one = until + timedelta(hours=2)
    for due_at in (next_one + timedelta(hours=5), next_one):
        factory.make_presave(campaign, due_at=due_at)
    night = f"/dashboard/campaigns/{campaign.slug}/night"
    said = f"The next fans reach midnight at {next_one:%H:%M} UTC."
    assert said in page_of(dashboard, campaign)
    assert said in dashboard.get(night).content.decode()

    campaign.presaves.all().delete()
    assert "reach midnight" not in page_of(dashboard, campaign)
    assert "reach midnight" not in dashboard.get(night).content.decode()


def test_a_viewer_is_not_told_to_open_a_draft(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, state=CampaignState.DRAFT)
    viewer = logged_in(factory.make_member(label, role=Role.VIEWER))
    assert "then open the campaign" in page_of(dashboard, campaign)
    page = page_of(viewer, campaign)
    assert "then open the campaign" not in page
    assert "An owner or editor opens the campaign." in page


def test_a_viewer_is_told_who_creates_campaigns(label: Label) -> None:
    viewer = logged_in(factory.make_member(label, role=Role.VIEWER))
    answer = viewer.get(NEW, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "Only owners and editors can create campaigns." in answer.content.decode()


def test_in_utc_the_release_time_stands_there_once_less(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, release_zone="UTC")
    assert "UTC on" not in page_of(dashboard, campaign)
    Campaign.objects.update(release_zone="Europe/Paris")
    assert "UTC on" in page_of(dashboard, campaign)


@pytest.mark.parametrize(
    "finding", sorted({*Finding} - {Finding.OTHER_ARTIST, Finding.OTHER_TITLE})
)
def test_while_it_waits_the_page_tells_the_last_finding(
    dashboard: Client, label: Label, finding: Finding
) -> None:
    campaign = make_campaign(
        label, release_at=timezone.now() - timedelta(minutes=1), last_finding=finding
    )

    page = page_of(dashboard, campaign)

    assert "Waiting for the release" in page
    assert "Spotify" in page.split("until the release appears.")[1].split("</section>")[0]


def test_while_it_releases_the_page_says_how_far_it_is_and_how_long_it_takes(
    dashboard: Client, label: Label, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = make_campaign(label, state=CampaignState.RELEASING)
    factory.make_presaves(campaign, ["a"] * 3)
    factory.make_presave(campaign, lease_until=timezone.now() + timedelta(minutes=5), attempts=1)
    factory.make_presave(campaign, state=PreSaveState.SAVED)

    hosts.domains()  # asked for once in some seconds
    with django_assert_num_queries(9):
        page = page_of(dashboard, campaign)

    assert '<progress id="progress-bar" value="1" max="5">' in page
    assert "About half a minute left at 990 saves per second. Retrying for 1 fan." in page


def test_a_release_at_local_midnights_with_fans_who_wait_costs_one_query_more(
    dashboard: Client, label: Label, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    until = timezone.now() - timedelta(hours=1)
    campaign = factory.make_local_campaign(
        label=label,
        state=CampaignState.RELEASING,
        release_at=until - timedelta(hours=3),
        confirmed_until=until,
    )
    factory.make_presaves(campaign, ["a"] * 3, due_at=until)

    hosts.domains()  # asked for once in some seconds
    with django_assert_num_queries(10):
        page = page_of(dashboard, campaign)

    assert "3 fans are waiting because" in page


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_closed_gate_is_told_with_what_to_do(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    campaign = make_campaign(label, state=state, release_at=timezone.now() - timedelta(minutes=1))
    closing.close(SpotifyError(ErrorReason.INVALID_CLIENT), timezone.now())

    page = page_of(dashboard, campaign)

    assert "Presave has been waiting since" in page
    assert "set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET" in page


# What is wrong


def test_a_late_release_is_told_in_the_list_and_on_its_page(
    dashboard: Client, label: Label
) -> None:
    make_campaign(label, title="Fine", state=CampaignState.RELEASING)
    campaign = make_campaign(
        label,
        release_at=timezone.now() - timedelta(minutes=10),
        last_finding=Finding.NOT_THERE_YET,
    )

    for page in (dashboard.get(LIST).content.decode(), page_of(dashboard, campaign)):
        assert '<span class="status overdue">Overdue</span>' in page
        assert page.count(escape("The release isn't confirmed on Spotify")) == 1
    assert "Ask your distributor whether the release was delivered" in page
    assert "Presave stops trying and destroys the remaining permissions" in page
    assert "What happens next" not in page


@pytest.mark.parametrize(
    ("reason", "resumable"),
    [
        (PauseReason.KEY_MISSING, False),
        (PauseReason.RELEASE_REFUSED, True),
        (PauseReason.APP_NOT_OPEN, True),
    ],
)
def test_a_pause_in_mid_release_is_told_in_the_list_and_on_its_page(
    dashboard: Client, label: Label, reason: PauseReason, resumable: bool
) -> None:
    campaign = make_campaign(label, state=CampaignState.RELEASING, paused_reason=reason)
    explanation = overview.explanation_of(factory.standing(campaign, timezone.now()))
    assert explanation

    for page in (dashboard.get(LIST).content.decode(), page_of(dashboard, campaign)):
        assert '<span class="status paused">Paused</span>' in page
        assert page.count(escape(explanation.title)) == 1
    assert escape(explanation.advice) in page
    assert ("Resume</button>" in page) is resumable


def test_a_pause_is_loud_before_the_release_too(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, paused_reason=PauseReason.KEY_MISSING)

    for page in (dashboard.get(LIST).content.decode(), page_of(dashboard, campaign)):
        assert "The campaign&#x27;s key can&#x27;t be opened" in page
    assert '<section class="next trouble"' in page


def test_a_key_that_stays_after_the_end_is_told(dashboard: Client, label: Label) -> None:
    ended = timezone.now() - timedelta(minutes=11)
    stuck = make_campaign(label, state=CampaignState.FINISHED, finished_at=ended)
    just_ended = make_campaign(label, state=CampaignState.CANCELLED)

    assert "been able to destroy the campaign" in page_of(dashboard, stuck)
    assert "within a minute" in page_of(dashboard, just_ended)


@pytest.mark.parametrize(("mode", "told"), [("development", True), ("extended", False)])
def test_the_page_says_what_development_mode_means(
    dashboard: Client, label: Label, settings: Settings, mode: str, told: bool
) -> None:
    settings.SPOTIFY_APP_MODE = mode
    page = page_of(dashboard, make_campaign(label))

    assert ("Only five listed accounts" in page) is told
    assert (f'"{DEVELOPMENT_MODE_URL}"' in page) is told
    assert ("Fans can pre-save." in page) is not told
    assert (f'"{QUOTA_MODES_URL}"' in page) is told


def test_the_page_says_what_an_instance_without_an_app_does(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    settings.SPOTIFY_CLIENT_ID = ""
    page = page_of(dashboard, make_campaign(label))

    assert "This site has no Spotify app." in page
    draft = page_of(dashboard, make_campaign(label, state=CampaignState.DRAFT))
    assert "About development mode" not in draft
    assert "Fans can pre-save" not in page
    form = dashboard.get("/dashboard/new").content.decode()
    assert 'name="spotify_uri"' in form
    assert "Look it up" not in form


def test_the_page_tells_what_became_of_the_key(dashboard: Client, label: Label) -> None:
    destroyed_at = timezone.now().replace(2026, 11, 24, 3, 4)
    ended = make_campaign(label, state=CampaignState.FINISHED, key_destroyed_at=destroyed_at)

    assert "Destroyed 24 November 2026, 03:04 UTC" in page_of(dashboard, ended)
    assert "Only the worker holds it" in page_of(dashboard, make_campaign(label))
    assert "Not created yet" in page_of(dashboard, make_campaign(label, public_key=None))


@pytest.mark.parametrize("state", [*CampaignState])
def test_every_state_has_its_words_and_says_what_happens_next(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    page = page_of(dashboard, make_campaign(label, state=state))

    assert f'<span class="status {state.value}">{state.label}</span>' in page
    heading = "How it went" if state == CampaignState.FINISHED else "What happens next"
    assert heading in page


def test_no_page_of_the_dashboard_is_kept_by_a_cache(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label)

    for address in (LIST, NEW, "/dashboard/label", f"/dashboard/campaigns/{campaign.slug}"):
        response = dashboard.get(address)
        assert response.status_code == 200
        assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))


def test_the_form_stores_links_and_shows_them_again(dashboard: Client, label: Label) -> None:
    two = "https://a.example\r\nhttps://b.example"
    both = {"links_before": "https://c.example/\nhttps://b.example", "links": two}
    send(dashboard, slug="night-bus", countdown_url=f"{COUNTDOWN}?si=0123", **both)
    campaign = Campaign.objects.get()
    assert campaign.countdown_url == COUNTDOWN
    assert campaign.links_before == ["https://c.example/", "https://b.example/"]
    assert campaign.links == ["https://a.example/", "https://b.example/"]

    form = dashboard.get(f"{DETAIL}/edit").content.decode()
    assert f'value="{COUNTDOWN}"' in form
    assert "https://c.example/\nhttps://b.example/</textarea>" in form
    assert "https://a.example/\nhttps://b.example/</textarea>" in form
    page = dashboard.get(DETAIL).content.decode()
    for name in ("a.example", "c.example"):
        assert f'<a href="https://{name}/" rel="noreferrer">{name}</a>' in page


def test_a_form_with_a_wrong_link_comes_back_with_what_was_written(
    dashboard: Client, label: Label
) -> None:
    wrong = "</textarea><script>alert(1)</script>"
    page = send(dashboard, links=wrong).content.decode()
    assert "Line 1: links must start with https://" in page
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert not Campaign.objects.exists()


def test_links_can_change_after_the_end(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(
        label=label, slug="night-bus", state=CampaignState.FINISHED, links=["https://a.example/"]
    )
    assert f'href="{LINKS}"' in dashboard.get(DETAIL).content.decode()
    assert "https://a.example/</textarea>" in dashboard.get(LINKS).content.decode()

    refused = dashboard.post(LINKS, {"links": "http://b.example"}).content.decode()
    assert "Line 1: links must start with https://" in refused
    answer = dashboard.post(LINKS, {"links": "https://b.example"}, follow=True)

    assert answer.redirect_chain == [(DETAIL, 302)]
    campaign.refresh_from_db()
    assert campaign.links == ["https://b.example/"]
    assert '<a href="https://b.example/"' in Client().get("/night-bus").content.decode()


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.CANCELLED])
def test_otherwise_the_form_answers_for_them(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=state)
    answer = dashboard.post(LINKS, {"links": "https://b.example"})
    assert answer.headers["Location"] == f"{DETAIL}/edit"
    assert Campaign.objects.get().links == []
    assert LINKS not in dashboard.get(DETAIL).content.decode()


def test_viewers_and_strangers_do_not_change_links(
    dashboard: Client, artist: User, label: Label
) -> None:
    seen = factory.make_label()
    factory.make_member(seen, artist, Role.VIEWER)
    for its_label, status in ((seen, 403), (factory.make_label(), 404)):
        campaign = factory.make_campaign(label=its_label, state=CampaignState.FINISHED)
        path = f"/dashboard/campaigns/{campaign.slug}/links"
        assert dashboard.post(path, {"links": "https://b.example"}).status_code == status
        assert Campaign.objects.get(id=campaign.id).links == []


# Before a draft is opened


def test_a_draft_is_looked_up_from_its_checklist(
    dashboard: Client, label: Label, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    send(dashboard)
    campaign = Campaign.objects.get()
    address = f"/dashboard/campaigns/{campaign.slug}"
    assert "Not looked up on Spotify yet" in dashboard.get(address).content.decode()

    page = dashboard.post(f"{address}/check", follow=True).content.decode()

    assert "catalogue has the release" in page
    send(dashboard, campaign, note="Written at night.")
    assert "catalogue has the release" in dashboard.get(address).content.decode()
    send(dashboard, campaign, title="Another Title")
    assert "Not looked up on Spotify yet" in dashboard.get(address).content.decode()


def test_what_the_form_looked_up_stands_in_the_checklist(
    dashboard: Client, label: Label, sandbox: Sandbox, settings: Settings
) -> None:
    settings.SPOTIFY_APP_MODE = "development"
    page = dashboard.post("/dashboard/new", filled_in(look_up="1")).content.decode()
    found = re.search(r'name="found" value="([^"]+)"', page)
    assert found

    shown = send(dashboard, found=found[1]).content.decode()

    assert "Not in Spotify" in shown
    assert "At most five Spotify accounts" in shown
    assert "Before you open it" in shown


def test_an_open_campaign_has_no_checklist(dashboard: Client, label: Label) -> None:
    campaign = factory.make_campaign(label=label)

    page = dashboard.get(f"/dashboard/campaigns/{campaign.slug}").content.decode()

    assert "Before you open it" not in page
