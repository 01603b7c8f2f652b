"""From a label's own domain to the receipt at PUBLIC_URL, in Chromium, by one tap."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from campaigns.models import Label, PreSave, midnights
from tests.factory import make_campaign, make_label, make_local_campaign
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

ZONE = "Asia/Tokyo"


@pytest.fixture
def own() -> Label:
    return make_label(domain="label.localhost")


@pytest.fixture
def landing(site: str, own: Label) -> str:
    return f"http://label.localhost:{urlsplit(site).port}/night-bus"


def agree(page: Page) -> None:
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", name="You're in")).to_be_visible()


@pytest.mark.parametrize("has_scripts", [True, False])
@pytest.mark.parametrize("is_form", [False, True])
def test_one_tap_leads_from_the_labels_domain_to_the_receipt(
    browser: Browser,
    own: Label,
    landing: str,
    site: str,
    spotify: Sandbox,
    has_scripts: bool,
    is_form: bool,
) -> None:
    make = make_local_campaign if is_form else make_campaign
    campaign = make(label=own, slug="night-bus")
    with browser.new_context(java_script_enabled=has_scripts, timezone_id=ZONE) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        page.goto(f"{landing}?src=poster")
        assert context.cookies() == []
        page.get_by_role("button" if is_form else "link", name="Pre-save on Spotify").click()
        agree(page)
        assert page.url.startswith(f"{site}/receipt/")
        assert context.cookies(landing) == []
        assert context.cookies(site) != []
        expect(page.get_by_role("link", name=landing.partition("://")[2])).to_have_attribute(
            "href", landing
        )
        assert complaints == []
        assert not [address for address in addresses if "Tokyo" in address]

        page.goto(landing)
        page.get_by_role("button" if is_form else "link", name="Pre-save on Spotify").click()
        if is_form:  # another site's form brings no cookie, so Spotify asks once more
            agree(page)
        expect(page.get_by_role("heading", name="You're in")).to_be_visible()
    presave = PreSave.objects.get()
    if is_form:
        zone = ZONE if has_scripts else ""
        assert presave.due_at == midnights.due_at(campaign.release_at, zone)
