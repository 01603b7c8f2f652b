"""Creates and changes campaigns, with their artwork, as far as a change is still allowed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F
from PIL import Image

from campaigns.artwork import files
from campaigns.artwork.cropping import Focus, to_square
from campaigns.artwork.files import StoredArtwork
from campaigns.catalogue.names import Names
from campaigns.links import parse_links
from campaigns.models import Campaign, CampaignState, Event, Label, User
from campaigns.models.formats import LONGEST_SLUG
from campaigns.planning import accepting, addresses, looking_up, moving, quotas, same_release
from campaigns.planning.accepting import Answer
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.planning.same_release import Seen
from campaigns.spotify import Release

logger = logging.getLogger(__name__)

# What calendars show, but for the release time: see moving.
IN_CALENDARS: Final = ("title", "artist", "release_mode")
# What is compared with the catalogue's entry, and where it is looked up.
COMPARED: Final = ("title", "artist", "market")


def frozen_fields(campaign: Campaign) -> dict[str, Obstacle]:
    """The fields that may not be changed any more, each with the reason."""
    frozen = {}
    if campaign.state == CampaignState.RELEASING:
        texts = () if same_release.texts_are_to_be_put_back(campaign) else same_release.TEXTS
        frozen.update(dict.fromkeys((*texts, "release_mode"), Obstacle.STAYS_WHILE_RELEASING))
    elif same_release.is_frozen(campaign):
        frozen["release_mode"] = Obstacle.MODE_STAYS
    if campaign.state != CampaignState.DRAFT:
        frozen["slug"] = Obstacle.ADDRESS_STAYS
    return frozen


def slug_is_taken(slug: str, by_other_than: Campaign | None = None) -> bool:
    holder = Campaign.objects.filter(slug=slug).first()
    return holder is not None and holder != by_other_than


def free_slug(wish: str) -> str:
    """An address made of the wish, with the first number that makes it free; empty when nothing of
    it is left.
    """
    base = addresses.made_of(wish, LONGEST_SLUG - len("-999"))
    if not base:
        return ""
    wishes = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in wishes if not (addresses.is_reserved(slug) or slug_is_taken(slug)))


def create(
    label: Label,
    values: Mapping[str, Any],
    picture: Image.Image | None,
    answer: Answer | None = None,
    by: User | None = None,
) -> Campaign:
    """A new draft, with an artist's answer to what the catalogue shows. Raises PlanningError when
    its address was taken meanwhile, or the label may have no more.
    """
    campaign = Campaign(label=label, **values)
    with _storing(picture, _focus(campaign)) as stored:
        quotas.check_campaigns(label)
        _show(campaign, stored)
        campaign.save(force_insert=True)
        record(label, Event.CREATED, by, campaign)
        if answer:
            accepting.accept_answer(campaign, answer)
            campaign.save(update_fields=["accepted_uri"])
    return campaign


def change(
    campaign: Campaign,
    values: Mapping[str, Any],
    picture: Image.Image | None,
    now: datetime,
    may_expire: int = 0,
    version: int | None = None,
    meant: str = "",
    answer: Answer | None = None,
    just_found: Sequence[Release] = (),
    by: User | None = None,
) -> Campaign:
    """`version` is the one whose values the form showed. Raises PlanningError.

    `may_expire` is how many permissions may expire before a later release time; `meant`, the
    catalogue's entry that may be named although it has another title or artist; `answer`, the
    artist's that such an entry is the release; `just_found`, what the catalogue showed under these
    names when the form looked them up.
    """
    _check(campaign, values, picture, version)
    seen = _look(campaign, values, meant, answer, just_found)
    picture = picture or _to_crop_anew(campaign, values)
    # Or else the next move would finish this one under the lock.
    moving.take_along(campaign)
    with _storing(picture, _focus(looking_up.with_values(campaign, values))) as stored:
        # A consent takes the same lock, so no fan can say yes to what is being changed here.
        campaign = moving.locked(campaign)
        _check(campaign, values, picture, version)
        changed = _changed(campaign, values, picture)
        campaign = _begin_to_move(campaign, values, now, may_expire, by)
        _forget_look(campaign, values)
        _rename(campaign, same_release.names_after(campaign, values), seen)
        _assign(campaign, values, now)
        if answer:
            accepting.accept_answer(campaign, answer)
        campaign.version += bool(changed)
        _show(campaign, stored)
        campaign.save()
        _record_edit(campaign, changed, by)
    return moving.take_along(campaign)


def _begin_to_move(
    campaign: Campaign, values: Mapping[str, Any], now: datetime, may_expire: int, by: User | None
) -> Campaign:
    release_at, zone = values["release_at"], values["release_zone"]
    if (release_at, zone) == (campaign.release_at, campaign.release_zone):
        return campaign
    return moving.begin_to_move(campaign, release_at, zone, now, may_expire, by)


def _look(
    campaign: Campaign,
    values: Mapping[str, Any],
    meant: str,
    answer: Answer | None,
    just_found: Sequence[Release],
) -> Seen:
    if not answer:
        looking_up.check_change(campaign, values)
    after = same_release.names_after(campaign, values)
    return same_release.look_up(campaign, after, meant, just_found)


@transaction.atomic
def change_links(campaign: Campaign, links: list[str], by: User | None = None) -> None:
    """Store where else to listen. No fan said yes to that, so it may change after the end too."""
    Campaign.objects.filter(id=campaign.id).update(links=links, version=F("version") + 1)
    _record_edit(campaign, ["links"], by)


@transaction.atomic
def add_links(
    campaign: Campaign, found: Mapping[str, Sequence[str]], by: User | None = None
) -> None:
    """Add to each list of links what is not in it yet. Raises ValidationError when there are more
    than a page shows.
    """
    stored = Campaign.objects.select_for_update().get(id=campaign.id)
    after = {
        name: parse_links("\n".join(dict.fromkeys([*getattr(stored, name), *links])))
        for name, links in found.items()
    }
    changed = {name: links for name, links in after.items() if links != getattr(stored, name)}
    if changed:
        Campaign.objects.filter(id=stored.id).update(**changed, version=F("version") + 1)
        _record_edit(campaign, [*changed], by)


def _record_edit(campaign: Campaign, changed: list[str], by: User | None) -> None:
    """By the fields' names alone. That the release was moved has an entry of its own."""
    if fields := [name for name in changed if name not in ("release_at", "release_zone")]:
        record(campaign.label, Event.EDITED, by, campaign, fields=fields)


