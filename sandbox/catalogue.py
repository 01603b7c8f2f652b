"""The catalogue: which albums and tracks exist, from when on and in which markets."""

from __future__ import annotations

import hashlib
import random
import re
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.markets import MARKETS

BASE62 = string.digits + string.ascii_letters
ID_LENGTH = 22
SPOTIFY_ID = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}")


@dataclass(frozen=True)
class Artist:
    id: str
    name: str


@dataclass(frozen=True)
class Window:
    """While it is open, a share of the calls sees the item."""

    opens: float = 0.0
    closes: float | None = None
    share: float = 1.0

    def is_open(self, now: float) -> bool:
        return self.opens <= now and (self.closes is None or now < self.closes)


@dataclass
class Item:
    kind: str
    id: str
    name: str
    artists: list[Artist]
    upc: str | None = None
    isrc: str | None = None
    release_date: str = "2026-11-27"
    album_type: str = "album"
    album_name: str | None = None
    album_id: str | None = None
    explicit: bool = False
    label: str = "Demo Label"
    total_tracks: int = 1
    available_at: float = 0.0
    markets: dict[str, float | None] = field(default_factory=dict)
    removed_at: float | None = None
    unplayable_markets: list[str] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    seed: int = 0
    relinked_to: str | None = None
    moved_to: str | None = None

    def __post_init__(self) -> None:
        # Not for secrets: a seeded generator makes a run repeatable.
        self._random = random.Random(self.seed)  # nosec B311 # noqa: S311 -- repeatable

    @property
    def uri(self) -> str:
        return f"spotify:{self.kind}:{self.id}"

    @property
    def artist_names(self) -> list[str]:
        return [artist.name for artist in self.artists]

    def is_available(self, market: str | None, now: float) -> bool:
        """Without a market nothing is available, as Spotify says of clients without a country."""
        if market is None or (self.removed_at is not None and self.removed_at <= now):
            return False
        instant = self.markets.get(market, self.available_at)
        return instant is not None and instant <= now and self._share_at(now) > 0

    def is_seen(self, market: str | None, now: float) -> bool:
        """Whether this one call sees the item. Each call that may be blind takes the next number
        of the item's sequence.
        """
        if not self.is_available(market, now):
            return False
        share = self._share_at(now)
        return share >= 1 or self._random.random() < share

    def _share_at(self, now: float) -> float:
        if not self.windows:
            return 1.0
        return max((window.share for window in self.windows if window.is_open(now)), default=0.0)

    def available_markets(self, now: float) -> list[str]:
        known = sorted({*MARKETS, *self.markets})
        return [market for market in known if self.is_available(market, now)]


@dataclass(frozen=True)
class Found:
    """An answer to a read, and the item that was asked for if another one plays in its place."""

    item: Item
    linked_from: Item | None = None


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

    def read(self, uri: str, market: str | None, *, relinks: bool) -> Found | None:
        """What answers for this id, if this call sees it: the item itself, the one that the id
        moved to, or the one that plays in the item's place.
        """
        now = time.time()
        asked = self._standing_for(uri)
        if asked is None:
            return None
        other = self._named(asked.kind, asked.relinked_to) if relinks else None
        if other is not None and other.is_seen(market, now):
            return Found(other, linked_from=asked)
        return Found(asked) if asked.is_seen(market, now) else None

    def find(self, uri: str, market: str | None) -> Item | None:
        """The item that has this id, if this call sees it; an id that moved names none."""
        item = self._items.get(uri)
        if item is None or item.moved_to is not None:
            return None
        return item if item.is_seen(market, time.time()) else None

    def search(
        self, kind: str, query: str, market: str | None, *, isrc_as_stored: bool = False
    ) -> list[Item]:
        now = time.time()
        return [
            item
            for item in self._items.values()
            if item.kind == kind
            and item.moved_to is None
            and matches(item, query, isrc_as_stored=isrc_as_stored)
            and item.is_seen(market, now)
        ]

    def _standing_for(self, uri: str) -> Item | None:
        item = self._items.get(uri)
        if item is None or item.moved_to is None:
            return item
        return self._named(item.kind, item.moved_to)

    def _named(self, kind: str, spotify_id: str | None) -> Item | None:
        return self._items.get(f"spotify:{kind}:{spotify_id}")


def matches(item: Item, query: str, *, isrc_as_stored: bool = False) -> bool:
    """The `upc:` filter finds albums only, by the digits as stored; the `isrc:` filter tracks."""
    name, colon, value = query.strip().partition(":")
    wanted = value.strip().strip('"')
    if colon and name.lower() == "upc":
        return item.kind == "album" and bool(item.upc) and item.upc == wanted
    if colon and name.lower() == "isrc":
        return item.kind == "track" and has_isrc(item, wanted, as_stored=isrc_as_stored)
    return all(word in item.name.lower() for word in query.lower().split())


def has_isrc(item: Item, wanted: str, *, as_stored: bool) -> bool:
    """Letter for letter as it is stored; or, in capitals or not, as stored and without hyphens."""
    stored = item.isrc or ""
    if as_stored:
        return bool(stored) and wanted == stored
    return bool(stored) and wanted.upper() in {stored.upper(), stored.upper().replace("-", "")}


def derived_id(*parts: str) -> str:
    """The same Spotify-shaped id for the same parts, every time."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, remainder = divmod(number, len(BASE62))
        letters.append(BASE62[remainder])
    return "".join(letters)
