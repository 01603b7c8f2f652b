"""On the fan pages nothing runs but the files that they name, all of them ours."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Route

from tests.factory import make_campaign, make_local_campaign, make_presave

TAG = re.compile(
    r'<script src="/static/campaigns/(\w+)\.[\w.]+" type="module"( blocking="render")?>'
)
SLIPPED_IN = """
  <script>window.ran = "inline"</script>
  <script src="https://elsewhere.example/script.js"></script>
  <img src="/none" onerror="window.ran = 'handler'">
"""


@pytest.mark.django_db
def test_every_script_is_a_file_of_ours(client: Client) -> None:
    make_presave(make_campaign(slug="night-bus"), receipt="a-receipt")
    make_presave(make_campaign(), receipt="sent", sent_at=timezone.now())
    make_local_campaign(slug="everywhere")
    found: set[tuple[str, str]] = set()
    for path in (
        "/night-bus",
        "/everywhere",
        "/everywhere/go",
        "/receipt/a-receipt",
        "/receipt/sent",
    ):
        page = client.get(path).content.decode()
        tags = TAG.findall(page)
        assert len(tags) == page.count("<script")
        found |= set(tags)
    visited = {"copy", "countdown", "follow", "in_app", "visits", "zone"}
    assert {name for name, _ in found} == {
        *visited,
        "follow_receipt",
        "own_times",
        "remember",
        "share",
    }
    # They change what is seen: after the first paint, that would move the page.
    blocking = {name for name, blocking in found if blocking}
    assert blocking == {"copy", "countdown", "in_app", "own_times", "share", "visits", "zone"}


@pytest.mark.django_db(transaction=True)
def test_a_script_that_was_slipped_in_does_not_run(browser: Browser, site: str) -> None:
    def slip_in(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer, body=answer.text().replace("</head>", f"{SLIPPED_IN}</head>")
        )

    make_campaign(slug="night-bus")
    with browser.new_context() as context:
        page, refused = context.new_page(), []
        page.on("console", lambda line: refused.append(line.text))
        page.route("**/night-bus", slip_in)
        page.route(
            "https://elsewhere.example/**", lambda route: route.fulfill(body="window.ran = 'file'")
        )
        page.goto(f"{site}/night-bus", wait_until="networkidle")
        assert page.evaluate("window.ran") is None
        assert sum("Content Security Policy" in line for line in refused) == 3, refused
        with pytest.raises(Exception, match="TrustedHTML"):
            page.evaluate("document.body.innerHTML = '<p>text</p>'")
