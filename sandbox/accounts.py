"""The accounts side: the consent page at /authorize and the token endpoint at /api/token."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox import pages
from sandbox.state import DAY_SECONDS, STATE, Client, Permission, State

Form = Mapping[str, object]
SIGNED_IN_COOKIE = "sandbox_account"
ASKED_FIELDS = (
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "show_dialog",
)


@dataclass
class TokenError(Exception):
    error: str
    description: str

    def as_response(self) -> web.Response:
        body = {"error": self.error, "error_description": self.description}
        return web.json_response(body, status=400)


def is_registered(client: Client, redirect_uri: str) -> bool:
    """Exact match; a loopback literal may be registered without its port.

    With nothing registered: https, or http on a loopback literal, as Spotify's rules say.
    """
    parts = urlsplit(redirect_uri)
    on_loopback = parts.scheme == "http" and is_loopback_literal(parts.hostname)
    if not client.redirect_uris:
        return on_loopback or (parts.scheme == "https" and bool(parts.hostname))
    if redirect_uri in client.redirect_uris:
        return True
    without_port = parts._replace(netloc=parts.netloc.rsplit(":", 1)[0]).geturl()
    return on_loopback and without_port in client.redirect_uris


def is_loopback_literal(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def refused_request(client: Client, asked: Mapping[str, str]) -> str | None:
    """Why the request may not even be answered with a redirect."""
    if asked.get("client_id") != client.client_id:
        return "INVALID_CLIENT: Invalid client"
    if not is_registered(client, asked.get("redirect_uri", "")):
        return "INVALID_CLIENT: Invalid redirect URI"
    if asked.get("response_type") != "code":
        return "response_type must be code"
    return None


def scopes_in(asked: Mapping[str, str]) -> frozenset[str]:
    return frozenset(asked.get("scope", "").split())


def redirect_back(asked: Mapping[str, str], **result: str) -> web.Response:
    if "state" in asked:
        result["state"] = asked["state"]
    target = asked["redirect_uri"]
    joint = "&" if urlsplit(target).query else "?"
    location = f"{target}{joint}{urlencode(result)}"
    return web.Response(status=302, headers={"Location": location})


async def show_consent(request: web.Request) -> web.Response:
    state = request.app[STATE]
    asked = dict(request.query)
    refusal = refused_request(state.client, asked)
    if refusal is not None:
        return pages.authorize_error(refusal)
    account = request.cookies.get(SIGNED_IN_COOKIE, "")
    already_approved = account in state.accounts and (
        account in state.scopes_ever_granted and scopes_in(asked) <= state.granted_to(account)
    )
    if already_approved and asked.get("show_dialog", "").lower() != "true":
        return grant(state, asked, account)
    hidden = {name: asked[name] for name in ASKED_FIELDS if name in asked}
    return pages.consent(state, hidden, sorted(scopes_in(asked)), account)


async def decide(request: web.Request) -> web.Response:
    state = request.app[STATE]
    form = await request.post()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    asked = {**request.query, **fields}
    refusal = refused_request(state.client, asked)
    if refusal is not None:
        return pages.authorize_error(refusal)
    decision, account = asked.get("decision"), asked.get("account", "")
    if decision == "deny":
        return redirect_back(asked, error="access_denied")
    if decision != "allow":
        return pages.authorize_error("The field decision must be allow or deny.")
    if account not in state.accounts:
        return pages.authorize_error("The field account names no account of this sandbox.")
    response = grant(state, asked, account)
    response.set_cookie(SIGNED_IN_COOKIE, account, httponly=True, samesite="Lax")
    return response


def grant(state: State, asked: Mapping[str, str], account: str) -> web.Response:
    scopes = granted_scopes(state, scopes_in(asked))
    state.remember_grant(account, scopes)
    code = state.issue_code(account, asked["redirect_uri"], scopes)
    return redirect_back(asked, code=code)


def granted_scopes(state: State, asked: frozenset[str]) -> frozenset[str]:
    """What was asked, unless the script grants something else."""
    setting = state.settings.scope_in_answer
    return frozenset(setting.split()) if is_custom(setting) else asked


def is_custom(scope_setting: str) -> bool:
    return scope_setting not in {"granted", "omitted", "changed", "blank", "doubled"}


def as_text(scopes: frozenset[str], setting: str) -> str:
    """How an answer tells what was granted."""
    text = " ".join(sorted(scopes))
    return " " if setting == "blank" else f"{text} {text}" if setting == "doubled" else text


async def token(request: web.Request) -> web.Response:
    state = request.app[STATE]
    authenticate(state.client, request.headers.get("Authorization", ""))
    form = await request.post()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    grant_type = fields.get("grant_type", "")
    if grant_type == "authorization_code":
        answer = exchange_code(state, fields)
    elif grant_type == "refresh_token":
        answer = refresh(state, fields)
    elif grant_type == "client_credentials":
        answer = token_answer(state, state.issue_access_token(None, frozenset()))
    else:
        raise TokenError(
            "unsupported_grant_type",
            "grant_type must be client_credentials, authorization_code or refresh_token",
        )
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


def authenticate(client: Client, header: str) -> None:
    scheme, _, encoded = header.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    client_id, _, secret = given.partition(b":")
    if scheme.lower() != "basic" or client_id != client.client_id.encode():
        raise TokenError("invalid_client", "Invalid client")
    if not hmac.compare_digest(secret, client.secret.encode()):
        raise TokenError("invalid_client", "Invalid client secret")


def required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if not value:
        raise TokenError("invalid_request", f"{name} must be supplied")
    return value


def token_answer(state: State, access_token: str) -> dict[str, str | int]:
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": int(state.settings.access_token_seconds),
    }


def exchange_code(state: State, fields: Mapping[str, str]) -> dict[str, str | int]:
    secret, redirect_uri = required(fields, "code"), required(fields, "redirect_uri")
    code = state.codes.pop(secret, None)
    if code is None:
        raise TokenError("invalid_grant", "Invalid authorization code")
    if time.time() >= code.issued_at + state.settings.code_seconds:
        raise TokenError("invalid_grant", "Authorization code expired")
    if code.redirect_uri != redirect_uri:
        raise TokenError("invalid_grant", "Invalid redirect URI")
    scopes = granted_scopes(state, code.scopes)
    answer = token_answer(state, state.issue_access_token(code.account, scopes))
    # Six months count from the consent, not from the exchange.
    refresh_token = state.issue_refresh_token(code.account, scopes, code.issued_at)
    if state.settings.scope_in_answer != "omitted":
        answer["scope"] = as_text(scopes, state.settings.scope_in_answer)
    if state.settings.refresh_token_in_answer:
        answer["refresh_token"] = refresh_token
    return answer


def refresh(state: State, fields: Mapping[str, str]) -> dict[str, str | int]:
    secret = required(fields, "refresh_token")
    permission = living_permission(state, secret)
    # A refreshed token carries every scope the fan ever gave this client (web-api#814).
    scopes = permission.scopes | state.granted_to(permission.account)
    answer = token_answer(state, state.issue_access_token(permission.account, scopes))
    announced = announced_scope(state, permission.scopes, scopes)
    if announced is not None:
        answer["scope"] = announced
    if state.settings.rotate_refresh_tokens:
        permission.revoked = True
        answer["refresh_token"] = state.issue_refresh_token(
            permission.account, permission.scopes, permission.consented_at
        )
    return answer


def living_permission(state: State, secret: str) -> Permission:
    permission = state.permissions.get(secret)
    if permission is None:
        raise TokenError("invalid_grant", "Invalid refresh token")
    if permission.revoked:
        raise TokenError("invalid_grant", "Refresh token revoked")
    life = state.settings.refresh_token_days * DAY_SECONDS
    if time.time() >= permission.consented_at + life:
        raise TokenError("invalid_grant", "Refresh token expired")
    return permission


def announced_scope(state: State, before: frozenset[str], now: frozenset[str]) -> str | None:
    setting = state.settings.scope_in_refresh_answer
    if is_custom(setting):
        return setting
    if setting == "omitted" or (setting == "changed" and before == now):
        return None
    return as_text(now, setting)
