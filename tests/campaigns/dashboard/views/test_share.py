"""A campaign's page for sharing, and the files that it offers."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone
from PIL import Image

from campaigns import hosts
from campaigns.artwork import files
from campaigns.models import Campaign, CampaignState, Label, Role, User
from tests import factory
from tools.pictures import picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

ADDRESS = "https://presave.example.com/first-light"
PAGE = "/dashboard/campaigns/first-light/share"
FILES = ("qr.svg", "qr.png", "story.jpg")


@pytest.fixture(autouse=True)
def at_example_com(settings: Settings, tmp_path: Path) -> None:
    settings.PUBLIC_URL = "https://presave.example.com"
    settings.ARTWORK_DIR = tmp_path / "artwork"


@pytest.fixture
def member(client: Client, artist: User) -> Client:
    client.force_login(artist)
    return client


def make_campaign(label: Label, **fields: Any) -> Campaign:
    return factory.make_campaign(label=label, slug="first-light", **fields)


def page_of(client: Client, **query: str) -> str:
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return response.content.decode()


def links_on(page: str) -> list[str]:
    return [html.unescape(value) for value in re.findall(r'type="url" value="([^"]+)"', page)]


class Snippet(HTMLParser):
    """What a browser makes of the HTML to paste."""

    def __init__(self, page: str) -> None:
        super().__init__()
        found = re.search(r"<textarea id=\"snippet\"[^>]*>(.*?)</textarea>", page, re.DOTALL)
        assert found is not None
        self.source = html.unescape(found[1])
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_each_source_has_a_link_and_a_button_that_copies_it(member: Client, label: Label) -> None:
    make_campaign(label)

    page = page_of(member)

    names = ["instagram", "tiktok", "youtube", "facebook", "x", "newsletter", "website", "poster"]
    assert links_on(page) == [*(f"{ADDRESS}?src={name}" for name in names), ADDRESS]
    inputs = re.findall(r'<input id="([\w.-]+)" type="url"[^>]* readonly>', page)
    assert len(inputs) == 9
    assert [name for name in re.findall(r'data-copy="([\w.-]+)"', page) if name != "snippet"] == (
        inputs
    )


def test_all_of_it_leads_to_the_labels_own_domain(
    member: Client, label: Label, settings: Settings
) -> None:
    settings.IS_HTTPS = True
    make_campaign(label)
    factory.make_artist_page(label)
    Label.objects.update(domain="presave.label.example")
    own = "https://presave.label.example/first-light"

    page = page_of(member)
    assert all(link.startswith(own) for link in links_on(page))
    assert Snippet(page).attributes["href"] == f"{own}?src=website"
    [code] = zxingcpp.read_barcodes(Image.open(BytesIO(member.get(f"{PAGE}/qr.png").content)))
    assert code.text == f"{own}?src=poster"
    assert f'value="{own}"' in member.get(PAGE.removesuffix("/share")).content.decode()
    of_label = member.get(f"/dashboard/labels/{label.id}").content.decode()
    assert 'href="https://presave.label.example/@demo-artist"' in of_label


def test_a_name_of_ones_own_makes_a_link_and_says_what_it_became(
    member: Client, label: Label
) -> None:
    make_campaign(label)

    page = page_of(member, source="Flyer Köln")

    assert links_on(page)[0] == f"{ADDRESS}?src=flyer-koln"
    assert "“Flyer Köln” becomes <code>flyer-koln</code> in the link" in page
    assert f"{PAGE}/qr.svg?source=flyer-koln" in page


def test_a_name_that_leaves_nothing_is_refused_with_a_reason(member: Client, label: Label) -> None:
    make_campaign(label)

    page = page_of(member, source='плакат"><b>')

    assert len(links_on(page)) == 10  # b is a letter
    page = page_of(member, source="плакат")
    assert len(links_on(page)) == 9
    assert "Use letters from a to z" in page
    assert 'value="плакат"' in page


def test_a_new_name_can_be_kept_in_the_numbers_and_is_offered_from_then_on(
    member: Client, label: Label
) -> None:
    campaign = make_campaign(label)
    page = page_of(member, source="night-desk")
    assert "Keep night-desk in the numbers" in page
    [action] = re.findall(r'action="([^"]+/sources)"', page)

    form = {"campaign": campaign.id, "name": "night-desk", "from": "share"}
    answer = member.post(action, form)

    assert answer.headers["Location"].endswith("/share?source=night-desk#links")

    assert [source.name for source in campaign.sources.own()] == ["night-desk"]
    page = page_of(member)
    assert links_on(page)[0] == f"{ADDRESS}?src=night-desk"
    assert len(links_on(page)) == 10
    assert "in the numbers</button>" not in page_of(member, source="night-desk")


def test_a_well_known_name_needs_no_keeping(member: Client, label: Label) -> None:
    make_campaign(label)
    page = page_of(member, source="Reddit")
    assert f"{ADDRESS}?src=reddit" in links_on(page)
    assert "in the numbers</button>" not in page


def test_a_viewer_is_offered_nothing_to_keep(label: Label) -> None:
    make_campaign(label)
    client = Client()
    client.force_login(factory.make_member(label, role=Role.VIEWER))

    assert "in the numbers</button>" not in page_of(client, source="night-desk")


@pytest.mark.parametrize(("query", "name"), [("", "poster"), ("?source=TikTok", "tiktok")])
def test_the_png_leads_to_the_link_of_the_source(
    member: Client, label: Label, query: str, name: str
) -> None:
    make_campaign(label)

    response = member.get(f"{PAGE}/qr.png{query}")

    [code] = zxingcpp.read_barcodes(Image.open(BytesIO(response.content)).convert("L"))
    assert code.text == f"{ADDRESS}?src={name}"
    assert f'filename="first-light-{name}.png"' in response.headers["Content-Disposition"]


@pytest.mark.parametrize("file", FILES)
def test_files_are_downloads_that_can_run_nothing(member: Client, label: Label, file: str) -> None:
    make_campaign(label)

    response = member.get(f"{PAGE}/{file}")

    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert "private" in response.headers["Cache-Control"]
    assert "public" not in response.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["", *(f"/{file}" for file in FILES)])
def test_viewers_may_share_and_strangers_learn_nothing(label: Label, path: str) -> None:
    make_campaign(label)
    viewer, stranger = factory.make_member(label, role=Role.VIEWER), factory.make_user()

    for person, status in ((viewer, 200), (stranger, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(PAGE + path).status_code == status


def test_a_draft_says_that_its_address_may_change_and_has_no_code(
    member: Client, label: Label
) -> None:
    make_campaign(label, state=CampaignState.DRAFT)

    page = page_of(member)

    assert "its address may still change" in page
    assert "qr." not in page
    assert "#code" not in page
    for file in ("qr.svg", "qr.png"):
        assert member.get(f"{PAGE}/{file}").headers["Location"] == PAGE
    assert member.get(f"{PAGE}/story.jpg").status_code == 200


def test_a_campaign_that_was_cancelled_says_that_there_is_nothing_to_share(
    member: Client, label: Label
) -> None:
    make_campaign(label, state=CampaignState.CANCELLED)

    assert "nothing left to share" in html.unescape(page_of(member))


def test_the_card_is_what_the_page_tells_networks(member: Client, label: Label) -> None:
    stored = files.write(picture())
    cover = {"artwork": stored.name, "artwork_width": 1200, "artwork_height": 1200}
    make_campaign(label, title="First Light", artist="Demo Artist", **cover)
    public = Client().get("/first-light").content.decode()
    told = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)">', public))

    page = page_of(member)

    assert f'<img src="{told["image"].removeprefix("https://presave.example.com")}"' in page
    assert f'<strong dir="auto">{told["title"]}</strong>' in page
    assert f"<span>{told['description']}</span>" in page
    assert '<span class="host">presave.example.com</span>' in page


@pytest.mark.parametrize(
    "title",
    ["First Light", 'He said "no" & <b>left</b>', "It's </textarea><script>", "ليلة {{ النور }}"],
)
def test_the_button_to_paste_is_one_link_whatever_the_title(
    member: Client, label: Label, title: str
) -> None:
    make_campaign(label, title=title)

    page = page_of(member)
    snippet = Snippet(page)

    assert snippet.tags == ["a", "bdi"]
    assert snippet.text == f"Pre-save {title} on Spotify"
    assert snippet.attributes["href"] == f"{ADDRESS}?src=website"
    assert snippet.attributes["dir"] == "auto"
    sample = re.search(r'<span class="sample" dir="auto">(.*?)</span>', page)
    assert sample is not None
    assert f">{sample[1]}</a>" in snippet.source


def test_the_button_to_paste_asks_this_instance_for_nothing(member: Client, label: Label) -> None:
    make_campaign(label)

    source = Snippet(page_of(member)).source

    assert source.count("http") == 1
    assert not re.search(r"\ssrc=|<(script|img|link|iframe)|url\(|@import", source)


def test_after_the_release_the_button_says_listen(member: Client, label: Label) -> None:
    make_campaign(label, state=CampaignState.FINISHED, title="First Light")

    assert Snippet(page_of(member)).text == "Listen to First Light on Spotify"


@pytest.mark.parametrize(
    ("client_id", "mode", "state", "words"),
    [
        ("", "extended", CampaignState.OPEN, "See when First Light comes out"),
        ("4aawyAB9", "development", CampaignState.OPEN, "See when First Light comes out"),
        ("", "extended", CampaignState.FINISHED, "Listen to First Light"),
        ("4aawyAB9", "development", CampaignState.FINISHED, "Listen to First Light on Spotify"),
    ],
)
def test_the_button_promises_no_pre_save_that_few_or_none_can_make(
    member: Client,
    label: Label,
    settings: Settings,
    client_id: str,
    mode: str,
    state: CampaignState,
    words: str,
) -> None:
    settings.SPOTIFY_CLIENT_ID, settings.SPOTIFY_APP_MODE = client_id, mode
    make_campaign(label, state=state, title="First Light")

    assert Snippet(page_of(member)).text == words


def test_the_page_says_what_the_story_picture_leaves_out(member: Client, label: Label) -> None:
    make_campaign(label, title="ᏣᎳᎩ ☀️")

    page = page_of(member)

    assert "Our font can't show the title, so it's left out." in html.unescape(page)
    assert "Emoji are left out." in page


def test_nothing_is_said_of_a_title_that_can_be_written(member: Client, label: Label) -> None:
    make_campaign(label, title="Łódź 夜")

    page = page_of(member)

    assert "draw" not in page
    assert "emoji" not in page


def test_the_story_picture_is_not_sent_again_while_it_is_the_same(
    member: Client, label: Label
) -> None:
    campaign = make_campaign(label)
    first = member.get(f"{PAGE}/story.jpg")

    again = member.get(f"{PAGE}/story.jpg", headers={"if-none-match": first.headers["ETag"]})

    assert Image.open(BytesIO(first.content)).size == (1080, 1920)
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"
    for change in (
        {"title": "Second Light"},
        {"artist": "Night Desk"},
        {"accent": "green"},
        {"release_at": campaign.release_at + timedelta(days=1)},
        store(picture()),
    ):
        Campaign.objects.update(**change)
        etag = first.headers["ETag"]
        first = member.get(f"{PAGE}/story.jpg", headers={"if-none-match": etag})
        assert first.status_code == 200, change


def store(cover: Image.Image) -> dict[str, Any]:
    stored = files.write(cover)
    return {"artwork": stored.name, "artwork_width": 1200, "artwork_height": 1200}


def test_the_story_picture_shows_the_cover(member: Client, label: Label) -> None:
    make_campaign(label, **store(picture(color="#40c0a0")))

    drawn = Image.open(BytesIO(member.get(f"{PAGE}/story.jpg").content))

    pixel = drawn.getpixel((540, 800))
    assert isinstance(pixel, tuple)
    assert pixel == pytest.approx((0x40, 0xC0, 0xA0), abs=4)


def test_the_story_picture_says_out_now_once_it_is(member: Client, label: Label) -> None:
    campaign = make_campaign(label)
    before = member.get(f"{PAGE}/story.jpg").headers["ETag"]
    Campaign.objects.filter(id=campaign.id).update(
        state=CampaignState.FINISHED,
        finished_at=timezone.now(),
        confirmed_at=timezone.now(),
        confirmed_uri=campaign.spotify_uri,
    )

    assert member.get(f"{PAGE}/story.jpg").headers["ETag"] != before


def test_the_overview_leads_here(member: Client, label: Label) -> None:
    make_campaign(label)

    assert f'href="{PAGE}"' in member.get("/dashboard/campaigns/first-light").content.decode()


def test_few_queries_make_the_page(
    member: Client, label: Label, django_assert_max_num_queries: Any
) -> None:
    make_campaign(label)

    hosts.domains()  # asked for once in some seconds
    with django_assert_max_num_queries(8):
        page_of(member)
