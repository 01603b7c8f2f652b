"""Campaigns around the demo's night: one that releases around the world, one with weeks of
pre-saves behind it, one that needs a hand. Their fans' permissions come from the sandbox at once;
everything after that is the engine's own work.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from campaigns import keyring, spotify
from campaigns.clips import decoding
from campaigns.keyring import Secret
from campaigns.models import (
    Campaign,
    Counted,
    DailyCount,
    Label,
    PreSave,
    ReleaseMode,
    SourceCount,
    Step,
    midnights,
)
from campaigns.planning import clips
from campaigns.status.overview import Status, standing_of
from demo import cover, night
from demo.campaigns import Demo, draft, list_in_catalogue, open_for_fans
from tools import sounds

AROUND_THE_WORLD: Final = "night-bus"
WEEKS_BEHIND: Final = "slow-tide"
NEEDS_A_HAND: Final = "last-stop"
WHAT_IS_THERE: Final = {
    night.SLUG: "out, with its figures in the dashboard",
    AROUND_THE_WORLD: "being released at midnight, time zone by time zone",
    WEEKS_BEHIND: "out in nine days, with a clip and weeks of pre-saves; move its release to now",
    NEEDS_A_HAND: "due, and in trouble: Spotify shows another title, and you can say it is the one",
}
ZONES: Final = (
    *("Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Kolkata", "Africa/Lagos"),
    *("Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/New_York"),
    *("America/Mexico_City", "America/Los_Angeles", "Pacific/Honolulu"),
)


LONGEST_LOOK_SECONDS: Final = 120
SOURCES: Final = {"instagram": 9, "tiktok": 6, "direct": 4, "newsletter": 2, "poster": 1}


def clear(demo: Demo) -> None:
    """Take down the scenery of an earlier start; nothing that a visitor made."""
    for campaign in Campaign.objects.filter(slug__in=WHAT_IS_THERE):
        list_in_catalogue(demo, campaign, removed_at=timezone.now().isoformat())
        keyring.from_settings().shred(campaign.id)
        campaign.delete()


def put_up(demo: Demo, label: Label, most_fans: int) -> None:
    """`most_fans`: a Spotify app in development mode serves five.

    What is due already would be overdue until the worker has seen it, so the label gets it then.
    """
    backstage, _ = Label.objects.get_or_create(name="Backstage")
    due = {
        release_around_the_world(demo, backstage, min(240, most_fans)): Status.RELEASING,
        wait_for_a_hand(demo, backstage, min(38, most_fans)): Status.OTHER_RELEASE,
    }
    collect_for_weeks(demo, label, min(430, most_fans))
    for campaign, status in due.items():
        is_seen = partial(_stands, campaign, status)
        demo.wait_for(is_seen, LONGEST_LOOK_SECONDS, f"{campaign} to be {status.label}")
        Campaign.objects.filter(id=campaign.id).update(label=label)
    backstage.delete()


def _stands(campaign: Campaign, status: Status) -> bool:
    now = timezone.now()
    return (
        standing_of(Campaign.objects.with_waiting_fans(now).get(id=campaign.id), now).status
        is status
    )


def tell() -> None:
    """What there is to see, once the night is over."""
    print("\nNow try it by hand:")
    for slug, what in WHAT_IS_THERE.items():
        print(f"  {settings.PUBLIC_URL}/{slug:12} {what}")
    print("\nTo release a campaign of your own, put its album into the sandbox's catalogue:")
    album = (
        '{"kind": "album", "id": "THE 22 CHARACTERS OF ITS LINK", '
        '"name": "ITS TITLE", "artists": ["ITS ARTIST"]}'
    )
    sandbox_url = settings.SPOTIFY_ACCOUNTS_URL
    print(f"  curl {sandbox_url}/_sandbox/catalogue -d '{album}'", flush=True)


def release_around_the_world(demo: Demo, label: Label, fans: int) -> Campaign:
    """It releases at local midnights, and some are past at any hour."""
    now = timezone.now()
    # The day that began on the first island within the last twelve hours or so.
    day = (now + timedelta(hours=14)).date()
    campaign = draft(
        label,
        AROUND_THE_WORLD,
        cover.NIGHT,
        midnights.first_midnight(day),
        release_mode=ReleaseMode.LOCAL_MIDNIGHT,
        release_zone=midnights.FIRST_ZONE,
    )
    opened_at = now - timedelta(days=16)
    open_for_fans(demo, campaign, opened_at)
    pre_save(demo, campaign, times_between(opened_at, campaign.release_at, fans), _somewhere)
    list_in_catalogue(demo, campaign)
    return _looked_for_at_once(campaign)


def collect_for_weeks(demo: Demo, label: Label, fans: int) -> None:
    """In the catalogue already, so that a visitor can move its release to now."""
    now = timezone.now()
    opened_at = now - timedelta(days=24)
    campaign = draft(label, WEEKS_BEHIND, cover.TIDE, _midnight_in(now, days=9))
    clips.store(campaign, decoding.prepare(BytesIO(sounds.wav(30))))
    list_in_catalogue(demo, campaign, now)
    open_for_fans(demo, campaign, opened_at)
    pre_save(demo, campaign, times_between(opened_at, now, fans))


def wait_for_a_hand(demo: Demo, label: Label, fans: int) -> Campaign:
    """It was due twenty minutes ago, and the catalogue has another title under its link."""
    now = timezone.now()
    opened_at = now - timedelta(days=11)
    release_at = now - timedelta(minutes=20)
    campaign = draft(label, NEEDS_A_HAND, cover.DUSK, release_at)
    open_for_fans(demo, campaign, opened_at)
    pre_save(demo, campaign, times_between(opened_at, release_at, fans))
    list_in_catalogue(demo, campaign, name="Terminus")
    return _looked_for_at_once(campaign)


def _looked_for_at_once(campaign: Campaign) -> Campaign:
    """The worker has looked in vain by now, and would take its time."""
    Campaign.objects.filter(id=campaign.id).update(next_check_at=None)
    return campaign


def times_between(begin: datetime, end: datetime, number: int) -> list[datetime]:
    """More at the beginning and at the end, as pre-saves come; the same at every start."""
    chance = random.Random(number)  # nosec B311 # noqa: S311 -- scenery
    shares = (
        chance.betavariate(0.8, 3) if chance.random() < 0.5 else chance.betavariate(3, 1)
        for _ in range(number)
    )
    return sorted(begin + share * (end - begin) for share in shares)


def _release_time(campaign: Campaign) -> datetime:
    return campaign.release_at


def _somewhere(campaign: Campaign) -> datetime:
    """The midnight of a fan who lives in one of the zones."""
    return midnights.due_at(campaign.release_at, secrets.choice(ZONES))


def pre_save(
    demo: Demo,
    campaign: Campaign,
    times: list[datetime],
    due_at: Callable[[Campaign], datetime] = _release_time,
) -> None:
    """Store what as many consents at these times would have left behind."""
    consents = demo.control(
        "consents",
        {
            "count": len(times),
            "prefix": f"{campaign.slug}-",
            "scope": spotify.SCOPE,
        },
    )
    agreed = campaign.agreed_digest
    rows = []
    for at, token in zip(times, consents["refresh_tokens"].values(), strict=True):
        row_id = uuid4()
        sealed = keyring.seal(
            bytes(campaign.public_key or b""), Secret(token), campaign.id, row_id, agreed
        )
        rows.append(
            PreSave(
                id=row_id,
                campaign=campaign,
                due_at=due_at(campaign),
                sealed=sealed,
                agreed_digest=agreed,
                consented_at=at,
                receipt_hash=hashlib.sha256(secrets.token_bytes(32)).digest(),
            )
        )
    PreSave.objects.bulk_create(rows)
    for day, number in Counter(at.date() for at in times).items():
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        DailyCount.objects.add(campaign.id, noon, {"presaves": number})
    count_sources(campaign, times)


def count_sources(campaign: Campaign, times: list[datetime]) -> None:
    """Where the fans came from, and those who looked or tapped and went on."""
    chance = random.Random(len(times))  # nosec B311 # noqa: S311 -- scenery
    counts: Counter[Counted] = Counter()
    for at in times:
        [source] = chance.choices(tuple(SOURCES), tuple(SOURCES.values()))
        for step, most in ((Step.VISIT, 5), (Step.TAP, 2), (Step.PRESAVE, 1)):
            counts[Counted(campaign.id, at.date(), source, step)] += chance.randint(1, most)
    SourceCount.objects.add(counts)


def _midnight_in(now: datetime, days: int) -> datetime:
    day = now + timedelta(days=days)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)
