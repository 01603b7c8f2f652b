"""The edge to Spotify: the only package that imports spotipy or aiohttp. Every failure leaves it as
one SpotifyError.

spotipy builds the authorise address and reads the catalogue. The code exchange, the refresh and the
save are plain HTTP, because spotipy overwrites the granted scope with the requested one and drops
status codes and Retry-After.
"""

from __future__ import annotations

from campaigns.answers import Grant as Grant
from campaigns.answers import Half as Half
from campaigns.answers import Scope as Scope
from campaigns.answers import SpotifyError as SpotifyError
from campaigns.spotify.catalogue import Artist as Artist
from campaigns.spotify.catalogue import Permit as Permit
from campaigns.spotify.catalogue import Release as Release
from campaigns.spotify.catalogue import find_by_isrc as find_by_isrc
from campaigns.spotify.catalogue import find_by_upc as find_by_upc
from campaigns.spotify.catalogue import find_by_uri as find_by_uri
from campaigns.spotify.consent import SCOPE as SCOPE
from campaigns.spotify.consent import authorize_url as authorize_url
from campaigns.spotify.consent import exchange_code as exchange_code
from campaigns.spotify.consent import is_open_to as is_open_to
from campaigns.spotify.consent import redirect_uri as redirect_uri
from campaigns.spotify.fans import Answered as Answered
from campaigns.spotify.fans import FanCalls as FanCalls
from campaigns.spotify.fans import NotSentError as NotSentError
from campaigns.spotify.fans import Slots as Slots
