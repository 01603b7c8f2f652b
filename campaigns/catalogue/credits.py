"""Who an entry of the catalogue's credits: its artists, and the guests that names and titles tell
of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Final

from campaigns.catalogue.folding import readings
from campaigns.spotify import Release

DASH: Final = r"[-\u2010-\u2015]"
# It introduces a guest or a producer, who may be named on one side alone.
_CREDIT: Final = r"(?:(?:featuring|feat|ft)\b\.?|prod\.(?:\s*by\b)?|prod(?:uced)?\s+by\b)\s*"
# "(feat. Guest)", and "[with Guest]", "(con Ana)", "(part. Ana)", which may be a version.
IN_BRACKETS: Final = re.compile(
    rf"[(\[]\s*(?:{_CREDIT}|(?P<with>with|con|com|avec|mit|part\.?)\s+)(?P<guest>[^()\[\]]+)[)\]]",
    re.IGNORECASE,
)
# "feat. Guest" at the end, or in front of brackets or a dash; after scripts without spaces, none is
# needed.
AT_THE_END: Final = re.compile(
    rf"(?:\s|(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])(?=feat\.)){_CREDIT}(?P<guest>[\w$!¡][^()\[\]]*?)(?=\s*[(\[]|\s+{DASH}\s|\s*$)",
    re.IGNORECASE,
)
# Without brackets these may be words of a name: "6 Ft Under", "Big Feat Company".
_MAY_BE_A_WORD: Final = re.compile(r"\s*(?:ft\b|feat\b(?!\.))", re.IGNORECASE)
# "feat. Guest Remix" names another recording, and not only a guest.
VERSION: Final = re.compile(
    r"\b(?:a[\s-]*cap+el+as?|ac(?:ou|o|u|ú)sti(?:c|ca|co|que)|alternat(?:e|ive)|anniversary|ao\s+vivo"
    r"|bootleg|chopped|club|commentary|covers?|cut|deluxe|demos?|dub|edit(?:s|ed)?|edition"
    r"|en\s+(?:directo|vivo)|extended|flip|instrumentale?s?|interlude|karaoke|live|lo-?fi|mashup"
    r"|mix(?:ed|es)?|nightcore|orchestral|original|outtakes?|radio|re-?imagined|re-?recorded|redux"
    r"|refix|remake|remaster(?:ed)?|remix(?:ed|es)?|reprise|revisited|rework(?:ed)?|rmx|sessions?"
    r"|slowed|sped|stripped|take|unplugged|ver|vers(?:i[oó]n|[aã]o|ione)|vip)\b",
    re.IGNORECASE,
)
# What stands between the names of several artists, if each side is an artist.
_BETWEEN: Final = re.compile(
    rf"\s*[,;/&+·・、\u00d7|]|\s+{DASH}(?=\s)"
    r"|(?:\s+|\s*[(\[]\s*)(?:and|et|e|und|y|x|vs|with|con|com|avec|mit|featuring|feat|ft)\.?(?=\s)",
    re.IGNORECASE,
)
_WITH: Final = re.compile(r"(?<!\w)w/\s*", re.IGNORECASE)
# A list of more is not taken apart: each of its parts would have to be compared.
MOST_NAMES: Final = 30
_ARTICLE: Final = re.compile(r"^\s*the\s+(?=\w)(?!the\s*$)", re.IGNORECASE)


def is_by(artist: str, release: Release) -> bool:
    """Whether the artist is one of the release's, or each of several is, however spelled; a guest
    may be missing on either side, and one of several may be a guest in the title. Some words of a
    name are another name.
    """
    names = [one.name for one in release.artists]
    guests = featured(release.title)
    typed = spelled_out(artist)
    return any(
        are_credited(one, names)
        or (are_credited(one, [*names, *guests]) and not are_credited(one, guests))
        for one in (typed, _without_guests(typed))
    )


def spelled_out(text: str) -> str:
    return _WITH.sub("with ", unicodedata.normalize("NFKC", text))


def featured(title: str) -> list[str]:
    """The guests and producers whom a title names as such."""
    text = spelled_out(title)
    found = [*IN_BRACKETS.finditer(text), *AT_THE_END.finditer(text)]
    return [
        name
        for one in found
        if not one.groupdict().get("with")
        for name in split_names(one["guest"])
    ]


def split_names(names: str) -> list[str]:
    return [name for name in _BETWEEN.split(names, MOST_NAMES) if name.strip()]


def _without_guests(name: str) -> str:
    bare = IN_BRACKETS.sub(lambda found: found[0] if found["with"] else " ", name)
    return AT_THE_END.sub(lambda found: found[0] if _MAY_BE_A_WORD.match(found[0]) else "", bare)


def are_credited(names: str, credited: Iterable[str]) -> bool:
    """Whether each of the names is credited: "A, B & C" also as "A" and "B & C". A credit counts
    once: "A & A" are not A. Those with guests count without them too.
    """
    between = islice(_BETWEEN.finditer(names), MOST_NAMES)
    ends = [*((found.start(), found.end()) for found in between), (len(names), len(names))]
    # Where a name may begin, and the credits that are left there.
    left_at = {0: [_readings_of(name, _without_guests(name)) for name in credited]}
    for end, after in ends:
        for start, left in left_at.items():
            name = _readings_of(names[start:end])
            others = [credit for credit in left if credit.isdisjoint(name)]
            if len(others) < len(left):
                left_at.setdefault(after, others)
                break
    return bool(names) and len(names) in left_at


def is_same_artist(name: str, others: Iterable[str]) -> bool:
    """Whether one of the others is the same name, with or without a "The" in front."""
    return bool(_readings_of(name) & _readings_of(*others))


def _readings_of(*names: str) -> set[tuple[str, str]]:
    bare = (_ARTICLE.sub("", name) for name in names)
    return {one for name in (*names, *bare) for one in readings(name)}
