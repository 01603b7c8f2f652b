"""Two hundred slow clients of each kind, at the web process and through the proxy in front of it:
pages are answered while all of them are still at it. One start serves for all: it takes longest.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.core.management import call_command

from campaigns.models import Campaign, CampaignState
from embedded.processes import LOOPBACK, free_port, spawn, wait_for_http
from embedded.stack import WEB
from tests import slow_clients
from tests.factory import make_campaign
from tests.slow_clients import SlowClients

pytestmark = [pytest.mark.stack]

CLIENTS = 200
BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]
# More than what the system and the proxy keep on the way of one answer.
LARGE = 8 * 1024 * 1024
PICTURE = f"{'0' * 32}/800.jpg"
KINDS: dict[str, Callable[[int, Campaign], SlowClients]] = {
    "headers": lambda port, campaign: slow_clients.headers(port, CLIENTS),
    "body": lambda port, campaign: slow_clients.body(port, CLIENTS, f"/{campaign.slug}/go"),
    "reader": lambda port, campaign: slow_clients.reader(port, CLIENTS, f"/artwork/{PICTURE}"),
    "idle": lambda port, campaign: slow_clients.idle(port, CLIENTS),
}


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    call_command("createcachetable", verbosity=0)
    return make_campaign(state=CampaignState.OPEN)


@pytest.fixture
def web(campaign: Campaign, stack_environment: dict[str, str], tmp_path: Path) -> Iterator[int]:
    """The port of a web process that has answered a fan's page."""
    picture = settings.ARTWORK_DIR / PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(bytes(LARGE))
    port = urlsplit(settings.PUBLIC_URL).port
    assert port
    command = (BIN / WEB[0], *WEB[1:], "--host", LOOPBACK, "--port", str(port))
    process = spawn(command, stack_environment, tmp_path / "web.log")
    wait_for_http(f"{settings.PUBLIC_URL}/{campaign.slug}", 60, process)
    yield port
    process.stop()
    shutil.rmtree(picture.parent)


@pytest.fixture
def proxy(web: int, campaign: Campaign, tmp_path: Path) -> Iterator[int]:
    """The port of a Caddy in front of it, with the file that compose gives it."""
    port = free_port()
    file = tmp_path / "Caddyfile"
    shipped = (ROOT / "Caddyfile").read_text()
    file.write_text(shipped.replace("web:8000", f"{LOOPBACK}:{web}"))
    environment = {
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        **{name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
    }
    command = (BIN / "caddy", "run", "--adapter", "caddyfile", "--config", file)
    process = spawn(command, environment, tmp_path / "caddy.log")
    wait_for_http(f"http://{LOOPBACK}:{port}/{campaign.slug}", 60, process)
    yield port
    process.stop()


def test_pages_are_answered_while_hundreds_are_slow(
    web: int, proxy: int, campaign: Campaign
) -> None:
    for port in (web, proxy):
        for kind, begin in KINDS.items():
            with begin(port, campaign) as slow:
                for _ in range(3):
                    slow.drip()
                    page = requests.get(f"http://{LOOPBACK}:{port}/{campaign.slug}", timeout=30)
                    assert page.status_code == 200, kind
                finished = slow.answered()
            # The beginning of a picture arrives.
            assert finished == 0 or kind == "reader", kind
