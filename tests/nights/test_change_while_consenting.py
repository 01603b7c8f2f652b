"""A change of a campaign and a consent to it at the same time, on Postgres: who waits for whom."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest

from campaigns import keyring
from campaigns.models import PreSave, ReleaseMode
from campaigns.models.midnights import FIRST_ZONE
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests.factory import make_campaign
from tests.fans import Fan
from tests.nights.night import in_threads, wait_until_somebody_waits
from tests.nights.test_what_fans_agreed_to import edit
from tests.sandbox_process import Sandbox


@pytest.mark.django_db(transaction=True)
def test_a_change_between_the_check_and_the_row_waits_for_the_row(sandbox: Sandbox) -> None:
    """The consent locks the campaign while it writes its row, so an edit waits and then finds a
    fan.
    """
    campaign, fan = make_campaign(), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    refused: list[Obstacle] = []

    def change_release_type(_: int) -> None:
        try:
            edit(campaign, release_mode=ReleaseMode.LOCAL_MIDNIGHT, release_zone=FIRST_ZONE)
        except PlanningError as error:
            refused.append(error.obstacle)

    seal = keyring.seal
    changing = Thread(target=in_threads, args=(1, change_release_type))

    def sealing_slowly(*arguments: Any) -> bytes:
        changing.start()
        wait_until_somebody_waits()
        return seal(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring, "seal", sealing_slowly)
        assert fan.get(back).status_code == 303
    changing.join()
    assert refused == [Obstacle.MODE_STAYS]
    row = PreSave.objects.get()
    assert bytes(row.agreed_digest or b"") == campaign.agreed_digest
