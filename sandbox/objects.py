"""Catalogue items as the JSON objects of Spotify's Web API."""

from __future__ import annotations

import time
from typing import Any

from sandbox import covers
from sandbox.catalogue import Artist, Found, Item, derived_id
from sandbox.state import Account

Json = dict[str, Any]

# Label, popularity, available_markets and linked_from were removed for apps in development mode:
# https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide
TRACK_MILLISECONDS = 180_000


class ObjectWriter:
    """Writes objects for one answer: its origin, its app mode and the market it was asked for."""

    def __init__(self, origin: str, mode: str, market: str | None) -> None:
        self.origin = origin
        self.mode = mode
        self.market = market
        self.now = time.time()

    def album(self, item: Item) -> Json:
        album = self.simplified_album(item)
        album.update(
            copyrights=[{"text": f"2026 {item.label}", "type": "P"}],
            external_ids={"upc": item.upc} if item.upc else {},
            genres=[],
            tracks=self._album_tracks(item),
        )
        if self.mode == "extended":
            album.update(label=item.label, popularity=0)
        return album

    def simplified_album(self, item: Item) -> Json:
        album = {
            "album_type": item.album_type,
            "artists": [self._artist(artist) for artist in item.artists],
            "images": self._images(item),
            "release_date": item.release_date,
            "release_date_precision": precision_of(item.release_date),
            "total_tracks": item.total_tracks,
            **self._identity("album", item.id, item.name),
        }
        return self._with_markets(album, item)

    def found_track(self, found: Found) -> Json:
        """The track that answers. With extended quota it names the one that was asked for."""
        track = self.track(found.item)
        if found.linked_from is not None and self.mode == "extended":
            named = self._identity("track", found.linked_from.id, found.linked_from.name)
            del named["name"]
            track["linked_from"] = named
        return track

    def track(self, item: Item) -> Json:
        track = {
            **self._simplified_track(item, item.id, item.name, 1),
            "album": self._album_of(item),
            "external_ids": {"isrc": item.isrc} if item.isrc else {},
        }
        if self.mode == "extended":
            track["popularity"] = 0
        return self._with_markets(track, item)

    def page(self, path: str, items: list[Json], limit: int, offset: int, total: int) -> Json:
        return {
            "href": f"{self.origin}{path}",
            "items": items,
            "limit": limit,
            "next": None,
            "offset": offset,
            "previous": None,
            "total": total,
        }

    def _with_markets(self, subject: Json, item: Item) -> Json:
        if self.mode == "extended":
            subject["available_markets"] = item.available_markets(self.now)
        if self.market is not None:
            playable = self.market not in item.unplayable_markets
            subject["is_playable"] = playable
            if not playable:
                subject["restrictions"] = {"reason": "market"}
        return subject

    def _identity(self, kind: str, spotify_id: str, name: str) -> Json:
        return {
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{spotify_id}"},
            "href": f"{self.origin}/v1/{kind}s/{spotify_id}",
            "id": spotify_id,
            "name": name,
            "type": kind,
            "uri": f"spotify:{kind}:{spotify_id}",
        }

    def _artist(self, artist: Artist) -> Json:
        return self._identity("artist", artist.id, artist.name)

    def _images(self, album: Item) -> list[Json]:
        return [
            {"url": covers.address(self.origin, album.id, size), "height": size, "width": size}
            for size in covers.SIZES
        ]

    def _simplified_track(self, item: Item, spotify_id: str, name: str, number: int) -> Json:
        """A track with the artists of the item, which is the track itself or its album."""
        return {
            "artists": [self._artist(artist) for artist in item.artists],
            "disc_number": 1,
            "duration_ms": TRACK_MILLISECONDS,
            "explicit": item.explicit,
            "is_local": False,
            "preview_url": None,
            "track_number": number,
            **self._identity("track", spotify_id, name),
        }

    def _album_tracks(self, item: Item) -> Json:
        tracks = [
            self._simplified_track(
                item, derived_id(item.id, str(number)), f"Track {number}", number
            )
            for number in range(1, item.total_tracks + 1)
        ]
        path = f"/v1/albums/{item.id}/tracks"
        return self.page(path, tracks, 50, 0, len(tracks))

    def _album_of(self, track: Item) -> Json:
        name = track.album_name or track.name
        album = Item(
            kind="album",
            id=track.album_id or derived_id("album", name, *track.artist_names),
            name=name,
            artists=track.artists,
            release_date=track.release_date,
            album_type=track.album_type,
            available_at=track.available_at,
            markets=track.markets,
        )
        return self.simplified_album(album)


def precision_of(release_date: str) -> str:
    return ("year", "month", "day")[release_date.count("-")]


def private_user(account: Account, scopes: frozenset[str]) -> Json:
    user: Json = {
        "account_id": derived_id("account", account.id),
        "display_name": account.display_name,
        "external_urls": {"spotify": f"https://open.spotify.com/user/{account.id}"},
        "href": f"https://api.spotify.com/v1/users/{account.id}",
        "id": account.id,
        "images": [],
        "type": "user",
        "uri": f"spotify:user:{account.id}",
    }
    if "user-read-private" in scopes:
        user.update(country=account.country, product="premium")
    if "user-read-email" in scopes:
        user["email"] = f"{account.id}@example.com"
    return user
