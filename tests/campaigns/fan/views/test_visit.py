"""What the landing page says of a visit, and what is counted on the way from it to a pre-save."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from campaigns import keyring
from campaigns.models import Campaign, DailyCount, Funnel, PreSave, SourceCount
from campaigns.models.sources import MOST_OPEN
from tests.factory import make_campaign, make_local_campaign
from tests.fans import Fan

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

FROM_OUR_PAGE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(slug="night-bus")


def visit(src: str = "", path: str = "/night-bus/visit", **headers: str) -> HttpResponse:
    return Client().post(path, {"src": src}, headers={**FROM_OUR_PAGE, **headers})  # type: ignore[return-value]


def by_source(campaign: Campaign) -> dict[str, Funnel]:
    return SourceCount.objects.by_source(campaign.id)


def test_a_visit_counts_and_leaves_nothing_behind(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = visit("Poster", **{"user-agent": "a-browser", "x-forwarded-for": "192.0.2.7"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "no-store" in answer.headers["Cache-Control"]
    assert by_source(campaign) == {"poster": Funnel(visits=1)}
    logged = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert logged == []


@pytest.mark.parametrize(
    ("told", "counted"),
    [("", "direct"), ("l.instagram.com", "instagram"), ("ポスター", "other"), ("\x00", "other")],
)
def test_it_counts_for_its_source(campaign: Campaign, told: str, counted: str) -> None:
    assert visit(told).status_code == 204
    assert by_source(campaign) == {counted: Funnel(visits=1)}


@pytest.mark.parametrize("site", ["", "none", "same-site", "cross-site"])
def test_other_sites_and_programs_are_not_counted(campaign: Campaign, site: str) -> None:
    assert visit("poster", **{"sec-fetch-site": site}).status_code == 403
    assert by_source(campaign) == {}


@pytest.mark.parametrize(
    ("origin", "counted"),
    [(settings.PUBLIC_URL, 1), ("https://elsewhere.example", 0), ("null", 0)],
    ids=["ours", "elsewhere", "none"],  # our own has another port in each process
)
def test_an_older_browser_says_its_origin_alone(
    campaign: Campaign, origin: str, counted: int
) -> None:
    Client().post("/night-bus/visit", {"src": "poster"}, headers={"origin": origin})
    assert by_source(campaign).get("poster", Funnel()).visits == counted


def test_only_what_the_script_sends_is_read(client: Client, campaign: Campaign) -> None:
    address = "/night-bus/visit"
    assert client.get(address, headers=FROM_OUR_PAGE).status_code == 405
    assert visit("x" * 2000).status_code == 413
    flood = "&".join(f"a{number}=" for number in range(150))
    answer = client.post(address, flood, "application/x-www-form-urlencoded", headers=FROM_OUR_PAGE)
    assert answer.status_code == 204
    assert by_source(campaign) == {"other": Funnel(visits=1)}


def test_nobody_learns_which_campaigns_there_are() -> None:
    assert visit("poster", "/nobody-knows/visit").status_code == 204
    assert not SourceCount.objects.exists()


def test_names_without_end_do_not_become_rows_without_end(campaign: Campaign) -> None:
    for number in range(MOST_OPEN + 30):
        visit(f"name-{number}")
    assert SourceCount.objects.count() == MOST_OPEN + 1
    assert by_source(campaign)["other"] == Funnel(visits=30)


def test_the_source_of_a_link_makes_no_page_of_its_own(
    client: Client, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plain = client.get("/night-bus")
    with django_assert_num_queries(0):
        sourced = client.get("/night-bus?src=poster&utm_source=poster")
    assert sourced.content == plain.content
    assert by_source(campaign) == {}  # its script counts the visit, wherever the page is kept


# From the tap to the pre-save.


def tap(fan: Fan, path: str, **fields: str) -> HttpResponse:
    send: Any = fan.client.post if fields else fan.client.get
    answer: HttpResponse = send(path, *([fields] if fields else []), headers=FROM_OUR_PAGE)
    fan.read_spotifys_page()
    return answer


def test_the_source_travels_from_the_tap_to_the_pre_save(fan: Fan, campaign: Campaign) -> None:
    answer = tap(fan, "/night-bus/go?src=poster")
    assert by_source(campaign) == {"poster": Funnel(taps=1)}
    assert "poster" not in answer.headers["Location"]
    assert "poster" not in fan.cookie  # it is sealed

    fan.get(fan.decide(answer.headers["Location"]))
    assert by_source(campaign) == {"poster": Funnel(taps=1, presaves=1)}
    assert DailyCount.objects.totals_of(campaign.id).presaves == 1
    assert "poster" not in str(vars(PreSave.objects.get()))


def test_without_a_source_it_is_direct(fan: Fan, campaign: Campaign) -> None:
    fan.pre_save(campaign)
    assert by_source(campaign) == {"direct": Funnel(taps=1, presaves=1)}


def test_a_form_takes_the_source_along_too(fan: Fan) -> None:
    campaign = make_local_campaign(slug="everywhere")
    tap(fan, "/everywhere/go?src=poster", zone="Europe/Lisbon")
    assert by_source(campaign) == {"poster": Funnel(taps=1)}


def test_the_page_that_asks_once_more_takes_it_along(fan: Fan, campaign: Campaign) -> None:
    page = fan.client.get("/night-bus/go?src=ig").content.decode()
    assert '<input type="hidden" name="src" value="instagram">' in page
    assert by_source(campaign) == {}  # nobody has tapped yet
    tap(fan, "/night-bus/go", src="instagram", seen="")
    assert by_source(campaign) == {"instagram": Funnel(taps=1)}


def test_a_pre_save_that_is_not_stored_is_not_counted(fan: Fan, campaign: Campaign) -> None:
    location = tap(fan, "/night-bus/go?src=poster").headers["Location"]
    fan.get(fan.decide(location, "deny"))
    assert by_source(campaign) == {"poster": Funnel(taps=1)}


def test_a_second_return_is_not_counted_again(fan: Fan, campaign: Campaign) -> None:
    back = fan.decide(tap(fan, "/night-bus/go?src=poster").headers["Location"])
    fan.get(back)
    fan.get(back)
    tap(fan, "/night-bus/go?src=poster")  # leads to the receipt
    assert by_source(campaign) == {"poster": Funnel(taps=1, presaves=1)}


def test_who_tapped_before_sources_were_counted_is_direct(fan: Fan, campaign: Campaign) -> None:
    location = tap(fan, "/night-bus/go?src=poster").headers["Location"]
    content = keyring.open_cookie(settings.SECRET_KEY, fan.cookie, "consent")
    fields = json.loads(content or b"")
    del fields["source"]
    earlier = json.dumps(fields).encode()
    fan.cookie = keyring.seal_cookie(settings.SECRET_KEY, earlier, "consent")
    fan.get(fan.decide(location))
    assert by_source(campaign)["direct"] == Funnel(presaves=1)
