"""Simulated fans: each goes the whole way over HTTP and keeps nothing but its receipt."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from html import unescape
from urllib.parse import urljoin

import requests

from demo.environment import DemoError

SECONDS = 30
AT_ONCE = 8
# What a browser sends when a link of our own page was tapped.
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


def pre_save_all(
    landing_url: str, accounts: list[str], progress: Callable[[int], None]
) -> list[str]:
    """Let every account pre-save; the answer is their receipts' addresses."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        taps = [pool.submit(pre_save, landing_url, account) for account in accounts]
        receipts = []
        for tap in as_completed(taps):
            receipts.append(tap.result())
            progress(len(receipts))
    return receipts


def pre_save(landing_url: str, account: str) -> str:
    """The whole way; the answer is the receipt's address."""
    receipt = _consent(landing_url, account)
    if receipt.status_code != 200 or "/receipt/" not in receipt.url:
        raise DemoError(f"{account} got no receipt but status {receipt.status_code}.")
    return receipt.url


def be_refused(landing_url: str, account: str) -> None:
    """The whole way, to the page that says why nothing was stored. Raises DemoError."""
    if "/receipt/" in _consent(landing_url, account).url:
        raise DemoError(f"{account} got a receipt and should not have.")


def _consent(landing_url: str, account: str) -> requests.Response:
    """Landing page, go, consent at the sandbox, callback."""
    with requests.Session() as browser:
        page = _get(browser, landing_url)
        button = re.search(r'href="([^"]+/go(?:\?[^"]*)?)"', page.text)
        if button is None:
            raise DemoError("the landing page has no pre-save button.")
        # What the page's script says.
        browser.post(f"{landing_url}/visit", headers=FROM_OUR_PAGE, timeout=SECONDS)
        consent = _get(browser, urljoin(landing_url, unescape(button[1])))
        answer = browser.post(
            consent.url.partition("?")[0],
            params=consent.url.partition("?")[2],
            data={"account": account, "decision": "allow"},
            timeout=SECONDS,
        )
        while seconds := answer.headers.get("Refresh"):  # in line, as a browser stands there
            time.sleep(int(seconds))
            answer = browser.get(answer.url, timeout=SECONDS)
        return answer


def _get(browser: requests.Session, url: str) -> requests.Response:
    answer = browser.get(url, headers=FROM_OUR_PAGE, timeout=SECONDS)
    if answer.status_code != 200:
        raise DemoError(f"{url.partition('?')[0]} answered {answer.status_code}.")
    return answer
