"""On the fan pages only the scripts run that their policy names, by what is in them."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Route, expect

from campaigns.fan import headers
from tests.factory import make_campaign, make_local_campaign, make_presave

TAG = re.compile(r'<script src="/static/campaigns/(\w+)\.[\w.]+" integrity="(\S+)" type="module"')


def tags_of(page: str) -> list[tuple[str, str]]:
    found = TAG.findall(page)
    assert len(found) == page.count("<script")
    return found


@pytest.mark.django_db
def test_every_script_is_named_in_its_pages_policy_and_none_beside_them(client: Client) -> None:
    make_presave(make_campaign(slug="night-bus"), receipt="a-receipt")
    make_local_campaign(slug="everywhere")
    used = set()
    for path in ("/night-bus", "/everywhere", "/everywhere/go", "/receipt/a-receipt"):
        answer = client.get(path)
        for name, integrity in tags_of(answer.content.decode()):
            file = Path(str(finders.find(f"campaigns/{name}.js"))).read_bytes()
            digest = b64encode(hashlib.sha256(file).digest()).decode()
            assert integrity == f"sha256-{digest}"
            assert f"'{integrity}'" in answer.headers["Content-Security-Policy"]
            used.add(name)
    assert used == set(headers.FAN_SCRIPTS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_altered", [False, True])
def test_a_script_that_was_altered_on_the_way_does_not_run(
    browser: Browser, site: str, is_altered: bool
) -> None:
    def pass_on(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + "\n" * is_altered)

    make_campaign(slug="night-bus")
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/static/campaigns/countdown.*", pass_on)
        page.goto(f"{site}/night-bus", wait_until="networkidle")
        expect(page.locator("[data-countdown]")).to_be_visible(visible=not is_altered)
