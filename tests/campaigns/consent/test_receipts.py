"""Receipts that a browser keeps: the newest of each campaign, and few enough for a cookie."""

from __future__ import annotations

from campaigns.consent import receipts
from campaigns.consent.receipts import REMEMBERED_AT_MOST


def test_the_oldest_receipts_make_way_and_the_cookie_stays_small() -> None:
    kept: dict[str, str] = {}
    for number in range(REMEMBERED_AT_MOST + 5):
        cookie = receipts.remembering(kept, f"{'a-long-slug' * 5}-{number}", "t" * 43)
        kept = receipts.remembered(cookie)
    assert len(kept) == REMEMBERED_AT_MOST
    assert list(kept)[-1].endswith("-24")
    assert len(cookie) < 4000


def test_one_campaigns_receipt_is_the_newest() -> None:
    kept = receipts.remembered(receipts.remembering({"night-bus": "old"}, "night-bus", "new"))
    assert kept == {"night-bus": "new"}