def _check(
    campaign: Campaign, values: Mapping[str, Any], picture: Image.Image | None, version: int | None
) -> None:
    """Raise PlanningError when the campaign is not what the form showed, or what is changed stays.

    A form that is sent twice asks for what is there already, and is no error.
    """
    if version not in (None, campaign.version) and _changed(campaign, values, picture):
        raise PlanningError(Obstacle.CHANGED, version=campaign.version)
    if campaign.has_ended:
        raise PlanningError(Obstacle.ENDED)
    for name, why in frozen_fields(campaign).items():
        if values.get(name, getattr(campaign, name)) != getattr(campaign, name):
            raise PlanningError(why)
    same_release.check_texts(campaign, values)
    names = same_release.names_after(campaign, values)
    same_release.check_kind(campaign, names)
    if campaign.public_key and not any(names):
        raise PlanningError(Obstacle.NOT_NAMED)


def _changed(
    campaign: Campaign, values: Mapping[str, Any], picture: Image.Image | None = None
) -> list[str]:
    changed = [name for name, value in values.items() if getattr(campaign, name) != value]
    return [*changed, "artwork"] if picture else changed


def _forget_look(campaign: Campaign, values: Mapping[str, Any]) -> None:
    """What was found of another release says nothing of this one."""
    if looking_up.is_another(campaign, looking_up.with_values(campaign, values)):
        campaign.looked_up_finding, campaign.looked_up_at = "", None


def _rename(campaign: Campaign, names: Names, seen: Seen) -> None:
    """Let the release have its new link and codes, and the worker look for them at once."""
    before = Names.of(campaign)
    if names == before:
        return
    same_release.accept(campaign, seen, names)
    logger.info("release renamed campaign=%s from=%s to=%s", campaign.id, before, names)


def _assign(campaign: Campaign, values: Mapping[str, Any], now: datetime) -> None:
    """Give the campaign its new values. What an artist said of an entry of the catalogue's was said
    of the title and artist that it had.
    """
    for name, agreed in same_release.agreed_texts(campaign).items():
        setattr(campaign, f"agreed_{name}", agreed)
    if not same_release.keeps_texts(campaign, values):
        campaign.accepted_uri = ""
    if _changed(campaign, {name: values[name] for name in COMPARED if name in values}):
        same_release.compare_anew(campaign)
    if _changed(campaign, {name: values[name] for name in IN_CALENDARS if name in values}):
        campaign.tell_calendars(now)
    for name, value in values.items():
        setattr(campaign, name, value)


def _show(campaign: Campaign, stored: StoredArtwork | None) -> None:
    """Make the stored artwork the campaign's own; what it replaces is deleted after the commit."""
    if stored is None:
        return
    if campaign.artwork:
        transaction.on_commit(partial(files.discard, campaign.artwork))
    campaign.artwork = stored.name
    campaign.artwork_width, campaign.artwork_height = stored.width, stored.height
    campaign.artwork_weights = stored.weights
    campaign.artwork_accent, campaign.artwork_ground = stored.accent, stored.ground


def _focus(campaign: Campaign) -> Focus:
    return Focus(campaign.artwork_focus_x, campaign.artwork_focus_y)


def _to_crop_anew(campaign: Campaign, values: Mapping[str, Any]) -> Image.Image | None:
    """What the artwork was made from, where it is to be cropped around another point now."""
    is_moved = _focus(looking_up.with_values(campaign, values)) != _focus(campaign)
    return files.uncropped(campaign.artwork) if is_moved else None


@contextmanager
def keeping_files() -> Iterator[None]:
    """Raises PlanningError where a picture finds no room."""
    try:
        yield
    except OSError as error:
        logger.exception("A cover could not be stored.")
        raise PlanningError(Obstacle.COVER_NOT_STORED) from error


@contextmanager
def _storing(picture: Image.Image | None, focus: Focus) -> Iterator[StoredArtwork | None]:
    """A transaction with the picture's files, which are deleted again when it fails."""
    with keeping_files():
        stored = files.write(to_square(picture, focus), uncropped=picture) if picture else None
    try:
        with transaction.atomic():
            yield stored
    except BaseException as error:
        if stored:
            files.discard(stored.name)
        # Two artists can ask for one address at the same time; the constraint lets one have it.
        if isinstance(error, IntegrityError) and "slug" in str(error):
            raise PlanningError(Obstacle.ADDRESS_TAKEN) from error
        raise
