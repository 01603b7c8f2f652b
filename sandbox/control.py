"""The control API under /_sandbox/: scripts the sandbox and shows what happened in it."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from aiohttp import web

from sandbox import mixed, scripts
from sandbox.catalogue import Item, Window
from sandbox.instants import to_iso
from sandbox.scripts import Script, ScriptError
from sandbox.state import STATE, State

Json = dict[str, Any]
Action = Callable[[State, object], Json]
View = Callable[[web.Request], Awaitable[web.Response]]
MOST_CALLS_ANSWERED = 100_000
USUAL_CALLS_ANSWERED = 10_000


def routes() -> list[web.RouteDef]:
    return [
        web.post("/_sandbox/reset", acting(reset)),
        web.get("/_sandbox/catalogue", acting(list_catalogue)),
        web.post("/_sandbox/catalogue", acting(put_items)),
        web.patch("/_sandbox/catalogue", acting(change_item)),
        web.delete("/_sandbox/catalogue", acting(clear_catalogue)),
        web.delete("/_sandbox/catalogue/{uri}", drop_item),
        web.get("/_sandbox/users", acting(list_users)),
        web.post("/_sandbox/users", acting(add_users)),
        web.post("/_sandbox/consents", acting(consent)),
        web.get("/_sandbox/settings", acting(show_settings)),
        web.post("/_sandbox/settings", acting(change_settings)),
        web.get("/_sandbox/faults", acting(list_faults)),
        web.post("/_sandbox/faults", acting(add_fault)),
        web.delete("/_sandbox/faults", acting(clear_faults)),
        web.post("/_sandbox/faults/mixed", acting(mix_faults)),
        web.post("/_sandbox/revoke", acting(revoke)),
        web.get("/_sandbox/libraries", acting(list_libraries)),
        web.get("/_sandbox/libraries/{account}", show_library),
        web.get("/_sandbox/calls", list_calls),
        web.get("/_sandbox/summary", acting(summarise)),
    ]


def acting(action: Action) -> View:
    """Make a view of an action: JSON in, JSON out, a wrong script is a 400 with a sentence."""

    @wraps(action)
    async def view(request: web.Request) -> web.Response:
        text = await request.text()
        try:
            body = json.loads(text) if text else {}
            return web.json_response(action(request.app[STATE], body))
        except (json.JSONDecodeError, UnicodeDecodeError):
            return refused("The body must be JSON.")
        except ScriptError as error:
            return refused(str(error))

    return view


def refused(sentence: str, status: int = 400) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def reset(state: State, body: object) -> Json:
    state.reset()
    return {}


def list_catalogue(state: State, body: object) -> Json:
    return {"items": [item_as_json(item) for item in state.catalogue]}


def put_items(state: State, body: object) -> Json:
    """One item, or a list of them; an item with a known id replaces the old one."""
    bodies = body if isinstance(body, list) else [body]
    items = [scripts.item_from(entry) for entry in bodies]
    for item in items:
        state.catalogue.put(item)
    return {"items": [item_as_json(item) for item in items]}


def change_item(state: State, body: object) -> Json:
    """Change the named fields of one item and leave the others."""
    script = Script(body)
    uri = script.take("uri", scripts.text)
    known = state.catalogue.known(uri)
    if known is None:
        raise ScriptError("The catalogue holds no item with this URI.")
    fields = item_as_json(known)
    del fields["uri"]
    item = scripts.item_from({**fields, **script.rest()})
    if item.uri != uri:
        raise ScriptError("An item keeps its kind and id: add another one instead.")
    state.catalogue.put(item)
    return {"items": [item_as_json(item)]}


def clear_catalogue(state: State, body: object) -> Json:
    state.catalogue.clear()
    return {}


async def drop_item(request: web.Request) -> web.Response:
    if not request.app[STATE].catalogue.drop(request.match_info["uri"]):
        return refused("The catalogue holds no item with this URI.", status=404)
    return web.json_response({})


def item_as_json(item: Item) -> Json:
    return {
        **asdict(item),
        "uri": item.uri,
        "available_at": to_iso(item.available_at),
        "markets": {market: iso_or_none(instant) for market, instant in item.markets.items()},
        "removed_at": iso_or_none(item.removed_at),
        "windows": [window_as_json(window) for window in item.windows],
    }


def window_as_json(window: Window) -> Json:
    return {
        "from": to_iso(window.opens),
        "until": iso_or_none(window.closes),
        "share": window.share,
    }


def iso_or_none(instant: float | None) -> str | None:
    return None if instant is None else to_iso(instant)


def list_users(state: State, body: object) -> Json:
    return {"accounts": [asdict(account) for account in state.accounts.values()]}


def add_users(state: State, body: object) -> Json:
    accounts = scripts.accounts_from(body)
    for account in accounts:
        state.add_account(account)
    return {"added": len(accounts), "accounts": len(state.accounts)}


def consent(state: State, body: object) -> Json:
    """Let accounts allow scopes, new ones among them, as if each had come back from the consent
    page and its code had been exchanged.
    """
    accounts, scopes = scripts.consents_from(body)
    refresh_tokens = {}
    for account in accounts:
        if account.id not in state.accounts:
            state.add_account(account)
        state.remember_grant(account.id, scopes)
        refresh_tokens[account.id] = state.issue_refresh_token(account.id, scopes, time.time())
    return {"refresh_tokens": refresh_tokens}


def show_settings(state: State, body: object) -> Json:
    return asdict(state.settings)


def change_settings(state: State, body: object) -> Json:
    scripts.change_settings(state.settings, body)
    return asdict(state.settings)


def list_faults(state: State, body: object) -> Json:
    return {"faults": [asdict(fault) for fault in state.faults.faults]}


def add_fault(state: State, body: object) -> Json:
    state.faults.faults.append(scripts.fault_from(body))
    return {"faults": len(state.faults.faults)}


def mix_faults(state: State, body: object) -> Json:
    """Let that share of the calls for fans go wrong, in all the ways there are."""
    script = Script(body)
    share = script.take("share", scripts.share)
    seed = script.get("seed", scripts.whole, 0)
    script.finish()
    state.faults.faults += [scripts.fault_from(one) for one in mixed.scripts(share, seed)]
    return {"faults": len(state.faults.faults)}


def clear_faults(state: State, body: object) -> Json:
    state.faults.faults.clear()
    return {}


def revoke(state: State, body: object) -> Json:
    script = Script(body)
    account = script.take("account", scripts.account_id)
    script.finish()
    return {"revoked": state.revoke(account)}


def list_libraries(state: State, body: object) -> Json:
    return {account: library_as_json(state, account) for account in state.libraries}


async def show_library(request: web.Request) -> web.Response:
    state, account = request.app[STATE], request.match_info["account"]
    if account not in state.accounts:
        return refused("No such account.", status=404)
    return web.json_response(library_as_json(state, account))


def library_as_json(state: State, account: str) -> dict[str, str]:
    library = state.libraries.get(account, {})
    return {uri: to_iso(saved_at) for uri, saved_at in library.items()}


async def list_calls(request: web.Request) -> web.Response:
    """Calls after `since`, oldest first; go on with `next_since` while `more` is true."""
    query = request.query
    try:
        since = int(query.get("since", "0"))
        limit = int(query.get("limit", str(USUAL_CALLS_ANSWERED)))
    except ValueError:
        return refused("since and limit must be whole numbers.")
    limit = max(1, min(limit, MOST_CALLS_ANSWERED))
    log = request.app[STATE].calls
    found = log.since(since, limit + 1, query.get("endpoint"))
    calls = found[:limit]
    return web.json_response(
        {
            "calls": [call.as_json() for call in calls],
            "next_since": calls[-1].seq if calls else since,
            "more": len(found) > limit,
        }
    )


def summarise(state: State, body: object) -> Json:
    return {
        **state.calls.summary(),
        "accounts": len(state.accounts),
        "libraries": len(state.libraries),
        "saved": sum(len(library) for library in state.libraries.values()),
    }
