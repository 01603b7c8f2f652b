"""Rows for tests. Each function takes the fields that matter to the test and fills in the rest."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from campaigns import keyring, webhooks
from campaigns.consent import wordings
from campaigns.keyring import Secret
from campaigns.models import (
    HARD_STOP,
    ArtistPage,
    Campaign,
    CampaignState,
    DailyCount,
    Label,
    Membership,
    PreSave,
    PreSaveState,
    Reason,
    ReleaseMode,
    Role,
    User,
    Webhook,
    WebhookKind,
    midnights,
)
from campaigns.models.identity import folded
from campaigns.planning import artist_pages
from campaigns.status import outbox
from campaigns.status.overview import Standing, standing_of
from tests.sandbox_process import ALBUM_URI

PASSWORD = "correct horse battery"


def master_key_line(name: str = "1") -> str:
    """A fresh master key as a line of MASTER_KEY_FILE."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(keyring.MASTER_KEY_BYTES)).decode()}\n"


def make_user(**fields: Any) -> User:
    """Someone who can log in with PASSWORD."""
    fields.setdefault("email", f"artist-{uuid.uuid4().hex[:8]}@example.com")
    user = User.objects.create_user(**fields)
    user.password = _hash_of_the_password()
    user.save(update_fields=["password"])
    return user


@cache
def _hash_of_the_password() -> str:
    """Argon2 is slow by design, and the tests make thousands of users."""
    return make_password(PASSWORD)


def make_label(owner: User | None = None, **fields: Any) -> Label:
    fields.setdefault("name", "Demo Label")
    label = Label.objects.create(**fields)
    if owner is not None:
        make_member(label, owner, Role.OWNER)
    return label


def make_member(label: Label, user: User | None = None, role: Role = Role.EDITOR) -> User:
    user = user or make_user()
    Membership.objects.create(label=label, user=user, role=role)
    return user


def make_artist_page(label: Label, **fields: Any) -> ArtistPage:
    """Switched on, and of the artist of make_campaign."""
    fields = {"name": "Demo Artist", "is_on": True, **fields}
    fields.setdefault("handle", artist_pages.free_handle(fields["name"]))
    return ArtistPage.objects.create(label=label, folded_name=folded(fields["name"]), **fields)


def make_campaign(**fields: Any) -> Campaign:
    """Open, with a real key, due in 30 days; a releasing one was due and confirmed a minute ago.

    `public_key=None` makes one whose key the worker has still to make.
    """
    now = timezone.now()
    campaign_id = fields.setdefault("id", uuid.uuid4())
    state = fields.setdefault("state", CampaignState.OPEN)
    if "label" not in fields:
        fields["label"] = make_label()
    fields.setdefault("slug", f"night-bus-{campaign_id.hex[:8]}")
    fields.setdefault("title", "Night Bus")
    fields.setdefault("artist", "Demo Artist")
    fields.setdefault("release_zone", "Europe/Berlin")
    fields.setdefault("consent_version", wordings.CURRENT_VERSION)
    if not (fields.get("upc") or fields.get("isrc")):
        fields.setdefault("spotify_uri", ALBUM_URI)
    begun = state in (CampaignState.RELEASING, CampaignState.FINISHED)
    fields.setdefault("release_at", now + (-timedelta(minutes=1) if begun else timedelta(days=30)))
    if begun:
        fields.setdefault("confirmed_uri", fields.get("spotify_uri") or ALBUM_URI)
        fields.setdefault("confirmed_at", now if fields["confirmed_uri"] else None)
        fields.setdefault("confirmed_title", fields["title"])
        fields.setdefault("confirmed_artist", fields["artist"])
    if state != CampaignState.DRAFT:
        _fill_in_opening(fields, now)
    return Campaign.objects.create(**fields)


def make_local_campaign(day: date | None = None, **fields: Any) -> Campaign:
    """As make_campaign, released at local midnights: of that day, or of a day in a month."""
    day = day or (timezone.now() + timedelta(days=30)).date()
    fields.setdefault("release_mode", ReleaseMode.LOCAL_MIDNIGHT)
    fields.setdefault("release_zone", midnights.FIRST_ZONE)
    fields.setdefault("release_at", midnights.first_midnight(day))
    if fields.get("state") == CampaignState.RELEASING:
        fields.setdefault("confirmed_until", fields["release_at"] + HARD_STOP)
    return make_campaign(**fields)


