"""The report as a page, as files, and at the address that can be sent on."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignState,
    Label,
    PreSaveState,
    Reason,
    Role,
    SourceCount,
    Step,
)
from campaigns.models.counts import Counted
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
    assert "63 permissions, destroyed between" in text
    assert "No copy of any permission can be opened any more." in text


def test_it_costs_few_queries(
    dashboard: Client, campaign: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        dashboard.get(REPORT)


def test_each_chart_has_its_table(dashboard: Client, campaign: Campaign) -> None:
    page = dashboard.get(REPORT).content.decode()
    assert page.count("<svg") == 2
    assert len(re.findall(r'<path d="M[^"]+z">', page)) == 2
    assert "Pre-saves by day, 63 on the busiest" in page
    assert re.search(r"Permissions destroyed by (hour, \d+ in|day, \d+ on) the busiest", page)
    assert "at most 63 a day" in page
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


def test_a_title_is_no_formula(dashboard: Client, campaign: Campaign) -> None:
    Campaign.objects.update(title='=HYPERLINK("https://evil.example")', agreed_title="")
    value = rows_of(dashboard, f"{REPORT}.csv")["campaign", "title"]
    assert value == '\'=HYPERLINK("https://evil.example")'


def test_it_says_where_presaves_came_from(dashboard: Client, campaign: Campaign) -> None:
    day = campaign.release_at.date()
    SourceCount.objects.add(
        {
            Counted(campaign.id, day, "instagram", Step.VISIT): 90,
            Counted(campaign.id, day, "instagram", Step.PRESAVE): 40,
            Counted(campaign.id, day, "direct", Step.PRESAVE): 20,
        }
    )
    assert "instagram 90 0 40 Direct or unknown 0 0 20" in text_of(dashboard)
    assert rows_of(dashboard, f"{REPORT}.csv")["presaves_by_source", "instagram"] == "40"
    content = dashboard.get(f"{REPORT}.json").json()
    assert content["by_source"][0] == {
        "source": "instagram",
        "visits": 90,
        "taps": 0,
        "presaves": 40,
    }
    assert content["presaves_without_source"] == 3


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
    answer = Client().get(f"/report/{token}", follow=True)
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


@pytest.mark.parametrize("file", ["", "/report.csv", "/report.json"])
def test_nobody_keeps_what_was_shared_and_no_cookie_comes_with_it(
    dashboard: Client, campaign: Campaign, file: str
) -> None:
    address, reader = shared_at(dashboard), Client()
    reader.cookies[settings.SESSION_COOKIE_NAME] = "of-a-session-that-is-over"
    answer = reader.get(f"{address}{file}")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
