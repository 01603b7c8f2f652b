"""Keys, as an operator handles them."""

from __future__ import annotations

import io
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.models import CampaignState
from campaigns.planning.transitions import cancel_campaign
from campaigns.retention import keys as retention_keys
from tests.factory import make_campaign, make_presave, master_key_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def master_key(settings: Settings, tmp_path: Path) -> Path:
    """One that a test may change without others noticing."""
    settings.MASTER_KEY_FILE = tmp_path / "master" / "master.key"
    settings.MASTER_KEY_FILE.parent.mkdir()
    settings.MASTER_KEY_FILE.touch(0o600)
    settings.MASTER_KEY_FILE.write_text(master_key_line())
    path: Path = settings.MASTER_KEY_FILE
    return path


def keys(*arguments: str) -> str:
    shown = io.StringIO()
    call_command("keys", *arguments, stdout=shown)
    return shown.getvalue()


def test_status_shows_the_fingerprint_and_every_campaign(keyring_dir: Path) -> None:
    living = make_campaign(slug="living")
    lost = make_campaign(slug="lost")
    (keyring_dir / f"{lost.id}.key").unlink()
    gone = make_campaign(slug="gone", state=CampaignState.CANCELLED)
    keys("shred", "gone")
    make_campaign(slug="draft", state=CampaignState.DRAFT)
    text = keys("status")
    master = f"Master key 1 (fingerprint {keyring.from_settings().fingerprint}, current)"
    assert text.splitlines()[0] == f"{master}: wraps 1 key file"
    assert text.splitlines()[1] == "No weekly key yet: the worker makes one when it starts"
    lines = {line.split()[0]: line for line in text.splitlines()[2:]}
    assert set(lines) == {"living", "lost", "gone"}
    assert lines["living"] == f"living ({living.id}): open, key file present"
    assert lines["lost"] == f"lost ({lost.id}): open, no key file"
    assert lines["gone"].startswith(f"gone ({gone.id}): cancelled, no key file, destroyed 20")


def test_status_shows_how_many_files_each_master_key_wraps(
    master_key: Path, keyring_dir: Path
) -> None:
    make_campaign()
    lost = make_campaign()
    keys("rotate")
    make_campaign()
    (keyring_dir / f"{lost.id}.key").write_bytes(b"damaged")
    new, old = keyring.from_settings().master_keys
    assert keys("status").splitlines()[:3] == [
        f"Master key 2 (fingerprint {new.fingerprint.hex()}, current): wraps 1 key file",
        f"Master key 1 (fingerprint {old.fingerprint.hex()}, older): wraps 1 key file",
        "Damaged: 1 key file",
    ]
    master_key.write_text(master_key.read_text().splitlines()[0])
    assert (
        f"A master key that is not here (fingerprint {old.fingerprint.hex()}): wraps 1 key file"
        in keys("status")
    )


def test_status_shows_no_key_material(settings: Settings, keyring_dir: Path) -> None:
    campaign = make_campaign()
    master = settings.MASTER_KEY_FILE.read_text().strip().partition(":")[2]
    text = keys("status")
    assert master not in text
    assert (keyring_dir / f"{campaign.id}.key").read_bytes().hex() not in text


def test_verify_says_whether_every_key_fits() -> None:
    make_campaign()
    broken = make_campaign()
    assert keys("verify") == "The key of every live campaign opens and fits.\n"
    keyring.from_settings().shred(broken.id)
    with pytest.raises(CommandError, match=f"campaign {broken.id} is missing"):
        keys("verify")


@pytest.mark.parametrize("action", ["status", "verify"])
def test_a_missing_master_key_is_one_sentence(
    action: str, settings: Settings, tmp_path: Path
) -> None:
    settings.MASTER_KEY_FILE = tmp_path / "nowhere"
    with pytest.raises(CommandError, match="does not exist"):
        keys(action)


def test_verify_refuses_a_wrong_master_key(settings: Settings, tmp_path: Path) -> None:
    make_campaign()
    right = keyring.from_settings().fingerprint
    settings.MASTER_KEY_FILE = tmp_path / "wrong"
    settings.MASTER_KEY_FILE.touch(0o600)
    settings.MASTER_KEY_FILE.write_text(master_key_line())
    with pytest.raises(CommandError, match=right):
        keys("verify")


@pytest.mark.parametrize("by", ["slug", "id"])
def test_shred_destroys_the_key_of_an_ended_campaign(by: str, keyring_dir: Path) -> None:
    campaign = make_campaign()
    make_presave(campaign)
    cancel_campaign(campaign, timezone.now())
    assert (
        keys("shred", str(getattr(campaign, by))) == f"The key of {campaign.slug} is destroyed.\n"
    )
    campaign.refresh_from_db()
    assert campaign.key_destroyed_at is not None
    assert list(keyring_dir.glob("*.key")) == []
    assert "destroyed before" in keys("shred", campaign.slug)


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_shred_refuses_a_campaign_with_fans_to_serve(
    state: CampaignState, keyring_dir: Path
) -> None:
    campaign = make_campaign(state=state)
    with pytest.raises(CommandError, match="Cancel it first"):
        keys("shred", campaign.slug)
    assert len(list(keyring_dir.glob("*.key"))) == 1


@pytest.mark.parametrize("name", ["no-such-campaign", "0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e"])
def test_shred_names_what_it_does_not_find(name: str) -> None:
    with pytest.raises(CommandError, match=f"There is no campaign {name}"):
        keys("shred", name)


