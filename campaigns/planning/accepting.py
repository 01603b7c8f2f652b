"""An artist's answer that what the catalogue shows is the release, whatever it is called there."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from campaigns.catalogue.folding import folded, is_same_name
from campaigns.models import Campaign, LabelArtist, Trouble, User
from campaigns.planning.moving import locked
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.planning.same_release import agreed_texts
from campaigns.spotify import Artist, Release

logger = logging.getLogger(__name__)

_ARTIST_ID: Final = re.compile(r"[A-Za-z0-9]{22}")
_LONGEST_TEXT: Final = 300
# https://open.spotify.com/artist/0LyfQWJT6nXafLPZqxe9Of is the artist of compilations.
VARIOUS_ARTISTS: Final = "0LyfQWJT6nXafLPZqxe9Of"


class Answer(NamedTuple):
    """Who said when of which entry of the catalogue's that it is the release."""

    release: Release
    by: User
    at: datetime


def accept_answer(campaign: Campaign, answer: Answer) -> None:
    """Let the entry count as the release before anybody agreed to it, and remember its artist with
    the label. The caller holds the campaign's lock, and saves it.

    Raises PlanningError when fans have agreed meanwhile: then a form does not decide any more what
    they get.
    """
    if agreed_texts(campaign):
        raise PlanningError(Obstacle.CHANGED_WHILE_CHECKING)
    _remember_artist(campaign, answer.release)
    if campaign.accepted_uri == answer.release.uri:
        return
    campaign.accepted_uri = answer.release.uri
    campaign.history.create(
        at=answer.at,
        by=answer.by,
        accepted_uri=answer.release.uri,
        title=answer.release.title[:_LONGEST_TEXT],
        artist=artists_of(answer.release)[:_LONGEST_TEXT],
    )


def artists_of(release: Release) -> str:
    return ", ".join(artist.name for artist in release.artists)


def _remember_artist(campaign: Campaign, release: Release) -> None:
    if artist := _artist_meant(campaign.artist, release):
        LabelArtist.objects.get_or_create(
            label_id=campaign.label_id,
            folded_name=folded(campaign.artist)[:_LONGEST_TEXT],
            spotify_id=artist.id,
            defaults={"name": artist.name[:_LONGEST_TEXT]},
        )


def _artist_meant(name: str, release: Release) -> Artist | None:
    """Whose id the campaign's artist has: the only one of that name, or else the only one there is.

    The id of a guest, of one of several, or of everybody would let releases of others pass later.
    """
    named = [artist for artist in release.artists if is_same_name(name, artist.name)]
    meant = named or release.artists
    if len(meant) != 1 or meant[0].id == VARIOUS_ARTISTS:
        return None
    return meant[0] if _ARTIST_ID.fullmatch(meant[0].id) else None


def check_is_asked(campaign: Campaign, uri: str) -> None:
    """Raise PlanningError unless the last look found that entry in place of the release, and nobody
    has answered yet.
    """
    if not (campaign.awaits_an_answer and uri and uri == campaign.found_uri):
        raise PlanningError(Obstacle.FOUND_CHANGED)


@transaction.atomic
def accept_found(campaign: Campaign, uri: str, by: User, now: datetime) -> None:
    """Let the entry that was found count as the release. The worker looks again at once.

    Raises PlanningError when something else is found by now.
    """
    campaign = locked(campaign)
    check_is_asked(campaign, uri)
    campaign.accepted_uri, campaign.next_check_at = uri, None
    campaign.save(update_fields=["accepted_uri", "next_check_at"])
    campaign.alarms.filter(trouble=Trouble.OTHER_RELEASE).delete()
    campaign.history.create(
        at=now,
        by=by,
        accepted_uri=uri,
        title=campaign.found_title,
        artist=campaign.found_artist,
    )
    logger.warning("other release accepted campaign=%s uri=%s by=%s", campaign.id, uri, by.pk)