def _fill_in_opening(fields: dict[str, Any], now: datetime) -> None:
    opened_at = min(now, fields["release_at"] - timedelta(days=1))
    fields.setdefault("opened_at", opened_at)
    fields.setdefault("scheduled_at", fields["opened_at"])
    if "public_key" not in fields:
        fields["public_key"] = keyring.from_settings().public_key(fields["id"])
    if fields["state"] == CampaignState.FINISHED:
        fields.setdefault("finished_at", now)
    if fields["state"] == CampaignState.CANCELLED:
        fields.setdefault("cancelled_at", now)


def make_presave(
    campaign: Campaign, token: str = "a-refresh-token", receipt: str = "", **fields: Any
) -> PreSave:
    """A fan's pre-save, sealed for its row and counted as consented (and as what it ended as).

    `receipt` is the token in the receipt's address.
    """
    presave = _unsaved_presave(campaign, token, receipt, fields)
    presave.save(force_insert=True)
    _count(campaign, [presave])
    return presave


def make_presaves(campaign: Campaign, tokens: Iterable[str], **fields: Any) -> list[PreSave]:
    """As make_presave, one for each token, in one go."""
    presaves = [_unsaved_presave(campaign, token, "", dict(fields)) for token in tokens]
    PreSave.objects.bulk_create(presaves, batch_size=500)
    _count(campaign, presaves)
    return presaves


def _unsaved_presave(
    campaign: Campaign, token: str, receipt: str, fields: dict[str, Any]
) -> PreSave:
    row_id = fields.setdefault("id", uuid.uuid4())
    fields.setdefault("due_at", campaign.release_at)
    fields.setdefault("consented_at", campaign.scheduled_at or timezone.now())
    receipt = receipt or row_id.hex
    # Only version 0.1 ended rows as unreadable, and it kept no digest.
    is_of_before = fields.get("reason") == Reason.UNREADABLE
    fields.setdefault("agreed_digest", None if is_of_before else campaign.agreed_digest)
    fields.setdefault("receipt_hash", hashlib.sha256(receipt.encode()).digest())
    state = fields.setdefault("state", PreSaveState.PENDING)
    if state == PreSaveState.PENDING:
        public_key = bytes(campaign.public_key or b"")
        if "sent_at" in fields:
            fields.setdefault("sent_for", campaign.confirmed_at or fields["sent_at"])
        if "sealed" not in fields:
            fields["sealed"] = keyring.seal(
                public_key, Secret(token), campaign.id, row_id, fields["agreed_digest"]
            )
    else:
        fields.setdefault("settled_at", timezone.now())
    if state == PreSaveState.FAILED:
        fields.setdefault("reason", Reason.REVOKED)
    if state == PreSaveState.EXPIRED:
        fields.setdefault("reason", Reason.HARD_STOP)
    return PreSave(campaign=campaign, **fields)


def make_webhook(label: Label, address: str = "", **fields: Any) -> Webhook:
    """One that takes signed JSON, at an address where nobody is asked unless one is given."""
    fields.setdefault("kind", WebhookKind.JSON)
    fields.setdefault("created_at", timezone.now())
    fields.setdefault("sealed_address", outbox.seal(address or "https://tools.example/presave"))
    fields.setdefault("sealed_secret", outbox.seal(webhooks.new_secret()))
    return Webhook.objects.create(label=label, host="tools.example", **fields)


def _count(campaign: Campaign, presaves: list[PreSave]) -> None:
    now = timezone.now()
    amounts = {"presaves": len(presaves)}
    for presave in presaves:
        if presave.state != PreSaveState.PENDING:
            amounts[presave.state] = amounts.get(presave.state, 0) + 1
    DailyCount.objects.add(campaign.id, now, amounts)


def standing(campaign: Campaign, now: datetime) -> Standing:
    """Where the campaign stands by its row as it is now."""
    return standing_of(Campaign.objects.with_waiting_fans(now).get(id=campaign.id), now)
