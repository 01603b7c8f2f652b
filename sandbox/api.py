"""The Web API under /v1: catalogue reads and the fan's library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.catalogue import SPOTIFY_ID, Found
from sandbox.markets import refusal_of
from sandbox.objects import ObjectWriter, private_user
from sandbox.state import STATE, AccessToken, State

MOST_URIS = 40
MOST_SAVED_ALBUM_IDS = 50
LAST_SEARCH_RESULT = 1000
SPOTIFY_URI = re.compile(r"spotify:([a-z]+):([^:,\s]+)")
CLIENT_SCOPE_MESSAGE = "Insufficient client scope"
SCOPE_TO_SAVE = {
    "track": "user-library-modify",
    "album": "user-library-modify",
    "episode": "user-library-modify",
    "show": "user-library-modify",
    "audiobook": "user-library-modify",
    "artist": "user-follow-modify",
    "user": "user-follow-modify",
    "playlist": "playlist-modify-public",
}
SEARCH_TYPES = ("album", "artist", "playlist", "track", "show", "episode", "audiobook")


@dataclass
class ApiError(Exception):
    status: int
    message: str

    def as_response(self) -> web.Response:
        return error_response(self.status, self.message)


def error_response(
    status: int,
    message: str,
    *,
    reason: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    error: dict[str, Any] = {"status": status, "message": message}
    if reason is not None:
        error["reason"] = reason
    return web.json_response({"error": error}, status=status, headers=headers)


def bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def caller(request: web.Request) -> AccessToken:
    """The token behind the request; raises ApiError as Spotify's gateway answers."""
    state = request.app[STATE]
    secret = bearer(request)
    if secret is None:
        raise ApiError(401, "No token provided")
    token = state.access_tokens.get(secret)
    if token is None:
        raise ApiError(401, "Invalid access token")
    if state.is_expired(token):
        raise ApiError(401, "The access token expired")
    refuse_whole_app(state, token)
    return token


def refuse_whole_app(state: State, token: AccessToken) -> None:
    if state.settings.premium_lapsed:
        raise ApiError(403, "Active premium subscription required for the owner of the app")
    if state.settings.mode == "development" and token.account is not None:
        account = state.accounts.get(token.account)
        if account is None or not account.listed:
            raise ApiError(403, "User not registered in the Developer Dashboard")


def calling_fan(request: web.Request) -> tuple[AccessToken, str]:
    token = caller(request)
    if token.account is None:
        raise ApiError(401, "Valid user authentication required")
    return token, token.account


def require_scope(token: AccessToken, scope: str) -> None:
    if scope not in token.scopes:
        raise ApiError(403, CLIENT_SCOPE_MESSAGE)


def country_of(state: State, token: AccessToken) -> str | None:
    account = state.accounts.get(token.account) if token.account else None
    return account.country if account else None


def market_for(request: web.Request, token: AccessToken) -> str | None:
    """The fan's country wins over the parameter; with neither, nothing is available."""
    asked = request.query.get("market")
    if asked == "from_token":
        require_scope(token, "user-read-private")
    elif asked is not None and (refusal := refusal_of(asked)):
        raise ApiError(400, refusal)
    return country_of(request.app[STATE], token) or asked


def writer_for(request: web.Request, market: str | None) -> ObjectWriter:
    mode = request.app[STATE].settings.mode
    asked = market if "market" in request.query else None
    return ObjectWriter(str(request.url.origin()), mode, asked)


def find_item(request: web.Request, kind: str) -> tuple[Found, ObjectWriter]:
    token = caller(request)
    market = market_for(request, token)
    spotify_id = request.match_info["id"]
    if not SPOTIFY_ID.fullmatch(spotify_id):
        raise ApiError(400, "Invalid base62 id")
    writer = writer_for(request, market)
    # Only a market can say that another instance of a track plays there.
    relinks = kind == "track" and writer.market is not None
    found = request.app[STATE].catalogue.read(
        f"spotify:{kind}:{spotify_id}", market, relinks=relinks
    )
    if found is None:
        raise ApiError(404, "Resource not found")
    return found, writer


async def album(request: web.Request) -> web.Response:
    found, writer = find_item(request, "album")
    return web.json_response(writer.album(found.item))


async def track(request: web.Request) -> web.Response:
    found, writer = find_item(request, "track")
    return web.json_response(writer.found_track(found))


async def search(request: web.Request) -> web.Response:
    token = caller(request)
    query = request.query.get("q", "").strip()
    if not query:
        raise ApiError(400, "No search query")
    kinds = search_types(request)
    limit, offset = page_of(request)
    market = market_for(request, token)
    writer = writer_for(request, market)
    state = request.app[STATE]
    as_stored = state.settings.isrc_as_stored
    answer = {}
    for kind in kinds:
        found = state.catalogue.search(kind, query, market, isrc_as_stored=as_stored)
        write = writer.track if kind == "track" else writer.simplified_album
        objects = [write(item) for item in found[offset : offset + limit]]
        # Measured: a search by ISRC answers with items and a total of 0.
        total = 0 if query.lower().startswith("isrc:") else len(found)
        answer[f"{kind}s"] = writer.page("/v1/search", objects, limit, offset, total)
    return web.json_response(answer)


