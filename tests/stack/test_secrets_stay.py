"""After a whole release no token, code, key or client secret stands where it could be read."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from campaigns import keyring, publishing
from campaigns.models import Campaign, CampaignState, PreSave
from demo import fans
from embedded.stack import Stack
from tests.factory import make_campaign
from tests.postgres import find_binaries
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.stack]

FANS = 20
# Every token and code of the sandbox begins so; see sandbox/state.py.
CANARIES = re.compile(rb"(?:AQC|AQD|BQ)[A-Za-z0-9_-]{64}")


class Monitor:
    """Everything Redis is told, from MONITOR."""

    def __init__(self, url: str) -> None:
        self.lines: list[bytes] = []
        self._client = redis.Redis.from_url(url)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Monitor:
        self._monitor = self._client.monitor()  # type: ignore[no-untyped-call]
        self._monitor.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._monitor.connection.disconnect()
        self._thread.join(timeout=5)
        self._client.close()

    def _listen(self) -> None:
        try:
            for command in self._monitor.listen():
                self.lines.append(str(command["command"]).encode())
        except (redis.ConnectionError, ValueError, OSError, AttributeError):
            return  # disconnected by __exit__


def everything_in_redis(url: str) -> Iterator[bytes]:
    client = redis.Redis.from_url(url)
    for key in client.scan_iter():
        yield key
        dumped = client.dump(key)
        if isinstance(dumped, bytes):
            yield dumped
    client.close()


def arguments_of_all_processes() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:
            continue  # it ended meanwhile


def database_dump() -> bytes:
    return subprocess.run(
        [find_binaries() / "pg_dump", os.environ["DATABASE_URL"]], capture_output=True, check=True
    ).stdout


def found_in(texts: Iterator[bytes] | list[bytes]) -> list[bytes]:
    client_secret = settings.SPOTIFY_CLIENT_SECRET.encode()
    return [text for text in texts if CANARIES.search(text) or client_secret in text]


def test_no_token_code_or_client_secret_is_left_anywhere(
    stack: Stack, sandbox: Sandbox, eventually: Callable[..., None], tmp_path: Path
) -> None:
    release_at = timezone.now() + timedelta(days=1)
    sandbox.add_album()
    campaign = make_campaign(
        state=CampaignState.DRAFT, spotify_uri=ALBUM_URI, release_at=release_at
    )
    accounts = sandbox.add_fans(FANS)
    with Monitor(os.environ["REDIS_URL"]) as monitor:
        publishing.open_campaign(campaign, timezone.now())
        eventually(lambda: Campaign.objects.public().exists(), "the campaign's key")
        landing = f"{settings.PUBLIC_URL}/{campaign.slug}"
        fans.pre_save_all(landing, accounts, lambda done: None)
        dump_while_held = database_dump()
        publishing.move_release(
            campaign, timezone.now() + timedelta(seconds=2), "UTC", timezone.now()
        )
        eventually(
            lambda: Campaign.objects.get(id=campaign.id).key_destroyed_at is not None, "the end"
        )

    assert len(sandbox.libraries()) == FANS
    assert PreSave.objects.filter(sealed=None).count() == FANS
    assert campaign.id not in set(keyring.from_settings().campaign_ids())
    logs = [path.read_bytes() for path in tmp_path.glob("*.log")]
    assert len(logs) == 3
    assert any(b"block settled" in log for log in logs)
    assert monitor.lines
    assert found_in(logs) == []
    assert found_in(monitor.lines) == []
    assert found_in(everything_in_redis(os.environ["REDIS_URL"])) == []
    assert found_in(arguments_of_all_processes()) == []
    assert found_in([dump_while_held, database_dump()]) == []


def test_the_search_finds_a_token_of_the_sandbox(sandbox: Sandbox) -> None:
    """Were the pattern wrong, the search above would find nothing whatever leaked."""
    sandbox.add_fans(1)
    tokens = sandbox.tokens()

    for canary in (tokens["access_token"], tokens["refresh_token"], sandbox.consent()):
        assert found_in([b"before " + canary.encode() + b" after"])
    assert found_in([settings.SPOTIFY_CLIENT_SECRET.encode()])
