"""Addresses that people may paste and what each asks for, for the command and for the page."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from html import escape
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
    "playlist-modify-public",
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


def behind(address: str, depth: int) -> str:
    """What leads there through so many addresses, each in the next one's parameter."""
    for name in ("redirect", "continue", "url", "u", "r")[:depth]:
        address = f"https://a.example/?{name}={quote(address, safe='')}"
    return address


MINIMAL: Final = [
    Pasted("ours", OURS, minimal(returns_to="presave.example", asks_again=True)),
    Pasted("without https", OURS[8:], minimal(returns_to="presave.example", asks_again=True)),
    Pasted("in a language", f"{AUTHORIZE[:28]}/pt-BR/authorize/?scope={SAVE}", minimal()),
    Pasted("capitals", f"HTTPS://Accounts.Spotify.com:443/authorize?scope={SAVE}", minimal()),
    Pasted(
        "for an hour", f"{AUTHORIZE}?response_type=token&scope={SAVE}", minimal(lasts=Lasts.HOUR)
    ),
    Pasted(
        "a redirect",
        f"HTTP/1.1 302 Found\r\nLocation: {OURS}\r\nContent-Length: 0\r\n\r\n",
        minimal(returns_to="presave.example", asks_again=True),
    ),
    Pasted(
        "Instagram's redirect",
        f"https://l.instagram.com/?u={quote(OURS, safe='')}&e=AT0",
        minimal(through="l.instagram.com", returns_to="presave.example", asks_again=True),
    ),
    Pasted(
        "a redirect among an edge's headers",
        "HTTP/2 302 \r\n"
        r'report-to: {"endpoints":[{"url":"https:\/\/a.nel.cloudflare.com\/report"}]}'
        f"\r\nlocation: {AUTHORIZE}?scope={SAVE}\r\np3p: CP\r\n\r\nFound.",
        minimal(),
    ),
    Pasted(
        "two redirects",
        f"HTTP/2 302 \r\nlocation: {AUTHORIZE}?scope={SAVE}\r\n\r\n"
        f"HTTP/2 303 \r\nlocation: {AUTHORIZE[:28]}/de/authorize?scope={SAVE}\r\n\r\n",
        minimal(),
    ),
    Pasted(
        "out of a browser's tools", f"location:\n{AUTHORIZE}?scope={SAVE}\nserver:\na", minimal()
    ),
    Pasted("without a scheme, as pages link", f"//{AUTHORIZE[8:]}?scope={SAVE}", minimal()),
    Pasted("with a user name", f"https://evil.example@{AUTHORIZE[8:]}?scope={SAVE}", minimal()),
    Pasted("with a dot", f"https://accounts.spotify.com./authorize?scope={SAVE}", minimal()),
    Pasted("at the end of a sentence", f"It's ({AUTHORIZE}?scope={SAVE}).", minimal()),
    Pasted("more in the fragment", f"{AUTHORIZE}?scope={SAVE}#&scope=streaming", minimal()),
    Pasted("in single quotes", f"<a href='{AUTHORIZE}?scope={SAVE}' class='a'>", minimal()),
    Pasted("among JSON", f'{{"a":"{AUTHORIZE}?scope={SAVE}","b":"https://a/?scope=b"}}', minimal()),
    *(
        Pasted(
            f"through {host}",
            f"{host}/?a={AUTHORIZE[:28]}/&u={AUTHORIZE}?scope={SAVE}",
            minimal(through=host.strip("/").partition(":")[0]),
        )
        for host in ("evil.example", "//evil.example", "böse.example", "192.0.2.1", "localhost:80")
    ),
    Pasted(
        "to two hosts",
        f"{AUTHORIZE}?a=?redirect_uri=https://a.example&redirect_uri=https://b.example&scope={SAVE}",
        minimal(returns_to="a.example, b.example"),
    ),
    Pasted(
        "to a host behind a user name",
        f"{AUTHORIZE}?redirect_uri=https%3A%2F%2Fa.example%252F%40b.example%2F&scope={SAVE}",
        minimal(returns_to="b.example, a.example"),
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
    *(
        Pasted(
            f"out of a source that writes {equals}",
            f'<a href="{AUTHORIZE}?client_id{equals}1{ampersand}scope{equals}{SAVE}%20streaming">',
            asks(Verdict.MORE, SAVE, "streaming"),
        )
        for equals, ampersand in (("&#x3D;", "&#38;"), (r"\u003d", r"\u0026"), (r"\x3D", r"\x26"))
    ),
    *(
        Pasted(
            f"hidden behind {sign}",
            f"{AUTHORIZE[:28]}/login?continue="
            + quote(f"{AUTHORIZE}?a=?scope={SAVE}&b={sign}&scope=streaming", safe=""),
            asks(Verdict.MORE, SAVE, "streaming"),
        )
        for sign in "\"<>#'"
    ),
    *(
        Pasted(
            f"hidden behind {sign}, as no browser writes it",
            f"{AUTHORIZE}?scope={SAVE}&b={sign}&scope=streaming",
            asks(Verdict.MORE, SAVE, "streaming"),
        )
        for sign in "\"<>'"
    ),
    Pasted(
        "hidden behind a mark in a source",
        f'<a href="{AUTHORIZE}?scope={SAVE}&b=&#34; &#38;scope=streaming">',
        asks(Verdict.MORE, SAVE, "streaming"),
    ),
    *(
        Pasted(
            f"redirects {depth} deep",
            behind(f"{AUTHORIZE}?scope={SAVE}+streaming", depth),
            asks(Verdict.MORE, SAVE, "streaming", through="a.example"),
        )
        for depth in (1, 3, 4)
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
        "asked again and not",
        f"{AUTHORIZE}?scope={SAVE}+streaming&show_dialog=true&show_dialog=false",
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
    Pasted(
        "a log-in with all in the fragment",
        f"{AUTHORIZE}?client_id=1&code_challenge=a&code_challenge_method=S256#scope={SAVE}",
        asks(Verdict.NOTHING),
    ),
    Pasted(
        "another port",
        f"https://accounts.spotify.com:8443/authorize?scope={SAVE}",
        none(Verdict.SPOTIFY),
    ),
    Pasted(
        "letters that look like Spotify's",
        f"https://accounts.xn--sptify-vqf.com/authorize?scope={SAVE}",
        none(Verdict.LOOKALIKE, "accounts.xn--sptify-vqf.com"),
    ),
    Pasted(
        "a host written backwards",
        "https://\u202emoc.yfitops.\u202c.evil.example/",
        none(Verdict.ELSEWHERE, "moc.yfitops..evil.example"),
    ),
    Pasted("an album", "https://open.spotify.com/album/1A2B", none(Verdict.SPOTIFY)),
    Pasted("a short link", "https://spotify.link/abc", none(Verdict.SPOTIFY)),
    Pasted("a dot after the host", "https://ffm.to./a", none(Verdict.ELSEWHERE, "ffm.to")),
    Pasted("redirects too deep", behind(OURS, 5), none(Verdict.ELSEWHERE, "a.example")),
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
        none(Verdict.LOOKALIKE, "accounts.spotify.com.evil.example"),
    ),
    Pasted(
        "a user name that looks like Spotify's host",
        "https://accounts.spotify.com:443@evil.example/",
        none(Verdict.LOOKALIKE, "evil.example"),
    ),
    *(
        Pasted(
            f"a host with Spotify's name, {written}",
            f"{written}?scope={SAVE}",
            none(Verdict.LOOKALIKE, "accounts-spotify.com"),
        )
        for written in (
            *("https://accounts-spotify.com/authorize", "Accounts-Spotify.com/authorize"),
            *("//accounts-spotify.com", "<https://accounts-spotify.com/pre-save>"),
            f"https://accounts-spotify.com/login?continue={AUTHORIZE}",
            f"https://accounts-spotify.com/login?continue={quote(AUTHORIZE, safe='')}",
        )
    ),
    *(
        Pasted(
            f"a page at the address of Spotify's, {path}",
            f"https://evil.example{path}?client_id=1&scope=user-read-email",
            none(Verdict.LOOKALIKE, "evil.example"),
        )
        for path in ("/authorize", ":8443/pt-BR/oauth2/v2/auth")
    ),
    Pasted(
        "a user name before a page that leads there",
        f"https://accounts.spotify.com@evil.example/?u={AUTHORIZE}?scope={SAVE}",
        none(Verdict.LOOKALIKE, "evil.example"),
    ),
    Pasted(
        "another service's log-in",
        "https://login.example/authorize?client_id=1&scope=user.read",
        none(Verdict.ELSEWHERE, "login.example"),
    ),
    Pasted("another's words", "https://a.example/spotify", none(Verdict.ELSEWHERE, "a.example")),
    Pasted("an old short link", "https://spotify.app.link/a", none(Verdict.SPOTIFY)),
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
    *("%", "%F", "%0A", "%7F", "(", ";", "#", "&#38;", "&#x3d;", "&#039;", "\\x26", "\\u003D"),
    *("HTTP/2", "p3p: ", "location:", "\t", "\u202e", ".", "a.", "localhost", "192.0.2.1", "рф"),
    *("a.💿", "é", "//", "&x=", "', ", "*", "}", "\x00", "\x1b", "%00", "%2F", "%40", "\u2028"),
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
            ["response_type=token", "response_type=code", "state=a", "show_dialog=True"], 2
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


def _hostile(chance: random.Random) -> str:
    pieces = (*"\"<>#'?&=;, %☃\n\t", "%22", "&#34;", "&quot;", f"?scope={SAVE}", f"{OURS}&scope=")
    return "".join(chance.choices(pieces, k=chance.randrange(4)))


def _written(chance: random.Random, address: str) -> str:
    """As a page's source, a script, a redirect or a letter has it."""
    script = json.dumps({"url": address})
    return chance.choice(
        [
            address,
            f'<a href="{escape(address)}" class="a">Pre-save</a>',
            f'<a href="{address.replace("&", "&#38;").replace("=", "&#x3D;")}">',
            script,
            script.replace("&", r"\u0026").replace("=", r"\u003d").replace("/", r"\/"),
            f"HTTP/2 302 \r\ndate: a\r\nlocation: {address}\r\np3p: a\r\n\r\n",
            f"See <{address}>.",
        ]
    )


def greedy(seed: int, number: int) -> list[str]:
    """Addresses that ask for `streaming` too, as browsers and servers may write them, with what
    could end or hide it for a reader in all other parameters, behind up to three redirects.
    """
    chance = random.Random(seed)
    texts = []
    for _ in range(number):
        asked = chance.choice([f"{SAVE} streaming", "streaming", f"streaming,{SAVE}"])
        parts = [("scope", asked), *(("state", _hostile(chance)) for _ in range(3))]
        chance.shuffle(parts)
        query = "&".join(
            f"{name}={quote(text, safe=chance.choice(['', '/:?']))}" for name, text in parts
        )
        address = f"{AUTHORIZE}?{query}"
        for _ in range(chance.randrange(4)):
            address = f"https://accounts.spotify.com/login?continue={quote(address, safe='')}"
        texts.append(_written(chance, address))
    return texts
