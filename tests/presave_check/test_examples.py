"""The worked examples ask for what the reports say."""

from __future__ import annotations

import pytest

from presave_check import Verdict, read
from presave_check.examples import EXAMPLES, FEATURE_FM, SONY, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_asks_for_listed_permissions_and_has_sources(example: Example) -> None:
    reading = read(example.address)
    assert reading.verdict == Verdict.MORE
    assert reading.unknown == ()
    assert example.sources


def test_feature_fms_address_holds_all_twelve() -> None:
    assert len(read(FEATURE_FM.address).asked) == FEATURE_FM.counted == 12


def test_of_sonys_seventeen_only_those_that_reports_name_are_shown() -> None:
    """Sixteen more than the one that is needed."""
    assert SONY.counted == 16 + 1
    assert len(read(SONY.address).asked) == 12
