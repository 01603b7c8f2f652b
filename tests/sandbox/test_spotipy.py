"""An unmodified spotipy client takes the sandbox for Spotify."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from spotipy import MemoryCacheHandler, Spotify, SpotifyClientCredentials, SpotifyOAuth
from spotipy.exceptions import SpotifyException, SpotifyOauthError

from tests.sandbox.driver import (
    ALBUM_ID,
    ALBUM_URI,
    CLIENT,
    ISRC,
    REDIRECT_URI,
    SAVE_SCOPE,
    TRACK_ID,
    UPC,
    Sandbox,
    query_of,
)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def authoriser(sandbox: Sandbox, session: requests.Session, **options: str) -> SpotifyOAuth:
    oauth = SpotifyOAuth(
        *CLIENT,
        redirect_uri=REDIRECT_URI,
        scope=SAVE_SCOPE,
        show_dialog=True,
        open_browser=False,
        requests_session=session,
        cache_handler=MemoryCacheHandler(),
        **options,
    )
    oauth.OAUTH_AUTHORIZE_URL = f"{sandbox.url}/authorize"
    oauth.OAUTH_TOKEN_URL = f"{sandbox.url}/api/token"
    return oauth


def code_from(oauth: SpotifyOAuth, session: requests.Session, account: str = "fan-1") -> str:
    """What a fan does: open spotipy's own URL and agree."""
    page = session.get(oauth.get_authorize_url(state="a-state"))
    assert page.status_code == 200
    query = urlsplit(page.url).query
    answer = session.post(
        f"{oauth.OAUTH_AUTHORIZE_URL}?{query}",
        {"account": account, "decision": "allow"},
        allow_redirects=False,
    )
    back = answer.headers["Location"]
    code = query_of(answer)["code"]
    assert oauth.parse_auth_response_url(back) == ("a-state", code)
    return code


def client_of(sandbox: Sandbox, session: requests.Session, **options: object) -> Spotify:
    client = Spotify(requests_session=session, **options)
    client.prefix = f"{sandbox.api_url}/"
    return client


def app_client(sandbox: Sandbox, session: requests.Session) -> Spotify:
    manager = SpotifyClientCredentials(
        *CLIENT, requests_session=session, cache_handler=MemoryCacheHandler()
    )
    manager.OAUTH_TOKEN_URL = f"{sandbox.url}/api/token"
    return client_of(sandbox, session, auth_manager=manager)


def test_a_fan_consents_and_the_album_is_saved(sandbox: Sandbox, session: requests.Session) -> None:
    sandbox.add_album()
    oauth = authoriser(sandbox, session)
    code = code_from(oauth, session, "fan-2")
    token = oauth.get_access_token(code, as_dict=False, check_cache=False)
    client = client_of(sandbox, session, auth=token)
    assert client.current_user()["id"] == "fan-2"
    client.current_user_saved_albums_add([ALBUM_ID])
    assert set(sandbox.library("fan-2")) == {ALBUM_URI}


def test_a_refresh_keeps_the_refresh_token(sandbox: Sandbox, session: requests.Session) -> None:
    oauth = authoriser(sandbox, session)
    oauth.get_access_token(code_from(oauth, session), as_dict=False, check_cache=False)
    first = oauth.cache_handler.get_cached_token()
    second = oauth.refresh_access_token(first["refresh_token"])
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]


def test_a_used_code_and_a_revoked_permission_are_oauth_errors(
    sandbox: Sandbox, session: requests.Session
) -> None:
    oauth = authoriser(sandbox, session)
    code = code_from(oauth, session)
    oauth.get_access_token(code, as_dict=False, check_cache=False)
    with pytest.raises(SpotifyOauthError, match="Invalid authorization code"):
        oauth.get_access_token(code, as_dict=False, check_cache=False)
    sandbox.script("revoke", {"account": "fan-1"})
    cached = oauth.cache_handler.get_cached_token()
    with pytest.raises(SpotifyOauthError, match="Refresh token revoked") as caught:
        oauth.refresh_access_token(cached["refresh_token"])
    assert caught.value.error == "invalid_grant"


def test_an_app_looks_up_the_catalogue(sandbox: Sandbox, session: requests.Session) -> None:
    sandbox.add_album()
    sandbox.add_track()
    app = app_client(sandbox, session)
    albums = app.search(f"upc:{UPC}", type="album", market="DE")["albums"]["items"]
    tracks = app.search(f"isrc:{ISRC}", type="track", market="DE")["tracks"]["items"]
    assert [item["id"] for item in (*albums, *tracks)] == [ALBUM_ID, TRACK_ID]
    assert app.album(ALBUM_URI, market="DE")["external_ids"]["upc"] == UPC
    assert app.track(TRACK_ID, market="DE")["external_ids"]["isrc"] == ISRC


def test_errors_reach_the_caller_as_spotipys_own(
    sandbox: Sandbox, session: requests.Session
) -> None:
    app = app_client(sandbox, session)
    with pytest.raises(SpotifyException) as missing:
        app.album(ALBUM_ID, market="DE")
    assert missing.value.http_status == 404
    assert "Resource not found" in missing.value.msg
    sandbox.set(quota_retry_after=52531)
    with pytest.raises(SpotifyException) as quota:
        app.album(ALBUM_ID, market="DE")
    assert quota.value.http_status == 429
    assert quota.value.reason == "QUOTA_EXCEEDED"
    assert quota.value.headers["Retry-After"] == "52531"
