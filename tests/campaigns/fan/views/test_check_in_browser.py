"""The checker in Chromium: it reads what the command reads, tells it, and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from presave_check import NEEDED, Lasts, Reading, Verdict, read
from tests import consent_addresses
from tests.accessibility import RULES, widest
from tests.visits import check

pytestmark = pytest.mark.django_db(transaction=True)

READ: Final = """async (texts) => {
  const { read } = await import(document.querySelector("script[src*='check']").src);
  const needed = document.querySelector("[data-check]").dataset.check;
  return texts.map((text) => read(text, needed));
}"""


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 390, "height": 664}) as context:
        yield context


@pytest.fixture
def checker(context: BrowserContext, site: str) -> Iterator[Page]:
    page = context.new_page()
    page.goto(f"{site}/check", wait_until="networkidle")
    yield page
    page.close()


def in_python(reading: Reading) -> dict[str, Any]:
    return {
        "verdict": str(reading.verdict),
        "asked": list(reading.asked),
        "through": reading.through,
        "returns_to": reading.returns_to,
        "lasts": str(reading.lasts),
        "asks_again": reading.asks_again,
    }


def test_the_browser_and_the_command_read_the_same(checker: Page) -> None:
    texts = [
        *(pasted.text for pasted in consent_addresses.ALL),
        *consent_addresses.made_up(seed=16, number=3_000),
    ]
    in_browser = checker.evaluate(READ, texts)
    differing = [
        (text, there, here)
        for text, there in zip(texts, in_browser, strict=True)
        if there != (here := in_python(read(text)))
    ]
    assert differing == []
    assert {there["verdict"] for there in in_browser} == set(map(str, Verdict))


def test_each_address_is_told_and_no_request_leaves(checker: Page) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    checker.on("request", lambda request: requested.append(request.url))
    checker.on("console", lambda message: complaints.append(message.text))
    assert len(consent_addresses.ALL) >= 20
    for pasted in consent_addresses.ALL:
        check(checker, pasted.text)
        asked = sorted(pasted.reading.asked, key=lambda name: name != NEEDED)
        expected = replace(pasted.reading, asked=tuple(asked), through="")
        assert told(checker) == expected, pasted.name
        warned = pasted.reading.through and pasted.reading.lasts
        expect(checker.locator("[data-through]:visible")).to_have_count(1 if warned else 0)
        if pasted.reading.verdict is Verdict.LOOKALIKE:
            whose = f"it belongs to {pasted.reading.through}: only"
            expect(checker.locator("[data-verdict]:visible")).to_contain_text(whose)
    assert requested == []
    assert complaints == []
    assert checker.context.cookies() == []


def told(page: Page) -> Reading:
    """What the page says, put back into a reading. Who leads there is told in a sentence."""
    needed = page.locator("[data-asked='needed']:visible code").all_inner_texts()
    extra = page.locator("[data-asked='extra']:visible code").all_inner_texts()
    receivers = page.locator("[data-returns-to]:visible dd").all_inner_texts()
    assert needed in ([], [NEEDED])
    assert "" not in receivers
    verdict = page.locator("[data-verdict]:visible").get_attribute("data-verdict")
    lasts = page.locator("[data-lasts]:visible")
    next_time = page.locator("[data-asks]:visible")
    return Reading(
        Verdict(verdict or ""),
        (*needed, *extra),
        returns_to="".join(receivers),
        lasts=Lasts((lasts.count() and lasts.get_attribute("data-lasts")) or ""),
        asks_again=bool(next_time.count() and next_time.get_attribute("data-asks") == "again"),
    )


@pytest.mark.parametrize("name", ["feature.fm's", "listed nowhere", "a smart link"])
def test_no_result_is_wider_than_the_screen(checker: Page, name: str) -> None:
    check(checker, next(each.text for each in consent_addresses.ALL if each.name == name))
    assert widest(checker, 320, "100%") <= 320
    assert widest(checker, 640, "200%") <= 640


def test_it_says_how_many_of_how_many_are_needed_and_what_the_rest_allows(checker: Page) -> None:
    checker.get_by_role("button", name="Try it in the checker").last.click()
    result = checker.locator("[data-result]")
    expect(result.get_by_role("heading", name="More than a pre-save needs")).to_be_visible()
    expect(result.get_by_text("1 of 12 needed")).to_be_visible()
    expect(result.locator("[data-asked='extra'] li")).to_have_count(11)
    expect(result.get_by_text("Read your email address.")).to_be_visible()
    expect(result.get_by_text("For up to six months")).to_be_visible()
    expect(result.locator(".tally i")).to_have_count(12)
    check(checker, f"{consent_addresses.OURS}&response_type=token&scope=user-read-everything")
    expect(result.locator("[data-asked='extra']")).to_contain_text("Not on any Spotify list")
    check(checker, "https://ffm.to/first-light")
    expect(result.get_by_text("1 of")).to_be_hidden()


@pytest.mark.parametrize("height", [640, 900])
def test_what_it_says_is_on_the_screen(checker: Page, height: int) -> None:
    checker.set_viewport_size({"width": 360, "height": height})
    heading = checker.locator("[data-verdict]:visible h2")
    check(checker, consent_addresses.OURS)
    expect(heading).to_be_in_viewport(ratio=1)
    checker.get_by_role("button", name="Try it in the checker").last.click()
    expect(heading).to_be_in_viewport(ratio=1)
    expect(checker.get_by_label("Address of the page")).to_be_focused()
    check(checker, "garbage")
    expect(heading).to_be_in_viewport(ratio=1)


def test_what_is_pasted_is_read_at_once(checker: Page) -> None:
    field = checker.get_by_label("Address of the page")
    field.focus()
    checker.evaluate("document.execCommand('insertText', false, '')")
    checker.evaluate(
        """(text) => {
          const field = document.activeElement;
          field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
          field.value = text;
        }""",
        consent_addresses.OURS,
    )
    expect(checker.get_by_role("heading", name="Only what a pre-save needs")).to_be_visible()


def test_markup_that_is_pasted_stays_text(checker: Page) -> None:
    check(checker, f"{consent_addresses.AUTHORIZE}?scope=<img src=x onerror=alert(1)>")
    check(checker, f"{consent_addresses.AUTHORIZE}?scope=%3Cimg%20src=x%20onerror=alert(1)%3E")
    result = checker.locator("[data-result]")
    expect(result.locator("img")).to_have_count(0)
    expect(result.locator("[data-asked='extra']")).to_contain_text("<img")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_result(checker: Page, scheme: Any) -> None:
    checker.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for verdict in Verdict:
        pasted = next(each for each in consent_addresses.ALL if each.reading.verdict == verdict)
        check(checker, pasted.text)
        found = Axe().run(checker, options=RULES)
        assert found.violations_count == 0, (verdict, found.generate_report())


def test_without_javascript_it_says_how_to_check_by_hand(browser: Browser, site: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site}/check")
        expect(page.get_by_label("Address of the page")).to_be_hidden()
        expect(page.get_by_role("button", name="Try it in the checker")).to_have_count(0)
        page.get_by_role("link", name="Check by hand").click()
        expect(page.get_by_role("heading", name="Check by hand")).to_be_in_viewport()
        expect(page.get_by_text("scope=", exact=True)).to_be_visible()
        expect(page.get_by_text("python -m presave_check")).to_be_visible()


def test_the_form_stands_there_at_first_paint(browser: Browser, site: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(
            """window.shift = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) window.shift += entry.value;
            }).observe({ type: "layout-shift", buffered: true });"""
        )
        page.goto(f"{site}/check", wait_until="networkidle")
        assert page.evaluate("window.shift") == 0
