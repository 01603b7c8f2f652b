"""The preview link for the team: no log-in, seven days, and gone as soon as it is taken back."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer

from campaigns.models import PREVIEW_LIFETIME, Campaign

_signer = Signer(salt="campaigns.preview")


def make_link(campaign: Campaign, now: datetime) -> None:
    """A new one; the one before works no more."""
    campaign.preview_nonce = secrets.token_hex(16)
    campaign.preview_until = now + PREVIEW_LIFETIME
    campaign.save(update_fields=["preview_nonce", "preview_until"])


def withdraw_link(campaign: Campaign) -> None:
    campaign.preview_nonce, campaign.preview_until = "", None
    campaign.save(update_fields=["preview_nonce", "preview_until"])


def has_link(campaign: Campaign, now: datetime) -> bool:
    return campaign.preview_until is not None and campaign.preview_until > now


def token_of(campaign: Campaign) -> str:
    return _signer.sign_object([campaign.id.hex, campaign.preview_nonce])


def campaign_behind(token: str, now: datetime) -> Campaign | None:
    """None for a link that is forged, too old, or was taken back."""
    try:
        campaign_id, nonce = _signer.unsign_object(token)
        campaign = Campaign.objects.filter(id=UUID(campaign_id)).exclude(preview_nonce="").first()
    except (BadSignature, ValidationError, ValueError, TypeError):
        return None
    is_the_link = campaign is not None and campaign.preview_nonce == nonce
    return campaign if campaign and is_the_link and has_link(campaign, now) else None
