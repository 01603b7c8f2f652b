"""A label's own domain: its fans' pages are there, and nothing else."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.cache import caches
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from campaigns import label_urls, urls
from campaigns.models import Campaign, Funnel, Label, SourceCount, sources
from tests.factory import make_artist_page, make_campaign, make_label, make_local_campaign

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

PUBLIC = "http://127.0.0.1:8000"
OWN = "presave.label.example"
SITE = f"http://{OWN}:8000"
GO = "/night-bus/go"
FROM_SITE = {"sec-fetch-site": "cross-site", "referer": f"{SITE}/"}


@pytest.fixture(autouse=True)
def public_url(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.PUBLIC_HOST = PUBLIC, "127.0.0.1"
    settings.SPOTIFY_ACCOUNTS_URL = "https://accounts.example"


@pytest.fixture
def own() -> Label:
    return make_label(domain=OWN)


@pytest.fixture
def campaign(own: Label) -> Campaign:
    return make_campaign(label=own, slug="night-bus")


def at(host: str, path: str, **headers: str) -> HttpResponse:
    return Client().get(path, headers={"host": host, **headers})  # type: ignore[return-value]


def text(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def example(pattern: URLPattern) -> str:
    """An address of a route, whose parts there are."""
    route = str(pattern.pattern).replace("<slug:slug>", "night-bus")
    route = route.replace("<slug:handle>", "demo-artist").replace("<uuid:label_id>", "0" * 32)
    return "/" + re.sub(r"<\w+:\w+>", "1", route)


# What is there.


@pytest.mark.parametrize("host", [OWN, f"{OWN}:8000", OWN.upper(), f"{OWN}."])
def test_a_release_is_at_its_labels_domain_and_names_it_as_its_own(
    campaign: Campaign, host: str
) -> None:
    page = at(host, "/night-bus")
    assert page.status_code == 200
    assert not page.cookies
    assert f'<link rel="canonical" href="{SITE}/night-bus">' in text(page)
    assert f'<meta property="og:url" content="{SITE}/night-bus">' in text(page)
    assert f'property="og:image" content="{SITE}/' in text(page)
    assert f"webcal://{OWN}:8000/night-bus/calendar.ics" in text(page)


def test_it_is_at_public_url_all_the_same_under_the_same_name(campaign: Campaign) -> None:
    page = at("127.0.0.1", "/night-bus")
    assert f'<link rel="canonical" href="{SITE}/night-bus">' in text(page)
    assert 'href="/night-bus/go?seen=' in text(page)


@pytest.mark.parametrize("hosts", [("127.0.0.1", OWN), (OWN, "127.0.0.1")])
def test_a_page_kept_for_one_host_is_not_shown_at_the_other(
    campaign: Campaign, hosts: tuple[str, str]
) -> None:
    with time_machine.travel(timezone.now(), tick=False):  # nothing that is kept grows old
        pages = {host: at(host, "/night-bus") for host in hosts}
        assert pages[hosts[0]].content == at(hosts[0], "/night-bus").content
        asked = {"if-none-match": pages["127.0.0.1"].headers["ETag"]}
        assert at(OWN, "/night-bus", **asked).status_code == 200
    assert f'href="{PUBLIC}{GO}?seen=' in text(pages[OWN])
    assert f'href="{GO}?seen=' in text(pages["127.0.0.1"])


def test_every_page_of_fans_is_there_and_leads_to_pages_that_are(campaign: Campaign) -> None:
    make_artist_page(campaign.label)
    for path in (
        *("/night-bus", "/night-bus/calendar.ics", "/@demo-artist", "/@demo-artist/feed.atom"),
        *("/@demo-artist/calendar.ics", "/privacy", "/terms", "/transparency", "/check"),
        *("/transparency.json", "/.well-known/presave.json", "/.well-known/security.txt"),
    ):
        page = at(OWN, path)
        assert page.status_code == 200, path
        assert not page.cookies, path
        for link in re.findall(r'href="(/(?!static/)[^"?]*)', text(page)):
            assert at(OWN, link).status_code < 400, (path, link)
    assert f"Canonical: {SITE}/.well-known/" in text(at(OWN, "/.well-known/security.txt"))
    of_artist = "/@demo-artist/feed.atom", "/@demo-artist/calendar.ics"
    for path in (*of_artist, "/night-bus/calendar.ics"):
        assert f"{SITE}/night-bus" in text(at(OWN, path)).replace("\r\n ", ""), path
        assert PUBLIC not in text(at(OWN, path)), path


def test_nothing_else_is(campaign: Campaign) -> None:
    make_artist_page(campaign.label)
    there = {one.name for one in label_urls.urlpatterns}
    elsewhere = [one for one in urls.urlpatterns if one.name not in there]
    assert {"fan-callback", "fan-receipt", "dashboard", "metrics"} < {one.name for one in elsewhere}
    for pattern in elsewhere:
        assert at(OWN, example(pattern)).status_code == 404, pattern.name
    for path in ("/accounts/login", "/accounts", "/dashboard/campaigns/night-bus"):
        page = at(OWN, path)
        assert page.status_code == 404, path
        assert "/accounts/" not in text(page)


def test_a_form_that_nothing_there_takes_is_refused(campaign: Campaign) -> None:
    strict = Client(enforce_csrf_checks=True)
    refused = {
        path: strict.post(path, headers={"host": OWN}).status_code
        for path in ("/", "/night-bus", GO, "/night-bus/mine", "/privacy", "/callback")
    }
    assert refused == {**dict.fromkeys(refused, 405), "/callback": 404}


def test_its_front_page_is_ours(own: Label) -> None:
    assert at(OWN, "/").headers["Location"] == f"{PUBLIC}/"


def test_another_labels_pages_are_not_there(campaign: Campaign) -> None:
    other = make_label(name="Night Desk")
    make_campaign(label=other, slug="slow-tide", countdown_url="https://open.spotify.com/x")
    make_artist_page(other, name="Night Desk")
    for pattern in label_urls.urlpatterns:
        path = example(pattern)
        theirs = path.replace("night-bus", "slow-tide").replace("demo-artist", "night-desk")
        if theirs != path:
            assert at(OWN, theirs).status_code == 404, theirs
    posted = Client().post(
        "/slow-tide/visit", headers={"host": OWN, "sec-fetch-site": "same-origin"}
    )
    assert posted.status_code == 404
    assert at("127.0.0.1", "/slow-tide").status_code == 200


def test_a_visit_counts_that_our_page_there_tells_of(campaign: Campaign) -> None:
    for origin, status in ((SITE, 204), (PUBLIC, 403), ("https://elsewhere.example", 403)):
        headers = {"host": OWN, "origin": origin}
        answer = Client().post("/night-bus/visit", {"src": "poster"}, headers=headers)
        assert answer.status_code == status
    headers = {"host": OWN, "sec-fetch-site": "same-origin"}
    back_from_receipt = Client().post(
        "/night-bus/visit", {"src": "127.0.0.1:8000"}, headers=headers
    )
    assert back_from_receipt.status_code == 204
    assert leads_to_spotify(at("127.0.0.1", f"{GO}?src=127.0.0.1:8000", **FROM_SITE))
    counted = {"poster": Funnel(visits=1), sources.DIRECT: Funnel(taps=1)}
    assert SourceCount.objects.by_source(campaign.id) == counted


# Hosts.


def test_made_up_hosts_are_refused_and_cost_no_query(
    campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    at(OWN, "/night-bus")
    with django_assert_num_queries(0):
        for number in range(20):
            for host in (f"{number}.example", f"{number}.{OWN}", f"{OWN}.{number}.example"):
                page = at(host, "/night-bus")
                assert page.status_code == 400
                assert OWN not in text(page)
                assert "127.0.0.1:8000" not in text(page)
    for host in (f"{OWN}@127.0.0.1", f"127.0.0.1, {OWN}", f"{OWN}/x", ""):
        assert at(host, "/night-bus").status_code in (400, 404), host


def test_a_domain_that_was_taken_back_is_refused_some_seconds_later(campaign: Campaign) -> None:
    assert at(OWN, "/night-bus").status_code == 200
    Label.objects.update(domain=None)
    caches["pages"].clear()  # some seconds later
    assert at(OWN, "/night-bus").status_code == 400
    assert f'rel="canonical" href="{PUBLIC}/' in text(at("127.0.0.1", "/night-bus"))


def test_domains_stay_known_while_the_database_is_away(campaign: Campaign) -> None:
    assert at(OWN, "/privacy").status_code == 200
    caches["pages"].delete("domains")  # some seconds later
    asked: list[str] = []

    def refuse(_: object, query: str, *__: object) -> None:
        asked.append(query)
        raise OperationalError

    with connection.execute_wrapper(refuse):
        for number in range(3):
            assert at(OWN, "/privacy").status_code == 200
            assert at(f"{number}.example", "/privacy").status_code == 400
        assert len(asked) == 1
        page = Client(raise_request_exception=False).get("/night-bus", headers={"host": OWN})
    assert page.status_code == 503
    assert "Content-Security-Policy" in page.headers


def test_public_urls_host_is_ours_also_when_a_label_has_had_it_before(own: Label) -> None:
    Label.objects.update(domain="127.0.0.1")
    campaign = make_local_campaign(label=own, slug="night-bus")
    assert at("127.0.0.1", "/accounts/login/").status_code == 200
    page = at("127.0.0.1", "/night-bus")
    assert f'<link rel="canonical" href="{PUBLIC}{campaign.get_absolute_url()}">' in text(page)
    assert f'method="post" action="{GO}"' in text(page)
    assert asks_once_more(at("127.0.0.1", GO, referer=f"{PUBLIC}/"))
    tapped = Client().post(GO, headers={"origin": PUBLIC})
    assert list(tapped.cookies) == ["presave"]


def test_browsers_are_bound_to_https_for_this_host_alone(
    campaign: Campaign, settings: Settings
) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 300, True
    told = {
        host: Client().get("/night-bus", headers={"host": host}, secure=True)
        for host in (OWN, "127.0.0.1")
    }
    header = "Strict-Transport-Security"
    assert told[OWN].headers[header] == "max-age=300"
    assert told["127.0.0.1"].headers[header] == "max-age=300; includeSubDomains"


def test_plain_http_leads_to_https_at_the_same_domain(
    campaign: Campaign, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    headers = {"x-forwarded-proto": "http", "x-forwarded-for": "192.0.2.7"}
    assert at(OWN, "/night-bus", **headers).headers["Location"] == f"https://{OWN}/night-bus"
    assert at("elsewhere.example", "/night-bus", **headers).status_code == 400


def test_caddy_learns_for_which_domains_to_get_a_certificate(own: Label) -> None:
    def ask(domain: str, **headers: str) -> int:
        return at("web:8000", f"/domains/known?domain={domain}", **headers).status_code

    assert ask(OWN) == 200
    assert [ask(name) for name in ("", "elsewhere.example", f"a.{OWN}", "127.0.0.1")] == [404] * 4
    # A question from outside is refused as at any address that is not there.
    outside = at("127.0.0.1", f"/domains/known?domain={OWN}", **{"x-forwarded-for": "192.0.2.7"})
    assert outside.status_code == 404
    assert ask(OWN, **{"x-forwarded-for": "192.0.2.7"}) == 400
    assert Client().get(f"/domains/known?domain={OWN}", secure=True).status_code == 404


# The way to Spotify.


def leads_to_spotify(answer: HttpResponse) -> bool:
    to = answer.headers.get("Location", "")
    return answer.status_code == 302 and to.startswith("https://accounts.example/authorize")


def asks_once_more(answer: HttpResponse) -> bool:
    return answer.status_code == 200 and not answer.cookies and "One more tap" in text(answer)


def test_a_link_there_leads_to_spotify_by_one_tap(campaign: Campaign) -> None:
    page = at(OWN, "/night-bus?lang=de")
    [start] = re.findall(r'referrerpolicy="strict-origin" href="([^"]*)"', text(page))
    assert start.startswith(f"{PUBLIC}{GO}?lang=de&seen=")
    tapped = at("127.0.0.1", start.removeprefix(PUBLIC), **FROM_SITE)
    assert leads_to_spotify(tapped)
    assert list(tapped.cookies) == ["presave"]


def test_a_form_there_leads_to_spotify_by_one_tap(own: Label) -> None:
    make_local_campaign(label=own, slug="night-bus")
    page = at(OWN, "/night-bus")
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action {PUBLIC} https://accounts.example" in policy
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert f'method="post" action="{PUBLIC}{GO}"' in text(page)
    tapped = Client().post(GO, {"zone": "Asia/Tokyo"}, headers={"origin": SITE})
    assert leads_to_spotify(tapped)  # type: ignore[arg-type]
    # The cookie of an earlier tap was not brought along, and is left alone.
    [name] = tapped.cookies
    assert name.startswith("presave-")


@pytest.mark.parametrize(
    "referer",
    [
        *("", "https://elsewhere.example/", f"{SITE}.elsewhere.example/", f"{SITE}/a-page"),
        *(f"https://{OWN}:8000/", f"http://{OWN}/", "http://presave.other.example:8000/"),
    ],
)
def test_a_start_from_anywhere_else_asks_once_more(campaign: Campaign, referer: str) -> None:
    make_label(name="Night Desk", domain="presave.other.example")
    headers = {"sec-fetch-site": "cross-site", "referer": referer}
    assert asks_once_more(at("127.0.0.1", GO, **headers))
    for origin in ("null", referer.rstrip("/")):
        posted = Client().post(GO, headers={"sec-fetch-site": "cross-site", "origin": origin})
        assert asks_once_more(posted) or origin == SITE  # type: ignore[arg-type]
    headers_alone = Client().head(GO, headers=FROM_SITE)
    assert not headers_alone.cookies


def test_a_label_without_a_domain_starts_at_public_url_alone() -> None:
    make_label(name="Night Desk", domain=OWN)
    make_campaign(slug="night-bus")
    assert asks_once_more(at("127.0.0.1", GO, **FROM_SITE))
    assert asks_once_more(at("127.0.0.1", GO, referer=f"{PUBLIC}/"))


def test_the_start_at_the_domain_sets_no_cookie_and_leads_to_public_url(
    campaign: Campaign,
) -> None:
    answer = at(OWN, f"{GO}?lang=de&src=poster", **{"sec-fetch-site": "same-origin"})
    assert answer.headers["Location"] == f"{PUBLIC}{GO}?lang=de&src=poster"
    assert not answer.cookies
    assert "no-store" in answer.headers["Cache-Control"]
    posted = Client().post(GO, headers={"host": OWN, "origin": SITE})
    assert posted.status_code == 405
