"""The links that artists paste: the release's own and others, what is taken and what is refused."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from campaigns.links import named, parse_links, parse_release_link
from tests.sandbox_process import ALBUM_URI, UPC

ALBUM = "https://music.example/album"
ID = ALBUM_URI.split(":")[2]


def test_links_are_taken_line_by_line() -> None:
    text = f"\r\n  {ALBUM}?from=a&to=b#top \r\n\r\nHTTPS://WWW.Music.Example\n"
    assert parse_links(text) == [f"{ALBUM}?from=a&to=b#top", "https://www.music.example/"]
    assert parse_links(" \n") == []


def test_what_is_not_ascii_or_could_be_markup_is_encoded() -> None:
    text = "https://music.example/ñ\u202e\"onclick='x'<b>\\"
    assert parse_links(text) == [
        "https://music.example/%C3%B1%22onclick='x'%3Cb%3E%5C",
    ]


def test_a_host_may_have_a_port() -> None:
    links = parse_links("https://music.example:8443/\nhttps://V2--band.netlify.app/")
    assert links == ["https://music.example:8443/", "https://v2--band.netlify.app/"]
    assert [link.name for link in named(links, is_out=True)] == [
        "music.example",
        "v2--band.netlify.app",
    ]


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("m\u0443sic.example", "xn--msic-v6d.example"),
        ("M\u00fcsik.example", "xn--msik-0ra.example"),
        ("www.fu\u00dfball.example", "www.xn--fuball-cta.example"),
        ("xn--msic-v6d.example", "xn--msic-v6d.example"),
    ],
)
def test_a_host_in_other_letters_is_written_as_browsers_copy_it(typed: str, host: str) -> None:
    """Only so can none look like another."""
    (link,) = named(parse_links(f"https://{typed}/x"), is_out=True)
    assert link.url == f"https://{host}/x"
    assert link.name == host.removeprefix("www.")


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:8000", "10.0.0.7", "192.168.1.2", "169.254.1.1", "100.64.0.1"),
        *("[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]"),
        *("localhost", "LOCALHOST:8000", "a.localhost", "nas.local", "wiki.internal"),
    ],
)
def test_what_fans_could_not_open_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="only your own network can open this address"):
        parse_links(f"https://{host}/x")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("http://music.example", "start with https://"),
        ("javascript:alert(1)//https://music.example", "start with https://"),
        ("JavaScript:alert(1)", "start with https://"),
        ("data:text/html,<script>alert(1)</script>", "start with https://"),
        ("//music.example", "start with https://"),
        ("music.example/album", "start with https://"),
        ('https://x"onclick=', "a complete address"),
        ('https://music.example"onclick=alert(1)', "a complete address"),
        ("https://", "a complete address"),
        ("https://music/album", "a complete address"),
        ("https://[2001:db8::1/album", "a complete address"),
        ("https://music.example:/", "a complete address"),
        ("https://music.example:443:443/", "a complete address"),
        ("https://:443/", "a complete address"),
        ("https://\U0001f4bf.example/", "a complete address"),
        ("https://m\u00fc..example/", "a complete address"),
        ("https://m\u00fc\\@evil.example/", "user name"),
        ("https://music.example\\@evil.example/", "user name"),
        ("https://me:secret@music.example/", "user name"),
        (f"{ALBUM} {ALBUM}/2", "without spaces"),
        ("my music", "without spaces"),
        ("https://music.example/my album", "without spaces"),
        ("https://music.example/my\u00a0album", "without spaces"),
        ("https://music.example/my\talbum", "without spaces"),
        ("Shop: https://music.example/my album.", "without spaces"),
        ("<https://music.example/my album>", "without spaces"),
        ("https://music.example/x?q=night bus", "without spaces"),
        (f"{ALBUM} (out now)", "without spaces"),
        (f"{ALBUM} {ALBUM}/2 {ALBUM}", "without spaces"),
        ("the one already listed: https://music.example/", "already listed"),
        (f"{ALBUM}/{'a' * 300}", "longer than 300"),
        ("https://music.example", "already listed"),
    ],
)
def test_any_other_line_is_refused_by_its_number(line: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refusal:
        parse_links(f"https://music.example/\n\n{line}\n")
    assert refusal.value.messages[0].startswith("Line 3: ")


@pytest.mark.parametrize(
    "line",
    [
        f"{ALBUM}\u200b",
        f"\ufeff{ALBUM}",
        f"{ALBUM}\u200d",
        f"{ALBUM}\ufffc",
        f"{ALBUM}\ufe0f\u034f",
        f"[Bandcamp]({ALBUM})",
        f"[On Bandcamp]({ALBUM}).",
        "https://music.ex\u2060am\u00adple/al\u202ebum",
        f"<{ALBUM}>",
        f"\u201c{ALBUM}\u201d",
        f"\u00ab {ALBUM} \u00bb",
        f"({ALBUM}).",
        f"Bandcamp: {ALBUM},",
        f"Bandcamp:{ALBUM}",
        f"Bandcamp\uff1a{ALBUM}",
        f"試聴は{ALBUM}",
        f"Buy it here \u2013 {ALBUM} !",
        f"{ALBUM} {ALBUM}",
    ],
)
def test_the_link_of_a_line_is_found_in_what_stands_around_it(line: str) -> None:
    assert parse_links(line) == [ALBUM]


def test_a_bracket_that_the_address_opens_is_its_own() -> None:
    wiki = "https://wiki.example/Night_Bus_(album)"
    assert parse_links(wiki) == [wiki]
    assert parse_links(f"(see {wiki})") == [wiki]
    assert parse_links(f"({ALBUM}])") == [ALBUM]


@pytest.mark.parametrize("ending", ["!", "!!!"])
def test_an_exclamation_mark_is_cut_from_a_sentence_alone(ending: str) -> None:
    wiki = f"https://wiki.example/Night_Bus{ending}"
    assert parse_links(wiki) == [wiki]
    assert parse_links(f"Read {wiki}") == [wiki.rstrip("!")]


def test_joiners_within_an_address_stay() -> None:
    assert parse_links(f"{ALBUM}/\u0645\u06cc\u200c\u062e") == [
        f"{ALBUM}/%D9%85%DB%8C%E2%80%8C%D8%AE"
    ]


def test_every_wrong_line_is_named() -> None:
    with pytest.raises(ValidationError) as refusal:
        parse_links("music.example/album\nhttps://music.example/\nhttp://music.example/")
    assert [message[:7] for message in refusal.value.messages] == ["Line 1:", "Line 3:"]


def test_eight_links_are_the_most() -> None:
    links = [f"{ALBUM}/{number}" for number in range(9)]
    assert parse_links("\n".join(links[:8])) == links[:8]
    with pytest.raises(ValidationError, match="You entered 9 links; the page can show 8"):
        parse_links("\n".join(links))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://music.apple.com/us/album/1", "Apple Music"),
        ("https://geo.music.apple.com/album/1", "Apple Music"),
        ("https://music.youtube.com/playlist?list=1", "YouTube Music"),
        ("https://www.youtube.com/watch?v=1", "YouTube"),
        ("https://youtu.be/1", "YouTube"),
        ("https://www.deezer.com/album/1", "Deezer"),
        ("https://listen.tidal.com/album/1", "TIDAL"),
        ("https://music.amazon.co.uk/albums/1", "Amazon Music"),
        ("https://soundcloud.com/demo/night-bus", "SoundCloud"),
        ("https://demo-artist.bandcamp.com/album/night-bus", "Bandcamp"),
        ("https://open.qobuz.com/album/1", "Qobuz"),
        ("https://audiomack.com/demo", "Audiomack"),
        ("https://www.instagram.com/demo", "Instagram"),
        ("https://vm.tiktok.com/1", "TikTok"),
        ("https://www.music.example/album", "music.example"),
        ("https://notbandcamp.com/", "notbandcamp.com"),
        ("https://music.apple.com.example/", "music.apple.com.example"),
        ("https://amazon.com/dp/1", "Amazon"),
        ("https://open.spotify.com/artist/1", "Spotify"),
        ("https://spotify.link/1", "Spotify"),
    ],
)
def test_a_link_is_named_by_its_host(url: str, name: str) -> None:
    (shown,) = named([url], is_out=True)
    assert (shown.name, shown.url) == (name, url)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:,x", "http://a.example", "https://x", ""]
)
def test_what_no_form_would_take_is_not_shown(url: str) -> None:
    assert named([url], is_out=True) == []


@pytest.mark.parametrize(
    "text",
    [
        f"https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com/album/{ID}?si=abc123&nd=1",
        f"https://open.spotify.com/album/{ID}#top",
        f"https://open.spotify.com/album/{ID}/",
        f"https://open.spotify.com/intl-de/album/{ID}?si=abc",
        f"https://open.spotify.com/intl-pt-br/album/{ID}",
        f"http://open.spotify.com/album/{ID}",
        f"open.spotify.com/album/{ID}",
        f"https://play.spotify.com/album/{ID}",
        f"spotify:album:{ID}",
        f"  spotify:album:{ID}\n",
        # An embedded player: its address, and the whole of what Spotify gives to copy.
        f"https://open.spotify.com/embed/album/{ID}?utm_source=generator",
        f"https://open.spotify.com/intl-de/embed/album/{ID}",
        f'<iframe style="border-radius:12px" src="https://open.spotify.com/embed/album/{ID}'
        '?utm_source=generator&amp;theme=0" width="100%" height="352" allow="autoplay"></iframe>',
        f"<iframe src=https://open.spotify.com/embed/album/{ID}></iframe>",
        f"https://open.spotify.com/embed?uri=spotify:album:{ID}",
        f"https://open.spotify.com/embed/?uri=spotify%3Aalbum%3A{ID}&theme=white",
        f"https://embed.spotify.com/?uri=spotify%3aalbum%3a{ID}",
        # Capitals
        f"Https://open.spotify.com/album/{ID}",
        f"HTTPS://OPEN.SPOTIFY.COM/album/{ID}",
        f"Spotify:album:{ID}",
        # Of other languages
        f"https://open.spotify.com/intl-pt-BR/album/{ID}?si=abc",
        f"https://open.spotify.com/intl\u2011pt\u2011BR/album/{ID}",
        f"https://open.spotify.com/intl-es-419/album/{ID}",
        f"https://open.spotify.com/intl-zh_TW/album/{ID}",
        # Parts that change nothing
        f"spotify:album:{ID}?si=abc",
        f"spotify:album:{ID}&si=abc",
        f"https://open.spotify.com/album/{ID}&si=abc",
        f"https://open.spotify.com:443/album/{ID}",
        f"//open.spotify.com/album/{ID}",
        f"https://open.spotify.com//album/{ID}//",
        # Text around it
        f"New single! https://open.spotify.com/album/{ID}?si=abc",
        f"Night Bus: https://open.spotify.com/album/{ID}. Out soon!",
        f"Link:https://open.spotify.com/album/{ID}",
        f"新曲https://open.spotify.com/album/{ID}をどうぞ",
        f"新曲\uff1ahttps://open.spotify.com/album/{ID}\u3002",
        f"<https://open.spotify.com/album/{ID}>",
        f"(https://open.spotify.com/album/{ID}).",
        f"\u201chttps://open.spotify.com/album/{ID}\u201d,",
        f"[Night Bus](https://open.spotify.com/album/{ID})",
        f"**https://open.spotify.com/album/{ID}**",
        f"https://open.spotify.com/album/{ID}\u2014out now!",
        f"<https://open.spotify.com/album/{ID}|Night Bus>",
        f"https://open.spotify.com/album/{ID} spotify:album:{ID}",
        f"https://spotify.link/abc = https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com/album/{ID} by https://open.spotify.com/artist/{ID}",
        # What nobody sees
        *(f"https://open.spotify.com/album/{ID}{sign}" for sign in "\u200b\u200e\ufeff\u2060"),
        *(f"{sign}https://open.spotify.com/album/{ID}" for sign in "\u200b\u200e\ufeff\u2060"),
        f"https://open.spotify.com/al\u00adbum/{ID[:9]}\u200d\ufe0f{ID[9:]}",
        f"https://open.spotify.com/album/{ID}%E2%80%8B",
        f"https://open.spotify.com/album/{ID}%20?si=abc",
        # Full width
        f"\uff48\uff54\uff54\uff50\uff53://open.spotify.com/album/{ID}",
    ],
)
def test_a_link_or_uri_of_an_album_is_understood(text: str) -> None:
    assert parse_release_link(text) == ALBUM_URI
    as_track = text.replace("album", "track").replace("al\u00adbum", "track")
    assert parse_release_link(as_track) == f"spotify:track:{ID}"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"https://open.spotify.com/prerelease/{ID}", "Countdown Page"),
        (f"spotify:prerelease:{ID}", "Countdown Page"),
        (f"https://open.spotify.com/playlist/{ID}?si=x", "playlist"),
        (f"spotify:artist:{ID}", "artist's page"),
        (f"https://open.spotify.com/episode/{ID}", "no pre-save for “episode”"),
        (f"https://open.spotify.com/album/{ID[:-1]}", "incomplete"),
        (f"spotify:track:{ID}x", "incomplete"),
        (f"https://open.spotify.com/album/{ID[:9]}-{ID[9:]}", "incomplete"),
        ("", "This isn't a link"),
        ("Night Bus", "This isn't a link"),
        (f"https://open.spotify.com.example.com/album/{ID}", "This isn't a link"),
        (f"https://example.com/?u=https://open.spotify.com/album/{ID}", "This isn't a link"),
        (f"https://open.spotify.com/album/{ID}/../{ID}", "This isn't a link"),
        (f"javascript:spotify:album:{ID}", "This isn't a link"),
        (f"spotify:album:{ID} spotify:track:{ID}", "more than one"),
        (f"spotify:album:{ID} spotify:album:{ID[::-1]}", "more than one"),
        *(
            (short, "This is a short link. Open it in a browser, and copy the address")
            for short in (
                "https://spotify.link/jAbCdEfGhIj",
                "https://spotify.app.link/abc123",
                "spotify.link/abc123",
                "Night Bus: HTTPS://Spotify.link/abc123?_p=1",
                "https://spoti.fi/3abcDEF",
                "https://link.tospotify.com/abc123",
            )
        ),
        ("https://notspotify.link/abc123", "This isn't a link"),
        ("https://spotify.link.example/abc123", "This isn't a link"),
        (UPC, "This isn't a link"),
    ],
)
def test_anything_else_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_release_link(text)
    assert advice in caught.value.message


@pytest.mark.parametrize(
    ("link", "name", "before", "after"),
    [
        ("https://music.apple.com/de/album/1", "Apple Music", "Pre-add", "Listen now"),
        ("https://geo.music.apple.com/de/album/1", "Apple Music", "Pre-add", "Listen now"),
        ("https://music.apple.com/de/album/1?ls=1&app=itunes", "iTunes", "Pre-order", "Buy now"),
        ("https://itunes.apple.com/de/album/1", "iTunes", "Pre-order", "Buy now"),
        ("https://www.amazon.co.jp/dp/1", "Amazon", "Pre-order", "Buy now"),
        ("https://music.amazon.de/albums/1", "Amazon Music", "", "Listen now"),
        ("https://listen.tidal.com/album/1", "TIDAL", "", "Listen now"),
        ("https://www.deezer.com/album/1", "Deezer", "", "Listen now"),
        ("https://demo.bandcamp.com/album/1", "Bandcamp", "Pre-order", "Listen now"),
        ("https://shop.example/1", "shop.example", "Pre-order", "Buy now"),
        ("https://demo.myshopify.com/1", "demo.myshopify.com", "Pre-order", "Buy now"),
        ("https://youtu.be/1", "YouTube", "Watch", "Watch"),
        ("https://www.music.example/", "music.example", "", ""),
        ("https://nottidal.com/", "nottidal.com", "", ""),
    ],
)
def test_known_services_have_a_name_and_say_what_to_do_there(
    link: str, name: str, before: str, after: str
) -> None:
    for is_out, to_do in ((False, before), (True, after)):
        (shown,) = named([link], is_out=is_out)
        assert (shown.name, shown.url, str(shown.to_do)) == (name, link, to_do)
