"""A label's people in Chromium: accessible, narrow, and the whole way of an invitation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from campaigns.models import Event, Label, LabelArtist, Role, User
from campaigns.planning import invitations
from campaigns.planning.history import record
from tests import factory
from tests.accessibility import RULES, widest
from tests.log_ins import let_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db(transaction=True)

LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LONG_EMAIL = f"{'a' * 64}@{'b' * 60}.example.com"
GUEST = "guest@example.com"
NEW_PASSWORD = "another fine password"


@pytest.fixture
def people(browser: Browser, site: str) -> Iterator[Any]:
    """Opens a browser of its own for each, with the options of a context."""
    contexts: list[BrowserContext] = []

    def arrive(user: User | None = None, **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site, **options))
        if user:
            let_in(contexts[-1], user, site)
        return contexts[-1].new_page()

    yield arrive
    for context in contexts:
        context.close()


@pytest.fixture
def addresses(label: Label, artist: User) -> dict[str, str]:
    """Pages with the longest names there are."""
    Label.objects.update(name=LONG_NAME)
    label.refresh_from_db()
    long = factory.make_member(label, factory.make_user(email=LONG_EMAIL))
    factory.make_member(label, role=Role.VIEWER)
    LabelArtist.objects.create(label=label, typed_name=LONG_NAME, spotify_id="1" * 22)
    campaign = factory.make_campaign(label=label, title=LONG_NAME)
    factory.make_label(owner=artist, name="Night Desk")
    now = timezone.now()
    invited = invitations.invite(label, f"c{LONG_EMAIL[1:]}", Role.OWNER, artist, now)
    for by in (artist, long) * 26:
        record(label, Event.EDITED, by, campaign, fields=["title", "artwork", "links"])
    page = f"/dashboard/labels/{label.id}"
    return {
        "label": page,
        "history": f"{page}/history",
        "the last page of the history": f"{page}/history?page=2",
        "rename": f"{page}/rename",
        "invite": f"{page}/invite",
        "leave": f"{page}/leave",
        "remove": f"{page}/members/{long.memberships.get().id}/remove",
        "the campaign's history": f"/dashboard/campaigns/{campaign.slug}/history",
        "another label": f"/dashboard/campaigns/{campaign.slug}/label",
        "an invitation of somebody else": invited.link.reveal(),
        "a dead link": "/dashboard/invitations/never-was",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    people: Any, artist: User, addresses: dict[str, str], scheme: str
) -> None:
    page = people(artist, color_scheme=scheme)
    for name, address in addresses.items():
        page.goto(address)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert widest(page, 320, "100%") <= 320, name
        assert widest(page, 640, "200%") <= 640, name
    guest = people(color_scheme=scheme)
    guest.goto(addresses["an invitation of somebody else"])
    found = Axe().run(guest, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert widest(guest, 320, "100%") <= 320


@pytest.mark.parametrize("with_script", [True, False])
def test_an_owner_invites_and_the_guest_joins_and_is_removed(
    people: Any, label: Label, artist: User, with_script: bool
) -> None:
    owner = people(artist, java_script_enabled=with_script)
    owner.goto(f"/dashboard/labels/{label.id}")
    owner.get_by_role("link", name="Invite someone").click()
    owner.get_by_label("Email").fill(GUEST)
    owner.get_by_role("button", name="Create link").click()
    link = owner.get_by_label("Invitation link").input_value()

    guest = people(java_script_enabled=with_script)
    guest.goto(link)
    guest.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    guest.get_by_role("button", name="Set password and join").click()
    expect(guest.get_by_role("heading", name="Demo Label")).to_be_visible()
    expect(guest.get_by_role("link", name="Invite someone")).to_have_count(0)

    owner.goto(f"/dashboard/labels/{label.id}")
    owner.get_by_label(f"Role of {GUEST}", exact=True).select_option("Viewer")
    owner.get_by_role("button", name=f"Save the role of {GUEST}").click()
    expect(owner.get_by_text("Role changed.")).to_be_visible()
    owner.get_by_role("link", name=f"Remove {GUEST}").click()
    owner.get_by_role("button", name="Remove member").click()
    expect(owner.get_by_text(f"{GUEST} is no longer a member.")).to_be_visible()

    guest.reload()
    expect(guest.get_by_role("heading", name="There's nothing here")).to_be_visible()


def test_an_invitations_page_tells_nobody_its_address(
    people: Any, label: Label, artist: User, site: str, settings: Settings
) -> None:
    """Not even this site's own log: what the browser asks for names the origin alone."""
    invited = invitations.invite(label, GUEST, Role.VIEWER, artist, timezone.now())
    page = people()
    told: list[str] = []
    page.on("request", lambda request: told.append(request.headers.get("referer", "")))
    page.goto(invited.link.reveal())
    page.get_by_label("Password", exact=True).fill("password12")
    page.get_by_role("button", name="Set password and join").click()
    expect(page.get_by_text("too common").first).to_be_visible()

    assert {*told} - {""} == {f"{site}/"}
