"""What is kept about a fan, why and for how long; and who answers for it.

FIELDS is the list of all columns that a pre-save may have. The privacy page and docs/privacy.md
show it, and a test fails when a column is not on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.models import HARD_STOP, PERMISSION_LIFETIME, ROW_LIFETIME

_WHILE_PENDING: Final = format_lazy(
    _(
        "Erased as soon as the save is confirmed, or the pre-save is cancelled or given up: at the "
        "latest {stop} days after the release, and {life} days after your consent."
    ),
    stop=HARD_STOP.days,
    life=PERMISSION_LIFETIME.days,
)
_WITH_THE_ROW: Final = format_lazy(
    _("Deleted with the row and the receipt, {days} days after the release."),
    days=ROW_LIFETIME.days,
)


@dataclass(frozen=True)
class Field:
    """One column of a pre-save's row, in a fan's words."""

    column: str
    name: Promise
    purpose: Promise
    lifetime: Promise = _WITH_THE_ROW


def operator() -> dict[str, str]:
    """Who runs this instance. `link` leads to the contact."""
    contact = settings.OPERATOR_CONTACT
    link = contact if contact.startswith("https://") else f"mailto:{quote(contact, safe='@')}"
    return {"name": settings.OPERATOR_NAME, "contact": contact, "link": link}


# Those of one lifetime stand together, as the privacy page shows them.
FIELDS: Final = (
    Field(
        "sealed",
        _("Sealed permission"),
        _("Spotify's token, encrypted so that this website cannot open it; the save needs it"),
        _WHILE_PENDING,
    ),
    Field(
        "refused_at",
        _("Refusal time"),
        _("when Spotify first refused your permission; we ask once more to be sure"),
        _WHILE_PENDING,
    ),
    Field(
        "lease",
        _("Lease"),
        _("a random number for the worker's turn, so that no two workers save for you at once"),
        _WHILE_PENDING,
    ),
    Field(
        "lease_until",
        _("Lease end"),
        _("when that turn ends, or when we try again"),
        _WHILE_PENDING,
    ),
    Field("id", _("Row number"), _("a random number that ties the sealed permission to this row")),
    Field("campaign_id", _("Campaign"), _("which release to save")),
    Field(
        "agreed_digest",
        _("What you agreed to"),
        _(
            "a digest (a kind of fingerprint) of the title, artist, wording and release type that "
            "you saw, so that your permission opens for nothing else"
        ),
    ),
    Field("state", _("State"), _("whether it is pending, saved, failed, cancelled or expired")),
    Field("reason", _("Reason"), _("why it ended without a save, for your receipt")),
    Field(
        "due_at",
        _("Due time"),
        _("when to save; for a release at local midnights, midnight where you are"),
    ),
    Field("attempts", _("Attempts"), _("how many times we tried to save")),
    Field(
        "consented_at",
        _("Consent time"),
        _("when you said yes; Spotify ends each permission six months later"),
    ),
    Field(
        "in_doubt",
        _("Turn in doubt"),
        _("the random number of a turn whose save may or may not have been sent"),
    ),
    Field(
        "sent_at",
        _("Sent time"),
        _("when Spotify accepted the save; we then check that the release is still there"),
    ),
    Field(
        "sent_for",
        _("Confirmation time"),
        _(
            "when the catalogue had confirmed the release for that save; empty if it has to be "
            "sent again"
        ),
    ),
    Field(
        "settled_at",
        _("End time"),
        _(
            "when the save was confirmed, or the pre-save cancelled or given up, and the "
            "permission destroyed"
        ),
    ),
    Field(
        "receipt_hash",
        _("Receipt hash"),
        _("finds your row when you open your receipt; the receipt's address itself is not kept"),
    ),
)
