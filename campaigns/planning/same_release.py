"""Keeps a release the one that fans said yes to.

From the first tap on title and artist change only in spellings that fans would call the same. Link,
UPC and ISRC may be corrected until the campaign ends: before anything is saved the worker compares
what the catalogue shows under them with that title and artist. Here it is asked so that a slip is
told at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from campaigns.catalogue import comparing, looks, markets, names
from campaigns.catalogue.candidates import candidates_of
from campaigns.catalogue.names import Names
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import (
    CHOICES,
    IN_DOUBT,
    Campaign,
    CampaignState,
    Finding,
    PauseReason,
    Trouble,
    identity,
)
from campaigns.planning import moving
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import Release, SpotifyError

logger = logging.getLogger(__name__)

TEXTS: Final = {"title": Obstacle.TITLE_STAYS, "artist": Obstacle.ARTIST_STAYS}


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


def check_kind(campaign: Campaign, after: Names) -> None:
    """Raise PlanningError where an album becomes a track, or a track an album: the page said which
    of them is saved.
    """
    if agreed_texts(campaign) and after.saves_a_track != Names.of(campaign).saves_a_track:
        raise PlanningError(Obstacle.KIND_STAYS)


def keeps_texts(campaign: Campaign, values: Mapping[str, Any]) -> bool:
    """Whether title and artist stay, in whatever spelling."""
    return all(
        identity.is_same(getattr(campaign, name), values.get(name, getattr(campaign, name)))
        for name in TEXTS
    )


def texts_are_to_be_put_back(campaign: Campaign) -> bool:
    """Whether the worker waits for title and artist to be what fans agreed to."""
    return campaign.paused_reason == PauseReason.RELEASE_CHANGED


def names_after(campaign: Campaign, values: Mapping[str, Any]) -> Names:
    """The release's names once these values are the campaign's."""
    return Names.of(campaign)._replace(
        **{name: values[name] for name in Names._fields if name in values}
    )


class Seen(NamedTuple):
    """What the catalogue shows under new names; nothing where it shows none yet, or did not answer.
    `difference` says in what it is another release than the one that fans agreed to.
    """

    release: Release | None = None
    difference: Finding | None = None
    is_answered: bool = True

    @property
    def is_the_same(self) -> bool:
        return self.release is not None and self.difference is None


def look_up(
    campaign: Campaign, after: Names, meant: str = "", just_found: Sequence[Release] = ()
) -> Seen:
    """Ask the catalogue about the new names of a release that fans agreed to or that is being
    saved, unless something was just found under them. Raises PlanningError where it shows another
    release, unless that is the entry that the artist means all the same.

    Call it without a lock: Spotify may be slow.
    """
    is_watched = agreed_texts(campaign) or campaign.state == CampaignState.RELEASING
    if after == Names.of(campaign) or not is_watched:
        return Seen()
    found = just_found or _look(campaign, after)
    if found is None:
        return Seen(is_answered=False)
    agreeing = [release for release in found if _agrees(after, release)]
    if found and not agreeing:
        raise PlanningError(Obstacle.CODES_DIFFER)
    seen = [Seen(release, comparing.difference(campaign, release)) for release in agreeing]
    same = [one for one in seen if one.is_the_same]
    others = [one for one in seen if one.release and one.release.uri == meant]
    if seen and not (same or others):
        raise PlanningError(Obstacle.OTHER_RELEASE, found=seen[0].release)
    return [*same, *others, Seen()][0]


def accept(campaign: Campaign, seen: Seen, after: Names) -> None:
    """Let the release have its new names, under the campaign's lock. Raises PlanningError where a
    release that is being saved would stop for names under which nobody has seen it.
    """
    if campaign.state == CampaignState.RELEASING and not seen.is_the_same:
        shows_none = seen.is_answered
        raise PlanningError(Obstacle.NEW_NOT_SHOWN if shows_none else Obstacle.NEW_NOT_ANSWERED)
    leads_to = seen.release.uri if seen.release else after.spotify_uri
    if leads_to not in _asked_about(campaign):
        tell_of_the_next_question(campaign)
    moving.look_anew(campaign)
    campaign.accepted_uri = ""
    if seen.release and seen.difference:
        campaign.last_finding, campaign.found_uri = seen.difference, seen.release.uri
        campaign.found_title = seen.release.title
        campaign.found_artist = seen.release.artist_names
    # What is on its way is of the release as it was named before.
    campaign.presaves.pending().update(in_doubt=IN_DOUBT, lease=None, lease_until=None)


def compare_anew(campaign: Campaign) -> None:
    """Forget what the artist is asked about, as title, artist or market change: the worker looks at
    once whether there still is a question. It is about the same entry then, so nobody is told of it
    a second time.
    """
    campaign.next_check_at = None
    if campaign.last_finding in CHOICES:
        campaign.last_finding, campaign.candidates = "", []
        campaign.found_uri = campaign.found_title = campaign.found_artist = ""


def _asked_about(campaign: Campaign) -> set[str]:
    """The entries that the artist is asked about, by their links."""
    entries = {campaign.found_uri, *(one.uri for one in candidates_of(campaign))}
    return entries - {""} if campaign.asks_the_artist else set()


def tell_of_the_next_question(campaign: Campaign) -> None:
    """Let people who were asked be told of a question about another entry."""
    questions = (Trouble.OTHER_RELEASE, Trouble.SEVERAL_MATCH)
    campaign.alarms.filter(trouble__in=questions).delete()


def _agrees(given: Names, release: Release) -> bool:
    """Whether the entry is what the link or, where that is dead, the code next to it names."""
    is_named = release.uri == given.spotify_uri or bool(given.code)
    return is_named and names.codes_agree(given, release)


def _look(campaign: Campaign, given: Names) -> list[Release] | None:
    """None without an answer."""
    market = markets.market_of(campaign)
    permit = looks.FormBudget(database_now(), campaign.label_id).permit
    try:
        under_link = names.find(given, market, permit)
        return under_link or names.find_by_code(given, market, permit)
    except (closing.GateClosedError, looks.LookupBudgetSpentError):
        return None
    except SpotifyError as error:
        closing.close_after(error)
        logger.info("new names not looked up campaign=%s reason=%s", campaign.id, error.reason)
        return None
