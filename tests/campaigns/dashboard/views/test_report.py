"""The report as a page, as files, and at the address that can be sent on."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.dashboard.bars import chart
from campaigns.dashboard.spreadsheet import safe
from campaigns.models import (
    Campaign,
    CampaignState,
    Counted,
    Label,
    PreSaveState,
    Reason,
    Role,
    SourceCount,
    Step,
)
from campaigns.planning import report_links
from campaigns.planning.addresses import is_reserved
from campaigns.retention import figures
from tests import factory

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(label: Label) -> Campaign:
    """Finished: sixty saved, one failed, two cancelled."""
    campaign = factory.make_campaign(
        label=label, slug="night-bus", state=CampaignState.FINISHED, key_destroyed_at=timezone.now()
    )
    settled_at = campaign.release_at + timedelta(seconds=2)
    names = [f"fan-{number}" for number in range(60)]
    factory.make_presaves(campaign, names, state=PreSaveState.SAVED, settled_at=settled_at)
    factory.make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    for _ in range(2):
        factory.make_presave(campaign, state=PreSaveState.CANCELLED, reason=Reason.BY_FAN)
    figures.write_down(timezone.now())
    campaign.refresh_from_db()
    return campaign


REPORT = "/dashboard/campaigns/night-bus/report"


def text_of(client: Client, address: str = REPORT) -> str:
    page = client.get(address).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def shared_at(dashboard: Client) -> str:
    dashboard.post("/dashboard/campaigns/night-bus/report-link")
    return f"/report/{report_links.token_of(Campaign.objects.get())}"


def test_the_page_says_how_it_went_and_adds_up(dashboard: Client, campaign: Campaign) -> None:
    text = text_of(dashboard)
    assert "Done: 60 of 61 fans have it: half of them within 2 seconds" in text
    assert "Pre-saves 63 Saved 60 Failed 1 Cancelled 2 Expired 0" in text
    assert "Failed The permission was withdrawn at Spotify 1" in text
    assert "Cancelled The fan cancelled 2" in text
    assert "63 permissions, the first destroyed after" in text
    assert "No copy of a permission can be opened any more." in text


def test_it_costs_few_queries(
    dashboard: Client, campaign: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        dashboard.get(REPORT)


def test_the_page_says_where_pre_saves_came_from(dashboard: Client, campaign: Campaign) -> None:
    assert "Pre-saves by source" not in text_of(dashboard)
    presave = Counted(campaign.id, timezone.now().date(), "poster", Step.PRESAVE)
    SourceCount.objects.add({presave: 40})
    text = text_of(Client(), shared_at(dashboard))
    assert "poster 0 0 40 From before visits were counted 23" in text


def test_each_chart_has_its_table(dashboard: Client, campaign: Campaign) -> None:
    page = dashboard.get(REPORT).content.decode()
    assert page.count("<svg") == 2
    assert page.count("<details>") == 2
    assert "style=" not in page


def test_the_finished_campaigns_page_leads_there(dashboard: Client, campaign: Campaign) -> None:
    page = dashboard.get("/dashboard/campaigns/night-bus").content.decode()
    assert "Done: 60 of 61 fans have it" in page
    assert f'href="{REPORT}"' in page


@pytest.mark.parametrize("state", ["draft", "open", "releasing"])
def test_there_is_none_before_the_end(dashboard: Client, label: Label, state: str) -> None:
    factory.make_campaign(label=label, slug="night-bus", state=state)
    assert dashboard.get(REPORT).headers["Location"] == "/dashboard/campaigns/night-bus"
    for ending in ("csv", "json"):
        assert dashboard.get(f"{REPORT}.{ending}").status_code == 404
    assert REPORT not in dashboard.get("/dashboard/campaigns/night-bus").content.decode()
    shared_at(dashboard)
    assert Campaign.objects.get().report_nonce == ""


# Files.


def rows_of(client: Client, address: str) -> dict[tuple[str, str], str]:
    content = client.get(address).content.decode("utf-8-sig")
    return {(section, item): value for section, item, value in csv.reader(io.StringIO(content))}


def test_the_files_hold_the_numbers(dashboard: Client, campaign: Campaign) -> None:
    rows = rows_of(dashboard, f"{REPORT}.csv")
    assert rows["totals", "saved"] == "60"
    assert rows["outcomes", "cancelled: by_fan"] == "2"
    answer = dashboard.get(f"{REPORT}.json")
    assert answer.json()["totals"]["saved"] == 60
    assert 'filename="night-bus-report.json"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("begin", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_run_by_a_spreadsheet(begin: str) -> None:
    assert safe(begin) == f"'{begin}"


def test_a_title_is_no_formula(dashboard: Client, campaign: Campaign) -> None:
    Campaign.objects.update(title='=HYPERLINK("https://evil.example")', agreed_title="")
    value = rows_of(dashboard, f"{REPORT}.csv")["campaign", "title"]
    assert value == '\'=HYPERLINK("https://evil.example")'


@pytest.mark.parametrize("cell", ["Night Bus", "2026-11-04", 3, -3, None, ""])
def test_other_cells_stay_as_they_are(cell: Any) -> None:
    assert safe(cell) == cell


# The address that can be sent on.


def test_a_shared_report_needs_no_log_in(dashboard: Client, campaign: Campaign) -> None:
    address = shared_at(dashboard)
    answer = Client().get(address)
    assert answer.status_code == 200
    assert "Done: 60 of 61 fans have it" in answer.content.decode()
    assert address in dashboard.get(REPORT).content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "form-action 'none'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies


def test_it_can_only_be_read(dashboard: Client, campaign: Campaign) -> None:
    address = shared_at(dashboard)
    page = Client().get(address).content.decode()
    assert "<form" not in page
    assert 'href="/dashboard' not in page
    assert Client().post(address).status_code == 405


def test_its_files_come_along(dashboard: Client, campaign: Campaign) -> None:
    address = shared_at(dashboard)
    assert rows_of(Client(), f"{address}/report.csv")["totals", "saved"] == "60"
    answer = Client().get(f"{address}/report.json")
    assert answer.json()["totals"]["saved"] == 60
    assert "no-store" in answer.headers["Cache-Control"]


def test_it_is_taken_back_at_once_and_for_good(dashboard: Client, campaign: Campaign) -> None:
    old = shared_at(dashboard)
    dashboard.post("/dashboard/campaigns/night-bus/report-link/withdraw")
    for after in ("", "/report.csv", "/report.json"):
        assert Client().get(old + after).status_code == 404
    new = shared_at(dashboard)
    assert new != old
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200


def test_who_shares_twice_has_one_address(dashboard: Client, campaign: Campaign) -> None:
    assert shared_at(dashboard) == shared_at(dashboard)


@pytest.mark.parametrize("token", ["x", ".", "x.y", "a" * 500])
def test_a_guess_leads_nowhere(campaign: Campaign, token: str) -> None:
    answer = Client().get(f"/report/{token}")
    assert answer.status_code == 404
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_row_alone_does_not_give_the_address_away(
    dashboard: Client, campaign: Campaign
) -> None:
    shared_at(dashboard)
    nonce = Campaign.objects.get().report_nonce
    assert nonce
    assert Client().get(f"/report/{nonce}").status_code == 404


def test_no_campaign_can_have_that_address() -> None:
    assert is_reserved("report")


def test_a_viewer_reads_and_gets_no_address(
    dashboard: Client, campaign: Campaign, label: Label
) -> None:
    address = shared_at(dashboard)
    viewer = Client()
    viewer.force_login(factory.make_member(label, role=Role.VIEWER))
    page = viewer.get(REPORT).content.decode()
    assert "Done: 60 of 61 fans have it" in page
    assert address not in page
    for act in ("report-link", "report-link/withdraw"):
        assert viewer.post(f"/dashboard/campaigns/night-bus/{act}").status_code == 403


# The charts.


def test_the_tallest_bar_fills_the_chart_and_the_smallest_is_seen() -> None:
    drawn = chart([1000, 0, 1])
    assert drawn.peak == 1000
    assert [(bar.x, bar.height) for bar in drawn.bars] == [(0, 100), (20, 2)]
    assert all(bar.y + bar.height == drawn.height for bar in drawn.bars)


@pytest.mark.parametrize("numbers", [[], [0, 0]])
def test_without_numbers_there_is_no_bar(numbers: list[int]) -> None:
    drawn = chart(numbers)
    assert (drawn.peak, drawn.bars) == (0, ())
    assert drawn.width > 0
