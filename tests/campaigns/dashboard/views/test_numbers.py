"""The page of a campaign's numbers, and the same to take along."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    Counted,
    DailyCount,
    Label,
    ReminderCount,
    ReminderKind,
    Role,
    SourceCount,
    Step,
    User,
)
from campaigns.models.sources import MOST_OWN
from tests import factory
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/campaigns/night-bus/numbers"
SOURCES = "/dashboard/campaigns/night-bus/sources"


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus", title="Night Bus")


def count(campaign: Campaign, source: str, visits: int, taps: int = 0, presaves: int = 0) -> None:
    now = timezone.now()
    numbers = {Step.VISIT: visits, Step.TAP: taps, Step.PRESAVE: presaves}
    SourceCount.objects.add(
        {Counted(campaign.id, now.date(), source, step): one for step, one in numbers.items()}
    )
    DailyCount.objects.add(campaign.id, now, {"presaves": presaves})


def test_the_page_tells_it_by_day_and_by_source(dashboard: Client, campaign: Campaign) -> None:
    count(campaign, "poster", 1200, 400, 150)
    count(campaign, "direct", 300, 40, 30)
    text = text_of(dashboard.get(PAGE))
    assert "<dt>Visits</dt><dd>1,500</dd>" in text
    assert "<dt>Taps</dt><dd>440</dd>" in text
    assert "<dt>Pre-saves</dt><dd>180</dd>" in text
    assert "<dt>Conversion</dt><dd>12%</dd>" in text
    cells = [re.sub("<[^>]+>", "", row) for row in re.findall(r"<tr>(.*?)</tr>", text)]
    assert [" ".join(row.split()) for row in cells][-2:] == [
        "poster 1,200 400 150 12.5%",
        "Direct or unknown 300 40 30 10%",
    ]
    assert text.count('role="img"') == 3
    assert "most: 1,200" not in text
    assert "most: 1,500 on" in text


def test_pre_saves_of_before_are_named(dashboard: Client, campaign: Campaign) -> None:
    factory.make_presave(campaign)
    count(campaign, "poster", 10, 2, 1)
    text = text_of(dashboard.get(PAGE))
    assert "<dt>Conversion</dt><dd>10%</dd>" in text
    assert "This leaves out 1 pre-save made before visits were counted." in text


def test_outcomes_and_reminders_stand_apart(dashboard: Client, campaign: Campaign) -> None:
    factory.make_presave(campaign, state="saved")
    factory.make_presave(campaign)
    ReminderCount.objects.add(campaign.id, timezone.now(), ReminderKind.CALENDAR)
    text = text_of(dashboard.get(PAGE))
    assert "<dt>Waiting</dt><dd>1</dd>" in text
    assert "<dt>Saved</dt><dd>1</dd>" in text
    assert "<dt>Calendar files</dt><dd>1</dd>" in text
    assert "<dt>Visits to the Countdown Page</dt><dd>0</dd>" in text
    assert "one person may be counted more than once." in text


def test_before_anybody_came_the_page_says_what_will_be_there(
    dashboard: Client, label: Label
) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=CampaignState.DRAFT)
    assert "Once the campaign is open" in text_of(dashboard.get(PAGE))
    factory.make_campaign(label=label, slug="day-bus")
    text = text_of(dashboard.get("/dashboard/campaigns/day-bus/numbers"))
    assert "Nobody has opened the page yet." in text
    assert "<dt>Conversion</dt><dd>-</dd>" in text


def test_csv_and_json_hold_everything_that_is_shown(dashboard: Client, campaign: Campaign) -> None:
    count(campaign, "poster", 8, 4, 2)
    today = timezone.now().date().isoformat()
    answer = dashboard.get(f"{PAGE}.csv")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["section", "name", "measure", "number"]
    for row in (
        ["total", "", "visits", "8"],
        ["total", "", "presaves_per_100_visits", "25.0"],
        ["day", today, "taps", "4"],
        ["source", "poster", "presaves", "2"],
        ["outcome", "", "waiting", "2"],
        ["reminder", "", "calendar", "0"],
    ):
        assert row in rows
    assert answer.headers["Content-Disposition"] == 'attachment; filename="night-bus-numbers.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"

    told = dashboard.get(f"{PAGE}.json").json()
    assert told["days"][-1] == {"day": today, "visits": 8, "taps": 4, "presaves": 2}
    assert told["sources"] == [
        {"name": "poster", "visits": 8, "taps": 4, "presaves": 2, "presaves_per_100_visits": 25.0}
    ]
    assert told["outcomes"]["waiting"] == 2


def test_an_editor_gives_a_name_its_place_and_takes_it_back(
    dashboard: Client, campaign: Campaign
) -> None:
    page = text_of(dashboard.post(SOURCES, {"name": "Kitchen Window"}, follow=True))
    assert "Visits with ?src=kitchen-window are counted separately." in page
    assert "Your own names (1 of 10)" in page
    page = text_of(
        dashboard.post(SOURCES, {"name": "kitchen-window", "act": "remove"}, follow=True)
    )
    assert "Your own names (0 of 10)" in page
    page = text_of(dashboard.post(SOURCES, {"name": "Łódź"}, follow=True))
    assert "Visits with ?src=lodz are counted separately." in page  # as the page for sharing has it
    page = text_of(dashboard.post(SOURCES, {"name": "ポスター"}, follow=True))
    assert "Use letters from a to z, digits, dots, hyphens or underscores" in page
    for reserved in ("direct", " Other "):
        page = text_of(dashboard.post(SOURCES, {"name": reserved}, follow=True))
        assert "“direct” and “other” already mean something else." in page


def test_no_phone_number_becomes_a_name(dashboard: Client, campaign: Campaign) -> None:
    for number in ("030-1234-5678", "+49 (30) 123.456-78", "030 123 456"):
        page = text_of(dashboard.post(SOURCES, {"name": number}, follow=True))
        assert "no email address or phone number" in page
    assert not campaign.sources.exists()
    dashboard.post(SOURCES, {"name": "tour-2026-11-30"})
    assert campaign.sources.count() == 1


def test_when_all_places_are_taken_the_artist_is_told(
    dashboard: Client, campaign: Campaign
) -> None:
    for number in range(MOST_OWN):
        dashboard.post(SOURCES, {"name": f"name-{number}"})
    page = text_of(dashboard.post(SOURCES, {"name": "one-more"}, follow=True))
    assert "used all 10 names. Remove one first." in page


def test_a_viewer_sees_the_numbers_and_changes_no_name(
    dashboard: Client, artist: User, campaign: Campaign
) -> None:
    artist.memberships.update(role=Role.VIEWER)
    assert "add-name" not in text_of(dashboard.get(PAGE))
    assert dashboard.post(SOURCES, {"name": "poster"}).status_code == 403


def test_the_page_costs_at_most_twelve_queries(
    dashboard: Client, campaign: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        count(campaign, f"name-{number}", number)
    with django_assert_max_num_queries(12) as queries:
        dashboard.get(PAGE)
    # A million rows are as quick as ten: they are only asked whether there is one.
    reading_rows = [sql for query in queries if "campaigns_presave" in (sql := query["sql"])]
    assert all("EXISTS" in sql for sql in reading_rows)


def test_the_overview_leads_to_it(dashboard: Client, campaign: Campaign) -> None:
    assert f'href="{PAGE}"' in text_of(dashboard.get("/dashboard/campaigns/night-bus"))
