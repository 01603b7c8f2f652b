"""The one table of all of Spotify's scopes: what each lets its holder do, and where it is listed.

The page `/check` shows it in six languages, the command in English, and the browser's script takes
it from the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

# Spotify's OpenAPI description, in which 19 stand; a test compares them with a copy.
OPENAPI: Final = (
    "https://developer.spotify.com/_data/documentation/web-api/reference/open-api-schema.yml"
)
GUIDE: Final = "https://developer.spotify.com/documentation/web-api/concepts/scopes"
OPEN_ACCESS: Final = "https://developer.spotify.com/documentation/open-access/concepts"
OLD_SDK: Final = "https://spotify.github.io/ios-sdk/html/Constants/SPTScope.html"


class Kind(Enum):
    """What a scope is about, in the order of the page."""

    ACCOUNT = "account"
    LISTENING = "listening"
    CHANGES = "changes"
    PLAYBACK = "playback"
    PARTNERS = "partners"


@dataclass(frozen=True)
class Scope:
    """One permission. `shown` is what Spotify tells people, where it does."""

    name: str
    kind: Kind
    lets: str
    shown: str = ""
    source: str = OPENAPI


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the translators; the page that shows it translates it."""
    return sentence


NEEDED: Final = "user-library-modify"
SCOPES: Final = (
    Scope(
        NEEDED,
        Kind.CHANGES,
        gettext_noop("Add to your library and remove from it."),
        "Manage your saved content.",
    ),
    Scope(
        "playlist-modify-private",
        Kind.CHANGES,
        gettext_noop("Create, change and empty your private playlists."),
        "Manage your private playlists.",
    ),
    Scope(
        "playlist-modify-public",
        Kind.CHANGES,
        gettext_noop("Create, change and empty your public playlists, where everyone sees it."),
        "Manage your public playlists.",
    ),
    # Spotify's description has the same words for it as for the one that saves.
    Scope(
        "user-follow-modify",
        Kind.CHANGES,
        gettext_noop("Follow and unfollow artists and people as you."),
        "Manage your saved content.",
    ),
    Scope(
        "ugc-image-upload",
        Kind.CHANGES,
        gettext_noop("Upload pictures as you, such as covers of your playlists."),
        "Upload images to Spotify on your behalf.",
    ),
    Scope(
        "user-read-email",
        Kind.ACCOUNT,
        gettext_noop("Read your email address."),
        "Get your real email address.",
    ),
    Scope(
        "user-read-private",
        Kind.ACCOUNT,
        gettext_noop("Read your country, your plan and whether explicit content is filtered."),
        "Access your subscription details.",
    ),
    Scope(
        "user-read-birthdate",
        Kind.ACCOUNT,
        gettext_noop("Read your date of birth. Spotify no longer lists it."),
        source=OLD_SDK,
    ),
    Scope(
        "user-follow-read",
        Kind.ACCOUNT,
        gettext_noop("See which artists and people you follow."),
        "Access your followers and who you are following.",
    ),
    Scope(
        "user-library-read",
        Kind.LISTENING,
        gettext_noop("See everything in your library."),
        "Access your saved content.",
    ),
    Scope(
        "playlist-read-private",
        Kind.LISTENING,
        gettext_noop("See your private playlists."),
        "Access your private playlists.",
    ),
    Scope(
        "playlist-read-collaborative",
        Kind.LISTENING,
        gettext_noop("See the playlists you make with others."),
        "Access your collaborative playlists.",
    ),
    Scope(
        "user-read-recently-played",
        Kind.LISTENING,
        gettext_noop("See what you played recently, and when."),
        "Access your recently played items.",
    ),
    Scope(
        "user-top-read",
        Kind.LISTENING,
        gettext_noop("See which artists and songs you play most."),
        "Read your top artists and content.",
    ),
    Scope(
        "user-read-playback-position",
        Kind.LISTENING,
        gettext_noop("See how far you got in podcasts and audiobooks."),
        "Read your position in content you have played.",
    ),
    Scope(
        "user-personalized",
        Kind.LISTENING,
        gettext_noop("Read what Spotify picks for you."),
        source=GUIDE,
    ),
    Scope(
        "user-read-currently-playing",
        Kind.PLAYBACK,
        gettext_noop("See what you are playing right now."),
        "Read your currently playing content.",
    ),
    Scope(
        "user-read-playback-state",
        Kind.PLAYBACK,
        gettext_noop("See what you are playing, on which device, and your other devices."),
        "Read your currently playing content and Spotify Connect devices information.",
    ),
    Scope(
        "user-modify-playback-state",
        Kind.PLAYBACK,
        gettext_noop("Start, stop and skip music on your devices."),
        "Control playback on your Spotify clients and Spotify Connect devices.",
    ),
    Scope(
        "app-remote-control",
        Kind.PLAYBACK,
        gettext_noop("Control the Spotify app on your phone."),
        "Communicate with the Spotify app on your device.",
    ),
    Scope(
        "streaming",
        Kind.PLAYBACK,
        gettext_noop("Play music with your account and control your other devices."),
        "Play content and control playback on your other devices.",
    ),
    Scope(
        "user-soa-link",
        Kind.PARTNERS,
        gettext_noop("Link your Spotify account to your account with a partner."),
        source=OPEN_ACCESS,
    ),
    Scope(
        "user-soa-unlink",
        Kind.PARTNERS,
        gettext_noop("Undo the link between your Spotify account and a partner's."),
        source=OPEN_ACCESS,
    ),
    Scope(
        "soa-manage-entitlements",
        Kind.PARTNERS,
        gettext_noop("Decide which of a partner's programmes you may play."),
        source=OPEN_ACCESS,
    ),
    Scope(
        "soa-manage-partner",
        Kind.PARTNERS,
        gettext_noop("Change a partner's own details."),
        source=OPEN_ACCESS,
    ),
    Scope(
        "soa-create-partner",
        Kind.PARTNERS,
        gettext_noop("Register new partners."),
        source=OPEN_ACCESS,
    ),
)
