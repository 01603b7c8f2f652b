"""The demo's release night, with a summary checked against the sandbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from campaigns import keyring
from campaigns.models import Campaign, DailyCount, Label
from campaigns.planning import moving
from demo import fans
from demo.campaigns import Demo, draft, landing_url, list_in_catalogue, open_for_fans
from demo.cover import DAWN

SLUG: Final = "first-light"
# A release is moved back when the fans took longer than expected, so that all of them are in time.
SHORTEST_WAIT: Final = timedelta(seconds=5)
LONGEST_RELEASE_SECONDS: Final = 120


def release_night(demo: Demo, label: Label, fan_count: int, seconds: int) -> bool:
    """Run the night and print its summary; says whether every promise was kept."""
    accounts = [f"fan-{number}" for number in range(1, fan_count + 1)]
    demo.control("users", {"count": fan_count, "prefix": "fan-"})
    campaign = draft(label, SLUG, DAWN, timezone.now() + timedelta(seconds=seconds))
    list_in_catalogue(demo, campaign)
    open_for_fans(demo, campaign, timezone.now())
    print(f"{fan_count} fans pre-save at {landing_url(campaign)}", flush=True)
    show = progress_of("pre-saved", fan_count)
    are_in = len(fans.pre_save_all(landing_url(campaign), accounts, show))
    if are_in < fan_count:
        print(f"\n{fan_count - are_in} of them were turned away, and gave up.", flush=True)
    if settings.SPOTIFY_APP_MODE == "development":
        show_refusal(demo, campaign)
    hold_until_all_are_in(demo, campaign)
    watch_release(demo, campaign, are_in)
    return print_summary(demo, campaign, are_in)


def show_refusal(demo: Demo, campaign: Campaign) -> None:
    """What a fan meets whom the app's owner has not listed, in development mode."""
    demo.control("users", {"accounts": [{"id": "not-listed", "listed": False}]})
    fans.be_refused(landing_url(campaign), "not-listed")
    print("\nA fan who is not on the app's list was refused, and nothing was stored.", flush=True)


def hold_until_all_are_in(demo: Demo, campaign: Campaign) -> None:
    """On a slow machine the release is moved, by the same act an artist has."""
    earliest = timezone.now() + SHORTEST_WAIT
    if campaign.release_at < earliest:
        moving.move_release(campaign, earliest, "UTC", timezone.now())
        campaign.refresh_from_db()
        list_in_catalogue(demo, campaign)


def watch_release(demo: Demo, campaign: Campaign, fan_count: int) -> None:
    until = campaign.release_at.strftime("%H:%M:%S")
    print(f"\nEvery permission is sealed. The release is out at {until} UTC.", flush=True)
    time.sleep(max(0.0, (campaign.release_at - timezone.now()).total_seconds()))
    watch_sending(demo, campaign, fan_count)
    print("\n  All are sent. A save counts when a look some seconds later confirms it.", flush=True)
    watch_confirming(demo, campaign, fan_count)


def watch_sending(demo: Demo, campaign: Campaign, fan_count: int) -> None:
    show = progress_of("sent", fan_count)

    def are_sent() -> bool:
        nobody_waits = not campaign.presaves.waiting().exists()
        show(campaign.presaves.exclude(sent_at=None).count())
        return nobody_waits

    demo.wait_for(are_sent, LONGEST_RELEASE_SECONDS, "the last save")


def watch_confirming(demo: Demo, campaign: Campaign, fan_count: int) -> None:
    show = progress_of("confirmed", fan_count)

    def is_over() -> bool:
        show(DailyCount.objects.totals_of(campaign.id).saved)
        campaign.refresh_from_db()
        return campaign.key_destroyed_at is not None

    demo.wait_for(is_over, LONGEST_RELEASE_SECONDS, "the end of the release")


def print_summary(demo: Demo, campaign: Campaign, fan_count: int) -> bool:
    totals = DailyCount.objects.totals_of(campaign.id)
    held = demo.control("libraries")
    at = [saved[campaign.spotify_uri] for saved in held.values() if campaign.spotify_uri in saved]
    tokens_left = campaign.presaves.exclude(sealed=None).count()
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
