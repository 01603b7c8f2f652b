"""Simulated fans: each goes the whole way over HTTP and keeps nothing but its receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from html import unescape
from urllib.parse import urljoin

import requests

from demo.environment import DemoError

SECONDS = 30
AT_ONCE = 8


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
    """Landing page, go, consent at the sandbox, callback; the answer is the receipt's address."""
    with requests.Session() as browser:
        page = _get(browser, landing_url)
        button = re.search(r'href="([^"]+/go(?:\?[^"]*)?)"', page.text)
        if button is None:
            raise DemoError("the landing page has no pre-save button.")
        consent = _get(browser, urljoin(landing_url, unescape(button[1])))
        receipt = browser.post(
            consent.url.partition("?")[0],
            params=consent.url.partition("?")[2],
            data={"account": account, "decision": "allow"},
            timeout=SECONDS,
        )
        if receipt.status_code != 200 or "/receipt/" not in receipt.url:
            raise DemoError(f"{account} got no receipt but status {receipt.status_code}.")
        return receipt.url


def _get(browser: requests.Session, url: str) -> requests.Response:
    # What a browser sends when a link of our own page was tapped.
    answer = browser.get(url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=SECONDS)
    if answer.status_code != 200:
        raise DemoError(f"{url.partition('?')[0]} answered {answer.status_code}.")
    return answer