# Replacing the weekly key.


def test_status_tells_the_age_of_the_weekly_key_and_when_it_is_replaced() -> None:
    began_at = timezone.now() - timedelta(days=2, hours=1)
    retention_keys.renew_weekly_key(began_at)
    make_campaign()
    week = keyring.from_settings().current_week
    assert week
    next_one = began_at + timedelta(days=7)
    assert keys("status").splitlines()[1] == (
        f"Weekly key 1 (fingerprint {week.fingerprint.hex()}): 2 days old, "
        f"the worker replaces it on {next_one:%Y-%m-%d at %H:%M} UTC, wraps 1 key file"
    )


def test_status_tells_when_a_keyring_of_version_0_1_gets_its_first_weekly_key() -> None:
    make_campaign()
    retention_keys.renew_weekly_key(timezone.now())
    [line] = [line for line in keys("status").splitlines() if "weekly" in line.lower()]
    assert line.startswith("No weekly key in the first week: 0 days old, the worker replaces it on")


def test_the_weekly_key_is_replaced_by_hand_at_any_time() -> None:
    campaign = make_campaign()
    assert keys("renew").startswith("Weekly key 1 ")
    assert keys("renew").startswith("Weekly key 2 ")
    assert keys("verify")
    shown = keys("status").splitlines()
    assert len([line for line in shown if line.startswith("Weekly key")]) == 1
    broken = keyring.from_settings()._path(campaign.id)
    broken.write_bytes(b"damaged")
    with pytest.raises(CommandError, match=f"campaign {campaign.id} is damaged"):
        keys("renew")


# Replacing the master key.


def test_a_master_key_is_replaced_in_three_steps(master_key: Path) -> None:
    make_campaign()
    old = master_key.read_text().strip().partition(":")[2]
    shown = keys("rotate") + keys("rewrap") + keys("retire", "1")
    new = master_key.read_text().strip().partition(":")[2]
    assert "Rewrapped 1 key file by the master key 2." in shown
    assert master_key.read_text() == f"2:{new}\n"
    assert old != new
    assert old not in shown
    assert new not in shown
    assert keys("verify")


def test_rewrap_names_what_it_could_not_rewrap(master_key: Path, keyring_dir: Path) -> None:
    make_campaign()
    broken = make_campaign()
    (keyring_dir / f"{broken.id}.key").write_bytes(b"damaged")
    keys("rotate")
    with pytest.raises(CommandError, match=f"campaign {broken.id} is damaged"):
        keys("rewrap")
    with pytest.raises(CommandError, match="cannot be read"):
        keys("retire", "1")


def test_retire_refuses_a_key_that_is_needed(master_key: Path) -> None:
    make_campaign()
    for name, sentence in (("1", "is the current one"), ("7", "holds no master key 7")):
        with pytest.raises(CommandError, match=sentence):
            keys("retire", name)
    keys("rotate")
    with pytest.raises(CommandError, match="still wraps 1 of the key files"):
        keys("retire", "1")


@pytest.fixture
def mounted(settings: Settings, master_key: Path) -> Path:
    """A file that cannot be replaced, as a secret of docker compose; its name is too long."""
    settings.MASTER_KEY_FILE = master_key.rename(master_key.with_name("m" * 245))
    path: Path = settings.MASTER_KEY_FILE
    return path


def follow(advice: str, mounted: Path) -> None:
    """Run the commands that were shown, in a checkout whose secrets/master_key is that file."""
    checkout = mounted.parent
    (checkout / "secrets").mkdir(exist_ok=True)
    mounted.chmod(0o400)
    mounted.rename(checkout / "secrets" / "master_key")
    shown = "\n".join(line for line in advice.splitlines() if line.startswith("  "))
    before = (checkout / "kept").absolute()
    before.hardlink_to(checkout / "secrets" / "master_key")
    (checkout / "docker").write_text("#!/bin/sh\ntrue\n")
    (checkout / "docker").chmod(0o700)
    environment = {"PATH": f"{checkout}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-euc", shown], cwd=checkout, env=environment, check=True)
    assert b":" not in before.read_bytes()[:2], "what was there is overwritten"
    before.unlink()
    assert [path.name for path in (checkout / "secrets").iterdir()] == ["master_key"]
    assert (checkout / "secrets" / "master_key").stat().st_mode & 0o777 == 0o400
    (checkout / "secrets" / "master_key").rename(mounted)


def test_where_the_file_cannot_be_replaced_the_procedure_is_shown_and_works(mounted: Path) -> None:
    campaign = make_campaign()
    before = mounted.read_text()
    with pytest.raises(CommandError, match="Nothing was changed") as rotating:
        keys("rotate")
    assert mounted.read_text() == before
    assert before.strip().partition(":")[2] not in str(rotating.value)
    follow(str(rotating.value), mounted)
    assert [key.name for key in keyring.from_settings().master_keys] == ["2", "1"]
    keys("rewrap")
    with pytest.raises(CommandError, match="wraps nothing any more and can go") as retiring:
        keys("retire", "1")
    follow(str(retiring.value), mounted)
    assert [key.name for key in keyring.from_settings().master_keys] == ["2"]
    assert keyring.from_settings().public_key(campaign.id) == bytes(campaign.public_key or b"")
