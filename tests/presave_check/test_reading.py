"""What an address asks for, read by the command's function; test_check_in_browser.py reads the same
list in Chromium.
"""

from __future__ import annotations

import pytest

from presave_check import Verdict, read
from presave_check.reading import LONGEST
from tests import consent_addresses
from tests.consent_addresses import Pasted

SAVE = consent_addresses.SAVE


@pytest.mark.parametrize("pasted", consent_addresses.ALL, ids=lambda pasted: pasted.name)
def test_an_address_says_what_it_asks_for(pasted: Pasted) -> None:
    assert read(pasted.text) == pasted.reading


def test_what_stands_in_no_list_is_told_apart() -> None:
    reading = read(f"{consent_addresses.AUTHORIZE}?scope={SAVE}+streaming+user-read-everything")
    assert reading.unknown == ("user-read-everything",)


def test_a_damaged_address_never_reads_as_asking_for_less() -> None:
    greedy = f"{consent_addresses.AUTHORIZE}?client_id=1&scope={SAVE}%20streaming&state=2"
    damaged = {
        greedy[:at] + piece + greedy[at:]
        for at in range(len(greedy))
        for piece in ("%26", "%2526", "\n", "\r\n", " ", "'", "\u200b", ";", "%0A", "%")
    }
    assert [text for text in damaged if read(text).verdict == Verdict.MINIMAL] == []


def test_no_way_of_writing_an_address_hides_a_permission() -> None:
    texts = consent_addresses.greedy(seed=16, number=5_000)
    assert [text for text in texts if "streaming" not in read(text).asked] == []


def test_a_text_that_is_too_long_is_not_read() -> None:
    longest = consent_addresses.OURS.ljust(LONGEST, "1")
    assert read(longest).verdict == Verdict.MINIMAL
    assert read(f"{longest}1").verdict == Verdict.TOO_LONG
