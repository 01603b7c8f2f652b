"""Campaigns: what is released, when, and how far it is."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.timezone import localtime

from campaigns.models import identity, midnights
from campaigns.models.choices import (
    MISMATCHES,
    TOLD_TO_FANS,
    Accent,
    CampaignState,
    Finding,
    PauseReason,
    ReleaseMode,
)
from campaigns.models.formats import (
    LONGEST_NOTE,
    LONGEST_RELEASE_NAME,
    LONGEST_SLUG,
    SLUG_PATTERN,
    SPOTIFY_URI_PATTERN,
    check_slug,
)
from campaigns.models.limits import (
    HARD_STOP,
    LONGEST_LEAD,
    ROW_LIFETIME,
    UNCONFIRMED_AFTER,
    WATCH_EVERY,
)
from campaigns.models.people import Label, User
from campaigns.models.presave import PreSave

ENDED_STATES: Final = (CampaignState.FINISHED, CampaignState.CANCELLED)
# A release page alone, of an instance without a Spotify app: nothing could be saved.
NAMES_NO_RELEASE: Final = Q(spotify_uri="", upc="", isrc="")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User) -> CampaignQuerySet:
        """Each with the user's role in its label, as `viewers_role`."""
        mine = self.filter(label__memberships__user=user)
        return mine.annotate(viewers_role=F("label__memberships__role"))  # type: ignore[no-redef]

    def with_waiting_fans(self, now: datetime) -> CampaignQuerySet:
        """Each with `has_waiting_fans`: whether fans are due for whom no market that showed the
        release speaks. And with `has_unconfirmed_saves`: whether looks have failed to confirm some
        for long.
        """
        waiting = PreSave.objects.waiting().filter(
            campaign=OuterRef("pk"), due_at__lte=now, due_at__gte=OuterRef("confirmed_until")
        )
        sent = PreSave.objects.sent().filter(
            campaign=OuterRef("pk"), sent_at__lte=now - UNCONFIRMED_AFTER
        )
        return self.annotate(  # type: ignore[no-redef]
            has_waiting_fans=Exists(waiting), has_unconfirmed_saves=Exists(sent)
        )

    def public(self) -> CampaignQuerySet:
        """Those whose landing page is live: once opened by the artist."""
        return self.exclude(state=CampaignState.DRAFT).exclude(opened_at=None)

    def accepting_consents(self) -> CampaignQuerySet:
        taking = self.filter(state__in=[CampaignState.OPEN, CampaignState.RELEASING])
        return taking.exclude(public_key=None).exclude(paused_reason=PauseReason.KEY_MISSING)

    def awaiting_key(self) -> CampaignQuerySet:
        return self.filter(state=CampaignState.OPEN, public_key=None).exclude(NAMES_NO_RELEASE)

    def awaiting_look(self, now: datetime) -> CampaignQuerySet:
        """Those whose release is due and not yet seen in Spotify's catalogue, or is being saved
        and may have gone from it.
        """
        due = Q(next_check_at=None) | Q(next_check_at__lte=now)
        unseen = self.filter(
            state=CampaignState.OPEN, release_at__lte=now, paused_reason=PauseReason.NONE
        )
        return (unseen | self.being_saved(now)).filter(due).exclude(public_key=None)

    def being_saved(self, now: datetime) -> CampaignQuerySet:
        """Releasing ones with fans who are due, or will be so soon; and, even if they are paused,
        those with saves that a look has still to confirm.
        """
        mine = PreSave.objects.filter(campaign=OuterRef("pk"))
        soon = Q(Exists(mine.waiting().filter(due_at__lte=now + WATCH_EVERY)))
        to_confirm = Q(Exists(mine.sent()))
        releasing = self.filter(state=CampaignState.RELEASING)
        return releasing.filter(soon & Q(paused_reason=PauseReason.NONE) | to_confirm)

    def awaiting_look_ahead(self, now: datetime) -> CampaignQuerySet:
        """Those that are to come, and for which no look is set before their release time."""
        due = Q(next_check_at=None) | Q(next_check_at__lte=now)
        to_come = self.filter(due, state=CampaignState.OPEN, release_at__gt=now)
        return to_come.filter(paused_reason=PauseReason.NONE).exclude(public_key=None)

    def releasing(self) -> CampaignQuerySet:
        return self.serving().filter(paused_reason=PauseReason.NONE)

    def serving(self) -> CampaignQuerySet:
        """Those whose fans may be saved now; of one that is paused for what Spotify told others,
        only the newcomers. Nobody's as long as a move has not taken all of them along.
        """
        reasons = [PauseReason.NONE, *TOLD_TO_FANS]
        taken_along = self.filter(state=CampaignState.RELEASING, moved_from=None)
        return taken_along.filter(paused_reason__in=reasons)

    def endable(self, now: datetime, *, unasked: bool = False) -> CampaignQuerySet:
        """Those whose release has come to every zone, or whose time to save it has run out; and
        those whose release nobody looks for: with `unasked`, as there is no Spotify app, all.
        """
        out_of_time = Q(
            state__in=[CampaignState.OPEN, CampaignState.RELEASING], release_at__lte=now - HARD_STOP
        )
        everywhere = Q(release_mode=ReleaseMode.ONE_INSTANT) | Q(
            release_at__lte=now - midnights.FIRST_TO_LAST
        )
        released = Q(state=CampaignState.RELEASING)
        not_looked_for = Q(state=CampaignState.OPEN, release_at__lte=now)
        if not unasked:
            not_looked_for &= NAMES_NO_RELEASE
        return self.filter(out_of_time | everywhere & (released | not_looked_for))

    def awaiting_shredding(self) -> CampaignQuerySet:
        return self.filter(state__in=ENDED_STATES, key_destroyed_at=None, opened_at__isnull=False)

    def settled(self) -> CampaignQuerySet:
        """Ended ones whose fans' rows have all ended."""
        pending = PreSave.objects.pending().filter(campaign=OuterRef("pk"))
        return self.filter(state__in=ENDED_STATES).exclude(Exists(pending))

    def awaiting_figures(self, now: datetime) -> CampaignQuerySet:
        """Settled ones whose rows are still there to be looked at."""
        return self.settled().filter(figures=None, release_at__gt=now - ROW_LIFETIME)

    def awaiting_deletion(self, now: datetime) -> CampaignQuerySet:
        """Settled ones whose rows have been kept long enough."""
        return self.settled().filter(rows_deleted_at=None, release_at__lte=now - ROW_LIFETIME)


