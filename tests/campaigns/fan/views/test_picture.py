"""The picture of a slip: the same for every fan, in a language, and nothing of a receipt in it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files import locks
from django.test import Client
from PIL import Image

from campaigns.models import CampaignState
from tests import scenes
from tests.factory import make_campaign, make_presave

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork"


def picture(client: Client, path: str = "/night-bus/slip.jpg") -> Any:
    answer: Any = client.get(path)
    assert answer.status_code == 200
    return answer, b"".join(answer.streaming_content)


def test_anybody_can_download_it_and_caches_keep_it_for_a_minute(client: Client) -> None:
    make_campaign(slug="night-bus", **scenes.store_cover(scenes.small_picture()))
    answer, content = picture(client)
    with Image.open(BytesIO(content)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (1080, 1920))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="night-bus.jpg"'
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies


def test_it_speaks_six_languages_and_no_more_pictures_are_drawn(
    client: Client, artwork_dir: Path
) -> None:
    make_campaign(slug="night-bus")
    english = picture(client)[1]
    assert picture(client, "/night-bus/slip.jpg?lang=de")[1] != english
    for query in ("?lang=xx", "?src=poster", "?lang=en-GB&x=1"):
        assert picture(client, f"/night-bus/slip.jpg{query}")[1] == english
    assert len(list((artwork_dir / "slips").glob("*.jpg"))) == 2


def test_once_it_is_out_the_picture_says_so(client: Client) -> None:
    campaign = make_campaign(slug="night-bus")
    before = picture(client)[1]
    campaign.delete()
    make_campaign(slug="night-bus", state=CampaignState.RELEASING)
    assert picture(client)[1] != before


@pytest.mark.parametrize(
    "fields",
    [
        {"state": CampaignState.DRAFT},
        {"state": CampaignState.CANCELLED},
        {"state": CampaignState.FINISHED, "confirmed_uri": ""},
    ],
)
def test_of_what_does_not_come_out_there_is_none(client: Client, fields: dict[str, Any]) -> None:
    make_campaign(slug="night-bus", **fields)
    assert client.get("/night-bus/slip.jpg").status_code == 404


def test_while_another_is_drawn_it_is_not_there_yet(client: Client, artwork_dir: Path) -> None:
    make_campaign(slug="night-bus")
    (artwork_dir / "slips").mkdir(parents=True)
    with (artwork_dir / "slips" / "lock").open("w") as lock:
        assert locks.lock(lock, locks.LOCK_EX)
        answer = client.get("/night-bus/slip.jpg")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_costs_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_campaign(slug="night-bus")
    picture(client)
    with django_assert_num_queries(1):
        picture(client)


def test_the_receipt_links_to_it_without_its_own_address(client: Client) -> None:
    make_presave(make_campaign(slug="night-bus"), receipt="a-receipt")
    page = client.get("/receipt/a-receipt?lang=de").content.decode()
    assert 'href="/night-bus/slip.jpg?lang=de" download="night-bus.jpg"' in page
    told = page.partition('class="tell"')[2].partition('class="tear"')[0]
    assert told.count("a-receipt") == told.count('href="/receipt/a-receipt/calendar.ics') == 1
