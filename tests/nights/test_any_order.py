"""Taps, answers, cancellations and losses in drawn orders: one browser never has two pre-saves of a
release, never one it cannot reach, and is never told that nothing is stored while something is.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from campaigns import spotify
from campaigns.consent import receipts
from campaigns.models import Campaign, Gate, PauseReason, PreSave, PreSaveState
from tests.factory import make_campaign
from tests.fans import Fan, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaigns.keyring import Secret
    from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

STEPS = 25
ACTS = (
    *("tap", "tap", "agree", "agree", "deny", "lose", "lose", "overtake", "load_twice"),
    *("again", "cancel"),
)
RARE = ("fail", "pause")


class Browser:
    """A fan who does anything in any order, with tabs that stay open at Spotify."""

    def __init__(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fan, self.monkeypatch = Fan(sandbox), monkeypatch
        self.campaigns = [make_campaign(), make_campaign()]
        self.tabs: list[tuple[Campaign, str]] = []
        self.last_return = ""

    def tap(self, campaign: Campaign) -> Any:
        answer = self.fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")
        if answer.status_code == 302:
            self.fan.read_spotifys_page()
            self.tabs.append((campaign, answer.headers["Location"]))
        return answer

    def agree(self, tab: str, decision: str = "allow") -> Any:
        self.last_return = self.fan.decide(tab, decision)
        return self.fan.get(self.last_return)

    def deny(self, tab: str) -> Any:
        return self.agree(tab, "deny")

    def lose(self, tab: str) -> None:
        """The answer never reaches the browser, nor the cookies that it would set."""
        cookies = self.cookies
        self.agree(tab)
        self.cookies = cookies

    def overtake(self, campaign: Campaign, tab: str) -> None:
        """The fan goes back and taps again while the answer is still at Spotify."""
        self._meanwhile(tab, lambda: self.tap(campaign))

    def load_twice(self, tab: str) -> Any:
        """The fan loads the way back again meanwhile, and finds the receipt where that leads."""
        addresses: list[str] = []

        def load_again() -> None:
            answer = self.fan.get(self.last_return)
            if answer.status_code == 303:
                addresses.append(answer.headers["Location"])
                assert "<h1>One moment" in text_of(self.fan.get(addresses[0]))

        self._meanwhile(tab, load_again)
        return self.fan.get(addresses[0]) if addresses else None

    def _meanwhile(self, tab: str, act: Callable[[], Any]) -> None:
        """The browser does that instead of waiting, so that the answer is lost."""
        exchange, cookies = spotify.exchange_code, self.cookies
        kept: list[dict[str, str]] = []

        def slowly(code: Secret) -> Any:
            self.monkeypatch.setattr(spotify, "exchange_code", exchange)
            self.cookies = cookies
            act()
            kept.append(self.cookies)
            return exchange(code)

        self.monkeypatch.setattr(spotify, "exchange_code", slowly)
        self.agree(tab)
        self.monkeypatch.setattr(spotify, "exchange_code", exchange)
        if kept:
            self.cookies = kept[0]

    def fail(self, tab: str) -> Any:
        self.fan.sandbox.fault("token.code", status=503)
        answer = self.agree(tab)
        self.fan.sandbox.delete("faults")
        Gate.objects.update(blocked_until=None)
        return answer

    def again(self) -> Any:
        return self.fan.get(self.last_return) if self.last_return else None

    def cancel(self, campaign: Campaign) -> None:
        if token := receipts.remembered(self.cookies.get("receipts", "")).get(campaign.slug):
            self.fan.client.post(f"/receipt/{token}/cancel")

    def pause(self, campaign: Campaign) -> None:
        campaign.refresh_from_db()
        campaign.paused_reason = "" if campaign.paused_reason else PauseReason.KEY_MISSING
        campaign.save()

    def do(self, act: str, chance: random.Random) -> Any:
        campaign = chance.choice(self.campaigns)
        if act in ("tap", "cancel", "pause"):
            return getattr(self, act)(campaign)
        if act == "again":
            return self.again()
        if not self.tabs:
            return None
        campaign, tab = chance.choice(self.tabs[-3:])
        return self.overtake(campaign, tab) if act == "overtake" else getattr(self, act)(tab)

    @property
    def cookies(self) -> dict[str, str]:
        return {name: morsel.value for name, morsel in self.fan.client.cookies.items()}

    @cookies.setter
    def cookies(self, values: dict[str, str]) -> None:
        self.fan.client.cookies.clear()
        for name, value in values.items():
            self.fan.client.cookies[name] = value


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_events_loses_or_doubles_a_pre_save(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, browser = random.Random(seed), Browser(sandbox, monkeypatch)
    done = []
    for _ in range(STEPS):
        act = chance.choice(ACTS + RARE)
        done.append(act)
        rows = set(PreSave.objects.filter(state=PreSaveState.PENDING))
        answer = browser.do(act, chance)
        for campaign in browser.campaigns:
            assert campaign.presaves.pending().count() <= 1, done
        if answer is not None and "Nothing was stored" in text_of(answer):
            assert set(PreSave.objects.filter(state=PreSaveState.PENDING)) == rows, done
    reachable = set()
    for campaign in browser.campaigns:
        token = browser.tap(campaign).headers.get("Location", "").removeprefix("/receipt/")
        reachable.add(receipts.find(token))
    assert set(PreSave.objects.filter(state=PreSaveState.PENDING)) <= reachable, done
