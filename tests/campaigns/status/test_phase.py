"""One phase for every row a campaign can have, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, CampaignState, ReleaseMode
from campaigns.models.midnights import FIRST_TO_LAST
from campaigns.status.phase import Phase, phase_of

RELEASE = datetime(2026, 12, 4, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = {"public_key": b"k" * 32}
SEEN = {"confirmed_uri": "spotify:album:" + "a" * 22}
NAMED = {"upc": "609008295069"}
LOCAL = {"release_mode": ReleaseMode.LOCAL_MIDNIGHT}
EVERYWHERE = RELEASE + FIRST_TO_LAST


@pytest.mark.parametrize(
    ("state", "fields", "now", "phase"),
    [
        (CampaignState.DRAFT, {}, RELEASE + SECOND, Phase.DRAFT),
        (CampaignState.OPEN, NAMED, RELEASE - SECOND, Phase.OPENING),
        (CampaignState.OPEN, {}, RELEASE - SECOND, Phase.OPEN),
        (CampaignState.OPEN, KEY, RELEASE - SECOND, Phase.OPEN),
        (CampaignState.OPEN, KEY, RELEASE, Phase.DUE),
        (CampaignState.OPEN, {}, RELEASE, Phase.DUE),
        (CampaignState.OPEN, KEY | LOCAL, RELEASE - SECOND, Phase.OPEN),
        (CampaignState.OPEN, KEY | LOCAL, RELEASE, Phase.DUE_SOMEWHERE),
        (CampaignState.OPEN, KEY | LOCAL, EVERYWHERE, Phase.DUE),
        (CampaignState.OPEN, NAMED | LOCAL, RELEASE, Phase.OPENING),
        (CampaignState.OPEN, LOCAL, RELEASE, Phase.DUE_SOMEWHERE),
        (CampaignState.RELEASING, KEY | SEEN, RELEASE, Phase.RELEASING),
        (CampaignState.RELEASING, KEY | SEEN | LOCAL, RELEASE, Phase.RELEASING_SOMEWHERE),
        (CampaignState.RELEASING, KEY | SEEN | LOCAL, EVERYWHERE, Phase.RELEASING),
        (CampaignState.FINISHED, KEY | SEEN, EVERYWHERE, Phase.FINISHED),
        (CampaignState.FINISHED, KEY, EVERYWHERE, Phase.MISSED),
        (CampaignState.CANCELLED, KEY | SEEN, EVERYWHERE, Phase.CANCELLED),
    ],
)
def test_a_row_and_a_clock_give_one_phase(
    state: CampaignState, fields: dict[str, Any], now: datetime, phase: Phase
) -> None:
    campaign = Campaign(state=state, release_at=RELEASE, **fields)
    assert phase_of(campaign, now) is phase


def test_a_release_is_out_or_has_ended_once_it_is_to_come_for_nobody() -> None:
    for phase in Phase:
        assert not (phase.is_to_come and (phase.is_out or phase.has_ended))
        assert not (phase.is_releasing and phase.has_ended)
    assert Phase.RELEASING_SOMEWHERE.is_to_come
    assert [phase for phase in Phase if phase.is_out] == [Phase.RELEASING, Phase.FINISHED]
