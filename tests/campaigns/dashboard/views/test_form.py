"""Making and changing a campaign: what comes back, what is stored, and what breaks nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from campaigns.dashboard.forms import CampaignForm
from campaigns.models import Campaign, CampaignState, Label
from tests import factory
from tests.forms import in_days, send
from tests.sandbox_process import Sandbox
from tools.pictures import file_of, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    settings.ARTWORK_DIR.mkdir()
    return tmp_path / "artwork"


def page_of(dashboard: Client, campaign: Campaign, after: str = "") -> str:
    return dashboard.get(f"/dashboard/campaigns/{campaign.slug}{after}").content.decode()


def make_campaign(label: Label, **fields: Any) -> Campaign:
    return factory.make_campaign(label=label, **fields)


def test_a_draft_is_made_with_its_artwork(
    dashboard: Client, label: Label, artwork_dir: Path
) -> None:
    cover = SimpleUploadedFile("cover.jpg", file_of(picture(640, 640), "JPEG").getvalue())

    response = send(dashboard, artwork=cover, artwork_alt="Green", accent="violet")

    campaign = Campaign.objects.get()
    assert (campaign.accent, campaign.artwork_accent) == ("violet", "green")
    assert campaign.slug == "demo-artist-night-bus"
    assert (campaign.state, campaign.label) == (CampaignState.DRAFT, label)
    assert [path.name for path in artwork_dir.iterdir()] == [campaign.artwork]
    assert f"/artwork/{campaign.artwork}/320.avif 320w" in response.content.decode()


def test_without_a_spotify_app_a_campaign_is_made_and_opened_without_link_or_code(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
    form = dashboard.get("/dashboard/new").content.decode()
    assert "Leave out what you don" in form
    assert "Paste the Spotify link" not in form

    send(dashboard, spotify_uri="")

    campaign = Campaign.objects.get()
    page = page_of(dashboard, campaign)
    assert "Saved to" not in page
    dashboard.post(f"/dashboard/campaigns/{campaign.slug}/open")
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN
    assert "Fans can add it to their calendar" in page_of(dashboard, campaign)
    assert "calendar.ics" in Client().get(f"/{campaign.slug}").content.decode()


@pytest.mark.parametrize("tab", ["", "/numbers", "/share", "/night", "/history", "/report"])
@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.FINISHED])
def test_every_page_of_a_release_without_link_or_code_is_there(
    dashboard: Client, label: Label, settings: Settings, tab: str, state: CampaignState
) -> None:
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
    unnamed = {"spotify_uri": "", "public_key": None, "confirmed_uri": ""}
    campaign = make_campaign(label, state=state, **unnamed)
    Campaign.objects.filter(state=CampaignState.FINISHED).update(confirmed_at=timezone.now())

    answer = dashboard.get(f"/dashboard/campaigns/{campaign.slug}{tab}")

    assert answer.status_code == (302 if (tab, state) == ("/report", CampaignState.OPEN) else 200)
    if state == CampaignState.FINISHED and not tab:
        assert "You can still add links" in answer.content.decode()
        assert "destroys the campaign" not in answer.content.decode()


def test_with_its_key_a_release_keeps_a_name(
    dashboard: Client, label: Label, settings: Settings
) -> None:
    settings.SPOTIFY_CLIENT_ID = settings.SPOTIFY_CLIENT_SECRET = ""
    campaign = make_campaign(label)

    page = send(dashboard, campaign, spotify_uri="").content.decode()

    assert "Which release is it? Enter its link, UPC or ISRC." in page
    campaign.refresh_from_db()
    assert campaign.names_a_release


ODD = sorted((Path(__file__).parents[3] / "data" / "pictures").glob("*.*"))


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.name)
def test_a_picture_with_something_odd_beside_its_pixels_becomes_the_cover(
    path: Path, dashboard: Client, label: Label
) -> None:
    response = send(dashboard, artwork=SimpleUploadedFile(path.name, path.read_bytes()))

    assert response.status_code == 200
    assert Campaign.objects.get().artwork


def test_a_file_that_is_far_too_large_brings_the_form_back_as_it_was(
    dashboard: Client, label: Label
) -> None:
    """A proxy that refused it would answer with an empty page."""
    response = send(dashboard, artwork=SimpleUploadedFile("cover.png", bytes(60_000_000)))

    page = response.content.decode()
    assert "This file is larger than 25 MB. 1200 by 1200 pixels is enough for a cover." in page
    assert 'value="Night Bus"' in page
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("year", ["0001", "9999"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_year_beyond_all_calendars_comes_back_with_what_was_typed(
    dashboard: Client, label: Label, year: str, zone: str
) -> None:
    day = f"{year}-12-31" if year == "9999" else f"{year}-01-01"
    modes = {"one_instant": {"release_at": f"{day}T23:59"}, "local_midnight": {"release_day": day}}
    for mode, entered in modes.items():
        answer = send(dashboard, release_mode=mode, release_zone=zone, title="Kept", **entered)
        assert answer.status_code == 200
        assert 'value="Kept"' in answer.content.decode()
    assert not Campaign.objects.exists()


def test_saving_says_the_release_time_in_utc_too(dashboard: Client, label: Label) -> None:
    with_message = send(dashboard, release_at="2026-12-05T00:00").content.decode()

    assert "5 December 2026 at 00:00 (Europe/Paris)" in with_message
    assert "This is 23:00 UTC on 4 December 2026." in with_message


def test_a_draft_too_far_ahead_is_told_so_when_it_is_saved(dashboard: Client, label: Label) -> None:
    page = send(dashboard, release_at=in_days(300)).content.decode()

    assert "You can open it from" in page
    assert "Open the campaign</button>" not in page


def test_a_form_with_errors_comes_back_with_everything_in_it(
    dashboard: Client, label: Label
) -> None:
    response = send(dashboard, title="", artist="Kept Artist", upc="1")
    page = response.content.decode()

    assert response.status_code == 200
    assert "<title>Error: New campaign" in page
    assert 'value="Kept Artist"' in page
    assert '<a href="#id_title">Title</a>: This field is required.' in page
    assert '<a href="#id_upc">UPC or EAN</a>' in page
    assert not Campaign.objects.exists()


def chosen(width: int = 400, height: int = 400) -> SimpleUploadedFile:
    return SimpleUploadedFile("cover.png", file_of(picture(width, height)).getvalue())


def carried(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("why", [{"title": ""}, {"look_up": "1"}, {"refresh": "1"}])
def test_a_chosen_picture_is_kept_while_the_form_comes_back(
    dashboard: Client, label: Label, artwork_dir: Path, sandbox: Sandbox, why: dict[str, str]
) -> None:
    page = send(dashboard, artwork=chosen(), **why).content.decode()
    assert "Your new cover." in page
    again = send(dashboard, title="", kept=carried(page)).content.decode()

    send(dashboard, kept=carried(again))

    campaign = Campaign.objects.get()
    assert (campaign.artwork_width, campaign.artwork_height) == (400, 400)
    assert list((artwork_dir / "kept").iterdir()) == []


@pytest.mark.parametrize("values", [{}, {"title": ""}, {"refresh": "1"}])
def test_a_picture_that_finds_no_room_loses_nothing_else(
    dashboard: Client, label: Label, settings: Settings, tmp_path: Path, values: dict[str, str]
) -> None:
    """As on a full disk: where the directory should be, nothing can be written."""
    settings.ARTWORK_DIR = tmp_path / "file" / "artwork"
    (tmp_path / "file").touch()

    response = send(dashboard, artwork=chosen(), artist="Kept Artist", **values)

    assert response.status_code == 200
    assert "store your image; its disk may be full." in response.content.decode()
    assert 'value="Kept Artist"' in response.content.decode()
    assert not Campaign.objects.exists()
    send(dashboard, artist="Kept Artist")
    assert Campaign.objects.get().artwork == ""


def test_a_picture_that_is_kept_no_more_is_said_to_be_gone(
    dashboard: Client, label: Label, artwork_dir: Path
) -> None:
    kept = carried(send(dashboard, title="", artwork=chosen()).content.decode())
    for path in (artwork_dir / "kept").iterdir():
        path.unlink()

    page = send(dashboard, kept=kept).content.decode()

    assert "We keep a chosen image for a day only." in page
    assert not Campaign.objects.exists()
    assert 'name="kept" value' not in page


def test_another_user_gets_no_kept_picture(dashboard: Client, label: Label) -> None:
    kept = carried(send(dashboard, title="", artwork=chosen()).content.decode())
    stranger = Client()
    stranger.force_login(factory.make_user())

    assert dashboard.get(f"/dashboard/uploads/{kept}").status_code == 200
    assert stranger.get(f"/dashboard/uploads/{kept}").status_code == 404
    assert dashboard.get(f"/dashboard/uploads/{kept}x").status_code == 404


def test_a_cover_is_cropped_around_its_focus_and_anew_when_that_moves(
    dashboard: Client, label: Label, artwork_dir: Path, django_capture_on_commit_callbacks: Any
) -> None:
    wide = picture(800, 400)
    wide.paste("#ff0000", (0, 0, 400, 400))
    cover = SimpleUploadedFile("cover.png", file_of(wide).getvalue())
    send(dashboard, artwork=cover, artwork_focus_x="0")
    campaign = Campaign.objects.get()
    assert red_of(artwork_dir / campaign.artwork / "400.jpg") > 200
    assert dashboard.get(f"/artwork/{campaign.artwork}/uncropped.jpg").status_code == 404
    assert "data-whole" in page_of(dashboard, campaign, "/edit")

    with django_capture_on_commit_callbacks(execute=True):
        send(dashboard, campaign, artwork_focus_x="100")

    campaign.refresh_from_db()
    assert red_of(artwork_dir / campaign.artwork / "400.jpg") < 100
    assert [path.name for path in artwork_dir.iterdir()] == [campaign.artwork]


def red_of(path: Path) -> int:
    with Image.open(path) as image:
        return int(image.convert("RGB").getpixel((200, 200))[0])  # type: ignore[index]  # of an RGB picture, three


def test_a_new_artwork_replaces_the_old_file(
    dashboard: Client, label: Label, artwork_dir: Path, django_capture_on_commit_callbacks: Any
) -> None:
    send(dashboard, artwork=SimpleUploadedFile("a.png", file_of(picture()).getvalue()))
    campaign = Campaign.objects.get()
    cover = SimpleUploadedFile("b.png", file_of(picture(400, 400)).getvalue())

    with django_capture_on_commit_callbacks(execute=True):
        send(dashboard, campaign, artwork=cover)

    campaign.refresh_from_db()
    assert campaign.artwork_width == 400
    assert [path.name for path in artwork_dir.iterdir()] == [campaign.artwork]


def test_a_change_of_an_open_campaign_moves_its_fans_along(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label)
    presave = factory.make_presave(campaign)

    send(dashboard, campaign, release_at=in_days(20))

    campaign.refresh_from_db()
    presave.refresh_from_db()
    assert campaign.title == "Night Bus"
    assert presave.due_at == campaign.release_at
    assert f"{campaign.release_local:%H:%M}" == "00:00"


def test_the_edit_page_says_what_stays_and_why(dashboard: Client, label: Label) -> None:
    campaign = make_campaign(label, title="As It Was")
    factory.make_presave(campaign)

    page = page_of(dashboard, campaign, "/edit")

    assert "Fans have agreed to this title" in page
    assert "the campaign is open" in page.lower()
    assert 'name="title"' in page
    assert 'name="release_at"' in page
    assert 'name="artwork"' in page


@pytest.mark.parametrize("state", [CampaignState.FINISHED, CampaignState.CANCELLED])
def test_what_has_ended_cannot_be_edited(
    dashboard: Client, label: Label, state: CampaignState
) -> None:
    campaign = make_campaign(label, state=state)

    for response in (
        dashboard.get(f"/dashboard/campaigns/{campaign.slug}/edit", follow=True),
        send(dashboard, campaign, title="New"),
    ):
        assert "has ended and can&#x27;t be changed." in response.content.decode()
    assert Campaign.objects.get().title == "Night Bus"
    assert "/edit" not in page_of(dashboard, campaign)


@pytest.mark.parametrize("junk", ["\0", "\x1b[31m", "a" * 5000, "🎷" * 50, "%s{{7*7}}", "-1"])
def test_no_field_breaks_on_junk(dashboard: Client, label: Label, junk: str) -> None:
    for field in set(CampaignForm.base_fields) - {"artwork"}:
        assert send(dashboard, **{field: junk}).status_code == 200, field


def test_what_is_written_is_never_taken_for_markup(dashboard: Client, label: Label) -> None:
    corpus = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' autofocus onfocus='alert(1)",
        "</title><svg onload=alert(1)>",
        "{{ 7|add:7 }}{% debug %}",
    ]
    for number, text in enumerate(corpus):
        values = {"title": text, "artist": text, "artwork_alt": text, "slug": f"campaign-{number}"}
        pages = [
            send(dashboard, **values).content.decode(),
            send(dashboard, **values, upc="1").content.decode(),
            dashboard.get(f"/dashboard/campaigns/campaign-{number}/cancel").content.decode(),
            dashboard.get(f"/dashboard/campaigns/campaign-{number}/edit").content.decode(),
            dashboard.get("/dashboard").content.decode(),
        ]
        assert Campaign.objects.filter(slug=f"campaign-{number}", title=text).exists()
        for page in pages:
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<svg" not in page
            assert "onfocus='" not in page
            assert "14" not in page.split("<h1>")[1].split("</h1>")[0]


def test_the_artwork_stays_when_no_other_is_chosen(
    dashboard: Client, label: Label, artwork_dir: Path
) -> None:
    send(dashboard, artwork=SimpleUploadedFile("a.png", file_of(picture()).getvalue()))
    campaign = Campaign.objects.get()

    send(dashboard, campaign, title="Day Bus")

    changed = Campaign.objects.get()
    assert (changed.title, changed.artwork) == ("Day Bus", campaign.artwork)
    assert [path.name for path in artwork_dir.iterdir()] == [campaign.artwork]
