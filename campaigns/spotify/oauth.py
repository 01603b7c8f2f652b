"""The fan's consent, in the web process: the authorise address and the code exchange."""

from __future__ import annotations

import logging
import re
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.conf import settings
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyOAuth

from campaigns.keyring import Secret
from campaigns.spotify.answers import Grant, api_error
from campaigns.spotify.http import ask_for_token, ask_once

# The one permission: "Manage your saved content".
# https://developer.spotify.com/documentation/web-api/concepts/scopes
SCOPE: Final = "user-library-modify"
# What development mode is for, and whom each mode serves.
DEVELOPMENT_MODE_URL: Final = (
    "https://developer.spotify.com/blog/2026-02-06-update-on-developer-access-and-platform-security"
)
QUOTA_MODES_URL: Final = "https://developer.spotify.com/documentation/web-api/concepts/quota-modes"
# Whatever page it stands in.
_REFUSED: Final = re.compile(
    r"INVALID_CLIENT[^<\n]*|Invalid (redirect|client)[^<\n]*", re.IGNORECASE
)
_REFUSAL_BYTES: Final = 20_000
logger = logging.getLogger(__name__)


class AppMode(StrEnum):
    """Whom Spotify lets this instance's app serve: see QUOTA_MODES_URL."""

    NONE = "none"  # there is no app
    DEVELOPMENT = "development"  # five people on the app's list
    EXTENDED = "extended"  # everybody


def app_mode() -> AppMode:
    return AppMode(settings.SPOTIFY_APP_MODE) if settings.SPOTIFY_CLIENT_ID else AppMode.NONE


def authorize_url(state: str) -> str:
    """The consent page's address.

    `show_dialog` makes Spotify ask each time: a campaign is a new purpose.
    """
    oauth: Any = SpotifyOAuth(
        client_id=settings.SPOTIFY_CLIENT_ID,
        client_secret=settings.SPOTIFY_CLIENT_SECRET,
        redirect_uri=redirect_uri(),
        scope=SCOPE,
        show_dialog=True,
        cache_handler=MemoryCacheHandler(),
    )
    oauth.OAUTH_AUTHORIZE_URL = f"{settings.SPOTIFY_ACCOUNTS_URL}/authorize"
    return str(oauth.get_authorize_url(state=state))


class ConsentPage(NamedTuple):
    """What Spotify answers a fan who is sent there. `refusal` is empty where it shows the page, or
    asks for a log-in first.
    """

    refusal: str
    date: str | None


def look_at_consent_page() -> ConsentPage:
    """Ask for it as a browser without cookies does. Raises SpotifyError."""
    answer = ask_once("GET", authorize_url("doctor"))
    said = _REFUSED.search(answer.body[:_REFUSAL_BYTES].decode(errors="replace"))
    is_refused = answer.status == 400
    return ConsentPage(said[0].strip() if said and is_refused else "", answer.date)


def redirect_uri() -> str:
    """The one redirect URI, registered at Spotify exactly so; never built from a request's Host."""
    return f"{settings.PUBLIC_URL}/callback"


def exchange_code(code: Secret) -> Grant:
    """Raises SpotifyError; its reason is `invalid_grant` when the code was used, altered or is
    too old.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": redirect_uri(),
    }
    return ask_for_token(form)


def is_open_to(access_token: Secret) -> bool:
    """Whether Spotify lets this app serve the fan. For development mode only; the answer's body is
    discarded unread.

    https://developer.spotify.com/documentation/web-api/concepts/quota-modes: five allow-listed
    users, 403 for all others.
    """
    answer = ask_once(
        "GET",
        f"{settings.SPOTIFY_API_URL}/me",
        with_body=False,
        headers={"Authorization": f"Bearer {access_token.reveal()}"},
    )
    if answer.status not in (200, 403):
        raise api_error(answer)
    if answer.status == 403:
        # The body, which would tell a fan who is not listed from an owner without Premium, stays
        # unread: nothing of GET /me is.
        logger.warning("fan refused in development mode: not listed, or the owner has no Premium")
    return answer.status == 200
