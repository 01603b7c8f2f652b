"""The pages for a person: index, libraries, stylesheet."""

from __future__ import annotations

from tests.sandbox.driver import ALBUM_URI, Sandbox, request_for_consent


def test_the_index_shows_the_catalogue_and_leads_to_the_libraries(sandbox: Sandbox) -> None:
    sandbox.add_album(name="Night & Bus")
    sandbox.save(sandbox.consent("fan-2"), ALBUM_URI)
    page = sandbox.http.get(sandbox.url).text
    assert "Night &amp; Bus" in page
    assert ALBUM_URI in page
    assert 'href="/library/fan-2"' in page
    assert page.index("/library/fan-2") < page.index("/library/fan-1")


def test_the_index_says_when_the_catalogue_is_empty(sandbox: Sandbox) -> None:
    assert "The catalogue is empty." in sandbox.http.get(sandbox.url).text


def test_a_library_shows_the_release_and_its_time(sandbox: Sandbox) -> None:
    sandbox.add_album()
    assert "Nothing is saved yet." in library_page(sandbox)
    sandbox.save(sandbox.consent(), ALBUM_URI)
    saved_at = sandbox.library()[ALBUM_URI]
    page = library_page(sandbox)
    assert "Night Bus" in page
    assert "Demo Artist" in page
    assert f'datetime="{saved_at}"' in page


def test_a_library_keeps_what_left_the_catalogue(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.save(sandbox.consent(), ALBUM_URI)
    sandbox.http.delete(f"{sandbox.url}/_sandbox/catalogue")
    assert ALBUM_URI in library_page(sandbox)


def library_page(sandbox: Sandbox, account: str = "fan-1") -> str:
    answer = sandbox.http.get(f"{sandbox.url}/library/{account}")
    assert answer.status_code == 200
    return answer.text


def test_an_unknown_account_has_no_library(sandbox: Sandbox) -> None:
    assert sandbox.http.get(f"{sandbox.url}/library/nobody").status_code == 404


def test_pages_name_an_escaped_account(sandbox: Sandbox) -> None:
    sandbox.script("users", {"accounts": [{"id": "odd", "display_name": "<b>Odd</b>"}]})
    consent = sandbox.http.get(f"{sandbox.url}/authorize", params=request_for_consent()).text
    for page in (library_page(sandbox, "odd"), sandbox.http.get(sandbox.url).text, consent):
        assert "<b>Odd" not in page
        assert "&lt;b&gt;Odd" in page


def test_the_stylesheet_and_the_cover_are_served(sandbox: Sandbox) -> None:
    style = sandbox.http.get(f"{sandbox.url}/static/sandbox.css")
    cover = sandbox.http.get(f"{sandbox.url}/static/cover.svg")
    assert style.headers["Content-Type"].startswith("text/css")
    assert cover.headers["Content-Type"].startswith("image/svg+xml")
