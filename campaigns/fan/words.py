"""What the fan pages say about a campaign and about what became of a pre-save."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns import links
from campaigns.fan.times import spoken
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason

PRE_SAVED: Final = _("Pre-saved")
NOT_SAVED: Final = _("Not saved")
_AT_ONCE: Final = timedelta(seconds=1)
NOTHING_SAVED: Final = _("Nothing will be saved. The permission is destroyed.")


@dataclass(frozen=True)
class Outcome:
    title: str | Promise
    text: str | Promise
    advice: str | Promise = ""
    label: str | Promise = NOT_SAVED


# What failed or expired always has a reason.
_BY_STATE: Final = {
    PreSaveState.PENDING: Outcome(
        _("You're in"),
        _("There is nothing left to do. When the release is out, it appears in your library."),
        label=PRE_SAVED,
    ),
    PreSaveState.SAVED: Outcome(
        _("It's in your library"),
        _("Open Spotify: it is there, ready to play."),
        label=_("Saved"),
    ),
    PreSaveState.CANCELLED: Outcome(
        _("Cancelled, as you asked"),
        NOTHING_SAVED,
        label=_("Cancelled"),
    ),
}
_SAVED_AT_ONCE: Final = Outcome(
    _("It's in your library, the second it came out"),
    _("Open Spotify: it is there, ready to play."),
    label=_("Saved"),
)
_AT_IT: Final = Outcome(
    _("We're on it"),
    _(
        "The release time has come, and your save is on its way: Spotify may not show the release "
        "yet, may be slow, or may let us save only so many at a time. There is nothing left to "
        "do; we keep trying."
    ),
    label=PRE_SAVED,
)
_SENT: Final = Outcome(
    _("Sent to Spotify, being confirmed"),
    _(
        "Spotify accepted the save. We now check that the release is still there, which usually "
        "takes less than half a minute. Until then we keep your permission, in case we have to "
        "save again."
    ),
    label=PRE_SAVED,
)
_OTHER_PERMISSION: Final = Outcome(
    _("We're on it"),
    _(
        "Spotify said that your permission is not the one we asked for. That may be a fault on "
        "its side, so we'll ask once more to be sure."
    ),
    label=PRE_SAVED,
)
_ASKED_AGAIN: Final = {
    Reason.REVOKED: Outcome(
        _("We're on it"),
        _(
            "Spotify refused your permission when we tried to save. That may be a fault on its "
            "side, so we'll ask once more to be sure."
        ),
        _(
            "If you removed the app at Spotify or changed your password there, nothing will be "
            "saved. In that case, pre-save again from the release's page."
        ),
        label=PRE_SAVED,
    ),
    Reason.PERMISSION_AGE: Outcome(
        _("We're on it"),
        _(
            "Spotify said that your permission has expired. That may be a fault on its side, so "
            "we'll ask once more to be sure."
        ),
        label=PRE_SAVED,
    ),
    Reason.SCOPE: _OTHER_PERMISSION,
    Reason.WIDER_SCOPE: _OTHER_PERMISSION,
    Reason.NOT_LISTED: Outcome(
        _("We're on it"),
        _(
            "Spotify said that your account is not on this app's list. That may be a fault on "
            "its side, so we'll ask once more to be sure."
        ),
        label=PRE_SAVED,
    ),
}
_ENDING: Final = Outcome(
    _("The artist cancelled this"),
    _("Nothing will be saved. Your permission is being destroyed right now."),
    label=_("Campaign cancelled"),
)
# Once a save was sent, nobody can take it back, and no later look said whether it had an effect.
_MAY_BE_IN_LIBRARY: Final = _(
    "Look in your library: you can remove the release there, or save it by hand if it is missing."
)
_ENDING_AFTER_SENT: Final = Outcome(
    _("The artist cancelled this"),
    _(
        "Your save had already been sent to Spotify, so the release may be in your library. Your "
        "permission is being destroyed right now."
    ),
    _MAY_BE_IN_LIBRARY,
    label=_("Campaign cancelled"),
)
_ENDING_IN_DOUBT: Final = Outcome(
    _("The artist cancelled this"),
    _(
        "Your save was already on its way when the artist cancelled, and may still appear in your "
        "library. Your permission is being destroyed right now."
    ),
    _MAY_BE_IN_LIBRARY,
    label=_("Campaign cancelled"),
)
_REFUSED_AFTER_SENT: Final = Outcome(
    _("Sent, but not confirmed"),
    _(
        "Your save was sent to Spotify, so the release may be in your library. We could not "
        "confirm it before Spotify stopped accepting your permission, which is destroyed now."
    ),
    _MAY_BE_IN_LIBRARY,
    label=_("Not confirmed"),
)
_ENDED_AFTER_SENT: Final = {
    Reason.REVOKED: _REFUSED_AFTER_SENT,
    Reason.SCOPE: _REFUSED_AFTER_SENT,
    Reason.WIDER_SCOPE: _REFUSED_AFTER_SENT,
    Reason.NOT_LISTED: _REFUSED_AFTER_SENT,
    Reason.BY_FAN: Outcome(
        _("Cancelled, as you asked"),
        _(
            "Your save had already been sent to Spotify, so the release may be in your library. "
            "The permission is destroyed."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Cancelled"),
    ),
    Reason.CAMPAIGN_CANCELLED: Outcome(
        _("The artist cancelled this"),
        _(
            "Your save had already been sent to Spotify, so the release may be in your library. "
            "The permission was destroyed as soon as the campaign was cancelled."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Campaign cancelled"),
    ),
    Reason.PERMISSION_AGE: Outcome(
        _("Sent, but not confirmed"),
        _(
            "Your save was sent to Spotify, so the release may be in your library. We could not "
            "confirm it before your permission was six months old and had to be destroyed."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Not confirmed"),
    ),
    Reason.HARD_STOP: Outcome(
        _("Sent, but not confirmed"),
        _(
            "Your save was sent to Spotify, so the release may be in your library. We could not "
            "confirm it within seven days, and we keep no permission longer than that."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Not confirmed"),
    ),
}
# So long the worker may still tell whether it sent the save of somebody who cancelled.
LONGEST_DOUBT: Final = timedelta(seconds=2)
_BEING_LOOKED_AT: Final = {
    Reason.BY_FAN: Outcome(
        _("Cancelled, as you asked"),
        _(
            "The permission is destroyed. Your save was just being sent; in a moment you'll see "
            "here whether we stopped it in time."
        ),
        label=_("Cancelled"),
    ),
    Reason.CAMPAIGN_CANCELLED: Outcome(
        _("The artist cancelled this"),
        _(
            "The permission is destroyed. Your save was just being sent; in a moment you'll see "
            "here whether we stopped it in time."
        ),
        label=_("Campaign cancelled"),
    ),
}
_ENDED_IN_DOUBT: Final = {
    Reason.BY_FAN: Outcome(
        _("Cancelled, as you asked"),
        _(
            "Your save was already on its way when you cancelled, and may still appear in your "
            "library. The permission is destroyed."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Cancelled"),
    ),
    Reason.CAMPAIGN_CANCELLED: Outcome(
        _("The artist cancelled this"),
        _(
            "Your save was already on its way when the artist cancelled, and may still appear in "
            "your library. The permission is destroyed."
        ),
        _MAY_BE_IN_LIBRARY,
        label=_("Campaign cancelled"),
    ),
}
_BY_REASON: Final = {
    Reason.REVOKED: Outcome(
        _("The permission was gone"),
        _(
            "When we tried to save, Spotify told us that the permission had been withdrawn. "
            "Removing the app at Spotify, or changing your password there, does that."
        ),
        _("You can save the release by hand, or pre-save again while the page is open."),
    ),
    Reason.SCOPE: Outcome(
        _("The permission was too narrow"),
        _("Spotify said that the permission does not allow saving to your library."),
        _("Pre-save again, and agree to “Manage your saved content”."),
    ),
    Reason.WIDER_SCOPE: Outcome(
        _("The permission was too broad"),
        _(
            "Spotify said that the permission allows more than the one thing we asked for, so we "
            "threw it away unused."
        ),
        _("Remove the app at Spotify, then pre-save again while the page is open."),
    ),
    Reason.NOT_LISTED: Outcome(
        _("Not open to your account"),
        _("Only a few invited Spotify accounts can pre-save here, and yours isn't one of them."),
        _("Save the release by hand: search for it on Spotify."),
    ),
    Reason.UNREADABLE: Outcome(
        _("We could not open your permission"),
        _("The sealed permission could not be opened. That is our fault, not yours."),
        _("Pre-save again while the page is open, or save the release by hand."),
    ),
    Reason.CAMPAIGN_CANCELLED: Outcome(
        _("The artist cancelled this"),
        _(
            "Nothing will be saved. The permission was destroyed as soon as the campaign was "
            "cancelled."
        ),
        label=_("Campaign cancelled"),
    ),
    Reason.PERMISSION_AGE: Outcome(
        _("The permission expired"),
        _(
            "Spotify ends every permission six months after it was given, and the release came "
            "later."
        ),
        _("Pre-save again, if the release is still to come."),
    ),
    Reason.HARD_STOP: Outcome(
        _("Not saved within seven days"),
        _(
            "The release could not be saved within seven days, and we keep no permission longer "
            "than that."
        ),
        _("If it is out by now, save it by hand: search for it on Spotify."),
    ),
    Reason.RESTORED: Outcome(
        _("We lost the result"),
        _(
            "The campaign has ended and your permission is destroyed. We had to restore our "
            "records from a backup, which doesn't say whether the release was saved for you."
        ),
        _MAY_BE_IN_LIBRARY,
    ),
}


def outcome(presave: PreSave, now: datetime) -> Outcome:
    if presave.is_pending:
        return _while_pending(presave, now)
    if _came_at_once(presave):
        return _SAVED_AT_ONCE
    reason = Reason(presave.reason)
    found = None
    if presave.sent_at:
        found = _ENDED_AFTER_SENT.get(reason)
    elif presave.is_in_doubt:
        found = (_BEING_LOOKED_AT if is_looked_at(presave, now) else _ENDED_IN_DOUBT).get(reason)
    return found or _BY_REASON.get(reason) or _BY_STATE[PreSaveState(presave.state)]


def is_looked_at(presave: PreSave, now: datetime) -> bool:
    """Whether it may turn out within moments if the save of a cancelled pre-save was sent."""
    ended_at = presave.settled_at
    return presave.is_in_doubt and ended_at is not None and now - ended_at < LONGEST_DOUBT


def _while_pending(presave: PreSave, now: datetime) -> Outcome:
    if presave.campaign.state == CampaignState.CANCELLED:
        if presave.sent_at:
            return _ENDING_AFTER_SENT
        return _ENDING_IN_DOUBT if presave.lease or presave.in_doubt else _ENDING
    if presave.is_sent:
        return _SENT
    if presave.refused_at and not presave.sent_at:
        return _ASKED_AGAIN[Reason(presave.reason)]
    return _AT_IT if is_due(presave, now) else _BY_STATE[PreSaveState.PENDING]


def is_due(presave: PreSave, now: datetime) -> bool:
    """Whether the fan's release time has come. A save that failed for now is due again later."""
    return presave.due_at <= now or presave.attempts > 0


