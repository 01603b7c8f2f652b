"""Routes, and the one path every Spotify call takes: latency, limits, faults, answer, call log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox import accounts, api, control, covers, faults, pages
from sandbox.calls import Call
from sandbox.faults import Fault
from sandbox.limits import RollingWindow
from sandbox.state import STATE, State

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MOST_BODY_BYTES = 16 * 1024**2
LONGEST_URI_LOGGED = 100
HTTP_ERRORS = {404: "Service not found", 405: "Method not allowed"}
GRANT_ENDPOINTS = {
    "authorization_code": "token.code",
    "refresh_token": "token.refresh",
    "client_credentials": "token.client",
}


@dataclass(slots=True)
class Arrival:
    """One call of a Spotify endpoint as it came in; `ban_age` in seconds."""

    lane: str
    endpoint: str
    account: str | None
    at: float
    ban_age: float | None


def build_app(state: State) -> web.Application:
    app = web.Application(middlewares=[observe], client_max_size=MOST_BODY_BYTES)
    app[STATE] = state
    app.add_routes(
        [
            web.get("/authorize", accounts.show_consent, name="authorize"),
            web.post("/authorize", accounts.decide, name="authorize"),
            web.post("/api/token", accounts.token, name="token"),
            web.get("/v1/search", api.search, name="search"),
            web.get("/v1/albums/{id}", api.album, name="album"),
            web.get("/v1/tracks/{id}", api.track, name="track"),
            # spotipy asks for "me/", and Spotify answers to both.
            web.get("/v1/me{slash:/?}", api.me, name="me"),
            web.put("/v1/me/library", api.save_to_library, name="library"),
            web.get("/v1/me/library/contains", api.library_contains, name="contains"),
            web.put("/v1/me/albums", api.save_albums, name="saved_albums"),
            web.put("/v1/me/tracks", api.save_tracks, name="saved_tracks"),
            *pages.routes(),
            *covers.routes(),
            *control.routes(),
        ]
    )
    return app


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    lane = lane_of(request.path)
    if lane is None:
        return await handler(request)
    state = request.app[STATE]
    window = state.windows[lane]
    at, ban_age = time.time(), window.seconds_into_ban(time.monotonic())
    endpoint, account = await identify(state, request, lane)
    arrival = Arrival(lane, endpoint, account, at, ban_age)
    latency = state.settings.latency_seconds(endpoint)
    if latency:
        await asyncio.sleep(latency)
    response, fault = await answer(state, request, handler, arrival)
    record(state, request, arrival, response, fault)
    if fault is not None:
        return await faults.deliver(fault, request, response, state.stopping)
    return response


async def answer(
    state: State, request: web.Request, handler: Handler, arrival: Arrival
) -> tuple[web.StreamResponse, Fault | None]:
    refusal = refuse_for_rate(state, arrival.lane)
    if refusal is not None:
        return refusal, None
    fault = state.faults.strike(arrival.endpoint, arrival.account)
    if fault is None:
        return await handled(request, handler), None
    response = await spoil(fault, request, handler)
    start_scripted_ban(state.windows[arrival.lane], response)
    return response, fault


def lane_of(path: str) -> str | None:
    if path.startswith("/v1/"):
        return "api"
    if path == "/api/token":
        return "token"
    return "consent" if path == "/authorize" else None


async def identify(state: State, request: web.Request, lane: str) -> tuple[str, str | None]:
    """The endpoint's name and the account the call is about, before anything is checked."""
    if lane == "api":
        resource = request.match_info.route.resource
        endpoint = (resource.name if resource else None) or "unknown"
        token = state.access_tokens.get(api.bearer(request) or "")
        return endpoint, token.account if token else None
    form = await request.post() if request.method == "POST" else {}
    if lane == "consent":
        account = str(form.get("account", ""))
        return "authorize", account if account in state.accounts else None
    endpoint = GRANT_ENDPOINTS.get(str(form.get("grant_type")), "token")
    return endpoint, account_behind(state, endpoint, form)


def account_behind(state: State, endpoint: str, form: accounts.Form) -> str | None:
    if endpoint == "token.code":
        code = state.codes.get(str(form.get("code")))
        return code.account if code else None
    if endpoint == "token.refresh":
        permission = state.permissions.get(str(form.get("refresh_token")))
        return permission.account if permission else None
    return None


def refuse_for_rate(state: State, lane: str) -> web.Response | None:
    settings, window, now = state.settings, state.windows[lane], time.monotonic()
    if lane == "api" and settings.quota_retry_after is not None:
        if window.seconds_into_ban(now) is None:
            window.start_ban(now, settings.quota_retry_after)
        return too_many(settings.quota_retry_after, "API quota exceeded", "QUOTA_EXCEEDED")
    limits = {"api": settings.rate_limit, "token": settings.token_rate_limit}
    retry_after = window.admit(now, limits.get(lane), enforce_ban=settings.enforce_ban)
    return too_many(retry_after, "API rate limit exceeded") if retry_after else None


def too_many(retry_after: int, message: str, reason: str | None = None) -> web.Response:
    headers = {"Retry-After": str(retry_after)}
    return api.error_response(429, message, reason=reason, headers=headers)


async def spoil(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    if not fault.runs_the_call:
        return fault.replacement()
    effect = await handled(request, handler)
    return fault.replacement() if fault.after_effect else effect


async def handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (api.ApiError, accounts.TokenError) as error:
        return error.as_response()
    except web.HTTPException as error:
        if error.status not in HTTP_ERRORS:
            raise
        response = api.error_response(error.status, HTTP_ERRORS[error.status])
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response


def start_scripted_ban(window: RollingWindow, response: web.StreamResponse) -> None:
    """A scripted 429 with Retry-After bans just as one of the sandbox's own does."""
    seconds = response.headers.get("Retry-After", "")
    if response.status == 429 and seconds.isdecimal():
        window.start_ban(time.monotonic(), int(seconds))


def record(
    state: State,
    request: web.Request,
    arrival: Arrival,
    response: web.StreamResponse,
    fault: Fault | None,
) -> None:
    ban_age = arrival.ban_age
    unanswered = fault is not None and fault.leaves_unanswered
    state.calls.append(
        Call(
            seq=0,
            at=arrival.at,
            lane=arrival.lane,
            endpoint=arrival.endpoint,
            account=arrival.account,
            status=None if unanswered else response.status,
            uris=uris_asked(request) if arrival.endpoint == "library" else (),
            inside_ban=ban_age is not None,
            ban_age_ms=None if ban_age is None else round(ban_age * 1000, 3),
            fault=fault.kind if fault else None,
        )
    )


def uris_asked(request: web.Request) -> tuple[str, ...]:
    uris = request.query.get("uris", "").split(",")[: api.MOST_URIS + 1]
    return tuple(uri[:LONGEST_URI_LOGGED] for uri in uris if uri)
