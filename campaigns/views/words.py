"""What the fan pages say about a campaign and about what became of a pre-save."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from campaigns import midnights
from campaigns.models import Campaign, PreSave, PreSaveState, Reason


@dataclass(frozen=True)
class Outcome:
    label: str
    title: str
    text: str
    advice: str = ""


_BY_STATE: Final = {
    PreSaveState.PENDING: Outcome(
        "Pre-saved",
        "You're in",
        "There is nothing left to do. When the release is out, it appears in your library.",
    ),
    PreSaveState.SAVED: Outcome(
        "Saved", "It's in your library", "Open Spotify: it is there, ready to play."
    ),
    PreSaveState.CANCELLED: Outcome(
        "Cancelled",
        "Cancelled, as you asked",
        "Nothing will be saved. The permission is destroyed.",
    ),
    PreSaveState.FAILED: Outcome(
        "Not saved", "This one did not work", "Spotify did not let us save the release for you."
    ),
    PreSaveState.EXPIRED: Outcome(
        "Not saved", "This one ran out of time", "The permission was destroyed unused."
    ),
}
_AT_IT: Final = Outcome(
    "Pre-saved",
    "We are at it",
    "The release moment has come, and your save is still to come: Spotify may not show the release "
    "yet, be slow, or let us save only so many at a time. There is nothing left to do. We keep "
    "trying.",
)
_ASKED_AGAIN: Final = Outcome(
    "Pre-saved",
    "We are at it",
    "Spotify refused your permission when we wanted to save. That can be a fault on its side, so "
    "we ask once more before we believe it.",
    "If you removed the app at Spotify or changed your password there, nothing will be saved.",
)
_BY_REASON: Final = {
    Reason.REVOKED: Outcome(
        "Not saved",
        "The permission was gone",
        "When we wanted to save, Spotify told us that the permission had been withdrawn. Removing "
        "the app at Spotify, or changing your password there, does that.",
        "You can save the release by hand, or pre-save again while the page is open.",
    ),
    Reason.SCOPE: Outcome(
        "Not saved",
        "The permission did not reach",
        "Spotify said that the permission does not allow saving to your library.",
        "Pre-save again, and agree to “Manage your saved content”.",
    ),
    Reason.WIDER_SCOPE: Outcome(
        "Not saved",
        "The permission reached too far",
        "Spotify said that the permission allows more than the one thing we asked for, so we threw "
        "it away unused.",
        "Remove the app at Spotify, then pre-save again while the page is open.",
    ),
    Reason.NOT_LISTED: Outcome(
        "Not saved",
        "Not open to your account yet",
        "Spotify lets this app serve only a few listed accounts until it has been reviewed, and "
        "yours is not among them.",
        "Save the release by hand: search for it on Spotify.",
    ),
    Reason.UNREADABLE: Outcome(
        "Not saved",
        "We could not open your permission",
        "The sealed permission could not be opened. That is our fault, not yours.",
        "Pre-save again while the page is open, or save the release by hand.",
    ),
    Reason.CAMPAIGN_CANCELLED: Outcome(
        "Called off",
        "The artist called this off",
        "Nothing will be saved. The permission was destroyed the moment the campaign ended.",
    ),
    Reason.PERMISSION_AGE: Outcome(
        "Not saved",
        "The permission grew too old",
        "Spotify ends every permission six months after it was given, and the release came later.",
        "Pre-save again, if the release is still to come.",
    ),
    Reason.HARD_STOP: Outcome(
        "Not saved",
        "Seven days, and no save",
        "The release could not be saved within seven days, and we keep no permission longer than "
        "that.",
        "If it is out by now, save it by hand: search for it on Spotify.",
    ),
}


def outcome(presave: PreSave, now: datetime) -> Outcome:
    if presave.is_pending:
        return _while_pending(presave, now)
    found = _BY_REASON.get(Reason(presave.reason))
    return found or _BY_STATE[PreSaveState(presave.state)]


def _while_pending(presave: PreSave, now: datetime) -> Outcome:
    if presave.refused_at:
        return _ASKED_AGAIN
    # A save that failed for the moment is due again later.
    is_due = presave.due_at <= now or presave.attempts
    return _AT_IT if is_due else _BY_STATE[PreSaveState.PENDING]


def delay(presave: PreSave) -> str:
    """How long the fan waited: from the release, or from the consent when that came later.

    Empty when that is not known any more: a midnight makes way for the time of the next attempt,
    and a release that was moved after the save for its new moment.
    """
    campaign = presave.campaign
    start, began = campaign.release_at, "the release"
    if campaign.at_local_midnights:
        start, began = presave.due_at, "midnight where you are"
    if presave.settled_at is None or (start - campaign.release_at) % midnights.OFFSET_STEP:
        return ""
    if presave.consented_at > start:
        start, began = presave.consented_at, "you said yes"
    waited = presave.settled_at - start
    return f"{_spoken(waited)} after {began}" if waited >= timedelta() else ""


def is_without_zone(presave: PreSave) -> bool:
    """Whether the fan waits for the last midnight of all. Nobody lives where it is the own one."""
    campaign = presave.campaign
    waits = campaign.at_local_midnights and presave.is_pending
    return waits and presave.due_at == campaign.everywhere_at


def _spoken(span: timedelta) -> str:
    """Two of the unit at least, so that little precision is lost: "90 minutes", not "1 hour"."""
    seconds = int(span.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def clock(campaign: Campaign) -> str:
    """The zone in which times are stated: the artist's, or UTC where every fan has another."""
    return "UTC" if campaign.at_local_midnights else campaign.release_zone


def place(campaign: Campaign) -> str:
    """The same zone as people say it: "Berlin time" for Europe/Berlin."""
    area, _, city = clock(campaign).rpartition("/")
    return f"{city.replace('_', ' ')} time" if area else clock(campaign)


def shelf(campaign: Campaign) -> str:
    return "Liked Songs" if campaign.saves_a_track else "Albums"


def kind(campaign: Campaign) -> str:
    return "track" if campaign.saves_a_track else "album"


def listen_url(campaign: Campaign) -> str:
    """The release's page at Spotify, once the catalogue has confirmed it."""
    if not campaign.confirmed_uri:
        return ""
    _, item_kind, item_id = campaign.confirmed_uri.split(":")
    return f"https://open.spotify.com/{item_kind}/{item_id}"
