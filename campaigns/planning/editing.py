"""Creates and changes campaigns, with their artwork, as far as a change is still allowed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from PIL import Image

from campaigns.artwork import files
from campaigns.artwork.files import StoredArtwork
from campaigns.catalogue.names import Names
from campaigns.models import Campaign, CampaignState, Label
from campaigns.models.formats import LONGEST_SLUG
from campaigns.planning import addresses, moving, same_release
from campaigns.planning.moving import PublishingError
from campaigns.planning.same_release import SameReleaseCheck

logger = logging.getLogger(__name__)

MOMENT: Final = ("release_at", "release_zone")
SHOWN: Final = ("artwork", "artwork_width", "artwork_height", "artwork_weights", "artwork_accent")
MODE_STAYS: Final = (
    "Fans have consented already: each is due at the moment that this way of coming out gave them."
)
ADDRESS_STAYS: Final = "The campaign is open and fans hold this address, so it stays."
IDENTITY_STAYS: Final = "Fans have said yes to exactly this release, so it stays what it is."
RELEASING_STAYS: Final = (
    "The release has begun, so it stays what it is. To change the link or a code, move the release "
    "to a later moment first."
)


class ChangedMeanwhileError(PublishingError):
    """The form was filled in from values that are not the campaign's any more: storing it would put
    old ones back, among them the release time.
    """

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            "Someone changed this campaign after you opened the form, so your changes weren't "
            "saved. They're below. Check the current version in another tab; submitting again "
            "overwrites it."
        )
        self.version = campaign.version


def is_editable(campaign: Campaign) -> bool:
    return not campaign.has_ended


def frozen_fields(campaign: Campaign) -> dict[str, str]:
    """The fields that may not be changed any more, each with the reason."""
    frozen = {}
    if campaign.state == CampaignState.RELEASING:
        stays = (*same_release.TEXTS, *Names._fields, "release_mode")
        frozen.update(dict.fromkeys(stays, RELEASING_STAYS))
    elif same_release.is_frozen(campaign):
        frozen.update(dict.fromkeys(same_release.TEXTS, IDENTITY_STAYS))
        frozen["release_mode"] = MODE_STAYS
    if campaign.state != CampaignState.DRAFT:
        frozen["slug"] = ADDRESS_STAYS
    return frozen


def slug_is_taken(slug: str, by_other_than: Campaign | None = None) -> bool:
    holder = Campaign.objects.filter(slug=slug).first()
    return holder is not None and holder != by_other_than


def free_slug(wish: str) -> str:
    """The wish, or with the first number that makes it free; empty when nothing of it is left."""
    base = wish.replace("_", "-").strip("-")[: LONGEST_SLUG - 4].rstrip("-")
    if not base:
        return ""
    wishes = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in wishes if not (addresses.is_reserved(slug) or slug_is_taken(slug)))


def create(label: Label, values: Mapping[str, Any], picture: Image.Image | None) -> Campaign:
    """A new draft. Raises PublishingError when its address was taken meanwhile."""
    campaign = Campaign(label=label, **values)
    with _written(picture) as stored, _explaining_a_taken_slug(campaign), transaction.atomic():
        _show(campaign, stored)
        campaign.save(force_insert=True)
    return campaign


def change(
    campaign: Campaign,
    values: Mapping[str, Any],
    picture: Image.Image | None,
    now: datetime,
    agreed_lapse: int = 0,
    version: int | None = None,
) -> Campaign:
    """`version` is the one whose values the form showed.

    Raises PublishingError when a value may not be changed any more, LapseError when with a later
    release time more permissions would expire than were agreed to, and ChangedMeanwhileError.
    """
    _check_version(campaign, values, picture, version)
    _refuse_frozen(campaign, values)
    check = same_release.look_up(campaign, same_release.names_after(campaign, values))
    with _written(picture) as stored, _explaining_a_taken_slug(campaign), transaction.atomic():
        # A consent takes the same lock, so no fan can say yes to what is being changed here.
        campaign = Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
        _check_version(campaign, values, picture, version)
        _refuse_frozen(campaign, values)
        campaign.version += _is_change(campaign, values, picture)
        _rename(campaign, same_release.names_after(campaign, values), check)
        release_at, zone = values["release_at"], values["release_zone"]
        if (release_at, zone) != (campaign.release_at, campaign.release_zone):
            moving.move_release(campaign, release_at, zone, now, agreed_lapse)
        texts = {name: values[name] for name in values if name not in (*MOMENT, *Names._fields)}
        for name, value in texts.items():
            setattr(campaign, name, value)
        _show(campaign, stored)
        campaign.save(update_fields=[*texts, *SHOWN, "version"])
    campaign.refresh_from_db()
    return campaign


def change_links(campaign: Campaign, links: list[str]) -> None:
    """Store where else to listen. No fan said yes to that, so it may change after the end too."""
    Campaign.objects.filter(id=campaign.id).update(links=links, version=F("version") + 1)


def _check_version(
    campaign: Campaign, values: Mapping[str, Any], picture: Image.Image | None, version: int | None
) -> None:
    """A form that is sent twice asks for what is there already, and is no error."""
    if version not in (None, campaign.version) and _is_change(campaign, values, picture):
        raise ChangedMeanwhileError(campaign)


def _is_change(campaign: Campaign, values: Mapping[str, Any], picture: Image.Image | None) -> bool:
    return picture is not None or any(
        getattr(campaign, name) != value for name, value in values.items()
    )


def _refuse_frozen(campaign: Campaign, values: Mapping[str, Any]) -> None:
    if not is_editable(campaign):
        raise PublishingError("The campaign has ended: nothing can be changed any more.")
    for name, why in frozen_fields(campaign).items():
        if values.get(name, getattr(campaign, name)) != getattr(campaign, name):
            raise PublishingError(why)


def _rename(campaign: Campaign, names: Names, check: SameReleaseCheck | None) -> None:
    """Give the release its new link and codes, and let the worker look for them at once."""
    before = Names.of(campaign)
    if names == before:
        return
    campaign.codes_added_after_consent = same_release.accept(campaign, names, check)
    campaign.spotify_uri, campaign.upc, campaign.isrc = names
    campaign.next_check_at, campaign.last_finding = None, ""
    campaign.save(
        update_fields=[*Names._fields, "codes_added_after_consent", "next_check_at", "last_finding"]
    )
    logger.info("release renamed campaign=%s from=%s to=%s", campaign.id, before, names)


def _show(campaign: Campaign, stored: StoredArtwork | None) -> None:
    """Make the stored artwork the campaign's own; what it replaces is deleted after the commit."""
    if stored is None:
        return
    if campaign.artwork:
        transaction.on_commit(partial(files.discard, campaign.artwork))
    campaign.artwork = stored.name
    campaign.artwork_width, campaign.artwork_height = stored.width, stored.height
    campaign.artwork_weights, campaign.artwork_accent = stored.weights, stored.accent


@contextmanager
def _written(picture: Image.Image | None) -> Iterator[StoredArtwork | None]:
    """The picture's files, which are deleted again when what follows fails."""
    stored = files.write(picture) if picture else None
    try:
        yield stored
    except BaseException:
        if stored:
            files.discard(stored.name)
        raise


@contextmanager
def _explaining_a_taken_slug(campaign: Campaign) -> Iterator[None]:
    """Two artists can ask for one address at the same time; the constraint lets one have it."""
    try:
        yield
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        raise PublishingError("This address was taken a moment ago. Choose another.") from error
