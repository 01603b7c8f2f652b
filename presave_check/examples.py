"""Two addresses that are known from public reports, for the page `/check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Source:
    """Who reported it, and where."""

    name: str
    address: str


@dataclass(frozen=True)
class Example:
    """`name` is what the page finds its words by; `counted` how many permissions were reported."""

    name: str
    address: str
    counted: int
    sources: tuple[Source, ...]


# Of the 17 that Sony Music asked for when Little Mix's "Bounce Back" came out, in June 2019, those
# that reports name: most by Genbeta, the two that control devices by MobileSyrup, and the upload of
# images by etcentric, for Chris Brown's "No Guidance". None of them printed the address: this one is
# put together from their words.
SONY: Final = Example(
    "sony",
    "https://accounts.spotify.com/authorize?client_id=not-printed&response_type=code"
    "&redirect_uri=https%3A%2F%2Fsony.example%2Fcallback&scope="
    "user-library-modify%20user-read-email%20user-read-private%20user-library-read%20"
    "user-read-currently-playing%20user-read-playback-state%20user-follow-read%20"
    "user-follow-modify%20ugc-image-upload%20user-modify-playback-state%20streaming%20"
    "playlist-modify-public",
    counted=17,
    sources=(
        Source(
            "Genbeta",
            "https://www.genbeta.com/multimedia/cuando-guardar-disco-spotify-acceder-a-que-discografica-te-rastree-controle-tu-libreria-musical",
        ),
        Source(
            "MobileSyrup",
            "https://mobilesyrup.com/2019/06/28/pre-saving-music-spotify-could-allowing-labels-track-users/",
        ),
        Source(
            "etcentric",
            "https://www.etcentric.org/spotify-allows-music-labels-to-access-data-about-its-users/",
        ),
    ),
)
# As a band's website linked to it in November 2021, without its state. In 2019 Billboard had counted
# twelve for Ingrid Michaelson's album, too.
FEATURE_FM: Final = Example(
    "feature-fm",
    "https://accounts.spotify.com/en/login?continue=https:%2F%2Faccounts.spotify.com%2Fauthorize"
    "%3Fclient_id%3D66d3cdb448074a0d88e9b08baaf2f3d7%26response_type%3Dcode%26redirect_uri%3D"
    "https%253A%252F%252Fapi.ffm.to%252Fwebhook%252Fspotify%252Fauthorize%26scope%3D"
    "user-read-private%2520user-read-birthdate%2520user-read-email%2520user-library-modify%2520"
    "user-library-read%2520user-read-recently-played%2520user-follow-read%2520"
    "user-follow-modify%2520user-top-read%2520playlist-modify-public%2520"
    "playlist-read-private%2520playlist-modify-private",
    counted=12,
    sources=(
        Source(
            "Daily Mail",
            "https://www.dailymail.co.uk/sciencetech/article-7193623/Spotifys-feature-wants-personal-data-record-companies-exchange-timely-music.html",
        ),
    ),
)
EXAMPLES: Final = (SONY, FEATURE_FM)
