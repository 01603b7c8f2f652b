"""What a fan is told when a consent comes to nothing."""

from __future__ import annotations

from campaigns.consent.refusal import Refusal
from campaigns.fan import refusal_pages


def test_every_refusal_has_a_page_of_its_own() -> None:
    assert set(refusal_pages.PAGES) == set(Refusal)
    for part in ("title", "happened", "advice"):
        said = [getattr(page, part) for page in refusal_pages.PAGES.values()]
        given = [words for words in said if words or part != "advice"]
        assert len(set(given)) == len(given)
