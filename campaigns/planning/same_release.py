"""Keeps a release the one that fans said yes to.

From the first tap on title and artist change only in spellings that fans would call the same. After
the first pre-save the release's link, UPC and ISRC change only where that narrows down what is
saved, or where Spotify's catalogue shows the same release under the old and the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from campaigns.catalogue import looks, names
from campaigns.catalogue.names import Names, find, plain_code
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, ErrorReason, PauseReason, identity
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import Release, SpotifyError

TEXTS: Final = {"title": Obstacle.TITLE_STAYS, "artist": Obstacle.ARTIST_STAYS}


@dataclass(frozen=True)
class SameReleaseCheck:
    """A proof that the catalogue showed the same release under the old and the new names."""

    before: Names
    codes_at_consent: Names
    after: Names


def is_frozen(campaign: Campaign) -> bool:
    """Whether the release has to stay the same: after the first pre-save."""
    return campaign.presaves.exists()


def agreed_texts(campaign: Campaign) -> dict[str, str]:
    """Title and artist as fans agreed to them; empty while nobody has tapped."""
    if campaign.agreed_title:
        return {"title": campaign.agreed_title, "artist": campaign.agreed_artist}
    return {name: getattr(campaign, name) for name in TEXTS} if is_frozen(campaign) else {}


def check_texts(campaign: Campaign, values: Mapping[str, Any]) -> None:
    """Raise PlanningError where title or artist becomes another one than fans agreed to."""
    for name, agreed in agreed_texts(campaign).items():
        text = values.get(name, getattr(campaign, name))
        if text != getattr(campaign, name) and not identity.is_same(agreed, text):
            raise PlanningError(TEXTS[name])


def texts_are_to_be_put_back(campaign: Campaign) -> bool:
    """Whether the worker waits for title and artist to be what fans agreed to."""
    return campaign.paused_reason == PauseReason.RELEASE_CHANGED


def names_after(campaign: Campaign, values: Mapping[str, Any]) -> Names:
    """The release's names once these values are the campaign's."""
    return Names.of(campaign)._replace(
        **{name: values[name] for name in Names._fields if name in values}
    )


def look_up(campaign: Campaign, after: Names) -> SameReleaseCheck | None:
    """Ask the catalogue whether the change keeps the release the same; None where no look is
    needed. Raises PlanningError.

    Call it without a lock: Spotify may be slow.
    """
    if not is_frozen(campaign) or _is_free(campaign, after):
        return None
    try:
        _compare(codes_at_consent(campaign), after)
    except closing.GateClosedError as error:
        raise PlanningError(Obstacle.SPOTIFY_WAITS, possible_from=error.until) from None
    except looks.LookupBudgetSpentError:
        raise PlanningError(Obstacle.NO_TURN) from None
    except SpotifyError as error:
        closing.close_after(error)
        if error.reason is ErrorReason.QUESTION_REFUSED:
            raise PlanningError(Obstacle.QUESTION_REFUSED) from None
        raise PlanningError(Obstacle.SPOTIFY_SILENT) from None
    return SameReleaseCheck(Names.of(campaign), codes_at_consent(campaign), after)


def accept(campaign: Campaign, after: Names, check: SameReleaseCheck | None) -> list[str]:
    """Decide under the campaign's lock whether the change may be made, after the look without it.

    Returns the campaign's `codes_added_after_consent` from then on. Raises PlanningError.
    """
    before, agreed = Names.of(campaign), codes_at_consent(campaign)
    if not is_frozen(campaign):
        return []
    if _is_free(campaign, after):
        return _added(agreed, after)
    if check == SameReleaseCheck(before, agreed, after):
        return []
    raise PlanningError(Obstacle.CHANGED_WHILE_CHECKING)


def codes_at_consent(campaign: Campaign) -> Names:
    """The names that the release had when fans said yes to it.

    One that was added after the first pre-save proves nothing: by adding another release's code
    first and its link then, the other release could be put in place of this one.
    """
    return Names.of(campaign)._replace(**dict.fromkeys(campaign.codes_added_after_consent, ""))


def _is_free(campaign: Campaign, after: Names) -> bool:
    """Whether the change can only narrow down what is saved: the catalogue has to agree with every
    name that is given, and with a code that stays it agrees only for the same release.
    """
    agreed = codes_at_consent(campaign)
    upc, isrc = plain_code(agreed.upc), plain_code(agreed.isrc)
    if upc or isrc:
        added = plain_code(after.upc), plain_code(after.isrc)
        return added == (upc or added[0], isrc or added[1])
    return after.spotify_uri == agreed.spotify_uri


def _added(agreed: Names, after: Names) -> list[str]:
    """Which names are others than fans said yes to; a code may be written otherwise."""
    stays = {
        "spotify_uri": agreed.spotify_uri == after.spotify_uri,
        "upc": plain_code(agreed.upc) == plain_code(after.upc),
        "isrc": plain_code(agreed.isrc) == plain_code(after.isrc),
    }
    return [name for name in Names._fields if getattr(after, name) and not stays[name]]


def _compare(agreed: Names, after: Names) -> None:
    """Raise PlanningError unless the catalogue shows the same release under both."""
    found = _look(after)
    if not found:
        raise PlanningError(Obstacle.NEW_NOT_SHOWN)
    new = [release for release in found if names.agrees(after, release)]
    if not new:
        raise PlanningError(Obstacle.CODES_DIFFER)
    old = _look(agreed) or _look(agreed._replace(spotify_uri=""))
    if not old:
        raise PlanningError(Obstacle.OLD_NOT_SHOWN)
    codes = {plain_code(agreed.upc), plain_code(agreed.isrc)}.union(*map(_codes, old))
    artists = {_artists(release) for release in old}
    if any(not codes & _codes(release) or _artists(release) not in artists for release in new):
        raise PlanningError(Obstacle.OTHER_RELEASE)


def _look(given: Names) -> list[Release]:
    if not any(given):
        return []
    permit = looks.LookupBudget(database_now()).permit
    return find(given, settings.SPOTIFY_MARKET, permit)


def _codes(release: Release) -> set[str]:
    return {plain_code(release.upc), plain_code(release.isrc)} - {""}


def _artists(release: Release) -> frozenset[str]:
    return frozenset(artist.id for artist in release.artists)
