"""Starting: the address at Spotify to send the fan to, and the cookie to give the browser."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from campaigns import keyring, spotify
from campaigns.consent import oauth_state, receipts
from campaigns.consent.cookie import _PURPOSE, TOKEN_BYTES, opened
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.gate import closing
from campaigns.models import Campaign, GateName, midnights


@dataclass(frozen=True)
class Authorization:
    """A fan on the way to Spotify: where to send the browser, and the sealed cookie to give it."""

    authorize_url: str
    cookie: str


def start_authorization(
    campaign: Campaign, now: datetime, zone: str = "", language: str = "", cookie: str = ""
) -> Authorization:
    """`zone` is what the fan's browser says, if it was asked: where each fan has a midnight.
    `language` is the one the fan chose, if any; `cookie` that of a start before.

    Raises ConsentError while Spotify would not answer us when the fan comes back.
    """
    if spotify_is_away():
        raise ConsentError(Refusal.SPOTIFY_AWAY, campaign.slug)
    state = oauth_state.new(campaign.slug, language)
    content = json.dumps(
        {
            "state": state,
            "campaign": str(campaign.id),
            "slug": campaign.slug,
            "at": int(now.timestamp()),
            "zone": midnights.known_zone(zone),
            "receipt": _receipt_to_be(campaign, cookie),
        }
    )
    cookie = keyring.seal_cookie(settings.SECRET_KEY, content.encode(), _PURPOSE)
    return Authorization(spotify.authorize_url(state), cookie)


def _receipt_to_be(campaign: Campaign, cookie: str) -> str:
    """Drawn at the start, so that a browser which loses the answer still knows its receipt; and the
    same one for a second start while the first is under way, so that they cannot make two rows.
    """
    before = opened(cookie)
    if before and before.slug == campaign.slug and not receipts.find(before.receipt):
        return before.receipt
    return secrets.token_urlsafe(TOKEN_BYTES)


def spotify_is_away() -> bool:
    """Whether Spotify is out of order, or told the app to wait: no consent would be confirmed."""
    in_development = settings.SPOTIFY_APP_MODE == "development"
    halves = [GateName.ACCOUNTS, *([GateName.API] if in_development else [])]
    return closing.is_any_closed(halves)
