"""Keeps a release the one that fans said yes to.

After the first pre-save title and artist stay. The release's link, UPC and ISRC change only where
that narrows down what is saved, or where Spotify's catalogue shows the same release under the old
and the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from campaigns.catalogue import looks, names
from campaigns.catalogue.names import Names, find
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign
from campaigns.planning.moving import PublishingError
from campaigns.spotify import Release, SpotifyError

TEXTS: Final = ("title", "artist")

OTHER_RELEASE: Final = (
    "Spotify's catalogue shows this as another release than the one fans said yes to: its UPC or "
    "ISRC, or its artists, differ. Put back the link and the code as they were; another release "
    "needs a new campaign."
)
NOT_IN_AGREEMENT: Final = (
    "Spotify's catalogue shows another UPC or ISRC for this link than the one you gave. Compare "
    "them with your distributor's."
)
NEW_NOT_SHOWN: Final = (
    "Fans have said yes to this campaign's release, and Spotify's catalogue does not show yet what "
    "you gave instead, so Presave cannot see that it is the same one. Nothing was changed: try "
    "again when Spotify shows it."
)
OLD_NOT_SHOWN: Final = (
    "Spotify's catalogue does not show the release that fans said yes to, so Presave cannot see "
    "that what you gave instead is the same one. Nothing was changed: try again when Spotify shows "
    "it, or make a new campaign."
)
NO_ANSWER: Final = (
    "Spotify did not answer, so Presave could not see whether this is still the release that fans "
    "said yes to. Nothing was changed: send the form again in a moment."
)
NO_TURN: Final = (
    "Spotify lets Presave ask so little at present that the look whether this is still the release "
    "that fans said yes to did not get its turn. Nothing was changed: send the form again in a "
    "minute."
)
CHANGED_MEANWHILE: Final = (
    "While you were editing, a fan has pre-saved or somebody else has changed the campaign. "
    "Nothing was changed: send the form again."
)


@dataclass(frozen=True)
class SameReleaseCheck:
    """A proof that the catalogue showed the same release under the old and the new names."""

    before: Names
    codes_at_consent: Names
    after: Names


def is_frozen(campaign: Campaign) -> bool:
    """Whether the release has to stay the same: after the first pre-save."""
    return campaign.presaves.exists()


def names_after(campaign: Campaign, values: Mapping[str, Any]) -> Names:
    """The release's names once these values are the campaign's."""
    return Names.of(campaign)._replace(
        **{name: values[name] for name in Names._fields if name in values}
    )


def look_up(campaign: Campaign, after: Names) -> SameReleaseCheck | None:
    """Ask the catalogue whether the change keeps the release the same; None where no look is
    needed. Raises PublishingError.

    Call it without a lock: Spotify may be slow.
    """
    if not is_frozen(campaign) or _is_free(campaign, after):
        return None
    try:
        _compare(codes_at_consent(campaign), after)
    except closing.GateClosedError as error:
        raise PublishingError(
            f"Spotify told Presave to wait until {error.until:%H:%M:%S UTC on %-d %B %Y}, so it "
            "cannot look now whether this is still the release that fans said yes to. Nothing was "
            "changed: send the form again after that."
        ) from None
    except looks.LookupBudgetSpentError:
        raise PublishingError(NO_TURN) from None
    except SpotifyError as error:
        closing.close_after(error)
        raise PublishingError(NO_ANSWER) from None
    return SameReleaseCheck(Names.of(campaign), codes_at_consent(campaign), after)


def accept(campaign: Campaign, after: Names, check: SameReleaseCheck | None) -> list[str]:
    """Decide under the campaign's lock whether the change may be made, after the look without it.

    Returns the campaign's `codes_added_after_consent` from then on. Raises PublishingError.
    """
    before, agreed = Names.of(campaign), codes_at_consent(campaign)
    if not is_frozen(campaign):
        return []
    if _is_free(campaign, after):
        stays = {name: getattr(agreed, name) == getattr(after, name) for name in Names._fields}
        return [name for name in Names._fields if getattr(after, name) and not stays[name]]
    if check == SameReleaseCheck(before, agreed, after):
        return []
    raise PublishingError(CHANGED_MEANWHILE)


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
    _, upc, isrc = agreed = codes_at_consent(campaign)
    if upc or isrc:
        return (after.upc, after.isrc) == (upc or after.upc, isrc or after.isrc)
    return after.spotify_uri == agreed.spotify_uri


def _compare(agreed: Names, after: Names) -> None:
    """Raise PublishingError unless the catalogue shows the same release under both."""
    found = _look(after)
    if not found:
        raise PublishingError(NEW_NOT_SHOWN)
    new = [release for release in found if names.agrees(after, release)]
    if not new:
        raise PublishingError(NOT_IN_AGREEMENT)
    old = _look(agreed) or _look(agreed._replace(spotify_uri=""))
    if not old:
        raise PublishingError(OLD_NOT_SHOWN)
    codes = {_upc(agreed.upc), agreed.isrc}.union(*map(_codes, old)) - {""}
    artists = {_artists(release) for release in old}
    if any(not codes & _codes(release) or _artists(release) not in artists for release in new):
        raise PublishingError(OTHER_RELEASE)


def _look(names: Names) -> list[Release]:
    if not any(names):
        return []
    permit = looks.LookupBudget(database_now()).permit
    return find(names, settings.SPOTIFY_MARKET, permit)


def _codes(release: Release) -> set[str]:
    return {_upc(release.upc), release.isrc.upper()} - {""}


def _upc(upc: str) -> str:
    return upc.lstrip("0")


def _artists(release: Release) -> frozenset[str]:
    return frozenset(artist.id for artist in release.artists)
