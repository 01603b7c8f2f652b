"""The web process works, and takes consents, as a user who cannot read the keyring."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command

from campaigns import keyring
from campaigns.models import CampaignState, PreSave
from demo import fans
from embedded.processes import LOOPBACK, Process, spawn, wait_for_http
from embedded.stack import WEB
from tests.factory import make_campaign
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.stack]


# Root reads everything by two capabilities; without them it reads what its owner lets it read.
WITHOUT_ROOTS_EYES = (
    *("setpriv", "--bounding-set=-dac_override,-dac_read_search"),
    "--inh-caps=-dac_override,-dac_read_search",
)

PROBE = """
import os, sys
for name in ("KEYRING_DIR", "MASTER_KEY_FILE"):
    if os.access(os.environ[name], os.R_OK, effective_ids=True):
        sys.exit(1)
"""


@pytest.fixture
def as_a_stranger() -> Iterator[list[str]]:
    """How to start a process that cannot read the keyring, which belongs to somebody else."""
    paths = [settings.KEYRING_DIR, settings.MASTER_KEY_FILE]
    before = [path.stat() for path in paths]
    is_root = os.geteuid() == 0
    for path in paths:
        if is_root:
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
        else:
            path.chmod(0)
    yield list(WITHOUT_ROOTS_EYES) if is_root else []
    for path, status in zip(paths, before, strict=True):
        path.chmod(status.st_mode)
        if is_root:
            os.chown(path, status.st_uid, -1)


def test_web_takes_consents_without_access_to_the_keyring(
    transactional_db: None,
    sandbox: Sandbox,
    stack_environment: dict[str, str],
    as_a_stranger: list[str],
    tmp_path: Path,
) -> None:
    call_command("createcachetable", verbosity=0)
    campaign = make_campaign(state=CampaignState.OPEN)
    sandbox.add_fans(1)
    assert_cannot_read_the_keyring(as_a_stranger, stack_environment, tmp_path)

    web = start_web(as_a_stranger, stack_environment, tmp_path)
    try:
        wait_for_http(f"{settings.PUBLIC_URL}/healthz", 60, web)
        receipt = fans.pre_save(f"{settings.PUBLIC_URL}/{campaign.slug}", "fan-1")
    finally:
        web.stop()

    assert "/receipt/" in receipt
    presave = PreSave.objects.get()
    key = keyring.from_settings().open(campaign.id)
    assert key.open(bytes(presave.sealed or b""), presave.id, campaign.agreed_digest).reveal()


def assert_cannot_read_the_keyring(
    as_a_stranger: list[str], env: dict[str, str], tmp_path: Path
) -> None:
    """Were it readable, the test would prove nothing."""
    probe = spawn(
        [*as_a_stranger, sys.executable, "-c", PROBE], env=env, log_path=tmp_path / "probe.log"
    )
    assert probe.wait(30) == 0


def start_web(as_a_stranger: list[str], env: dict[str, str], tmp_path: Path) -> Process:
    return spawn(
        [
            *as_a_stranger,
            *(Path(sys.executable).parent / WEB[0], *WEB[1:]),
            *("--host", LOOPBACK, "--port", settings.PUBLIC_URL.rpartition(":")[2]),
        ],
        env=env,
        log_path=tmp_path / "web.log",
    )
