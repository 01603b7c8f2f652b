"""Settings by what they mean: each is valid by itself, or Presave would not have started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.doctor.checks import Check, green, note, red
from campaigns.spotify import AppMode, app_mode

SPOTIFYS: Final = {
    "SPOTIFY_ACCOUNTS_URL": "https://accounts.spotify.com",
    "SPOTIFY_API_URL": "https://api.spotify.com/v1",
}
# A container keeps what it was started with, also when it is restarted.
TAKE_IT: Final = "Then: ./presavectl upgrade. Without Docker, start web and worker anew."
# What .env.example has in these places.
LEFT_FROM_THE_EXAMPLE: Final = {
    "PUBLIC_URL": "https://presave.example.com",
    "SPOTIFY_CLIENT_ID": "your-client-id",
    "OPERATOR_NAME": "Your label",
    "OPERATOR_CONTACT": "privacy@example.com",
}
# Only containers of the profile "sandbox" find anything under this name.
SANDBOX: Final = "sandbox.localhost"
# Spotify publishes no numbers. No app in development mode was seen to be served faster.
MOST_IN_DEVELOPMENT: Final = 20.0


def examine() -> list[Check]:
    wrong = list(_wrong())
    if wrong:
        return wrong
    name, contact = settings.OPERATOR_NAME, settings.OPERATOR_CONTACT
    told = f"{settings.PUBLIC_URL}, run by {name} ({contact})."
    if is_tried():
        return [note("settings", f"{told} The sandbox is in Spotify's place: this is a trial.")]
    return [green("settings", told)]


def is_tried() -> bool:
    """Whether this was started by `./presavectl setup --sandbox`."""
    return urlsplit(settings.SPOTIFY_ACCOUNTS_URL).hostname == SANDBOX


def _wrong() -> Iterator[Check]:
    for name, example in LEFT_FROM_THE_EXAMPLE.items():
        if getattr(settings, name) == example:
            yield _red(f"{name} is still the example's: {example}.", f"Set {name} in .env.")
    if settings.DEBUG and settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        yield _red("DEBUG shows errors with all settings.", "Take DEBUG out of the environment.")
    is_for_fans = settings.IS_HTTPS and not is_tried() and app_mode() is not AppMode.NONE
    for name, address in SPOTIFYS.items():
        if is_for_fans and getattr(settings, name) != address:
            yield _red(
                f"{name} is {getattr(settings, name)}, which is not Spotify: no fan is served.",
                f"Take {name} out of .env, where this is not a rehearsal.",
            )
    if app_mode() is AppMode.DEVELOPMENT and settings.SPOTIFY_MAX_RATE > MOST_IN_DEVELOPMENT:
        yield _red(
            f"SPOTIFY_MAX_RATE is {settings.SPOTIFY_MAX_RATE:g} for an app in development mode, "
            "which Spotify answers with bans of hours.",
            "Set SPOTIFY_MAX_RATE=10 in .env.",
        )


def _red(text: str, fix: str) -> Check:
    return red("settings", text, f"{fix} {TAKE_IT}")
