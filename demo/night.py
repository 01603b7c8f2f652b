"""The demo's release night, with a summary checked against the sandbox."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Final

import django
import requests

from demo import fans
from demo.cover import draw_cover
from demo.environment import DemoError

django.setup()

from django.conf import settings  # noqa: E402 -- the environment is complete only now
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from campaigns import keyring  # noqa: E402
from campaigns.artwork import files  # noqa: E402
from campaigns.models import Campaign, DailyCount, Label, PreSave, User  # noqa: E402
from campaigns.planning import labels, moving, transitions  # noqa: E402

EMAIL: Final = "artist@example.com"
ALBUM_ID: Final = "1DemoAlbumDemoAlbum001"
LATER_ALBUM_ID: Final = "1DemoAlbumDemoAlbum002"
# A release is moved back when the fans took longer than expected, so that all of them are in time.
SHORTEST_WAIT: Final = timedelta(seconds=5)
LATER: Final = timedelta(minutes=10)
LONGEST_RELEASE_SECONDS: Final = 120


@dataclass(frozen=True)
class Night:
    """Where the sandbox is, and how to see that no process has died."""

    sandbox_url: str
    check_alive: Callable[[], None]


@dataclass(frozen=True)
class Login:
    email: str
    password: str


def make_tables() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def release_night(night: Night, fan_count: int, seconds: int) -> bool:
    """Run the night and print its summary; says whether every promise was kept."""
    accounts = [f"fan-{number}" for number in range(1, fan_count + 1)]
    control(night.sandbox_url, "users", {"count": fan_count, "prefix": "fan-"})
    label = labels.create_label(User.objects.create_user(EMAIL, None), "Demo Label")
    release_at = timezone.now() + timedelta(seconds=seconds)
    campaign = make_campaign(night, label, "first-light", ALBUM_ID, release_at)
    print(f"{fan_count} fans pre-save at {landing_url(campaign)}", flush=True)
    fans.pre_save_all(landing_url(campaign), accounts, progress_of("pre-saved", fan_count))
    campaign = hold_until_all_are_in(night, campaign)
    watch_release(night, campaign, fan_count)
    return print_summary(night.sandbox_url, campaign, fan_count)


def make_campaign(
    night: Night, label: Label, slug: str, album_id: str, release_at: datetime
) -> Campaign:
    cover = files.write(files.prepare(BytesIO(draw_cover())))
    campaign = Campaign.objects.create(
        label=label,
        slug=slug,
        title=slug.replace("-", " ").title(),
        artist="Demo Artist",
        artwork=cover.name,
        artwork_width=cover.width,
        artwork_height=cover.height,
        artwork_weights=cover.weights,
        artwork_accent=cover.accent,
        artwork_alt="A sun of five rings over a dark horizon",
        spotify_uri=f"spotify:album:{album_id}",
        release_at=release_at,
        release_zone="UTC",
    )
    list_in_catalogue(night.sandbox_url, campaign)
    transitions.open_campaign(campaign, timezone.now())
    live = Campaign.objects.accepting_consents().filter(id=campaign.id)
    wait_for(night, live.exists, 30, "the campaign's key")
    return campaign


def list_in_catalogue(
    sandbox_url: str, campaign: Campaign, available_at: datetime | None = None
) -> None:
    """The sandbox shows the album from its release on, unless told otherwise."""
    available_at = available_at or campaign.release_at
    album = {
        "kind": "album",
        "id": campaign.spotify_uri.rpartition(":")[2],
        "name": campaign.title,
        "artists": [campaign.artist],
        "release_date": available_at.date().isoformat(),
        "available_at": available_at.isoformat(),
    }
    control(sandbox_url, "catalogue", album)


def hold_until_all_are_in(night: Night, campaign: Campaign) -> Campaign:
    """On a slow machine the release is moved, by the same act an artist has."""
    earliest = timezone.now() + SHORTEST_WAIT
    if campaign.release_at < earliest:
        moving.move_release(campaign, earliest, "UTC", timezone.now())
        campaign.refresh_from_db()
        list_in_catalogue(night.sandbox_url, campaign)
    return campaign


def watch_release(night: Night, campaign: Campaign, fan_count: int) -> None:
    until = campaign.release_at.strftime("%H:%M:%S")
    print(f"\nEvery permission is sealed. The release is out at {until} UTC.", flush=True)
    time.sleep(max(0.0, (campaign.release_at - timezone.now()).total_seconds()))
    watch_sending(night, campaign, fan_count)
    print("\n  All are sent. A save counts when a look some seconds later confirms it.", flush=True)
    watch_confirming(night, campaign, fan_count)


def watch_sending(night: Night, campaign: Campaign, fan_count: int) -> None:
    show = progress_of("sent", fan_count)

    def are_sent() -> bool:
        nobody_waits = not campaign.presaves.waiting().exists()
        show(campaign.presaves.exclude(sent_at=None).count())
        return nobody_waits

    wait_for(night, are_sent, LONGEST_RELEASE_SECONDS, "the last save")


def watch_confirming(night: Night, campaign: Campaign, fan_count: int) -> None:
    show = progress_of("confirmed", fan_count)

    def is_over() -> bool:
        show(DailyCount.objects.totals_of(campaign.id).saved)
        campaign.refresh_from_db()
        return campaign.key_destroyed_at is not None

    wait_for(night, is_over, LONGEST_RELEASE_SECONDS, "the end of the release")


def print_summary(sandbox_url: str, campaign: Campaign, fan_count: int) -> bool:
    totals = DailyCount.objects.totals_of(campaign.id)
    held = control(sandbox_url, "libraries")
    at = [saved[campaign.spotify_uri] for saved in held.values() if campaign.spotify_uri in saved]
    tokens_left = PreSave.objects.exclude(sealed=None).count()
    key_left = campaign.id in set(keyring.from_settings().campaign_ids())
    settled = totals.saved + totals.failed + totals.cancelled + totals.expired
    first = min(map(datetime.fromisoformat, at), default=None)
    delay = f"{(first - campaign.release_at).total_seconds():.1f} s" if first else "never"
    print("\n\nSummary")
    print(
        f"  pre-saves {totals.presaves} = saved {totals.saved} + failed {totals.failed}"
        f" + cancelled {totals.cancelled} + expired {totals.expired}"
    )
    print(f"  libraries that hold the album, says the sandbox: {len(at)}")
    print(f"  first save after the release: {delay}")
    print(f"  tokens left: {tokens_left}")
    print(f"  key destroyed: {'no' if key_left else 'yes'}")
    kept = (
        totals.presaves == settled == totals.saved == len(at) == fan_count
        and not tokens_left
        and not key_left
    )
    print("  Every promise was kept." if kept else "  A PROMISE WAS BROKEN.", flush=True)
    return kept


def show_addresses(night: Night) -> None:
    """Open a second campaign to tap through by hand, and say where everything is."""
    login = set_password()
    label = Label.objects.get()
    later = timezone.now() + LATER
    campaign = make_campaign(night, label, "second-light", LATER_ALBUM_ID, later)
    # In the catalogue at once, so that its release can be moved in the dashboard.
    list_in_catalogue(night.sandbox_url, campaign, timezone.now())
    print("\nNow try it by hand:")
    print(f"  landing page, released already   {settings.PUBLIC_URL}/first-light")
    print(f"  landing page, out in ten minutes {landing_url(campaign)}")
    print(f"  dashboard                        {settings.PUBLIC_URL}/dashboard")
    print(f"    log in as {login.email} with the password {login.password}")
    print(f"  the sandbox's fans and libraries {night.sandbox_url}/")
    print("\nTo release a campaign of your own, put its album into the sandbox's catalogue:")
    album = (
        '{"kind": "album", "id": "THE 22 CHARACTERS OF ITS LINK", '
        '"name": "ITS TITLE", "artists": ["ITS ARTIST"]}'
    )
    print(f"  curl {night.sandbox_url}/_sandbox/catalogue -d '{album}'")


def set_password() -> Login:
    password = secrets.token_urlsafe(9)
    artist = User.objects.get(email=EMAIL)
    artist.set_password(password)
    artist.save(update_fields=["password"])
    return Login(EMAIL, password)


def landing_url(campaign: Campaign) -> str:
    return f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}"


def progress_of(word: str, total: int) -> Callable[[int], None]:
    """A line that counts up in place on a terminal, and by lines of fifty elsewhere."""
    is_terminal = sys.stdout.isatty()
    told = 0

    def show(done: int) -> None:
        nonlocal told
        if is_terminal:
            print(f"\r  {done} of {total} {word}", end="", flush=True)
        elif done >= min(told + 50, total) and done > told:
            print(f"  {done} of {total} {word}", flush=True)
            told = done

    return show


def wait_for(night: Night, ready: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        night.check_alive()
        if time.monotonic() > deadline:
            raise DemoError(f"waited {seconds:g} s in vain for {what}.")
        time.sleep(0.2)


def control(sandbox_url: str, name: str, body: object = None) -> dict[str, Any]:
    method = "GET" if body is None else "POST"
    answer = requests.request(method, f"{sandbox_url}/_sandbox/{name}", json=body, timeout=30)
    if answer.status_code != 200:
        raise DemoError(f"the sandbox refused {name}: {answer.text}")
    result: dict[str, Any] = answer.json()
    return result
