"""The cover as the form shows it before it is saved: the picture that was uploaded, or the present
one uncropped, each behind an address for the user alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.core import signing
from django.urls import reverse
from PIL import Image

from campaigns.artwork import files, kept
from campaigns.artwork.cropping import Focus
from campaigns.models import Campaign, User
from campaigns.planning import editing

# The widest that a square is shown before it is saved.
SQUARE: Final = 640
_SALT: Final = "campaigns.dashboard.uploads"
_UPLOADED: Final = "uploaded"
_PRESENT: Final = "present"


@dataclass(frozen=True)
class Shown:
    """Addresses of the whole picture and of its square."""

    whole: str
    square: str
    is_square: bool


def keep(user: User, picture: Image.Image) -> str:
    """What the form carries along, sealed. Raises PlanningError."""
    with editing.keeping_files():
        name = kept.keep(user.pk, picture)
    return _seal(user, _UPLOADED, name)


def uploaded(user: User, sealed: str) -> Image.Image | None:
    return picture_behind(user, sealed) if _unseal(user, sealed)[0] == _UPLOADED else None


def picture_behind(user: User, sealed: str) -> Image.Image | None:
    """None for what is gone, too old, or another user's."""
    kind, name = _unseal(user, sealed)
    return kept.load(user.pk, name) if kind == _UPLOADED else files.uncropped(name)


def discard(user: User, sealed: str) -> None:
    kind, name = _unseal(user, sealed)
    if kind == _UPLOADED:
        kept.discard(user.pk, name)


def shown(user: User, sealed: str, campaign: Campaign | None, focus: Focus) -> Shown | None:
    """The picture that was uploaded, or else the campaign's own."""
    if not uploaded(user, sealed):
        sealed = _seal(user, _PRESENT, campaign.artwork) if campaign and campaign.artwork else ""
    picture = picture_behind(user, sealed)
    if picture is None:
        return None
    address = reverse("dashboard-upload", args=[sealed])
    square = f"{address}?{urlencode(focus._asdict())}"
    return Shown(address, square, picture.width == picture.height)


def _seal(user: User, kind: str, name: str) -> str:
    return signing.dumps([user.pk, kind, name], salt=_SALT)


def _unseal(user: User, sealed: str) -> tuple[str, str]:
    """The kind and the name; both empty for what is not this user's."""
    try:
        user_id, kind, name = signing.loads(sealed, salt=_SALT, max_age=kept.LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        return "", ""
    return (kind, name) if user_id == user.pk else ("", "")
