"""Starting: the pending consent for the browser to carry to Spotify and back."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet

from campaigns.consent import oauth_state, receipts
from campaigns.consent.cookie import PendingConsent
from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.gate import closing
from campaigns.keyring import Secret
from campaigns.models import Campaign, Gate, GateName, PreSave, midnights
from campaigns.spotify import AppMode, app_mode

# 256 bits, so that a receipt's address cannot be guessed.
TOKEN_BYTES: Final = 32
# Fans who come back from Spotify before that is over wait in line.
SHORT_WAIT: Final = timedelta(minutes=1)
_IDENTITY: Final = ("title", "artist", "agreed_title", "agreed_artist")


def start_authorization(
    campaign: Campaign,
    now: datetime,
    zone: str = "",
    language: str = "",
    before: PendingConsent | None = None,
    source: str = "",
) -> PendingConsent:
    """What the browser carries, whose state belongs into Spotify's address.

    `zone` is what the fan's browser says, if it was asked: where each fan has a midnight.
    `language` is the one the fan chose, if any; `before` is what the browser carries of an earlier
    tap. `source` is where the fan came from.

    Raises ConsentError while Spotify would not answer us when the fan comes back, and where the
    release is not what it was.
    """
    if gates_closed_for_long().exists():
        raise ConsentError(Refusal.SPOTIFY_AWAY, campaign.slug)
    return PendingConsent(
        state=oauth_state.new(campaign.slug, language),
        campaign_id=campaign.id,
        slug=campaign.slug,
        at=int(now.timestamp()),
        zone=midnights.known_zone(zone),
        token=_receipt_token(campaign, before),
        agreed=_agree(campaign).hex(),
        source=source,
    )


def _agree(campaign: Campaign) -> bytes:
    """The digest of what this tap agrees to. The first one settles title and artist; so does one
    that finds them changed, as by an older version of Presave, as long as nobody has pre-saved.
    """
    before = {name: getattr(campaign, name) for name in _IDENTITY}
    if not campaign.agreed_title or campaign.agreed_digest is None:
        presaves = PreSave.objects.filter(campaign=OuterRef("pk"))
        # Nothing while an artist has just changed it: then this fan looks again.
        unchanged = Campaign.objects.filter(id=campaign.id, **before)
        if campaign.agreed_title:
            unchanged = unchanged.exclude(Exists(presaves))
        unchanged.update(agreed_title=F("title"), agreed_artist=F("artist"))
        campaign.refresh_from_db(fields=["agreed_title", "agreed_artist"])
    agreed = campaign.agreed_digest
    if agreed is None or not campaign.agreed_title:
        is_settled = before["agreed_title"]
        refusal = Refusal.PAUSED if is_settled else Refusal.RELEASE_CHANGED
        raise ConsentError(refusal, campaign.slug)
    return agreed


def gates_closed_for_long() -> QuerySet[Gate]:
    """Any while Spotify is out of order, or told the app to wait for long: no consent would be
    confirmed.
    """
    in_development = app_mode() is AppMode.DEVELOPMENT
    halves = [GateName.ACCOUNTS, *([GateName.API] if in_development else [])]
    return closing.closed(halves, but_for=SHORT_WAIT)


def _receipt_token(campaign: Campaign, before: PendingConsent | None) -> Secret:
    """Drawn at the tap, so that a browser which loses the answer still knows its receipt; and the
    same one for a second tap while the first is pending, so that they cannot make two rows.
    """
    if before and before.slug == campaign.slug and not receipts.find(before.token.reveal()):
        return before.token
    return Secret(secrets.token_urlsafe(TOKEN_BYTES))
