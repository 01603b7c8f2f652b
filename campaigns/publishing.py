"""An artist's acts on a campaign: open it, change it, move its release, resume it, cancel it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from campaigns import stats
from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    CampaignState,
    Label,
    Membership,
    PauseReason,
    PreSaveState,
    Reason,
    Role,
    Trouble,
    User,
)


class PublishingError(Exception):
    """The act is not possible now. The text tells the artist why and what to change."""


def create_label(user: User, name: str) -> Label:
    with transaction.atomic():
        label = Label.objects.create(name=name)
        Membership.objects.create(label=label, user=user, role=Role.OWNER)
    return label


@transaction.atomic
def open_campaign(campaign: Campaign, now: datetime) -> None:
    """From here on the worker makes the key, and with it the landing page goes live.

    Raises PublishingError.
    """
    campaign = _locked(campaign)
    if campaign.state != CampaignState.DRAFT:
        raise PublishingError("Only a draft can be opened.")
    check_release_moment(campaign.release_at, now)
    campaign.state = CampaignState.OPEN
    campaign.opened_at = campaign.scheduled_at = now
    campaign.save(update_fields=["state", "opened_at", "scheduled_at"])


def check_release_moment(release_at: datetime, now: datetime) -> None:
    """Raises PublishingError when fans could not be served at that moment."""
    if release_at <= now:
        raise PublishingError("The release moment has passed. Set a moment in the future.")
    if release_at > now + LONGEST_LEAD:
        earliest = release_at - LONGEST_LEAD
        raise PublishingError(
            "Spotify ends every permission six months after the fan gave it, so a campaign can "
            f"open at most {LONGEST_LEAD.days} days before its release: this one from "
            f"{earliest:%-d %B %Y} on."
        )


@transaction.atomic
def move_release(campaign: Campaign, release_at: datetime, zone: str, now: datetime) -> None:
    """Set the release moment, for fans who have consented too. Raises PublishingError."""
    campaign = _locked(campaign)
    if campaign.state not in (CampaignState.DRAFT, CampaignState.OPEN):
        raise PublishingError(
            "The release has begun or ended: its moment cannot be moved any more."
        )
    campaign.release_at, campaign.release_zone = release_at, zone
    if campaign.state == CampaignState.OPEN:
        check_release_moment(release_at, now)
        campaign.scheduled_at, campaign.next_check_at = now, None
        campaign.presaves.pending().update(due_at=release_at)
    campaign.save(update_fields=["release_at", "release_zone", "scheduled_at", "next_check_at"])


def identity_is_frozen(campaign: Campaign) -> bool:
    """After the first consent, what fans said yes to stays what it was."""
    return campaign.presaves.exists()


@transaction.atomic
def cancel_campaign(campaign: Campaign, now: datetime) -> int:
    """End the campaign without a save and erase every permission it holds.

    Answers how many. Raises PublishingError.
    """
    campaign = _locked(campaign)
    if campaign.has_ended:
        raise PublishingError("This campaign has ended already.")
    campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, now
    campaign.save(update_fields=["state", "cancelled_at"])
    erased = campaign.presaves.pending().end(PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED, now)
    stats.count(campaign.id, now, {"cancelled": erased})
    return erased


def resume(campaign: Campaign) -> None:
    """Let a paused campaign go on, after what stopped it was mended.

    Should it be stopped once more, people are told once more.
    """
    Campaign.objects.filter(id=campaign.id).update(
        paused_reason=PauseReason.NONE, paused_at=None, next_check_at=None
    )
    campaign.alarms.exclude(trouble=Trouble.LATE).delete()


# Addresses that the service promises and does not serve yet; static files are served beside the URL
# configuration.
_KEPT_FREE: Final = frozenset({"metrics", "static", "transparency"})


def is_reserved(slug: str) -> bool:
    """Whether an address of this service begins with the word: derived from the URL
    configuration.
    """
    return slug in _KEPT_FREE or slug in _first_words(get_resolver().url_patterns)


def _first_words(patterns: list[URLPattern | URLResolver]) -> set[str]:
    words = set()
    for pattern in patterns:
        word = str(pattern.pattern).split("/")[0]
        if isinstance(pattern, URLResolver) and not word:
            words |= _first_words(pattern.url_patterns)
        elif word and "<" not in word:
            words.add(word)
    return words


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
