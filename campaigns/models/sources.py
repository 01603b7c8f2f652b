"""Where visits come from: the names that are counted apart, few enough for each campaign."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Q

# Without a name, and with one that is not counted apart.
DIRECT, OTHER = "direct", "other"
LONGEST_NAME: Final = 40
# Each with what else it is called, in links and as the host of its pages. They always count apart.
_KNOWN: Final = {
    "bluesky": "bsky.app bsky.social",
    "discord": "discord.com discord.gg discordapp.com",
    "facebook": "fb facebook.com fb.com fb.me messenger.com",
    "google": "google.com",
    "instagram": "ig insta instagram.com",
    "linkedin": "linkedin.com lnkd.in",
    "linktree": "linktr.ee",
    "newsletter": "",
    "pinterest": "pinterest.com pin.it",
    "poster": "",
    "reddit": "reddit.com redd.it",
    "snapchat": "snapchat.com",
    "spotify": "spotify.com",
    "telegram": "t.me telegram.org telegram.me",
    "threads": "threads.net threads.com",
    "tiktok": "tt tiktok.com zhiliaoapp.com",
    "website": "",
    "whatsapp": "wa wa.me whatsapp.com",
    "x": "twitter t.co x.com twitter.com",
    "youtube": "yt youtube.com youtu.be",
}
KNOWN: Final = tuple(_KNOWN)
_MEANT: Final = {alias: name for name, aliases in _KNOWN.items() for alias in aliases.split()}
# With the known ones 50. Anybody can make up names, so those of the artist's own have places of
# their own, which no stranger takes.
MOST_OPEN: Final = 20
MOST_OWN: Final = 10
_OPEN_SLOTS: Final = range(1, MOST_OPEN + 1)
_OWN_SLOTS: Final = range(MOST_OPEN + 1, MOST_OPEN + MOST_OWN + 1)
# An address of IPv6, a phone number however it is parted, and what mailing services put into links,
# which could be somebody's.
_MAYBE_PERSONAL: Final = re.compile(
    r"^\[|@|%40|(\d[^a-z\d]*){9}|(?=[a-z]*\d)[0-9a-z]{20}", re.IGNORECASE
)
_HOST: Final = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}")
# Android names an app back to front, as com.instagram.android.
_APP: Final = re.compile(r"(com|net|org)\.([a-z0-9-]+)(\.[a-z0-9.-]+)?")
_NUMERIC_HOST: Final = re.compile(r"(\d+\.){3}\d+")
# As co.uk and com.au: what stands under it has one part more.
_SHARED_ENDING: Final = re.compile(r"\.(ac|co|com|edu|gov|net|ne|or|org)\.[a-z]{2}$")


def is_reserved(text: str) -> bool:
    """Whether it is written as what stands for no name of its own."""
    return _as_name(text) in (DIRECT, OTHER)


def cleaned(text: str) -> str:
    """The name that a link gives or the host that it stood on, as it is counted: of a-z, 0-9, dot,
    hyphen and underscore. Empty if nothing was said.
    """
    if not text.strip():
        return ""
    if _MAYBE_PERSONAL.search(text):
        return OTHER
    name = _as_name(text)
    if _HOST.fullmatch(name):
        name = _site_of(name)
    name = name[:LONGEST_NAME].rstrip("-._")
    return OTHER if _NUMERIC_HOST.fullmatch(name) else _MEANT.get(name, name) or OTHER


def _as_name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain.partition(":")[0]).strip("-._")


def _site_of(host: str) -> str:
    """What was registered, without the parts before: instagram.com of l.instagram.com."""
    if app := _APP.fullmatch(host):
        host = f"{app[2]}.{app[1]}"
    parts = 3 if _SHARED_ENDING.search(host) else 2
    site = ".".join(host.split(".")[-parts:])
    return "google" if site.startswith("google.") else site


class SourceQuerySet(models.QuerySet["Source"]):
    def admit(self, asked: Collection[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """Those of these campaigns' names that are counted apart. A new name is admitted while
        there is room, also when other processes admit names at the same time.
        """
        wanted = {pair for pair in asked if pair[1] not in (*KNOWN, DIRECT, OTHER)}
        held = self._held({campaign_id for campaign_id, _ in wanted})
        while fits := self._fitting(wanted, held):
            # Another process may take the place or the name first; then there is one place less.
            self.bulk_create(fits, ignore_conflicts=True)
            held = self._held({campaign_id for campaign_id, _ in wanted})
        names = {(campaign_id, name) for campaign_id, name, _ in held}
        return {pair for pair in asked if pair not in wanted or pair in names}

    def _held(self, campaign_ids: Iterable[UUID]) -> set[tuple[UUID, str, int]]:
        rows = self.filter(campaign__in=campaign_ids)
        return set(rows.values_list("campaign_id", "name", "slot"))

    def _fitting(
        self, wanted: set[tuple[UUID, str]], held: set[tuple[UUID, str, int]]
    ) -> list[Source]:
        """New sources in the places that are free."""
        taken: dict[UUID, set[int]] = defaultdict(set)
        for campaign_id, _, slot in held:
            taken[campaign_id].add(slot)
        fits = []
        for campaign_id, name in sorted(wanted - {(one, name) for one, name, _ in held}):
            slot = next((one for one in _OPEN_SLOTS if one not in taken[campaign_id]), 0)
            if slot:
                taken[campaign_id].add(slot)
                fits.append(Source(campaign_id=campaign_id, name=name, slot=slot))
        return fits

    def own(self) -> SourceQuerySet:
        """Those that the artist named."""
        return self.filter(slot__in=_OWN_SLOTS).order_by("name")

    def keep(self, campaign_id: UUID, name: str) -> bool:
        """Give a name of the artist's a place that no stranger takes; whether there was one."""
        mine = self.filter(campaign_id=campaign_id)
        if name in (*KNOWN, DIRECT, OTHER) or mine.own().filter(name=name).exists():
            return True
        taken = set(mine.own().values_list("slot", flat=True))
        for slot in (slot for slot in _OWN_SLOTS if slot not in taken):
            try:
                with transaction.atomic():
                    mine.update_or_create(
                        campaign_id=campaign_id, name=name, defaults={"slot": slot}
                    )
            except IntegrityError:
                continue  # another editor was first
            return True
        return False


class Source(models.Model):
    """A name under which one campaign's visits are counted apart. The places bound how many there
    are, in the database itself.
    """

    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, related_name="sources"
    )
    name = models.CharField(max_length=LONGEST_NAME)
    slot = models.PositiveSmallIntegerField()

    objects = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="one_source_per_name"),
            models.UniqueConstraint(fields=["campaign", "slot"], name="one_source_per_slot"),
            models.CheckConstraint(
                condition=Q(slot__gte=1, slot__lte=MOST_OPEN + MOST_OWN), name="source_slot_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
