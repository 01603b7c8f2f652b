"""The fields for links: what they make of what is written, and how they show it again."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from campaigns.dashboard.fields import CountdownLinkField, OtherLinksField

ID = "4aawyAB9vmqN3uQ7FjRGTy"
COUNTDOWN = f"https://open.spotify.com/prerelease/{ID}"


@pytest.mark.parametrize(
    "written", [COUNTDOWN, f" {COUNTDOWN}?si=0123&nd=1 ", COUNTDOWN.replace("com/", "com/intl-de/")]
)
def test_a_countdown_link_is_stored_bare(written: str) -> None:
    assert CountdownLinkField().clean(written) == COUNTDOWN
    assert CountdownLinkField().clean("") == ""


@pytest.mark.parametrize(
    "written",
    [
        f"https://open.spotify.com/album/{ID}",
        f"spotify:prerelease:{ID}",
        f"https://open.spotify.com.example/prerelease/{ID}",
        COUNTDOWN[:-1],
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_no_countdown_page(written: str) -> None:
    with pytest.raises(ValidationError, match="This is not the link of a Countdown Page"):
        CountdownLinkField().clean(written)


def test_links_are_a_list_and_come_back_as_lines() -> None:
    field = OtherLinksField()
    links = ["https://a.example/", "https://b.example/"]
    assert field.clean("https://a.example\r\nhttps://b.example") == links
    assert field.prepare_value(links) == "https://a.example/\nhttps://b.example/"
    assert field.prepare_value("half a link") == "half a link"


def test_a_refused_link_is_named_by_its_line_as_it_was_written() -> None:
    with pytest.raises(ValidationError, match="Line 2: a link begins with https://"):
        OtherLinksField().clean("\njavascript:alert(1)")
