"""When two spellings are one title or artist to a fan, and what the digest of a consent holds."""

from __future__ import annotations

import pytest

from campaigns.models import identity

SAME = [
    ("Night Bus", "night bus"),
    ("Night Bus", "  Night   Bus "),
    ("Nightbus", "Night Bus"),
    ("Don't Stop", "Don\u2019t Stop"),
    ("Don't Stop", "Don`t Stop"),
    ("Don't Stop", "Don\u00b4t Stop"),
    ("Hawai'i", "Hawai\u02bbi"),
    ("Wake Up!", "Wake up"),
    ("AC/DC", "ACDC"),
    ("Vol.1", "Vol. 1"),
    ("Beyonce", "Beyoncé"),
    ("Cafe\u0301", "Café"),
    ("\uff2e\uff49\uff47\uff48\uff54 Bus", "Night Bus"),
    ("Straße", "STRASSE"),
    ("Night\u200b Bus", "Night Bus"),
    ("夜行バス", "夜行 バス"),
    ("!!!", " !!! "),
    ("❤️", "❤"),
    ("Love ❤️", "love ❤"),
    ("\u200e", "\u200e"),
    ("İstanbul", "istanbul"),
    # A guest who was added at the end.
    ("Demo Artist", "Demo Artist feat. Night Desk"),
    ("Demo Artist", "Demo Artist (feat. Night Desk)"),
    ("Demo Artist", "demo artist ft Night Desk"),
    ("Demo Artist", "Demo Artist featuring Night Desk"),
    ("Demo Artist", "Demo Artist, Feat. 夜"),
    ("Demo Artist feat. A", "Demo Artist feat. A feat. B"),
    ("!!!", "!!! feat. Mara Okafor"),
]
OTHER = [
    ("Beloved Album", "Spam EP"),
    ("Night Bus", "Night Bus 2"),
    ("Volume 1", "Volume 2"),
    ("4:44", "444"),
    ("1.5", "15"),
    ("Night Bus", ""),
    ("!!!", "???"),
    ("!!!", "Chk Chk Chk"),
    ("!!!", "!!"),
    ("A+", "A-"),
    ("❤", "♠"),
    ("❤", "❤!"),
    ("+", "+!"),
    ("👍🏿", "👍🏻"),
    ("Yes 👍🏿", "Yes 👍🏻"),
    ("🏴\U000e0067\U000e0062\U000e0065\U000e007f", "🏴\U000e0067\U000e0062\U000e0073\U000e007f"),
    ("A", "A+"),
    ("Demo", "Demo \uf8ff"),
    ("$ky", "Sky"),
    ("Istanbul", "\u0131stanbul"),
    ("バス", "ハス"),
    ("\u041c\u043e\u0439", "\u041c\u043e\u0438"),
    # Nothing is the same as nothing.
    ("", "Night Bus"),
    ("", ""),
    (" ", ""),
    ("", "feat. Mara Okafor"),
    (" ", "\u3000"),
    # Not a guest, or not at the end, or the other way round.
    ("Demo Artist", "Night Desk feat. Demo Artist"),
    ("Demo Artist feat. Night Desk", "Demo Artist"),
    ("Demo Artist feat. Night Desk", "Demo Artist feat. Somebody Else"),
    ("Demo Artist", "Demo Artist feat."),
    ("Demo Artist", "Demo Artist feat. !!!"),
    ("Nick Cave", "Nick Cave & The Bad Seeds"),
    ("Tyler", "Tyler, The Creator"),
    ("Demo", "Demo Artist feat. Night Desk"),
    ("Swift", "Swiftfeat. Mara"),
    ("Demo Artist", "feat. Demo Artist"),
]


@pytest.mark.parametrize(("agreed", "shown"), SAME)
def test_a_fan_would_call_both_the_same(agreed: str, shown: str) -> None:
    assert identity.is_same(agreed, shown)


@pytest.mark.parametrize(("agreed", "shown"), OTHER)
def test_a_fan_would_not_call_both_the_same(agreed: str, shown: str) -> None:
    assert not identity.is_same(agreed, shown)


def test_the_digest_tells_apart_everything_that_a_fan_agrees_to() -> None:
    agreed = ("Night Bus", "Demo Artist", 1, "one_instant")
    others = [
        ("Day Bus", "Demo Artist", 1, "one_instant"),
        ("Night Bus", "Other Artist", 1, "one_instant"),
        ("Night Bus", "Demo Artist", 2, "one_instant"),
        ("Night Bus", "Demo Artist", 1, "local_midnight"),
        ("Night BusDemo", "Artist", 1, "one_instant"),
        ('Night Bus", "Demo', "Artist", 1, "one_instant"),
    ]
    digests = {identity.digest(*fields) for fields in [agreed, *others]}
    assert len(digests) == 1 + len(others)
    assert {len(digest) for digest in digests} == {32}


def test_the_digest_stays_what_it_is_for_ever() -> None:
    """Permissions are sealed to it for months: another digest would open none of them."""
    digest = identity.digest("Nächtlicher Bus 夜", "Demo Artist", 1, "one_instant")
    assert digest.hex() == "ee3fa71ecb72e9b6758115e346c32fdd0e3a6db7a6abd607bfa2e7cfac737795"
