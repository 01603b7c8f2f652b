"""After a whole release no token, code, key or client secret stands where it could be read."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from campaigns import keyring
from campaigns.consent import receipts as consent_receipts
from campaigns.models import Campaign, CampaignState, PreSave
from campaigns.planning import moving, transitions
from demo import fans
from demo.environment import DemoError
from embedded.stack import Stack
from tests.factory import make_campaign
from tests.postgres import find_binaries
from tests.sandbox_process import ALBUM_URI, Sandbox
from tests.sentry import Catcher

pytestmark = [pytest.mark.stack]

FANS = 20
# What Spotify echoes in its errors; it looks like a token of the sandbox.
ECHO = "AQD" + "x" * 64
# Every token and code of the sandbox begins so, see sandbox/state.py, and is no part of something
# longer: the cluster's files hold the long random texts of other tests' sessions.
CANARIES = re.compile(rb"(?<![A-Za-z0-9_-])(?:AQC|AQD|BQ)[A-Za-z0-9_-]{64}(?![A-Za-z0-9_-])")


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


def environments_of(stack: Stack) -> Iterator[bytes]:
    """Of web, worker and beat and their children, which got their secrets as files."""
    groups = {stack.web.pid, stack.worker.pid, stack.beat.pid}
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if os.getpgid(int(path.parent.name)) in groups:
                yield path.read_bytes()
        except OSError:
            continue  # it ended meanwhile


def files_of_the_cluster() -> Iterator[bytes]:
    """Everything that Postgres has on disk, its log of writes included."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        (directory,) = cursor.fetchone()
    for path in Path(directory).rglob("*"):
        try:
            yield path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # the server took it away meanwhile


def database_dump() -> bytes:
    return subprocess.run(
        [find_binaries() / "pg_dump", os.environ["DATABASE_URL"]], capture_output=True, check=True
    ).stdout


def known_secrets() -> list[bytes]:
    pair = f"{settings.SPOTIFY_CLIENT_ID}:{settings.SPOTIFY_CLIENT_SECRET}".encode()
    master_key = settings.MASTER_KEY_FILE.read_bytes().strip().partition(b":")[2]
    return [
        settings.SPOTIFY_CLIENT_SECRET.encode(),
        base64.b64encode(pair),
        settings.SECRET_KEY.encode(),
        master_key,
        base64.b64decode(master_key),
    ]


def found_in(texts: Iterable[bytes]) -> list[bytes]:
    """Only the beginning of each text, so that a failure prints no more than it must."""
    known = known_secrets()
    return [
        text[:100]
        for text in texts
        if CANARIES.search(text) or any(secret in text for secret in known)
    ]


@pytest.fixture
def stack_environment(sandbox: Sandbox, catcher: Catcher, tmp_path: Path) -> dict[str, str]:
    """Secrets as files, errors reported to the catcher, and every line that Python can be made to
    log.
    """
    environment = {
        **os.environ,
        **sandbox.environment,
        "SPOTIFY_MAX_RATE": "400",
        "PYTHONASYNCIODEBUG": "1",
        "SENTRY_DSN": catcher.dsn,
    }
    for name in ("SECRET_KEY", "SPOTIFY_CLIENT_SECRET", "SENTRY_DSN"):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(environment.pop(name))
        environment[f"{name}_FILE"] = str(path)
    return environment


def let_spotify_echo_tokens(sandbox: Sandbox) -> None:
    echo = {"error": {"status": 401, "message": f"The token {ECHO} is not good"}}
    described = {"error": "server_error", "error_description": f"refresh_token={ECHO}"}
    sandbox.fault("library", status=401, body=echo, times=2)
    sandbox.fault("library", status=500, body=f"<html>Bearer {ECHO}</html>", times=2)
    sandbox.fault("token.refresh", status=500, body=described, times=2)
    sandbox.fault("token.refresh", status=200, body=f'{{"access_token": "{ECHO}', times=2)
    sandbox.fault("album", status=500, body=f"Bearer {ECHO}", times=2)
    sandbox.fault("token.code", status=400, body=described)
    sandbox.fault("token.code", status=200, body=f'{{"access_token": "{ECHO}')


