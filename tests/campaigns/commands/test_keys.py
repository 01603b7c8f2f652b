"""Keys, as an operator handles them."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.models import CampaignState
from campaigns.publishing import cancel_campaign
from tests.factory import make_campaign, make_presave, master_key_line

pytestmark = pytest.mark.django_db


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
    assert keyring.from_settings().fingerprint in text
    lines = {line.split()[0]: line for line in text.splitlines()[1:]}
    assert set(lines) == {"living", "lost", "gone"}
    assert lines["living"] == f"living ({living.id}): open, key file present"
    assert lines["lost"] == f"lost ({lost.id}): open, no key file"
    assert lines["gone"].startswith(f"gone ({gone.id}): cancelled, no key file, destroyed 20")


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
    assert list(keyring_dir.iterdir()) == []
    assert "destroyed before" in keys("shred", campaign.slug)


@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_shred_refuses_a_campaign_with_fans_to_serve(
    state: CampaignState, keyring_dir: Path
) -> None:
    campaign = make_campaign(state=state)
    with pytest.raises(CommandError, match="Cancel it first"):
        keys("shred", campaign.slug)
    assert len(list(keyring_dir.iterdir())) == 1


@pytest.mark.parametrize("name", ["no-such-campaign", str(uuid4())])
def test_shred_names_what_it_does_not_find(name: str) -> None:
    with pytest.raises(CommandError, match=f"There is no campaign {name}"):
        keys("shred", name)
