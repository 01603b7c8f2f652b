"""What the demo's night and its scenery share: campaigns, the sandbox's catalogue, and waiting."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import django
import requests

from demo.cover import Palette, draw_cover
from demo.environment import DemoError

django.setup()

from django.core.management import call_command  # noqa: E402

from campaigns import hosts  # noqa: E402
from campaigns.artwork import decoding, files  # noqa: E402
from campaigns.models import Campaign, Label  # noqa: E402
from campaigns.planning import transitions  # noqa: E402

BASE62: Final = string.digits + string.ascii_letters


@dataclass(frozen=True)
class Demo:
    """Where the sandbox is, and how to see that no process has died."""

    sandbox_url: str
    check_alive: Callable[[], None]

    def control(self, name: str, body: object = None) -> dict[str, Any]:
        """Tell the sandbox something, or ask it. Raises DemoError."""
        method = "GET" if body is None else "POST"
        url = f"{self.sandbox_url}/_sandbox/{name}"
        answer = requests.request(method, url, json=body, timeout=30)
        if answer.status_code != 200:
            raise DemoError(f"the sandbox refused {name}: {answer.text}")
        result: dict[str, Any] = answer.json()
        return result

    def wait_for(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_alive()
            if time.monotonic() > deadline:
                raise DemoError(f"waited {seconds:g} s in vain for {what}.")
            time.sleep(0.2)


def make_tables() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def draft(label: Label, slug: str, palette: Palette, release_at: datetime, **more: Any) -> Campaign:
    """A campaign of an album that no fan of an earlier demo has in the library yet."""
    cover = files.write(decoding.prepare(BytesIO(draw_cover(palette))))
    return Campaign.objects.create(
        label=label,
        slug=slug,
        title=slug.replace("-", " ").title(),
        artist="Demo Artist",
        artwork=cover.name,
        artwork_width=cover.width,
        artwork_height=cover.height,
        artwork_weights=cover.weights,
        artwork_accent=cover.accent,
        artwork_ground=cover.ground,
        artwork_alt="Rings of a sun over a dark horizon",
        spotify_uri=f"spotify:album:{''.join(secrets.choice(BASE62) for _ in range(22))}",
        release_at=release_at,
        **{"release_zone": "UTC", **more},
    )


def open_for_fans(demo: Demo, campaign: Campaign, now: datetime) -> None:
    """Open it as of `now`, and wait for the key that the worker makes."""
    transitions.open_campaign(campaign, now)
    live = Campaign.objects.accepting_consents().filter(id=campaign.id)
    demo.wait_for(live.exists, 30, "the campaign's key")
    campaign.refresh_from_db()


def list_in_catalogue(
    demo: Demo, campaign: Campaign, available_at: datetime | None = None, **other: Any
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
    demo.control("catalogue", {**album, **other})


def landing_url(campaign: Campaign) -> str:
    return hosts.address_of(campaign)