class Campaign(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="campaigns")
    slug = models.CharField(max_length=LONGEST_SLUG, unique=True, validators=[check_slug])
    title = models.CharField(max_length=LONGEST_RELEASE_NAME)
    artist = models.CharField(max_length=LONGEST_RELEASE_NAME)
    # Both as the page showed them at the first tap, and empty until then. From then on title and
    # artist are these, in a spelling that fans would call the same.
    agreed_title = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    agreed_artist = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    artwork = models.CharField(max_length=32, blank=True)
    artwork_width = models.PositiveIntegerField(default=0)
    artwork_height = models.PositiveIntegerField(default=0)
    # The bytes of each file, by its name.
    artwork_weights = models.JSONField(default=dict, db_default={}, blank=True)
    artwork_alt = models.CharField(max_length=200, blank=True)
    # The point around which the cover is cropped to a square, in percent from the top left.
    artwork_focus_x = models.PositiveSmallIntegerField(default=50, db_default=50)
    artwork_focus_y = models.PositiveSmallIntegerField(default=50, db_default=50)
    # Half a minute to listen to: its name, and its length.
    clip = models.CharField(max_length=32, db_default="", default="", blank=True)
    clip_seconds = models.PositiveSmallIntegerField(default=0, db_default=0)
    # A sentence or two by the artist, for the page.
    note = models.CharField(max_length=LONGEST_NOTE, db_default="", default="", blank=True)
    # The same for the receipt, once the release is in the fan's library.
    thanks = models.CharField(max_length=LONGEST_NOTE, db_default="", default="", blank=True)
    # The page's colour: the artist's choice, or else what was found in the artwork.
    accent = models.CharField(
        max_length=10, choices=Accent, default=Accent.FROM_ARTWORK, db_default="", blank=True
    )
    artwork_accent = models.CharField(max_length=10, db_default="", default="", blank=True)
    # Two colours of the artwork, for what lies behind it; see artwork/ground.py.
    artwork_ground = models.CharField(max_length=15, db_default="", default="", blank=True)
    # Where else to go until the release is out, and from then on; an address may be in both. And
    # Spotify's own Countdown page.
    links_before = models.JSONField(default=list, db_default=[], blank=True)
    links = models.JSONField(default=list, db_default=[], blank=True)
    countdown_url = models.CharField(max_length=200, db_default="", default="", blank=True)
    # Which wording of what a fan agrees to this campaign's pages show: see consent/wordings.py.
    consent_version = models.PositiveSmallIntegerField(default=1, db_default=1)

    # What is released: one of these three is given, and all that are given must agree with
    # Spotify's catalogue. Without any there is no key, and so no pre-save.
    spotify_uri = models.CharField(max_length=40, blank=True)
    upc = models.CharField(max_length=14, blank=True)
    isrc = models.CharField(max_length=12, blank=True)
    # Written by version 0.1 alone, and read by nobody; it goes with the next version.
    codes_added_after_consent = models.JSONField(
        default=list, db_default=[], blank=True, db_column="added_later"
    )
    # What the catalogue confirmed at release time and is saved, with title and artist in Spotify's
    # words.
    confirmed_uri = models.CharField(max_length=40, blank=True)
    confirmed_title = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    confirmed_artist = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # What the last look found instead, as the catalogue has it: another title or artist than fans
    # agreed to. And the entry of which an artist said that it is the release all the same.
    found_uri = models.CharField(max_length=40, db_default="", default="", blank=True)
    found_title = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    found_artist = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    accepted_uri = models.CharField(max_length=40, db_default="", default="", blank=True)
    # What the last look could not tell apart: see catalogue/candidates.py.
    candidates = models.JSONField(default=list, db_default=[], blank=True)
    # The ISO 3166 code of the market to ask; empty for the operator's.
    market = models.CharField(max_length=2, db_default="", default="", blank=True)
    # What the last looks showed in which market, how many of them in a row, and since when; empty
    # while nothing new is shown. `shown_since` stays when the series has been believed.
    shown_uri = models.CharField(max_length=40, db_default="", default="", blank=True)
    shown_market = models.CharField(max_length=2, db_default="", default="", blank=True)
    shown_looks = models.PositiveSmallIntegerField(db_default=0, default=0)
    shown_since = models.DateTimeField(null=True, blank=True)
    # When a look last showed what is being saved; and when one last did not, although one had
    # before.
    shown_at = models.DateTimeField(null=True, blank=True)
    # When at the latest the look after that one has to come.
    watched_until = models.DateTimeField(null=True, blank=True)
    vanished_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    last_finding = models.CharField(max_length=30, choices=Finding, blank=True)

    # What a look showed while the campaign was a draft, and when; empty where none was made since
    # the names changed.
    looked_up_finding = models.CharField(max_length=30, db_default="", default="", blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)

    release_mode = models.CharField(
        max_length=15,
        choices=ReleaseMode,
        default=ReleaseMode.ONE_INSTANT,
        db_default=ReleaseMode.ONE_INSTANT,
    )
    # With local midnights: the first of them, and release_zone the zone where the day begins first.
    release_at = models.DateTimeField()
    release_zone = models.CharField(max_length=64)
    # With local midnights: fans due before then may be served, as their market shows the release.
    confirmed_until = models.DateTimeField(null=True, blank=True)
    # When the present release_at was last promised to fans: at opening, and at each later move.
    scheduled_at = models.DateTimeField(null=True, blank=True)
    # While a move still has fans to take along: the release time that it left; until when they
    # consented who had then; and until when they did who have been taken along.
    moved_from = models.DateTimeField(null=True, blank=True)
    moved_until = models.DateTimeField(null=True, blank=True)
    moved_past = models.DateTimeField(null=True, blank=True)
    # When an artist last changed what calendars show; null where nobody has since version 0.1.
    event_changed_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=CampaignState, default=CampaignState.DRAFT)
    paused_reason = models.CharField(
        max_length=20, choices=PauseReason, default=PauseReason.NONE, blank=True
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    # Counts the changes that artists saved; a form carries the one that it was opened with.
    version = models.PositiveIntegerField(default=0, db_default=0)
    # What the team's preview link names, and until when it works; empty without one.
    preview_nonce = models.CharField(max_length=32, db_default="", default="", blank=True)
    preview_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when the list leaves it out; of drafts and of campaigns that have ended.
    archived_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    public_key = models.BinaryField(max_length=32, null=True, blank=True)
    key_destroyed_at = models.DateTimeField(null=True, blank=True)
    # What its pre-saves came to, written down when it has ended and null until then: seconds from
    # the release (or from a later consent) to the save that half, and 95 of 100, did not exceed;
    # and how many failed or expired for which reason.
    delivery_p50 = models.PositiveIntegerField(null=True, blank=True)
    delivery_p95 = models.PositiveIntegerField(null=True, blank=True)
    failures = models.JSONField(null=True, blank=True)
    # Half of the address at which the report is read without a log-in; empty while it is not.
    report_nonce = models.CharField(max_length=22, db_default="", default="", blank=True)
    # When the last of its fans' rows was deleted; the counts stay.
    rows_deleted_at = models.DateTimeField(null=True, blank=True)

    # Of querysets alone: visible_to, with_waiting_fans and the landing page's.
    viewers_role: str
    has_waiting_fans: bool
    has_unconfirmed_saves: bool
    spotify_is_away: bool

    objects: ClassVar[models.Manager[Campaign]] = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-release_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=SLUG_PATTERN), name="campaign_slug_form"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=CampaignState.values,
                    paused_reason__in=PauseReason.values,
                    release_mode__in=ReleaseMode.values,
                    accent__in=Accent.values,
                ),
                name="campaign_state_known",
            ),
            models.CheckConstraint(
                condition=~NAMES_NO_RELEASE | Q(public_key=None), name="campaign_names_a_release"
            ),
            models.CheckConstraint(
                condition=Q(agreed_title="", agreed_artist="")
                | ~Q(agreed_title="") & ~Q(agreed_artist=""),
                name="campaign_agreed_to_both",
            ),
            # What is saved is one album or track, however the row was written.
            models.CheckConstraint(
                condition=(Q(spotify_uri="") | Q(spotify_uri__regex=SPOTIFY_URI_PATTERN))
                & (Q(confirmed_uri="") | Q(confirmed_uri__regex=SPOTIFY_URI_PATTERN)),
                name="campaign_uri_form",
            ),
            models.CheckConstraint(
                condition=~Q(state=CampaignState.FINISHED) | Q(finished_at__isnull=False),
                name="campaign_finished_dated",
            ),
            models.CheckConstraint(
                condition=Q(state=CampaignState.DRAFT)
                | Q(opened_at__isnull=False, scheduled_at__isnull=False)
                | Q(state=CampaignState.CANCELLED),
                name="campaign_opening_dated",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_at=None)
                | Q(
                    release_at__gte=F("scheduled_at"),
                    release_at__lte=F("scheduled_at") + LONGEST_LEAD,
                ),
                name="campaign_release_within_175_days",
            ),
            models.CheckConstraint(
                condition=~Q(state=CampaignState.RELEASING)
                | Q(confirmed_at__isnull=False) & ~Q(confirmed_uri=""),
                name="campaign_releases_what_was_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(
                    release_mode=ReleaseMode.LOCAL_MIDNIGHT,
                    state=CampaignState.RELEASING,
                    confirmed_until=None,
                ),
                name="campaign_local_midnights_bounded",
            ),
            models.CheckConstraint(
                condition=Q(key_destroyed_at=None) | Q(state__in=ENDED_STATES),
                name="campaign_key_outlives_its_end",
            ),
            models.UniqueConstraint(
                fields=["report_nonce"],
                condition=~Q(report_nonce=""),
                name="campaign_report_nonce_once",
            ),
            # Nobody overlooks a campaign that runs because the list leaves it out.
            models.CheckConstraint(
                condition=Q(archived_at=None) | Q(state__in=[CampaignState.DRAFT, *ENDED_STATES]),
                name="campaign_archived_does_not_run",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artist}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("fan-landing", args=[self.slug])

    def takes_along(self, consented_at: datetime) -> bool:
        """Whether a move that is under way has still to come to who consented then."""
        if self.moved_until is None or consented_at > self.moved_until:
            return False
        return self.moved_past is None or consented_at > self.moved_past

    @property
    def agreed_digest(self) -> bytes | None:
        """The digest of what fans agree to here; None while title or artist says something else
        than they agreed to.
        """
        title, artist = self.agreed_title or self.title, self.agreed_artist or self.artist
        if not (identity.is_same(title, self.title) and identity.is_same(artist, self.artist)):
            return None
        return identity.digest(title, artist, self.consent_version, self.release_mode)

    @property
    def told_calendars_at(self) -> datetime:
        """When what calendars show of the release last changed; they compare whole seconds."""
        changes = (self.opened_at, self.scheduled_at, self.event_changed_at, self.cancelled_at)
        return max((at for at in changes if at), default=self.created_at)

    def tell_calendars(self, now: datetime) -> None:
        """Note that what they show changes, in a later second than the last time."""
        self.event_changed_at = max(now, self.told_calendars_at + timedelta(seconds=1))

    @property
    def awaits_an_answer(self) -> bool:
        """Whether the last look found another title or artist than fans agreed to, and no artist
        has said that it is the release all the same.
        """
        is_other = self.last_finding in MISMATCHES
        was_accepted = self.found_uri and self.found_uri == self.accepted_uri
        return self.state == CampaignState.OPEN and is_other and not was_accepted

    @property
    def offers_a_choice(self) -> bool:
        """Whether an artist may choose one of the entries that the last look found: of several
        releases, or of the explicit and the other version of one that is not out yet.
        """
        is_choice = self.last_finding in (Finding.SEVERAL_MATCH, Finding.NOT_OUT_YET)
        return self.state == CampaignState.OPEN and is_choice and bool(self.candidates)

    @property
    def awaits_a_choice(self) -> bool:
        """Whether nothing is saved before the artist has chosen."""
        return self.offers_a_choice and self.last_finding == Finding.SEVERAL_MATCH

    @property
    def is_answered(self) -> bool:
        """Whether an artist has said which entry is the release, and the look that follows at once
        has not been made yet.
        """
        return bool(self.accepted_uri) and self.next_check_at is None

    @property
    def asks_the_artist(self) -> bool:
        """Whether nothing is saved before the artist has answered or chosen."""
        return self.awaits_an_answer or self.awaits_a_choice

    @property
    def shown_accent(self) -> Accent:
        """The artist's choice, or the artwork's, or the product's own."""
        return Accent(self.accent or self.artwork_accent or Accent.RUST)

    @property
    def release_local(self) -> datetime:
        """The release time as the artist stated it, in the campaign's own zone."""
        return localtime(self.release_at, ZoneInfo(self.release_zone))

    @property
    def releases_at_midnight(self) -> bool:
        local = self.release_local
        return (local.hour, local.minute) == (0, 0)

    @property
    def at_local_midnights(self) -> bool:
        return self.release_mode == ReleaseMode.LOCAL_MIDNIGHT

    @property
    def everywhere_at(self) -> datetime:
        """The release time of the last fans."""
        return self.release_at + midnights.FIRST_TO_LAST * self.at_local_midnights

    @property
    def saves_a_track(self) -> bool:
        """A track goes to Liked Songs; an album, single or EP to Albums. Most releases are one,
        which a preview shows before anything is named.
        """
        if self.confirmed_uri or self.spotify_uri:
            return (self.confirmed_uri or self.spotify_uri).startswith("spotify:track:")
        return bool(self.isrc and not self.upc)

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED_STATES

    @property
    def names_a_release(self) -> bool:
        return bool(self.spotify_uri or self.upc or self.isrc)

    @property
    def is_opening(self) -> bool:
        awaits_key = self.public_key is None and self.names_a_release
        return self.state == CampaignState.OPEN and awaits_key

    @property
    def takes_consents(self) -> bool:
        """As CampaignQuerySet.accepting_consents."""
        is_live = self.state in (CampaignState.OPEN, CampaignState.RELEASING)
        has_key = self.public_key is not None and self.paused_reason != PauseReason.KEY_MISSING
        return is_live and has_key

    @property
    def is_paused(self) -> bool:
        return self.paused_reason != PauseReason.NONE

    @property
    def last_day(self) -> datetime:
        """When the last permission is destroyed even if nothing could be saved."""
        return self.release_at + HARD_STOP

    @property
    def rows_kept_until(self) -> datetime:
        return self.release_at + ROW_LIFETIME
