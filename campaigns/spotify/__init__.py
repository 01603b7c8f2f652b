"""The edge to Spotify: the only package that imports spotipy. Every failure leaves it as one
SpotifyError.

spotipy builds the authorise address. All calls are plain HTTP, because spotipy overwrites the
granted scope with the requested one, drops status codes and Retry-After, and knows no deadline for
a whole answer: single ones by aiohttp, a release night's by pyreqwest.
"""

from __future__ import annotations

from campaigns.spotify.answers import Grant as Grant
from campaigns.spotify.answers import Scope as Scope
from campaigns.spotify.answers import SpotifyError as SpotifyError
from campaigns.spotify.catalogue_calls import APP_TOKEN as APP_TOKEN
from campaigns.spotify.catalogue_calls import Artist as Artist
from campaigns.spotify.catalogue_calls import Permit as Permit
from campaigns.spotify.catalogue_calls import Release as Release
from campaigns.spotify.catalogue_calls import find_by_isrc as find_by_isrc
from campaigns.spotify.catalogue_calls import find_by_upc as find_by_upc
from campaigns.spotify.catalogue_calls import find_by_uri as find_by_uri
from campaigns.spotify.catalogue_calls import lists_track as lists_track
from campaigns.spotify.catalogue_calls import takes_search as takes_search
from campaigns.spotify.covers import fetch_cover as fetch_cover
from campaigns.spotify.fan_calls import Answered as Answered
from campaigns.spotify.fan_calls import FanCalls as FanCalls
from campaigns.spotify.fan_calls import Slots as Slots
from campaigns.spotify.oauth import DEVELOPMENT_MODE_URL as DEVELOPMENT_MODE_URL
from campaigns.spotify.oauth import QUOTA_MODES_URL as QUOTA_MODES_URL
from campaigns.spotify.oauth import SCOPE as SCOPE
from campaigns.spotify.oauth import AppMode as AppMode
from campaigns.spotify.oauth import app_mode as app_mode
from campaigns.spotify.oauth import authorize_url as authorize_url
from campaigns.spotify.oauth import exchange_code as exchange_code
from campaigns.spotify.oauth import is_open_to as is_open_to
from campaigns.spotify.oauth import look_at_consent_page as look_at_consent_page
from campaigns.spotify.oauth import redirect_uri as redirect_uri
