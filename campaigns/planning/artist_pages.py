"""A label's pages for its artists: creating one, and switching it off and on."""

from __future__ import annotations

from itertools import count

from django.db import IntegrityError, transaction

from campaigns.models import ArtistPage, Event, Label, User
from campaigns.models.formats import LONGEST_RELEASE_NAME, LONGEST_SLUG
from campaigns.models.identity import folded, readings
from campaigns.planning import addresses, quotas
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError


def artists_without_page(label: Label) -> list[str]:
    """The artists of its campaigns, drafts too; of several spellings the shortest, which is the one
    without guests.
    """
    names = label.campaigns.order_by().values_list("artist", flat=True).distinct()
    known, found = set(map(folded, label.artist_pages.values_list("name", flat=True))), []
    for name in sorted(names, key=lambda name: (len(name), name)):
        if known.isdisjoint(readings(name)):
            known.add(folded(name))
            found.append(name)
    return sorted(found, key=str.casefold)


def handle_is_taken(handle: str) -> bool:
    return ArtistPage.objects.filter(handle=handle).exists()


def free_handle(name: str) -> str:
    """Made of the name, with the first number that makes it free; empty when nothing of it is
    left.
    """
    base = addresses.made_of(name, LONGEST_SLUG - len("-999"))
    wishes = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(wish for wish in wishes if not handle_is_taken(wish)) if base else ""


@transaction.atomic
def create(label: Label, name: str, handle: str, by: User) -> ArtistPage:
    """Raises PlanningError when the address was taken meanwhile, the artist has a page by now, or
    the label may have no more.
    """
    quotas.check_artist_pages(label)
    page = ArtistPage(label=label, name=name, handle=handle, is_on=True)
    page.folded_name = folded(name)[:LONGEST_RELEASE_NAME]
    try:
        with transaction.atomic():
            page.save(force_insert=True)
    except IntegrityError as error:
        is_taken = handle_is_taken(handle)
        raise PlanningError(Obstacle.ADDRESS_TAKEN if is_taken else Obstacle.HAS_PAGE) from error
    record(label, Event.ARTIST_PAGE_ON, by, artist=name)
    return page


@transaction.atomic
def switch(page: ArtistPage, is_on: bool, by: User) -> None:
    """Off, the page is gone for everybody, and its address is kept for the label."""
    if not ArtistPage.objects.filter(id=page.id).exclude(is_on=is_on).update(is_on=is_on):
        return
    event = Event.ARTIST_PAGE_ON if is_on else Event.ARTIST_PAGE_OFF
    record(page.label, event, by, artist=page.name)
