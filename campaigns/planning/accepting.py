"""An artist's answer which entry of the catalogue's is the release: one that is called otherwise
there, or one of several.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from campaigns.catalogue.candidates import candidates_of
from campaigns.catalogue.comparing import difference
from campaigns.catalogue.credits import are_credited, spelled_out, split_names
from campaigns.catalogue.folding import folded
from campaigns.catalogue.names import Names
from campaigns.models import Campaign, Event, Finding, LabelArtist, Trouble, User
from campaigns.models.formats import LONGEST_RELEASE_NAME
from campaigns.planning import same_release
from campaigns.planning.history import record
from campaigns.planning.moving import locked
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.planning.same_release import Seen, agreed_texts
from campaigns.spotify import Artist, Release

logger = logging.getLogger(__name__)

_ARTIST_ID: Final = re.compile(r"[A-Za-z0-9]{22}")
# https://open.spotify.com/artist/0LyfQWJT6nXafLPZqxe9Of is the artist of compilations.
VARIOUS_ARTISTS: Final = "0LyfQWJT6nXafLPZqxe9Of"


class Answer(NamedTuple):
    """Who said when of which entry of the catalogue's that it is the release."""

    release: Release
    by: User
    at: datetime


def accept_answer(campaign: Campaign, answer: Answer) -> None:
    """Let the entry count as the release before anybody agreed to it, and remember its artist with
    the label if that was the question. The caller holds the campaign's lock, and saves it.

    Raises PlanningError when fans have agreed meanwhile: then a form does not decide any more what
    they get.
    """
    if agreed_texts(campaign):
        raise PlanningError(Obstacle.CHANGED_WHILE_CHECKING)
    if difference(campaign, answer.release) is Finding.OTHER_ARTIST:
        _remember_artist(campaign, answer)
    if campaign.accepted_uri == answer.release.uri:
        return
    campaign.accepted_uri = answer.release.uri
    _note(campaign, _asked(answer.release), answer.by)


def _remember_artist(campaign: Campaign, answer: Answer) -> None:
    if artist := _artist_meant(campaign.artist, answer.release):
        LabelArtist.objects.get_or_create(
            label_id=campaign.label_id,
            folded_name=folded(campaign.artist)[:LONGEST_RELEASE_NAME],
            spotify_id=artist.id,
            defaults={
                "name": artist.name,
                "typed_name": campaign.artist,
                "confirmed_at": answer.at,
            },
        )


def _artist_meant(name: str, release: Release) -> Artist | None:
    """Whose id the campaign's artist has: the release's only one, where one artist was typed.

    The id of one of several, of everybody, or of somebody whose guest was typed would let releases
    of others pass later.
    """
    if len(release.artists) != 1 or len(split_names(spelled_out(name))) != 1:
        return None
    artist = release.artists[0]
    is_guest = folded(name) in folded(release.title)
    is_member = are_credited(name, split_names(spelled_out(artist.name)))
    if is_guest or is_member or artist.id == VARIOUS_ARTISTS:
        return None
    return artist if _ARTIST_ID.fullmatch(artist.id) else None


class Asked(NamedTuple):
    """An entry that an artist is asked about, as the page shows it."""

    uri: str
    title: str
    artist: str

    @property
    def digest(self) -> str:
        """Comes back with the answer, which counts for what the page showed and nothing else."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()


def asked_about(campaign: Campaign, uri: str) -> Asked:
    """The entry, one of those that the last look found in place of the release. Raises
    PlanningError where it is none of them any more, or the question is answered.
    """
    found = Asked(campaign.found_uri, campaign.found_title, campaign.found_artist)
    entries = (found, *map(_asked, candidates_of(campaign))) if campaign.awaits_an_answer else ()
    for entry in entries:
        if uri and entry.uri == uri:
            return entry
    raise PlanningError(Obstacle.FOUND_CHANGED)


def _asked(release: Release) -> Asked:
    return Asked(release.uri, release.title, release.artist_names)


@transaction.atomic
def accept_found(campaign: Campaign, entry: Asked, by: User) -> None:
    """Let the entry that was found count as the release. The worker looks again at once.

    Raises PlanningError when something else is found by now.
    """
    campaign = locked(campaign)
    if asked_about(campaign, entry.uri) != entry:
        raise PlanningError(Obstacle.FOUND_CHANGED)
    campaign.accepted_uri, campaign.next_check_at = entry.uri, None
    campaign.found_uri, campaign.found_title, campaign.found_artist = entry
    campaign.save()
    campaign.alarms.filter(trouble=Trouble.OTHER_RELEASE).delete()
    _note(campaign, entry, by)
    logger.warning("other release accepted campaign=%s uri=%s by=%s", campaign.id, entry.uri, by.pk)


@transaction.atomic
def choose(campaign: Campaign, uri: str, by: User) -> None:
    """Name the release by the link of one of the entries that were found, and let nothing else
    under its code take its place. The worker looks again at once.

    Raises PlanningError when it is none of them any more.
    """
    campaign = locked(campaign)
    offered = candidates_of(campaign) if campaign.offers_a_choice else ()
    chosen = next((one for one in offered if one.uri == uri), None)
    # From here on it counts as it is: so it is compared here once more.
    if chosen is None or difference(campaign, chosen):
        raise PlanningError(Obstacle.FOUND_CHANGED)
    same_release.accept(campaign, Seen(), Names.of(campaign)._replace(spotify_uri=uri))
    same_release.tell_of_the_next_question(campaign)
    campaign.spotify_uri = campaign.accepted_uri = uri
    campaign.version += 1
    campaign.save()
    _note(campaign, _asked(chosen), by)
    logger.info("release chosen campaign=%s uri=%s by=%s", campaign.id, uri, by.pk)


def _note(campaign: Campaign, entry: Asked, by: User) -> None:
    record(campaign.label, Event.RELEASE_ACCEPTED, by, campaign, **entry._asdict())
