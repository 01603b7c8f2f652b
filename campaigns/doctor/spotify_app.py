"""The Spotify app: whether Spotify knows it, our redirect URI and market, and whom it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.conf import settings

from campaigns.catalogue.looks import LookupBudget, LookupBudgetSpentError
from campaigns.clock import database_now
from campaigns.doctor.checks import Check, green, note, red, unseen
from campaigns.doctor.configured import TAKE_IT
from campaigns.gate import closing
from campaigns.gate.closing import GateClosedError
from campaigns.models import ErrorReason
from campaigns.spotify import (
    AppMode,
    SpotifyError,
    app_mode,
    look_at_consent_page,
    redirect_uri,
    takes_search,
)

# Development mode answers a search with ten hits at most.
MORE_THAN_DEVELOPMENT: Final = 11
DASHBOARD: Final = "https://developer.spotify.com/dashboard"


def examine() -> list[Check]:
    if app_mode() is AppMode.NONE:
        return [note("credentials", "There is no Spotify app: pages have a calendar and links.")]
    return [_redirect_uri(), *_asked_with_our_secret()]


def _redirect_uri() -> Check:
    try:
        refusal = look_at_consent_page().refusal
    except SpotifyError as error:
        return unseen("redirect-uri", f"Spotify was not asked: {error.reason.label}.")
    return of_refusal(refusal)


def of_refusal(refusal: str) -> Check:
    uri = redirect_uri()
    if not refusal:
        return green(
            "redirect-uri",
            f"It must stand at Spotify to the letter: {uri}. Spotify did not refuse it.",
        )
    if "redirect" in refusal.lower():
        return red(
            "redirect-uri",
            f"Spotify refuses {uri}: {refusal}.",
            f"At {DASHBOARD} open the app, Settings, and add this redirect URI, to the letter: "
            f"{uri}",
        )
    return red(
        "redirect-uri",
        f"Spotify does not know the app: {refusal}.",
        f"Copy the client id from the app's page at {DASHBOARD} into SPOTIFY_CLIENT_ID in .env. "
        f"{TAKE_IT}",
    )


def _asked_with_our_secret() -> Iterator[Check]:
    budget = LookupBudget(database_now())
    try:
        is_market_known = takes_search(1, settings.SPOTIFY_MARKET, budget.permit)
        yield green("credentials", "Spotify accepts the client id and secret.")
        yield of_market(is_market_known)
        if is_market_known:
            is_more = takes_search(MORE_THAN_DEVELOPMENT, settings.SPOTIFY_MARKET, budget.permit)
            yield of_mode(AppMode.EXTENDED if is_more else AppMode.DEVELOPMENT)
    except SpotifyError as error:
        closing.close_after(error)
        yield of_error(error.reason)
    except GateClosedError as error:
        yield of_error(ErrorReason(error.reason))
    except LookupBudgetSpentError:
        yield unseen("credentials", "A release has all the calls that Spotify allows just now.")


def of_error(reason: ErrorReason) -> Check:
    match reason:
        case ErrorReason.INVALID_CLIENT:
            fix = (
                f"Copy client id and secret anew from the app's page at {DASHBOARD}: into "
                f"SPOTIFY_CLIENT_ID in .env and secrets/spotify_client_secret. {TAKE_IT}"
            )
        case ErrorReason.PREMIUM_LAPSED:
            fix = "Renew the Premium subscription of the account that owns the app."
        case ErrorReason.QUOTA_EXCEEDED:
            fix = (
                "Wait, and let nothing else use this client id; or ask Spotify for a larger quota."
            )
        case ErrorReason.FORBIDDEN | ErrorReason.ACCESS_TOKEN_REFUSED:
            fix = f"Look at {DASHBOARD} whether the app is blocked, and at the mail of its owner."
        case ErrorReason.UNREACHABLE:
            fix = (
                "Let web and worker reach accounts.spotify.com and api.spotify.com at port 443: "
                "look at the firewall, the DNS and HTTPS_PROXY."
            )
        case _:
            return note("credentials", f"Spotify was asked in vain: {reason.label}.")
    return red("credentials", f"Spotify serves nobody: {reason.label}.", fix)


def of_market(is_known: bool) -> Check:
    market = settings.SPOTIFY_MARKET
    if is_known:
        return green("market", f"Releases are looked for in {market}.")
    return red(
        "market",
        f"Spotify does not know the market {market}.",
        "Set SPOTIFY_MARKET in .env to the two letters of a country where your releases come out. "
        f"{TAKE_IT}",
    )


def of_mode(seen: AppMode) -> Check:
    if seen is not app_mode():
        is_extended = seen is AppMode.EXTENDED
        serves = "everybody" if is_extended else "only the five accounts on its list"
        return red(
            "app-mode",
            f"SPOTIFY_APP_MODE says {app_mode()}, but Spotify answers as to an app in "
            f"{'extended quota' if is_extended else 'development'} mode, which serves {serves}.",
            f"Set SPOTIFY_APP_MODE={seen} in .env. {TAKE_IT}",
        )
    if seen is AppMode.DEVELOPMENT:
        return note("app-mode", "Development mode: only the five accounts on the app's list.")
    return green("app-mode", "Extended quota: everybody can pre-save.")