def search_types(request: web.Request) -> list[str]:
    kinds = [kind for kind in request.query.get("type", "").split(",") if kind]
    if not kinds:
        raise ApiError(400, "Missing parameter type")
    for kind in kinds:
        if kind not in SEARCH_TYPES:
            raise ApiError(400, f"Bad search type field {kind}")
    return kinds


def page_of(request: web.Request) -> tuple[int, int]:
    in_development = request.app[STATE].settings.mode == "development"
    most, usual = (10, 5) if in_development else (50, 20)
    limit = number_of(request, "limit", usual)
    offset = number_of(request, "offset", 0)
    if not 1 <= limit <= most:
        raise ApiError(400, "Invalid limit")
    if offset < 0 or limit + offset > LAST_SEARCH_RESULT:
        raise ApiError(400, "Invalid offset")
    return limit, offset


def number_of(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name)
    if text is None:
        return usual
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ApiError(400, f"Invalid {name}")
    return int(text)


async def me(request: web.Request) -> web.Response:
    token, fan = calling_fan(request)
    account = request.app[STATE].accounts[fan]
    return web.json_response(private_user(account, token.scopes))


async def save_to_library(request: web.Request) -> web.Response:
    token, fan = calling_fan(request)
    uris = uris_of(request)
    for uri in uris:
        require_scope(token, SCOPE_TO_SAVE[kind_of(uri)])
    save_available(request.app[STATE], fan, uris)
    return web.Response(content_type="application/json")


async def library_contains(request: web.Request) -> web.Response:
    token, fan = calling_fan(request)
    uris = uris_of(request)
    require_scope(token, "user-library-read")
    library = request.app[STATE].libraries.get(fan, {})
    return web.json_response([uri in library for uri in uris])


def uris_of(request: web.Request) -> list[str]:
    """The URIs of the query; a body is not looked at, as Spotify does not look at it."""
    text = request.query.get("uris", "")
    if not text:
        raise ApiError(400, "Missing required field: uris")
    uris = text.split(",")
    if len(uris) > MOST_URIS:
        raise ApiError(400, "Too many uris requested")
    for uri in uris:
        kind_of(uri)
    return uris


def kind_of(uri: str) -> str:
    match = SPOTIFY_URI.fullmatch(uri)
    if match is None:
        raise ApiError(400, "Invalid Spotify URI")
    kind, spotify_id = match.groups()
    if kind not in SCOPE_TO_SAVE:
        raise ApiError(400, f"Unsupported URI type: {kind}")
    if kind != "user" and not SPOTIFY_ID.fullmatch(spotify_id):
        raise ApiError(400, "Invalid Spotify URI")
    return kind


def save_available(state: State, fan: str, uris: list[str]) -> None:
    """Measured: an unknown id is answered with 200 and nothing is saved. So is one that this call
    does not see.
    """
    country = state.accounts[fan].country
    for uri in uris:
        if state.catalogue.find(uri, country) is not None:
            state.save(fan, uri)


async def save_albums(request: web.Request) -> web.Response:
    return await save_by_ids(request, "album")


async def save_tracks(request: web.Request) -> web.Response:
    return await save_by_ids(request, "track")


async def save_by_ids(request: web.Request, kind: str) -> web.Response:
    """The older endpoints: still answering for extended quota, 403 in development mode."""
    token, fan = calling_fan(request)
    state = request.app[STATE]
    if state.settings.mode == "development":
        raise ApiError(403, "Forbidden")
    require_scope(token, "user-library-modify")
    ids = await ids_of(request)
    save_available(state, fan, [f"spotify:{kind}:{spotify_id}" for spotify_id in ids])
    return web.Response(content_type="application/json")


async def ids_of(request: web.Request) -> list[str]:
    ids: list[Any] = [part for part in request.query.get("ids", "").split(",") if part]
    if not ids and request.can_read_body:
        try:
            body = await request.json()
        except ValueError:
            raise ApiError(400, "Error parsing JSON.") from None
        ids = body.get("ids", []) if isinstance(body, dict) else body
    if not ids:
        raise ApiError(400, "Missing required field: ids")
    if len(ids) > MOST_SAVED_ALBUM_IDS:
        raise ApiError(400, "Too many ids requested")
    if not all(isinstance(part, str) and SPOTIFY_ID.fullmatch(part) for part in ids):
        raise ApiError(400, "Invalid base62 id")
    return ids
