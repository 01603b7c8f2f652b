"""What a fan agrees to: its wordings, each with a number that a campaign keeps.

Fans agreed to the words that they saw, so a version's words are never changed, and none is
deleted; tests/campaigns/consent/test_wordings.py holds a digest of each. To say something else,
write templates/fan/consent/N.html with the next number, set CURRENT_VERSION to it, and add its
digest to the test. Campaigns that are open keep the version they were opened with. The markup
around the words is free to change.
"""

from __future__ import annotations

from typing import Final

CURRENT_VERSION: Final = 2


def template_of(version: int) -> str:
    return f"fan/consent/{version}.html"
