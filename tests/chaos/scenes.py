"""What the tests of single faults begin with."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign, CampaignState
from tests.chaos.machine import Machine
from tests.factory import make_campaign, make_presaves
from tests.sandbox_process import Sandbox

StartMachine = Callable[..., Machine]
WaitFor = Callable[..., None]


def due_night(sandbox: Sandbox, fans: int) -> Campaign:
    """Open, due now, with fans who consented."""
    sandbox.add_album()
    campaign = make_campaign(state=CampaignState.OPEN, release_at=timezone.now())
    make_presaves(campaign, sandbox.permissions(fans).values())
    return campaign


def consent(browser: requests.Session, campaign: Campaign, account: str) -> str:
    """Tap and say yes at Spotify; answers the address that leads back, not yet visited."""
    landing = f"{settings.PUBLIC_URL}/{campaign.slug}"
    page = browser.get(f"{landing}/go", headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)
    answer = browser.post(
        page.url, data={"account": account, "decision": "allow"}, allow_redirects=False, timeout=30
    )
    time.sleep(1)  # nobody reads Spotify's page in less: Presave would ask to wait
    return urljoin(page.url, answer.headers["Location"])
