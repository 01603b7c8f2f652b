"""The pages a person sees: consent, its errors, the index and one fan's library."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from aiohttp import web

from sandbox.catalogue import Item
from sandbox.instants import to_iso
from sandbox.state import STATE, Account, State

HERE = Path(__file__).parent
STATIC_FOLDER = HERE / "static"
MOST_ACCOUNTS_SHOWN = 200
# No form-action: Chromium would then block the redirect back to the app after the tap.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
SCOPE_WORDING = {
    "user-library-modify": "Manage your saved content",
    "user-library-read": "Access your saved content",
    "user-read-email": "Get your real email address",
    "user-read-private": "Access your subscription details",
    "user-follow-modify": "Manage who you are following",
    "user-follow-read": "Access your followers and who you are following",
    "user-top-read": "Read your top artists and content",
    "user-read-recently-played": "Access your recently played items",
    "user-read-playback-state": "Read what you are playing and on which device",
    "user-modify-playback-state": "Control playback on your devices",
    "playlist-read-private": "Access your private playlists",
    "playlist-modify-public": "Manage your public playlists",
    "playlist-modify-private": "Manage your private playlists",
}
NO_SCOPE_WORDING = "View the public information of your account"


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", index),
        web.get("/library/{account}", library),
        web.static("/static", STATIC_FOLDER),
    ]


def render(template_name: str, title: str, status: int = 200, **values: str) -> web.Response:
    """Fill a template inside the frame of every page; the values are HTML already."""
    body = template(template_name).substitute(values)
    page = template("page").substitute(title=escape(title), body=body)
    return web.Response(
        status=status, text=page, content_type="text/html", headers=SECURITY_HEADERS
    )


def template(name: str) -> Template:
    return Template((HERE / "templates" / f"{name}.html").read_text(encoding="utf-8"))


def authorize_error(message: str) -> web.Response:
    return render("error", "Something is wrong", 400, message=escape(message))


def consent(
    state: State, asked: Mapping[str, str], scopes: list[str], signed_in: str
) -> web.Response:
    wordings = [SCOPE_WORDING.get(scope, scope) for scope in scopes] or [NO_SCOPE_WORDING]
    return render(
        "consent",
        f"{state.client.name} asks for access",
        app=escape(state.client.name),
        scopes="\n".join(f"<li>{escape(wording)}</li>" for wording in wordings),
        hidden="\n".join(hidden_field(name, value) for name, value in asked.items()),
        accounts="\n".join(account_options(state, signed_in)),
    )


def hidden_field(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def account_options(state: State, signed_in: str) -> list[str]:
    shown = list(state.accounts.values())[:MOST_ACCOUNTS_SHOWN]
    return [
        f'<option value="{escape(account.id)}"'
        f"{' selected' if account.id == signed_in else ''}>"
        f"{escape(account.display_name)}</option>"
        for account in shown
    ]


async def index(request: web.Request) -> web.Response:
    state = request.app[STATE]
    # Visitors look for fans who saved something.
    fullest_first = sorted(
        state.accounts.values(), key=lambda account: -len(state.libraries.get(account.id, {}))
    )
    shown = fullest_first[:MOST_ACCOUNTS_SHOWN]
    return render(
        "index",
        "Spotify sandbox",
        app=escape(state.client.name),
        mode=escape(state.settings.mode),
        account_count=str(len(state.accounts)),
        shown_count=str(len(shown)),
        accounts="\n".join(account_row(state, account) for account in shown),
        items="\n".join(item_row(item) for item in state.catalogue) or NO_ITEMS,
    )


NO_ITEMS = '<tr><td colspan="3">The catalogue is empty.</td></tr>'


def account_row(state: State, account: Account) -> str:
    size = len(state.libraries.get(account.id, {}))
    return (
        f'<tr><td><a href="/library/{quote(account.id)}">{escape(account.display_name)}</a></td>'
        f"<td>{'yes' if account.listed else 'no'}</td><td>{size}</td></tr>"
    )


def item_row(item: Item) -> str:
    return (
        f"<tr><td>{escape(item.name)}<br><small>{escape(', '.join(item.artist_names))}<br>"
        f"<code>{item.uri}</code></small></td>"
        f"<td>{item.kind}</td><td>{appearance(item)}</td></tr>"
    )


def appearance(item: Item) -> str:
    word = "since" if item.available_at <= time.time() else "from"
    return f"{word} {time_element(item.available_at)}"


def time_element(instant: float) -> str:
    iso = to_iso(instant)
    return f'<time datetime="{iso}">{iso[:10]} {iso[11:19]} UTC</time>'


async def library(request: web.Request) -> web.Response:
    state, name = request.app[STATE], request.match_info["account"]
    account = state.accounts.get(name)
    if account is None:
        return render("error", "No such account", 404, message="No such account.")
    saved = state.libraries.get(name, {})
    cards = [saved_card(state, uri, saved_at) for uri, saved_at in saved.items()]
    return render(
        "library",
        f"Library of {account.display_name}",
        name=escape(account.display_name),
        saved="\n".join(cards) or "<li>Nothing is saved yet.</li>",
    )


def saved_card(state: State, uri: str, saved_at: float) -> str:
    item = state.catalogue.known(uri)
    title = escape(item.name) if item else "An item that has left the catalogue"
    artists = escape(", ".join(item.artist_names)) if item else ""
    return (
        '<li class="saved"><img src="/static/cover.svg" alt="" width="64" height="64">'
        f"<div><strong>{title}</strong><br>{artists}<br>"
        f"<small>Saved {time_element(saved_at)} · <code>{escape(uri)}</code></small></div></li>"
    )
