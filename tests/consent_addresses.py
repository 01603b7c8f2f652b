"""Addresses that people may paste and what each asks for, for the command and for the page."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from presave_check import Lasts, Reading, Verdict
from presave_check.examples import FEATURE_FM, SONY

SAVE: Final = "user-library-modify"
AUTHORIZE: Final = "https://accounts.spotify.com/authorize"
# As this service makes it.
OURS: Final = (
    f"{AUTHORIZE}?client_id=0123456789abcdef&response_type=code"
    "&redirect_uri=https%3A%2F%2Fpresave.example%2Fcallback"
    f"&scope={SAVE}&state=en.first-light.8f2c&show_dialog=True"
)
_OF_FEATURE_FM: Final = (
    "user-read-private",
    "user-read-birthdate",
    "user-read-email",
    "user-library-modify",
    "user-library-read",
    "user-read-recently-played",
    "user-follow-read",
    "user-follow-modify",
    "user-top-read",
    "playlist-modify-public",
    "playlist-read-private",
    "playlist-modify-private",
)
_OF_SONY: Final = (
    "user-library-modify",
    "user-read-email",
    "user-read-private",
    "user-library-read",
    "user-read-currently-playing",
    "user-read-playback-state",
    "user-follow-read",
    "user-follow-modify",
    "ugc-image-upload",
    "user-modify-playback-state",
    "streaming",
)


@dataclass(frozen=True)
class Pasted:
    """A text, and what is in it."""

    name: str
    text: str
    reading: Reading


def asks(verdict: Verdict, *asked: str, **more: Any) -> Reading:
    return Reading(verdict, asked, **{"lasts": Lasts.MONTHS, **more})


def minimal(**more: Any) -> Reading:
    return asks(Verdict.MINIMAL, SAVE, **more)


def none(verdict: Verdict, through: str = "") -> Reading:
    return Reading(verdict, through=through)


MINIMAL: Final = [
    Pasted("ours", OURS, minimal(returns_to="presave.example")),
    Pasted("without https", OURS[8:], minimal(returns_to="presave.example")),
    Pasted("in a language", f"{AUTHORIZE[:28]}/pt-BR/authorize/?scope={SAVE}", minimal()),
    Pasted("capitals", f"HTTPS://Accounts.Spotify.com:443/authorize?scope={SAVE}", minimal()),
    Pasted(
        "for an hour", f"{AUTHORIZE}?response_type=token&scope={SAVE}", minimal(lasts=Lasts.HOUR)
    ),
    Pasted(
        "a redirect",
        f"HTTP/1.1 302 Found\r\nLocation: {OURS}\r\nContent-Length: 0\r\n\r\n",
        minimal(returns_to="presave.example"),
    ),
    Pasted(
        "Instagram's redirect",
        f"https://l.instagram.com/?u={quote(OURS, safe='')}&e=AT0",
        minimal(through="l.instagram.com", returns_to="presave.example"),
    ),
    Pasted(
        "a page that leads there and may do more",
        f"https://evil.example/login?continue={AUTHORIZE}?scope={SAVE}",
        minimal(through="evil.example"),
    ),
]
MORE: Final = [
    Pasted("Sony's", SONY.address, asks(Verdict.MORE, *_OF_SONY, returns_to="sony.example")),
    Pasted(
        "feature.fm's",
        FEATURE_FM.address,
        asks(Verdict.MORE, *_OF_FEATURE_FM, returns_to="api.ffm.to"),
    ),
    Pasted(
        "save and email",
        f"{AUTHORIZE}?scope=user-read-email+{SAVE}",
        asks(Verdict.MORE, "user-read-email", SAVE),
    ),
    Pasted(
        "save, follow and email, as the browser shows it",
        f"{AUTHORIZE}?scope={SAVE} user-follow-modify user-read-email&state=1",
        asks(Verdict.MORE, SAVE, "user-follow-modify", "user-read-email"),
    ),
    Pasted(
        "out of a page's source",
        f'<a href="{AUTHORIZE}?client_id=1&amp;scope={SAVE}%2Cstreaming">',
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    Pasted(
        "out of JSON",
        rf'"url":"https:\/\/accounts.spotify.com\/authorize?a=1\u0026scope={SAVE}%20streaming"',
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    Pasted(
        "broken by a mail",
        f"{AUTHORIZE}?scope={SAVE}%20user-\r\nread-email",
        asks(Verdict.MORE, SAVE, "user-read-email"),
    ),
    Pasted(
        "two scopes",
        f"{AUTHORIZE}?scope={SAVE}&scope=streaming",
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    Pasted(
        "two links",
        f"<{AUTHORIZE}?scope={SAVE}> <{AUTHORIZE}?scope=streaming>",
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    Pasted(
        "encoded in part",
        f"{AUTHORIZE}?client_id=1%26scope%3D{SAVE}%2520streaming",
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    Pasted(
        "listed nowhere",
        f"{AUTHORIZE}?scope={SAVE}%20user-read-everything",
        asks(Verdict.MORE, SAVE, "user-read-everything"),
    ),
]
OTHERS: Final = [
    Pasted(
        "a pre-save that only follows",
        "https://accounts.spotify.com/pt-BR/login?continue=https%3A%2F%2Faccounts.spotify.com%2F"
        "authorize%3Fscope%3Duser-read-email%252Cplaylist-modify-public%26response_type%3Dcode%26"
        "redirect_uri%3Dhttps%253A%252F%252Fpresave.example%252Fcallback",
        asks(
            Verdict.OTHER, "user-read-email", "playlist-modify-public", returns_to="presave.example"
        ),
    ),
    Pasted("a log-in", f"{AUTHORIZE}?client_id=1&response_type=code", asks(Verdict.NOTHING)),
    Pasted("an album", "https://open.spotify.com/album/1A2B", none(Verdict.SPOTIFY)),
    Pasted("a short link", "https://spotify.link/abc", none(Verdict.SPOTIFY)),
    Pasted("a smart link", "ffm.to/first-light", none(Verdict.ELSEWHERE, "ffm.to")),
    Pasted(
        "Deezer's",
        "https://connect.deezer.com/oauth/auth.php?app_id=1&perms=basic_access,manage_library",
        none(Verdict.ELSEWHERE, "connect.deezer.com"),
    ),
    Pasted(
        "Apple Music's",
        "https://authorize.music.apple.com/woa?a=eyJ0aGly",
        none(Verdict.ELSEWHERE, "authorize.music.apple.com"),
    ),
    Pasted(
        "a host that looks like Spotify's",
        f"https://accounts.spotify.com.evil.example/authorize?scope={SAVE}",
        none(Verdict.ELSEWHERE, "accounts.spotify.com.evil.example"),
    ),
    Pasted(
        "a user name that looks like Spotify's host",
        f"https://accounts.spotify.com:443@evil.example/authorize?scope={SAVE}",
        none(Verdict.ELSEWHERE, "evil.example"),
    ),
    Pasted("nothing", "", none(Verdict.UNREADABLE)),
    Pasted("garbage", "<script>alert(1)</script> 💿 %%% \x00", none(Verdict.UNREADABLE)),
    Pasted("100 KB of letters", "a" * 102_400, none(Verdict.TOO_LONG)),
    Pasted("100 KB of an address", f"{OURS}{'&a=1' * 25_600}", none(Verdict.TOO_LONG)),
]
ALL: Final = [*MINIMAL, *MORE, *OTHERS]

_PIECES: Final = (
    *("https://", "http://", "accounts.spotify.com", "evil.example", "ffm.to", "@", "/", ":443"),
    *("/authorize", "/de/login", "?", "&", "&amp;", "\\u0026", "\\/", "%3F", "%26", "%253D", "="),
    *("scope=", "%73cope", "redirect_uri=", "response_type=token", "continue=", SAVE, "streaming"),
    *(" ", "%20", "%2520", "+", "%2B", ",", "\n", "\r\n", "\nLocation: ", '"', "'", "<", ">"),
    *("\u200b", "\u212a", "\u017f", "\u0130", "\u03a3", "💿", "\\", "\x85", "\x1c", "\ufeff"),
    *("%", "%F", "%0A", "%7F", "(", ";", "#"),
)


def made_up(seed: int, number: int) -> list[str]:
    """Texts of all sorts of pieces, and addresses wrapped and damaged in all sorts of ways."""
    chance = random.Random(seed)
    return [
        "".join(chance.choices(_PIECES, k=chance.randrange(1, 25)))
        if chance.random() < 0.3
        else _damaged(chance)
        for _ in range(number)
    ]


def _damaged(chance: random.Random) -> str:
    between = chance.choice([" ", "+", ",", "%20", "%2C", "  ", "%2520"])
    names = chance.choices([SAVE, "user-read-email", "streaming", "it's", "ä"], k=3)
    parts = [
        *(
            f"scope={between.join(names[: chance.randrange(4)])}"
            for _ in range(chance.randrange(3))
        ),
        *chance.sample(
            ["response_type=token", "response_type=code", "state=a", "show_dialog=1"], 2
        ),
        f"redirect_uri={chance.choice(['https://Presave.example/x?a=b', 'app://x'])}",
    ]
    chance.shuffle(parts)
    text = f"{AUTHORIZE}?{'&'.join(parts)}"
    for _ in range(chance.randrange(4)):
        around = chance.choice(["https://accounts.spotify.com/login?continue=", "ffm.to/?u=", ""])
        text = around + quote(text, safe=chance.choice(["", "/:", "?=&"]))
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(["", *_PIECES]) + text[at:]
