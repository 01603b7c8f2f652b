"""Compares an entry of the catalogue's with what fans saw: title and artist."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from campaigns.catalogue.folding import folded, is_same_name
from campaigns.models import Campaign, Finding, LabelArtist
from campaigns.spotify import Release

_FEATURING: Final = r"(?:featuring|feat|ft)\b\.?\s*"
# "(feat. Guest)", "[with Guest]", "(con Ana)", "(part. Ana)".
_IN_BRACKETS: Final = re.compile(
    rf"[(\[]\s*(?:{_FEATURING}|(?P<with>with|con|com|avec|mit|part\.?)\s+)(?P<guest>[^()\[\]]+)[)\]]",
    re.IGNORECASE,
)
# "feat. Guest" at the end, or in front of brackets or a dash.
_AT_THE_END: Final = re.compile(
    rf"\s{_FEATURING}(?P<guest>[\w$!¡][^()\[\]]*?)(?=\s*[(\[]|\s+[-\u2010-\u2015]\s|\s*$)",
    re.IGNORECASE,
)
# "feat. Guest Remix" names another recording, and not only a guest.
_VERSION: Final = re.compile(
    r"\b(?:acoustic|deluxe|demo|edit|instrumental|karaoke|live|mix|remaster(?:ed)?|remix(?:es)?"
    r"|version)\b",
    re.IGNORECASE,
)
# As Spotify ends some titles: "Night Bus - Single", "Night Bus (EP)", "Night Bus EP".
_KIND: Final = re.compile(
    r"\s(?:[-\u2010-\u2015]\s*(?P<dashed>single|ep)|[(\[](?P<bracketed>single|ep)[)\]]|(?P<plain>ep))\s*$",
    re.IGNORECASE,
)
# What stands between the names of several artists.
_BETWEEN: Final = re.compile(
    r"\s*[,;/&+·、]\s*|\s+(?:and|et|e|und|vs\.?|with|x|y|featuring|feat\.?|ft\.?)\s+", re.IGNORECASE
)


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


def is_by(artist: str, release: Release) -> bool:
    """Whether the artist is one of the release's, or each of several is, however spelled; a guest
    may be missing on either side. Some words of a name are another name.
    """
    artist = unicodedata.normalize("NFKC", artist)
    names = [one.name for one in release.artists]
    credited = [*names, *map(_without_guest, names)]
    return any(_are_credited(names, credited) for names in (artist, _without_guest(artist)))


def _without_guest(name: str) -> str:
    return _AT_THE_END.sub("", name)


def _are_credited(names: str, credited: list[str]) -> bool:
    """Whether each of the names is credited: "A, B & C" also as "A" and "B & C"."""
    ends = [(found.start(), found.end()) for found in _BETWEEN.finditer(names)]
    starts = {0}
    for end, after in [*ends, (len(names), len(names))]:
        if any(is_same_name(names[start:end], one) for start in starts for one in credited):
            starts.add(after)
    return len(names) in starts - {0}


class _Title(NamedTuple):
    name: str
    guests: tuple[str, ...]
    kind: str


def is_titled(title: str, release: Release) -> bool:
    """Whether the release has the title, however spelled. A guest who is named on one side alone
    makes no difference, nor does an ending "- Single" or "- EP".
    """
    if is_same_name(title, release.title):
        return True
    one, other = (_title(text, release) for text in (title, release.title))
    return (
        is_same_name(one.name, other.name)
        and ("" in (one.kind, other.kind) or one.kind == other.kind)
        and (_all_among(one.guests, other.guests) or _all_among(other.guests, one.guests))
    )


def _title(text: str, release: Release) -> _Title:
    guests: list[str] = []

    def take(found: re.Match[str]) -> str:
        if not _names_guests(found, release):
            return found[0]
        guests.extend(_BETWEEN.split(found["guest"]))
        return " "

    name = _IN_BRACKETS.sub(take, unicodedata.normalize("NFKC", text))
    name = _AT_THE_END.sub(take, name)
    kind = _KIND.search(name)
    return _Title(
        name=name[: kind.start()] if kind else name,
        guests=tuple(guests),
        kind=(kind["dashed"] or kind["bracketed"] or kind["plain"]).lower() if kind else "",
    )


def _names_guests(found: re.Match[str], release: Release) -> bool:
    """Whether the words name guests. "(with Strings)" may be a version: guests are credited."""
    if _VERSION.search(found["guest"]):
        return False
    credited = [artist.name for artist in release.artists]
    return not found.groupdict().get("with") or _are_credited(found["guest"], credited)


def _all_among(names: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(any(is_same_name(name, other) for other in others) for name in names)
