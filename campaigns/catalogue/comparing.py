"""Compares an entry of the catalogue's with what fans saw: title and artist."""

from __future__ import annotations

from campaigns.catalogue.credits import is_by
from campaigns.catalogue.folding import folded, is_same_name
from campaigns.catalogue.titles import is_titled
from campaigns.models import Campaign, Finding, LabelArtist
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
    """By an id that the label confirmed, or else by the name. Where an artist of the same name has
    such an id, another one of that name is a namesake, and the artist is asked. An id of an artist
    whom the catalogue calls otherwise says nothing against the name itself.
    """
    known = LabelArtist.objects.filter(
        label_id=campaign.label_id, folded_name=folded(campaign.artist)
    )
    name_of = dict(known.values_list("spotify_id", "name"))
    if any(artist.id in name_of for artist in release.artists):
        return True
    has_namesake = any(is_same_name(name, campaign.artist) for name in name_of.values())
    return not has_namesake and is_by(campaign.artist, release)
