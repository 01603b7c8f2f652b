"""The web process works, and takes consents, as a user who cannot read the keyring."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command

from campaigns import keyring
from campaigns.models import CampaignState, PreSave
from demo import fans
from embedded.processes import LOOPBACK, spawn, wait_for_http
from tests.factory import make_campaign
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.stack]


@pytest.fixture
def unreadable_keyring() -> Iterator[None]:
    """Root reads everything, so as root the web process runs as nobody instead."""
    paths = [settings.KEYRING_DIR, settings.MASTER_KEY_FILE]
    modes = [path.stat().st_mode for path in paths]
    if os.geteuid() != 0:
        for path in paths:
            path.chmod(0)
    yield
    for path, mode in zip(paths, modes, strict=True):
        path.chmod(mode)


def test_web_takes_consents_without_access_to_the_keyring(
    transactional_db: None,
    sandbox: Sandbox,
    stack_environment: dict[str, str],
    unreadable_keyring: None,
    tmp_path: Path,
) -> None:
    call_command("createcachetable", verbosity=0)
    campaign = make_campaign(state=CampaignState.OPEN)
    sandbox.add_fans(1)
    user = "nobody" if os.geteuid() == 0 else None
    python = Path(sys.executable)
    cannot_open = (
        "import os, sys\n"
        "for path in (os.environ['KEYRING_DIR'], os.environ['MASTER_KEY_FILE']):\n"
        "    sys.exit(1) if os.access(path, os.R_OK) else None\n"
    )
    probe = spawn([python, "-c", cannot_open], stack_environment, tmp_path / "probe.log", user=user)
    assert probe.wait(30) == 0, "the keyring can be read, so this test would prove nothing"

    port = settings.PUBLIC_URL.rpartition(":")[2]
    web = spawn(
        [
            *(python.parent / "granian", "--interface", "wsgi", "presave.wsgi:application"),
            *("--no-ws", "--host", LOOPBACK, "--port", port),
        ],
        stack_environment,
        tmp_path / "web.log",
        user=user,
    )
    try:
        wait_for_http(f"{settings.PUBLIC_URL}/healthz", 60, web)
        receipt = fans.pre_save(f"{settings.PUBLIC_URL}/{campaign.slug}", "fan-1")
    finally:
        web.stop()

    assert "/receipt/" in receipt
    presave = PreSave.objects.get()
    assert presave.sealed is not None
    with pytest.raises(keyring.KeyringError):
        keyring.Keyring(Path("/nonexistent/keyring"), Path("/nonexistent/master.key"))
