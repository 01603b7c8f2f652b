"""Simulated fans: each goes the whole way over HTTP and keeps nothing but its receipt."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from html import unescape
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import requests

from demo.environment import DemoError

SECONDS = 30
AT_ONCE = 8
# How long a fan who is told to come back tries again, and how soon.
PATIENCE_SECONDS = 60
AGAIN_SECONDS = 2
# What a browser sends when a link of our own page was tapped.
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


class TurnedAwayError(DemoError):
    """A page asked to come back, after so many seconds where it says so."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(f"{_address_of(answer)} was busy ({answer.status_code}).")
        self.seconds = int(answer.headers.get("Retry-After", AGAIN_SECONDS))


def pre_save_all(
    landing_url: str, accounts: list[str], progress: Callable[[int], None]
) -> list[str]:
    """Let every account pre-save; the answer is the receipts' addresses of those who did.

    Raises DemoError where nobody could.
    """
    receipts: list[str] = []
    refused: list[DemoError] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for tap in as_completed(pool.submit(_take_receipt, landing_url, one) for one in accounts):
            try:
                receipts.append(tap.result())
                progress(len(receipts))
            except DemoError as error:
                refused.append(error)
    if refused and not receipts:
        raise refused[0]
    return receipts


def _take_receipt(landing_url: str, account: str) -> str:
    return _receipt_in(_patiently(landing_url, account), account)


def pre_save(landing_url: str, account: str) -> str:
    """The whole way, once; the answer is the receipt's address."""
    with requests.Session() as browser:
        return _receipt_in(_consent(browser, landing_url, account), account)


def _receipt_in(answer: requests.Response, account: str) -> str:
    if answer.status_code != 200 or "/receipt/" not in answer.url:
        raise DemoError(f"{account} got no receipt but status {answer.status_code}.")
    return answer.url


def be_refused(landing_url: str, account: str) -> None:
    """The whole way, to the page that says why nothing was stored. Raises DemoError."""
    with suppress(TurnedAwayError):
        if "/receipt/" in _patiently(landing_url, account).url:
            raise DemoError(f"{account} got a receipt and should not have.")


def _patiently(landing_url: str, account: str) -> requests.Response:
    """As a person does who is told to come back: tap again, for a minute, in the same browser."""
    gives_up_at = time.monotonic() + PATIENCE_SECONDS
    with requests.Session() as browser:
        while True:
            try:
                return _consent(browser, landing_url, account)
            except TurnedAwayError as error:
                if time.monotonic() + error.seconds > gives_up_at:
                    raise
                time.sleep(error.seconds)


def _consent(browser: requests.Session, landing_url: str, account: str) -> requests.Response:
    """Landing page, go, consent at the sandbox, callback. Raises TurnedAwayError."""
    page = _get(browser, landing_url)
    button = re.search(r'href="([^"]+/go(?:\?[^"]*)?)"', page.text)
    if button is None:
        raise DemoError("the landing page has no pre-save button.")
    # What the page's script says.
    _send(browser, "POST", f"{landing_url}/visit", headers=FROM_OUR_PAGE)
    consent = _get(browser, urljoin(landing_url, unescape(button[1])))
    if "/receipt/" in consent.url:  # the last try came through, and its answer did not
        return consent
    return _send(browser, "POST", consent.url, data={"account": account, "decision": "allow"})


def _get(browser: requests.Session, url: str) -> requests.Response:
    answer = _send(browser, "GET", url, headers=FROM_OUR_PAGE)
    if answer.status_code != 200:
        raise DemoError(f"{_address_of(answer)} answered {answer.status_code}.")
    return answer


def _send(browser: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
    """The page that it ends at: one that loads itself again is waited for, as browsers do."""
    try:
        answer = browser.request(method, url, timeout=SECONDS, **more)
        while seconds := answer.headers.get("Refresh"):
            time.sleep(int(seconds))
            answer = browser.get(answer.url, timeout=SECONDS)
    except requests.RequestException as error:
        raise DemoError(f"{url.partition('?')[0]}: {type(error).__name__}.") from None
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise TurnedAwayError(answer)
    return answer


def _address_of(answer: requests.Response) -> str:
    """Without the query, which may hold a code."""
    return answer.url.partition("?")[0]
