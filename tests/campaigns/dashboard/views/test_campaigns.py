"""The list of campaigns: its groups and pages, what it is narrowed to, and what is there before."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    Finding,
    Label,
    PauseReason,
    PreSaveState,
    Role,
    User,
)
from tests import factory

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

LIST, NEW = "/dashboard", "/dashboard/new"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def page_of(dashboard: Client, **asked: Any) -> str:
    return dashboard.get(LIST, asked).content.decode()


def titles(page: str, group: str = "") -> list[str]:
    """Of the campaigns shown, in order; of one group, by its id."""
    if group:
        page = page.split(f'id="{group}"')[1].split('data-live="', 2)[1]
    return re.findall(r'<a class="title" [^>]*>([^<]*)</a>', page)


def make(label: Label, title: str, **fields: Any) -> Campaign:
    return factory.make_campaign(label=label, title=title, **fields)


# What is there instead of a list


def test_somebody_new_is_led_to_a_label_then_to_a_campaign(dashboard: Client, artist: User) -> None:
    assert "Create a label first" in page_of(dashboard)

    response = dashboard.post("/dashboard/label", {"name": "Demo Label"}, follow=True)

    assert response.redirect_chain == [(NEW, 302)]
    assert artist.labels.get().name == "Demo Label"
    assert "Create your first campaign" in page_of(dashboard)


def test_a_viewer_is_told_who_creates_campaigns(dashboard: Client, artist: User) -> None:
    factory.make_member(factory.make_label(), artist, Role.VIEWER)
    page = page_of(dashboard)
    assert "Owners and editors create them." in page
    assert f'href="{NEW}"' not in page


def test_a_search_without_a_hit_says_what_was_searched(
    dashboard: Client, label: Label, now: datetime
) -> None:
    make(label, "Night Bus")
    page = page_of(dashboard, q="tram")
    assert "No campaign found" in page
    assert "Archived campaigns were not searched." not in page
    make(label, "Day Tram", state=CampaignState.DRAFT, archived_at=now)
    page = page_of(dashboard, q="tram")
    assert "Archived campaigns were not searched." in page
    assert 'href="?q=tram&amp;state=archived"' in page
    assert titles(page_of(dashboard, q="tram", state="archived")) == ["Day Tram"]


def test_a_list_of_which_everything_is_archived_says_so(
    dashboard: Client, label: Label, now: datetime
) -> None:
    make(label, "Night Bus", state=CampaignState.FINISHED, archived_at=now)
    assert "Every campaign is archived" in page_of(dashboard)
    assert "Nothing is archived" not in page_of(dashboard, state="archived")
    Campaign.objects.update(archived_at=None)
    assert "Nothing is archived" in page_of(dashboard, state="archived")


# The groups


def test_the_list_shows_the_campaigns_of_all_labels_and_no_others(
    dashboard: Client, artist: User, label: Label
) -> None:
    second = factory.make_label(owner=artist, name="Second Label")
    factory.make_campaign(title="Of Strangers")
    make(second, "A Draft", state=CampaignState.DRAFT)
    shown = make(label, "An Open One")
    factory.make_presaves(shown, ["a", "b"])
    factory.make_presave(shown, state=PreSaveState.SAVED)

    page = page_of(dashboard)

    assert sorted(titles(page)) == ["A Draft", "An Open One"]
    assert '<span class="status draft">Draft</span>' in page
    assert '<strong>3</strong> <span class="unit">pre-saves</span>' in page
    assert page.count('class="presaves"') == 1
    assert page.count('<span class="of-label"> · Second Label</span>') == 1


def test_trouble_comes_first_then_what_is_asked_then_drafts_that_are_near(
    dashboard: Client, label: Label, now: datetime
) -> None:
    draft: dict[str, Any] = {"state": CampaignState.DRAFT}
    make(label, "Near Draft", release_at=now + DAY, **draft)
    make(label, "Asked", last_finding=Finding.OTHER_TITLE, release_at=now + 3 * DAY)
    make(label, "Paused", paused_reason=PauseReason.KEY_MISSING, release_at=now + 2 * DAY)
    make(label, "Late", release_at=now - 20 * MINUTE)
    make(label, "Later", release_at=now - 6 * DAY)
    make(label, "Under Way", state=CampaignState.RELEASING, release_at=now - MINUTE)
    make(label, "Just Due", release_at=now - MINUTE)
    make(label, "Soon", release_at=now + DAY)
    make(label, "Far Draft", release_at=now + 40 * DAY, **draft)
    make(label, "Left Draft", release_at=now - 9 * DAY, **draft)
    make(label, "Old", state=CampaignState.FINISHED, release_at=now - 90 * DAY)
    make(label, "New", state=CampaignState.FINISHED, release_at=now - 2 * DAY)
    cancelled = {"cancelled_at": now - 30 * DAY, "release_at": now + DAY}
    make(label, "Cancelled", state=CampaignState.CANCELLED, **cancelled)

    page = page_of(dashboard)

    assert titles(page, "needs-you") == ["Later", "Late", "Paused", "Asked", "Near Draft"]
    assert titles(page, "coming")[:2] in (["Under Way", "Just Due"], ["Just Due", "Under Way"])
    assert titles(page, "coming")[2:] == ["Soon", "Far Draft", "Left Draft"]
    assert titles(page, "out") == ["New", "Cancelled", "Old"]
    assert 'Needs attention <span class="how-many">5</span>' in page
    assert '<details class="group out">' in page


def test_what_is_wrong_is_told_in_the_row(dashboard: Client, label: Label, now: datetime) -> None:
    make(label, "Late", release_at=now - 20 * MINUTE)
    make(label, "Paused", paused_reason=PauseReason.RELEASE_REFUSED)
    make(label, "Near", state=CampaignState.DRAFT, release_at=now + DAY)
    make(label, "Left", state=CampaignState.DRAFT, release_at=now - DAY)
    make(label, "Fine")

    page = page_of(dashboard)

    told = re.findall(r'<span class="(problem[^"]*)">([^<]*)</span>', page)
    assert told == [
        ("problem alarming", "The release isn&#x27;t confirmed on Spotify"),
        ("problem alarming", "Spotify refuses to save the release"),
        ("problem", "Still a draft, so fans can&#x27;t pre-save"),
        ("problem", "Still a draft, and its release time has passed"),
    ]


def test_with_nothing_at_hand_the_list_is_calm(dashboard: Client, label: Label) -> None:
    make(label, "Fine")
    page = page_of(dashboard)
    assert "Nothing needs your attention." in page
    assert 'id="coming" data-live="30"' in page


def test_what_is_out_is_unfolded_where_it_would_hide_everything(
    dashboard: Client, label: Label
) -> None:
    make(label, "Out", state=CampaignState.FINISHED)
    assert '<details class="group out" open>' in page_of(dashboard)
    make(label, "Fine")
    assert '<details class="group out">' in page_of(dashboard)
    assert '<details class="group out" open>' in page_of(dashboard, q="o")


def test_the_release_time_stands_there_exactly_too(dashboard: Client, label: Label) -> None:
    there = timezone.now() + 12 * DAY
    campaign = make(label, "Night Bus", release_at=there, release_zone="America/New_York")
    local = campaign.release_local
    page = page_of(dashboard)
    assert f'title="{local:%-d %B %Y, %H:%M} America/New_York">in 12 days</time>' in page
    assert f'<span class="exact">{local:%-d %b %Y, %H:%M %Z}</span>' in page
    assert f'datetime="{local.isoformat()}"' in page


def test_the_last_fourteen_days_are_drawn(dashboard: Client, label: Label, now: datetime) -> None:
    campaign = make(label, "Night Bus")
    for ago, number in ((0, 4), (1, 8), (13, 1), (14, 100)):
        DailyCount.objects.create(
            campaign=campaign, day=now.date() - ago * DAY, presaves=number, saved=50
        )
    page = page_of(dashboard)
    path = page.split('<path d="')[1].split('"')[0]
    heights = [int(height) for height in re.findall(r"v-(\d+)", path)]
    assert heights == [3, *[1] * 11, 22, 11]
    assert "<strong>113</strong>" in page


def test_a_row_of_what_has_ended_can_be_archived_by_editors_alone(
    dashboard: Client, artist: User, label: Label
) -> None:
    make(label, "Running")
    ended = make(label, "Ended", state=CampaignState.FINISHED, slug="ended")
    page = page_of(dashboard)
    assert page.count('form="archiving"') == 1
    assert 'formaction="/dashboard/campaigns/ended/archive"' in page
    assert f'value="{ended.id}"' in page
    artist.memberships.update(role=Role.VIEWER)
    assert 'form="archiving"' not in page_of(dashboard)


# Pages


def test_a_page_has_fifty_and_the_first_one_all_that_needs_somebody(
    dashboard: Client, label: Label, now: datetime
) -> None:
    for number in range(60):
        make(label, f"Late {number}", release_at=now - DAY - number * MINUTE)
    for number in range(45):
        make(label, f"Coming {number}", release_at=now + (30 + number) * DAY)
    for number in range(15):
        out = now - (10 + number) * DAY
        make(label, f"Out {number}", state=CampaignState.FINISHED, release_at=out)

    first, second = page_of(dashboard), page_of(dashboard, page=2)

    assert titles(first, "needs-you") == [f"Late {number}" for number in reversed(range(60))]
    assert titles(first, "coming") == [f"Coming {number}" for number in range(45)]
    assert titles(first, "out") == [f"Out {number}" for number in range(5)]
    assert 'id="out-total" data-live="10">15<' in first
    assert 'id="needs-you"' not in second
    assert titles(second) == [f"Out {number}" for number in range(5, 15)]
    assert '<details class="group out" open>' in second
    assert "Page 2 of 2" in second
    assert 'rel="next" href="?page=2"' in first


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "", "1e9"])
def test_a_page_that_is_not_there_is_another(dashboard: Client, label: Label, number: str) -> None:
    make(label, "Night Bus")
    assert titles(page_of(dashboard, page=number)) == ["Night Bus"]


def test_the_list_asks_the_database_the_same_whatever_its_length(
    dashboard: Client,
    label: Label,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        factory.make_presave(make(label, "Night Bus"))
        make(label, "Late", release_at=now - number * DAY)
        make(label, "Out", state=CampaignState.FINISHED)
    until = now - timedelta(hours=1)
    held_up = factory.make_local_campaign(
        label=label,
        state=CampaignState.RELEASING,
        release_at=until - timedelta(hours=3),
        confirmed_until=until,
    )
    factory.make_presaves(held_up, ["a"] * 3, due_at=until)
    dashboard.get(LIST)  # writes the form token into the session

    with django_assert_num_queries(7):
        dashboard.get(LIST)
    with django_assert_num_queries(7):
        dashboard.get(LIST, {"q": "bus demo", "state": "open", "label": str(label.id)})


# What it is narrowed to


@pytest.mark.parametrize(
    "words",
    ["cafe del mar", "CAFÉ", "del", "ibiza", "mar  éivissa", "second", "SÉCOND café", "summer-26"],
)
def test_a_search_finds_words_in_any_case_and_accent(
    dashboard: Client, artist: User, words: str
) -> None:
    label = factory.make_label(owner=artist, name="Second Label")
    make(label, "Café del Mar", artist="Éivissa Ibiza", slug="summer-26")
    make(label, "100%", artist="A_B", slug="other")
    assert "Café del Mar" in titles(page_of(dashboard, q=words))


@pytest.mark.parametrize("words", ["cafe bus", "%", "_", "\\", "'", "\x00", "x" * 201, "  "])
def test_signs_of_a_search_mean_themselves(dashboard: Client, label: Label, words: str) -> None:
    make(label, "Café", slug="cafe")
    is_read = words.strip() and "\x00" not in words and len(words) <= 200
    assert titles(page_of(dashboard, q=words)) == ([] if is_read else ["Café"])


def test_filters_narrow_the_list(dashboard: Client, artist: User, label: Label) -> None:
    second = factory.make_label(owner=artist, name="Second Label")
    make(label, "One", artist="Night Desk")
    make(label, "Two", artist="Night Desk", state=CampaignState.DRAFT)
    make(second, "Three", paused_reason=PauseReason.APP_NOT_OPEN)
    ended = {"state": CampaignState.CANCELLED, "paused_reason": PauseReason.APP_NOT_OPEN}
    make(second, "Four", **ended)

    def shown(**asked: str) -> set[str]:
        return set(titles(page_of(dashboard, **asked)))

    assert shown(artist="Night Desk") == {"One", "Two"}
    assert shown(artist="Night Desk", state="draft") == {"Two"}
    assert shown(label=str(second.id)) == {"Three", "Four"}
    assert shown(state="paused") == {"Three"}
    assert shown(state="cancelled") == {"Four"}
    assert shown(label=str(factory.make_label().id)) == set()
    assert shown(state="unknown", label="no-id", page="x") == {"One", "Two", "Three", "Four"}


def test_the_filters_offer_what_there_is_and_show_what_is_chosen(
    dashboard: Client, label: Label
) -> None:
    make(label, "One", artist="Night Desk")
    make(label, "Two", artist="Élan")
    page = page_of(dashboard, artist="Night Desk", state="open", q='bus"')
    assert re.findall(r"<option(| selected)>([^<]*)</option>", page) == [
        ("", "Élan"),
        (" selected", "Night Desk"),
    ]
    assert '<option value="open" selected>Open</option>' in page
    assert 'value="bus&quot;"' in page
    assert '<select name="label">' not in page


def test_archived_campaigns_are_left_out_unless_they_are_asked_for(
    dashboard: Client, label: Label, now: datetime
) -> None:
    near: dict[str, Any] = {"state": CampaignState.DRAFT, "release_at": now + DAY}
    make(label, "Put Aside", archived_at=now, **near)
    make(label, "Near Draft", **near)
    assert titles(page_of(dashboard)) == ["Near Draft"]
    page = page_of(dashboard, state="archived")
    assert titles(page, "coming") == ["Put Aside"]
    assert titles(page, "needs-you") == []


def test_the_list_keeps_its_narrowing_from_page_to_page(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    for number in range(51):
        make(label, f"Bus {number}")
    page = page_of(dashboard, q="bus")
    assert 'href="?q=bus&amp;page=2"' in page
    assert 'name="list" value="q=bus"' in page