def _came_at_once(presave: PreSave) -> bool:
    """Whether the save was there within the second in which the release came out for the fan."""
    if presave.saved_at is None or not _is_due_as_it_came_out(presave):
        return False
    return timedelta() <= presave.saved_at - presave.due_at < _AT_ONCE


def _is_due_as_it_came_out(presave: PreSave) -> bool:
    """Whether a fan who consented in time was due just when the release came out where they are:
    not with the last midnight of all, nor when the artist said that it was out already.
    """
    campaign = presave.campaign
    was_out_already = campaign.release_at == campaign.scheduled_at
    is_in_time = presave.consented_at <= presave.due_at
    return is_in_time and not was_out_already and not is_without_zone(presave)


def delay(presave: PreSave) -> str:
    """How long the fan waited: from the release, or from the consent when that came later.

    Empty while there is no save, when a move to a later release time overtook it, where nobody
    knows when it came out for the fan, and where the outcome's title says that it came at once.
    """
    if presave.saved_at is None or _came_at_once(presave):
        return ""
    start, sentence = presave.due_at, _("%(span)s after the release")
    if presave.campaign.at_local_midnights:
        sentence = _("%(span)s after midnight where you are")
    if presave.consented_at > start:
        start, sentence = presave.consented_at, _("%(span)s after you said yes")
    elif not _is_due_as_it_came_out(presave):
        return ""
    waited = presave.saved_at - start
    if waited < timedelta():
        return ""
    return (
        str(_("the second you said yes"))
        if waited < _AT_ONCE
        else sentence % {"span": spoken(waited)}
    )


def is_without_zone(presave: PreSave) -> bool:
    """Whether the fan is due at the last midnight of all. Nobody lives where it is the own one."""
    campaign = presave.campaign
    return campaign.at_local_midnights and presave.due_at == campaign.everywhere_at


def listen_url(campaign: Campaign) -> str:
    """The release's page at Spotify, once the catalogue has confirmed it, or its time came without
    anybody to ask the catalogue.
    """
    uri = campaign.confirmed_uri or (campaign.spotify_uri if campaign.confirmed_at else "")
    return links.on_spotify(uri) if uri else ""
