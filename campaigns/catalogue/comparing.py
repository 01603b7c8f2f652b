"""Compares an entry of the catalogue's with what fans saw: title and artist."""

from __future__ import annotations

from django.db.models import QuerySet

from campaigns.catalogue.credits import is_by
from campaigns.catalogue.folding import folded
from campaigns.catalogue.titles import is_titled
from campaigns.models import Campaign, Finding, LabelArtist
from campaigns.models.formats import LONGEST_RELEASE_NAME
from campaigns.spotify import Release


def is_what_fans_saw(campaign: Campaign, release: Release) -> bool:
    return difference(campaign, release) is None


def difference(campaign: Campaign, release: Release) -> Finding | None:
    """Which of artist and title is another one. None where neither is, and of the very entry of
    which an artist said that it is the release all the same.
    """
    if release.uri and release.uri == campaign.accepted_uri:
        return None
    if not _is_the_artists(campaign, release):
        return Finding.OTHER_ARTIST
    if not is_titled(campaign.title, release):
        return Finding.OTHER_TITLE
    return None


def _is_the_artists(campaign: Campaign, release: Release) -> bool:
    """By the name, or by an id that the label confirmed for it.

    An id only lets another spelling pass, and never turns away the name itself: one artist may have
    several profiles, and no release may stop for what is confirmed while it runs. Nor does what is
    confirmed after a campaign was opened, perhaps by a slip in some draft, widen what its fans get.
    """
    return (
        is_by(campaign.artist, release)
        or _known(campaign)
        .filter(spotify_id__in=[artist.id for artist in release.artists])
        .exists()
    )


def _known(campaign: Campaign) -> QuerySet[LabelArtist]:
    known = LabelArtist.objects.filter(
        label_id=campaign.label_id, folded_name=folded(campaign.artist)[:LONGEST_RELEASE_NAME]
    )
    return known.filter(confirmed_at__lt=campaign.opened_at) if campaign.opened_at else known