def fail_three_consents(landing: str) -> None:
    """Two that Spotify spoils, and one in which our own database does."""
    for _ in range(2):
        with pytest.raises(DemoError):
            fans.pre_save(landing, "fan-1")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_spentstate RENAME TO hidden")
        with pytest.raises(DemoError, match="500"):
            fans.pre_save(landing, "fan-1")
        cursor.execute("ALTER TABLE hidden RENAME TO campaigns_spentstate")


def cancel(receipt: str) -> None:
    with requests.Session() as browser:
        page = browser.get(receipt, timeout=30).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"csrfmiddlewaretoken": token[1]} if token else {}
        assert browser.post(f"{receipt}/cancel", form, timeout=30).status_code == 200


def poison(presave: PreSave | None) -> PreSave:
    assert presave
    assert presave.sealed
    altered = bytes(presave.sealed)[:-1] + bytes([bytes(presave.sealed)[-1] ^ 1])
    PreSave.objects.filter(id=presave.id).update(sealed=altered)
    return presave


def nothing_is_in_the_logs(directory: Path) -> None:
    logs = [path.read_bytes() for path in directory.glob("*.log")]
    assert len(logs) == 3
    assert any(b"settled campaign=" in log for log in logs)
    assert found_in(logs) == []


def nothing_is_in_the_reports(reports: bytes) -> None:
    assert b"permission unreadable" in reports, "the worker's"
    assert b"ProgrammingError" in reports, "the web process's"
    assert found_in([reports]) == []


def run_a_night(
    sandbox: Sandbox, eventually: Callable[..., None], while_held: Callable[[], None]
) -> None:
    """A campaign from its opening to the end of its key, with as much trouble as may be."""
    now = timezone.now()
    campaign = make_campaign(
        state=CampaignState.DRAFT, spotify_uri=ALBUM_URI, release_at=now + timedelta(days=1)
    )
    transitions.open_campaign(campaign, now)
    eventually(lambda: Campaign.objects.accepting_consents().exists(), "the campaign's key")
    landing = f"{settings.PUBLIC_URL}/{campaign.slug}"
    let_spotify_echo_tokens(sandbox)
    fail_three_consents(landing)
    receipts = fans.pre_save_all(landing, sandbox.add_fans(FANS), lambda done: None)
    cancel(receipts[0])
    poisoned = poison(PreSave.objects.pending().first())
    while_held()
    now = timezone.now()
    moving.move_release(campaign, now + timedelta(seconds=2), "UTC", now)
    tried = PreSave.objects.filter(id=poisoned.id, attempts__gt=0)
    eventually(lambda: tried.exists(), "the try with the poisoned permission", 180)
    consent_receipts.cancel(poisoned.id, timezone.now())
    ended = Campaign.objects.exclude(key_destroyed_at=None)
    eventually(lambda: ended.exists(), "the end", 180)
    assert campaign.id not in set(keyring.from_settings().campaign_ids())


def test_no_token_code_key_or_secret_is_left_anywhere(
    stack: Stack,
    sandbox: Sandbox,
    catcher: Catcher,
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    sandbox.add_album()
    dumps: list[bytes] = []
    with Monitor(os.environ["REDIS_URL"]) as monitor:
        run_a_night(sandbox, eventually, lambda: dumps.append(database_dump()))
        environments = list(environments_of(stack))

    assert len(sandbox.libraries()) == FANS - 2
    assert PreSave.objects.filter(sealed=None).count() == FANS
    nothing_is_in_the_logs(tmp_path)
    assert monitor.lines
    assert found_in([*monitor.lines, *everything_in_redis(os.environ["REDIS_URL"])]) == []
    assert found_in(arguments_of_all_processes()) == []
    assert len(environments) > 4
    assert found_in(environments) == []
    assert found_in([*dumps, database_dump()]) == []
    assert found_in(files_of_the_cluster()) == []
    eventually(lambda: len(catcher.received) > 1, "the reports of web and worker")
    nothing_is_in_the_reports(b"".join(catcher.received))


def test_the_search_finds_a_token_of_the_sandbox(sandbox: Sandbox) -> None:
    """Were the pattern wrong, the search above would find nothing whatever leaked."""
    sandbox.add_fans(1)
    tokens = sandbox.tokens()

    for canary in (tokens["access_token"], tokens["refresh_token"], sandbox.consent(), ECHO):
        assert found_in([b"before " + canary.encode() + b" after"])
    assert len(found_in(known_secrets())) == 5
