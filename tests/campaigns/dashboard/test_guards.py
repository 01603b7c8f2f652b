"""What asks again who somebody is, although they are logged in."""

from __future__ import annotations

import html
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Finding, Label, Role, User
from campaigns.planning.accepting import Asked
from tests import factory, forms
from tests.fans import text_of
from tests.log_ins import logged_in
from tools.pictures import file_of, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/campaigns/night-bus"
QUESTION = "/accounts/reauthenticate/"
FOUND = Asked("spotify:album:1111111111111111111111", "First Light", "Demo Artist")


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def campaign(label: Label) -> Campaign:
    return factory.make_campaign(label=label, slug="night-bus")


@pytest.fixture
def browser(artist: User) -> Client:
    """Logged in, and not asked again for a while."""
    return logged_in(artist, confirmed=False)


def confirm(client: Client, password: str = factory.PASSWORD, path: str = PAGE) -> str:
    return text_of(client.post(QUESTION, {"password": password, "next": path}, follow=True))


def is_asked(client: Client, path: str, form: dict[str, Any]) -> bool:
    answer = client.post(path, form)
    return answer.status_code == 302 and answer.headers["Location"].startswith(QUESTION)


def test_cancelling_goes_on_once_the_password_is_given(browser: Client, campaign: Campaign) -> None:
    form = {"campaign": campaign.id}
    assert "Cancel Night Bus?" in text_of(browser.get(f"{PAGE}/cancel"))
    assert is_asked(browser, f"{PAGE}/cancel", form)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN

    page = text_of(browser.get(f"{QUESTION}?next={PAGE}/cancel"))
    assert "Confirm it's you" in page
    assert "That didn't work" in html.unescape(confirm(browser, "wrong", f"{PAGE}/cancel"))
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN

    confirm(browser, path=f"{PAGE}/cancel")
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED


def test_this_is_it_goes_on_once_the_password_is_given(browser: Client, label: Label) -> None:
    factory.make_campaign(
        label=label,
        slug="night-bus",
        artist="Night Desk",
        release_at=timezone.now(),
        last_finding=Finding.OTHER_ARTIST,
        found_uri=FOUND.uri,
        found_title=FOUND.title,
        found_artist=FOUND.artist,
    )
    form = {"found_uri": FOUND.uri, "shown": FOUND.digest}
    assert is_asked(browser, f"{PAGE}/accept", form)
    assert Campaign.objects.get().accepted_uri == ""

    confirm(browser, path=f"{PAGE}/accept")
    assert Campaign.objects.get().accepted_uri == FOUND.uri


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Night Bus II"},
        {"artist": "Night Desk"},
        {"upc": "0602445790128"},
        {"release_at": forms.in_days(40)},
        {"release_zone": "Europe/Paris"},
    ],
    ids=str,
)
def test_so_does_a_change_of_what_fans_agree_to(
    browser: Client, campaign: Campaign, change: dict[str, str]
) -> None:
    before = Campaign.objects.values().get()
    form = forms.filled_in(campaign, artwork_alt="A sun", **change)
    assert is_asked(browser, f"{PAGE}/edit", form)
    assert Campaign.objects.values().get() == before


def test_the_form_is_stored_as_it_was_sent(browser: Client, campaign: Campaign) -> None:
    form = forms.filled_in(campaign, artwork_alt="A sun", release_at=forms.in_days(40))
    browser.post(f"{PAGE}/edit", form)

    assert "Saved." in confirm(browser, path=f"{PAGE}/edit")
    campaign.refresh_from_db()
    assert campaign.artwork_alt == "A sun"


def test_a_picture_that_was_sent_too_is_kept_meanwhile(
    browser: Client, campaign: Campaign, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path
    form = forms.filled_in(campaign, release_at=forms.in_days(40))
    cover = SimpleUploadedFile("cover.png", file_of(picture(400, 400)).getvalue(), "image/png")
    assert is_asked(browser, f"{PAGE}/edit", form | {"artwork": cover})

    confirm(browser, path=f"{PAGE}/edit")
    campaign.refresh_from_db()
    assert campaign.artwork_width == 400


def test_anything_else_asks_nobody_again(browser: Client, campaign: Campaign) -> None:
    assert not is_asked(browser, f"{PAGE}/edit", forms.filled_in(campaign, artwork_alt="A sun"))
    campaign.refresh_from_db()
    assert campaign.artwork_alt == "A sun"

    draft = factory.make_campaign(label=campaign.label, slug="draft", state=CampaignState.DRAFT)
    path = "/dashboard/campaigns/draft/edit"
    assert not is_asked(browser, path, forms.filled_in(draft, title="Night Bus II"))


def test_an_answer_lasts_a_quarter_of_an_hour(artist: User, campaign: Campaign) -> None:
    client = logged_in(artist)
    session = client.session
    for minutes, is_too_old in ((16, True), (14, False)):
        session["account_authentication_methods"][0]["at"] = time.time() - minutes * 60
        session.save()
        assert is_asked(client, f"{PAGE}/cancel", {"campaign": campaign.id}) is is_too_old


def test_who_may_not_is_refused_without_a_question(campaign: Campaign) -> None:
    viewer = factory.make_member(campaign.label, role=Role.VIEWER)
    assert logged_in(viewer, confirmed=False).post(f"{PAGE}/cancel").status_code == 403
    stranger = logged_in(factory.make_user(), confirmed=False)
    assert stranger.post(f"{PAGE}/cancel").status_code == 404
