"""What is asked of other services' catalogues, and what of their answers is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.elsewhere import Answers, FoundPage, catalogues, find
from tests.other_catalogues import OtherCatalogues, other_catalogues

if TYPE_CHECKING:
    from pytest_django import Settings

UPC, ISRC = "0609008295069", "QZAAA2600001"
AT_APPLE = "/lookup?upc=0609008295069&entity=album&country=DE"
AT_DEEZER = "/album/upc:0609008295069"
LINK = "https://music.apple.com/de/album/1"


@pytest.fixture
def others(settings: Settings) -> Iterator[OtherCatalogues]:
    with other_catalogues() as running:
        settings.APPLE_LOOKUP_URL = f"{running.url}/lookup"
        settings.DEEZER_API_URL = running.url
        yield running


def apple(
    link: Any = "https://music.apple.com/de/album/night-bus/1?uo=4", **fields: Any
) -> tuple[int, bytes]:
    album = {"collectionName": "Night Bus", "artistName": "Demo Artist", "collectionViewUrl": link}
    return 200, json.dumps({"resultCount": 1, "results": [album | fields]}).encode()


def deezer(link: str = "https://www.deezer.com/album/1") -> tuple[int, bytes]:
    album = {"title": "Night Bus", "artist": {"name": "Demo Artist"}, "link": link}
    return 200, json.dumps(album).encode()


def found(upc: str, isrc: str = "") -> Answers:
    answers = find(upc, isrc, "DE")
    assert answers is not None
    return answers


def links_of(upc: str, isrc: str = "") -> list[str]:
    return [page.link for page in found(upc, isrc).pages]


def test_both_are_asked_by_the_upc_and_told_nothing_else(others: OtherCatalogues) -> None:
    others.answers = {AT_APPLE: apple(), AT_DEEZER: deezer()}

    assert find(UPC, ISRC, "DE") == Answers(
        [
            FoundPage("Night Bus", "Demo Artist", LINK),
            FoundPage("Night Bus", "Demo Artist", "https://www.deezer.com/album/1"),
        ],
        [],
    )
    assert sorted(others.asked) == sorted([AT_APPLE, AT_DEEZER])
    told = {"Host", "User-Agent", "Accept", "Accept-Encoding"}
    assert all(headers.keys() <= told for headers in others.headers)
    assert {headers["User-Agent"] for headers in others.headers} == {"Presave"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0609008295069", "609008295069"),
        ("609008295069", "0609008295069"),
        ("0085365735255", "085365735255"),
        ("00085365735255", "085365735255"),
    ],
)
def test_a_code_is_asked_for_as_upc_and_as_ean(
    others: OtherCatalogues, given: str, kept: str
) -> None:
    """Deezer keeps the zero in front that a UPC has itself."""
    others.answers = {f"/album/upc:{kept}": deezer()}

    assert links_of(given) == ["https://www.deezer.com/album/1"]
    assert max(map(len, others.asked)) < 100
    assert len(others.asked) <= 6


def test_a_link_is_short_whatever_the_title(others: OtherCatalogues) -> None:
    title = "%E5%A4%9C%E8%A1%8C%E3%83%90%E3%82%B9" * 20
    others.answers = {AT_APPLE: apple(f"https://music.apple.com/jp/album/{title}/1?uo=4")}

    assert links_of(UPC) == ["https://music.apple.com/jp/album/1"]


def test_an_isrc_is_asked_of_deezer_alone(others: OtherCatalogues) -> None:
    others.answers = {f"/track/isrc:{ISRC}": deezer("https://www.deezer.com/track/1")}

    assert links_of("", ISRC) == ["https://www.deezer.com/track/1"]
    assert others.asked == [f"/track/isrc:{ISRC}"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/album/1",
        "https://music.apple.com.evil.example/1",
        "https://user@music.apple.com/1",
        "https://music.apple.com:8443/1",
        "http://music.apple.com/1",
        "javascript:alert(1)",
        "https://[broken",
        7,
        None,
    ],
)
def test_a_link_that_leads_elsewhere_is_not_proposed(others: OtherCatalogues, link: Any) -> None:
    others.answers = {AT_APPLE: apple(link)}

    assert find(UPC, "", "DE") == Answers([], [])


def test_long_texts_are_cut(others: OtherCatalogues) -> None:
    others.answers = {AT_APPLE: apple(collectionName="x" * 5000)}

    (page,) = found(UPC).pages
    assert page.title == "x" * 300


@pytest.mark.parametrize(
    "answer",
    [
        (500, apple()[1]),
        (403, apple()[1]),
        (302, apple()[1]),
        (200, b""),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe"),
        (200, apple()[1] + b" " * catalogues.MOST_BYTES),
    ],
)
def test_what_cannot_be_read_is_no_answer_and_keeps_no_other_back(
    others: OtherCatalogues, answer: tuple[int, bytes]
) -> None:
    others.answers = {AT_APPLE: answer, AT_DEEZER: deezer()}

    answers = found(UPC)

    assert answers.silent == ["Apple Music"]
    assert [page.link for page in answers.pages] == ["https://www.deezer.com/album/1"]
    assert "/elsewhere" not in others.asked


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"results": {}}', b'{"results": [7]}'])
def test_an_answer_of_another_shape_finds_nothing(others: OtherCatalogues, body: bytes) -> None:
    others.answers = {AT_APPLE: (200, body), AT_DEEZER: (200, body)}

    assert find(UPC, "", "DE") == Answers([], [])


def test_few_threads_wait_at_once_and_each_turn_ends(
    others: OtherCatalogues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "_turns", BoundedSemaphore(1))
    catalogues._turns.acquire()
    assert find(UPC, "", "DE") is None
    assert others.asked == []

    catalogues._turns.release()
    others.answers = {AT_APPLE: (500, b"")}
    for _ in range(2):
        assert find(UPC, "", "DE") == Answers([], ["Apple Music"])


def test_a_server_that_drips_or_is_away_does_not_hold_the_page(
    others: OtherCatalogues, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "TOTAL_SECONDS", 0.3)
    others.drips = {AT_DEEZER}
    settings.APPLE_LOOKUP_URL = "http://127.0.0.1:9/lookup"

    assert find(UPC, "", "DE") == Answers([], ["Apple Music", "Deezer"])


def test_both_are_asked_through_the_proxy(others: OtherCatalogues, settings: Settings) -> None:
    settings.HTTPS_PROXY = others.url
    settings.APPLE_LOOKUP_URL, settings.DEEZER_API_URL = "https://a.invalid", "https://d.invalid"

    assert found(UPC).silent == ["Apple Music", "Deezer"]
    assert set(others.asked) >= {"a.invalid:443", "d.invalid:443"}
