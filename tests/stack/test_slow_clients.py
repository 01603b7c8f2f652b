"""Two hundred slow clients of each kind, at the web process and through the proxy in front of it:
pages are answered while all of them are still at it. One start serves for all: it takes longest.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.core.management import call_command

from campaigns.models import Campaign, CampaignState
from embedded.processes import LOOPBACK, spawn, wait_for_http
from embedded.stack import WEB
from tests import slow_clients
from tests.factory import make_campaign

pytestmark = [pytest.mark.stack]

CLIENTS = 200
# More than what the system and the proxy keep on the way of one answer.
LARGE = 2 * 1024 * 1024
PICTURE = f"{'0' * 32}/800.jpg"


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    call_command("createcachetable", verbosity=0)
    return make_campaign(state=CampaignState.OPEN)


@pytest.fixture
def web(campaign: Campaign, stack_environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """The port of a web process that has answered a fan's page."""
    port = urlsplit(settings.PUBLIC_URL).port
    assert port
    granian = Path(sys.executable).parent / WEB[0]
    command = (granian, *WEB[1:], "--host", LOOPBACK, "--port", str(port))
    process = spawn(command, stack_environment, tmp_path / "web.log")
    wait_for_http(f"{settings.PUBLIC_URL}/{campaign.slug}", 60, process)
    yield port
    process.stop()


@pytest.fixture
def picture() -> Iterator[str]:
    file = settings.ARTWORK_DIR / PICTURE
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(LARGE))
    yield f"/artwork/{PICTURE}"
    shutil.rmtree(file.parent)


def test_pages_are_answered_while_hundreds_are_slow(
    web: int, campaign: Campaign, picture: str, tmp_path: Path
) -> None:
    with slow_clients.proxy(web, tmp_path) as proxy:
        for port in (web, proxy):
            for kind, begin in slow_clients.kinds(campaign.slug, picture).items():
                with begin(port, CLIENTS) as slow:
                    for _ in range(3):
                        slow.drip()
                        address = f"http://{LOOPBACK}:{port}/{campaign.slug}"
                        assert requests.get(address, timeout=30).status_code == 200, kind
                    finished = slow.answered()
                # The beginning of a picture arrives.
                assert finished == 0 or kind == "reader", kind
