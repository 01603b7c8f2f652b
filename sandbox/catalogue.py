"""The catalogue: which albums and tracks exist, from when on and in which markets."""

from __future__ import annotations

import hashlib
import re
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

BASE62 = string.digits + string.ascii_letters
ID_LENGTH = 22
SPOTIFY_ID = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}")
MARKET = re.compile(r"[A-Z]{2}")
MARKET_NAMES = (
    "AR AT AU BE BR CA CH CL CO CZ DE DK ES FI FR GB GR HK HU ID IE IL IN "
    "IT JP KR MX MY NL NO NZ PE PH PL PT RO SE SG TH TR TW US VN ZA"
)
MARKETS = MARKET_NAMES.split()


@dataclass
class Item:
    kind: str
    id: str
    name: str
    artists: list[str]
    upc: str | None = None
    isrc: str | None = None
    release_date: str = "2026-11-27"
    album_type: str = "album"
    album_name: str | None = None
    label: str = "Demo Label"
    total_tracks: int = 1
    available_at: float = 0.0
    markets: dict[str, float | None] = field(default_factory=dict)
    removed_at: float | None = None
    unplayable_markets: list[str] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"spotify:{self.kind}:{self.id}"

    def is_available(self, market: str | None, now: float) -> bool:
        """Without a market nothing is available, as Spotify says of clients without a country."""
        if market is None or (self.removed_at is not None and self.removed_at <= now):
            return False
        instant = self.markets.get(market, self.available_at)
        return instant is not None and instant <= now

    def available_markets(self, now: float) -> list[str]:
        known = sorted({*MARKETS, *self.markets})
        return [market for market in known if self.is_available(market, now)]


class Catalogue:
    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def put(self, item: Item) -> None:
        self._items[item.uri] = item

    def drop(self, uri: str) -> bool:
        return self._items.pop(uri, None) is not None

    def clear(self) -> None:
        self._items.clear()

    def known(self, uri: str) -> Item | None:
        """The item whether it has appeared or not: for the sandbox's own pages."""
        return self._items.get(uri)

    def find(self, uri: str, market: str | None) -> Item | None:
        item = self._items.get(uri)
        if item is not None and item.is_available(market, time.time()):
            return item
        return None

    def search(self, kind: str, query: str, market: str | None) -> list[Item]:
        now = time.time()
        return [
            item
            for item in self._items.values()
            if item.kind == kind and item.is_available(market, now) and matches(item, query)
        ]


def matches(item: Item, query: str) -> bool:
    """The `upc:` filter finds albums only, the `isrc:` filter tracks only."""
    name, colon, value = query.strip().partition(":")
    wanted = value.strip().strip('"')
    if colon and name.lower() == "upc":
        return item.kind == "album" and item.upc == wanted
    if colon and name.lower() == "isrc":
        isrc = (item.isrc or "").upper()
        return item.kind == "track" and bool(isrc) and isrc == wanted.upper()
    return all(word in item.name.lower() for word in query.lower().split())


def derived_id(*parts: str) -> str:
    """The same Spotify-shaped id for the same parts, every time."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, remainder = divmod(number, len(BASE62))
        letters.append(BASE62[remainder])
    return "".join(letters)
