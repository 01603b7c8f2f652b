"""The dashboard's forms: what an artist writes is checked here, so that no database constraint
ever answers instead.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from campaigns.catalogue.names import Names
from campaigns.dashboard import access
from campaigns.dashboard.fields import (
    AgreementField,
    ArtworkField,
    CountdownLinkField,
    DayField,
    ISRCField,
    MomentField,
    OtherLinksField,
    PlainTextField,
    ReleaseLinkField,
    UPCField,
    is_zone,
    zone_choices,
)
from campaigns.models import (
    LONGEST_LEAD,
    Accent,
    Campaign,
    CampaignState,
    Label,
    ReleaseMode,
    User,
    midnights,
)
from campaigns.models.formats import LONGEST_SLUG, SLUG_PATTERN
from campaigns.planning import addresses, editing, moving
from campaigns.planning.editing import ChangedMeanwhileError
from campaigns.planning.moving import LapseError, PublishingError

if TYPE_CHECKING:
    from django.http import QueryDict

# Nobody plans a release further ahead; what lies beyond is a mistyped year.
FURTHEST_RELEASE: Final = timedelta(days=3 * 365)
# A moment no further back was the present one when the form was filled in: it means now.
PRESENT: Final = timedelta(minutes=5)
DAY_HAS_BEGUN: Final = (
    "This day has already begun in the first time zone, UTC+14. Choose a later one."
)


class LabelForm(forms.Form):
    name = PlainTextField(
        max_length=100,
        label="Name of the label",
        help_text="No label? Use the artist's name.",
    )


class LinksForm(forms.Form):
    """All that may still be changed of a finished campaign."""

    links = OtherLinksField()


class Frozen(NamedTuple):
    """What the form shows and does not ask, with the reason."""

    label: str
    value: str
    why: str


class CampaignForm(forms.Form):
    """A new campaign, or what may still be changed of one."""

    label = forms.ModelChoiceField(Label.objects.none(), label="Label", empty_label=None)
    title = PlainTextField(max_length=120, help_text="Of the album, EP or single.")
    artist = PlainTextField(max_length=120)
    slug = forms.CharField(
        max_length=LONGEST_SLUG,
        required=False,
        label="Address of the page",
        help_text="Lower-case letters, digits and hyphens. Leave empty to use artist and title. "
        "Can't be changed once the campaign is open.",
    )
    spotify_uri = ReleaseLinkField(
        max_length=300,
        required=False,
        label="Spotify link or URI",
        help_text="Of the album or track: https://open.spotify.com/album/… "
        "A Countdown Page's link does not work.",
    )
    upc = UPCField(
        max_length=40,
        required=False,
        label="UPC or EAN",
        help_text="12 or 13 digits. Your distributor shows it with the release.",
    )
    isrc = ISRCField(
        max_length=40,
        required=False,
        label="ISRC",
        help_text="Of a single track, which is then saved to Liked Songs.",
    )
    release_mode = forms.ChoiceField(
        choices=ReleaseMode.choices,
        initial=ReleaseMode.ONE_INSTANT,
        required=False,
        widget=forms.RadioSelect,
        label="When it comes out",
    )
    release_at = MomentField(label="Date and time", help_text="In the time zone below.")
    release_zone = forms.ChoiceField(choices=zone_choices, label="Time zone")
    out_now = forms.BooleanField(
        required=False,
        label="Already out: start saving now",
        help_text="The date and time above are ignored.",
    )
    release_day = DayField(
        label="Day",
        help_text="Date only. Each fan gets it at midnight in their own time zone, New Zealand "
        "first.",
    )
    agreed_lapse = AgreementField(required=False, label="Move it anyway")
    artwork = ArtworkField(
        required=False,
        help_text="JPEG, PNG or WebP, at least 320 pixels a side, at most 10 MB and 25 megapixels. "
        "Location and camera data are removed.",
    )
    artwork_alt = PlainTextField(
        max_length=200,
        required=False,
        label="Alt text",
        help_text="Describe the cover for fans using a screen reader.",
    )
    accent = forms.ChoiceField(
        choices=Accent.choices,
        required=False,
        widget=forms.RadioSelect,
        label="Colour of the page",
    )
    countdown_url = CountdownLinkField()
    links = OtherLinksField()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, user: User, now: datetime, campaign: Campaign | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.campaign = campaign
        self.frozen: list[Frozen] = []
        self.too_late: set[str] = set()
        self._offer_labels(user)
        self._offer_moves()
        if campaign:
            self._fill_in(campaign)
            self._freeze(campaign)

    def _offer_labels(self, user: User) -> None:
        labels = access.labels_edited_by(user)
        self.only_label = labels[0] if len(labels) == 1 else None
        if self.campaign or self.only_label:
            del self.fields["label"]
        else:
            self.fields["label"] = forms.ModelChoiceField(labels, empty_label=None)
            self.order_fields(["label"])

    def _offer_moves(self) -> None:
        if not (self._is_open and self.campaign and self.campaign.release_at > self.now):
            del self.fields["out_now"]
        if not self._is_live:
            del self.fields["agreed_lapse"]
        else:
            self._ask_for_agreement(AgreementField().clean(self.data.get("agreed_lapse")))

    def _ask_for_agreement(self, number: int) -> None:
        self.number_lapsing = self.fields["agreed_lapse"].widget.number = number

    def _fill_in(self, campaign: Campaign) -> None:
        for name in self.fields:
            if hasattr(campaign, name):
                self.initial[name] = getattr(campaign, name)
        if campaign.at_local_midnights:
            self.initial["release_day"] = campaign.release_local.date()
            del self.initial["release_at"], self.initial["release_zone"]
        else:
            # Naive, so that Django shows it as it is: in the campaign's zone, not in the server's.
            self.initial["release_at"] = campaign.release_local.replace(tzinfo=None)

    def _freeze(self, campaign: Campaign) -> None:
        for name, why in editing.frozen_fields(campaign).items():
            field = self.fields.pop(name)
            label = str(field.label or name.capitalize())
            shown = getattr(
                campaign, f"get_{name}_display", lambda name=name: getattr(campaign, name)
            )
            self.frozen.append(Frozen(label, shown(), why))
            if self.data.get("version") and not self._stays(name, field):
                self.too_late.add(why)
        if "release_mode" not in self.fields:
            for name in self._unused_moment():
                self.fields.pop(name, None)

    def _stays(self, name: str, field: forms.Field) -> bool:
        """Whether the form did not have this field, or changes nothing with it: it may have been
        opened before the field was frozen.
        """
        if name not in self.data:
            return True
        try:
            return bool(field.clean(self.data[name]) == getattr(self.campaign, name))
        except ValidationError:
            return False

    @property
    def mode(self) -> ReleaseMode:
        """The one that was chosen, or that stays."""
        if self.campaign and "release_mode" not in self.fields:
            return ReleaseMode(self.campaign.release_mode)
        chosen = self.data.get(self.add_prefix("release_mode"), "")
        return ReleaseMode(chosen) if chosen in ReleaseMode.values else ReleaseMode.ONE_INSTANT

    def _unused_moment(self) -> tuple[str, ...]:
        """The fields that ask for the moment in the other mode."""
        if self.mode == ReleaseMode.LOCAL_MIDNIGHT:
            return ("release_at", "release_zone", "out_now")
        return ("release_day",)

    def full_clean(self) -> None:
        """The moment is read in the campaign's own zone, so that zone is active meanwhile.

        Django then refuses the times that the clocks skip or repeat.
        """
        zone = str(self.data.get(self.add_prefix("release_zone"), ""))
        with timezone.override(ZoneInfo(zone)) if is_zone(zone) else nullcontext():
            super().full_clean()

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if not slug:
            return ""
        if not re.fullmatch(SLUG_PATTERN, slug):
            raise ValidationError("Use the letters a to z, digits, and single hyphens in between.")
        if addresses.is_reserved(slug):
            raise ValidationError("This address is reserved. Choose another.")
        if editing.slug_is_taken(slug, by_other_than=self.campaign):
            raise ValidationError("This address is taken. Choose another.")
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for why in self.too_late:
            self.add_error(None, why)
        for name in self._unused_moment():
            self.errors.pop(name, None)
            cleaned.pop(name, None)
        if cleaned.get("slug") == "" and cleaned.get("artist") and cleaned.get("title"):
            self._propose_slug(cleaned)
        self._check_release(cleaned)
        if "release_mode" in cleaned:
            cleaned["release_mode"] = self.mode
        if cleaned.get("release_day"):
            self._begin_day(cleaned)
        if cleaned.get("out_now"):
            cleaned["release_at"] = self.now
            self.errors.pop("release_at", None)
        if cleaned.get("release_at") and cleaned.get("release_zone"):
            self._check_moment(cleaned)
        return cleaned

    def _begin_day(self, cleaned: dict[str, Any]) -> None:
        day = cleaned.pop("release_day")
        if day > (self.now + FURTHEST_RELEASE).date():
            self.add_error("release_day", "This is more than three years ahead. Check the year.")
        elif day < (self.now - FURTHEST_RELEASE).date():
            self.add_error("release_day", DAY_HAS_BEGUN)
        else:
            cleaned["release_at"] = midnights.first_midnight(day)
            cleaned["release_zone"] = midnights.FIRST_ZONE

    def _propose_slug(self, cleaned: dict[str, Any]) -> None:
        cleaned["slug"] = editing.free_slug(slugify(f"{cleaned['artist']} {cleaned['title']}"))
        if not cleaned["slug"]:
            self.add_error(
                "slug",
                "Artist and title have no letters to make an address from. "
                "Enter one with the letters a to z.",
            )

    def _check_release(self, cleaned: dict[str, Any]) -> None:
        """One album or one track; a frozen field counts with the value it keeps."""
        uri, upc, isrc = (
            cleaned.get(name, "") if name in self.fields else getattr(self.campaign, name)
            for name in Names._fields
        )
        if not (uri or upc or isrc) and not any(name in self.errors for name in Names._fields):
            self.add_error("spotify_uri", "Say which release it is: give its link, UPC or ISRC.")
        elif upc and (isrc or uri.startswith("spotify:track:")):
            self._refuse(
                "upc", "A UPC belongs to an album or single. Leave it empty to release a track."
            )
        elif isrc and uri.startswith("spotify:album:"):
            self._refuse(
                "isrc", "An ISRC belongs to a track. Leave it empty to release an album or single."
            )

    def _refuse(self, name: str, sentence: str) -> None:
        self.add_error(name if name in self.fields else None, sentence)

    def _check_moment(self, cleaned: dict[str, Any]) -> None:
        if self.campaign:
            cleaned["release_at"] = _with_stored_seconds(cleaned["release_at"], self.campaign)
            if cleaned.get("version") not in (None, self.campaign.version):
                return  # that it was saved meanwhile comes first
            if self._is_live and cleaned["release_at"] == self.campaign.release_at:
                return  # it may be due already while the artwork is changed
        field = "release_day" if self.mode == ReleaseMode.LOCAL_MIDNIGHT else "release_at"
        means_now = self._is_open and field == "release_at"
        if means_now and self.now - PRESENT < cleaned["release_at"] < self.now:
            cleaned["release_at"] = self.now
        moment = cleaned["release_at"]
        if moment > self.now + FURTHEST_RELEASE:
            self.add_error(field, "This is more than three years ahead. Check the year.")
            return
        try:
            # A draft may wait for its 175 days: opening it asks again.
            soon = moment if self._is_live else min(moment, self.now + LONGEST_LEAD)
            moving.check_release_moment(soon, self.now)
        except PublishingError as error:
            has_begun = field == "release_day" and moment <= self.now
            self.add_error(field, DAY_HAS_BEGUN if has_begun else str(error))

    @property
    def _is_open(self) -> bool:
        return self.campaign is not None and self.campaign.state == CampaignState.OPEN

    @property
    def _is_live(self) -> bool:
        return self._is_open or self.is_releasing

    @property
    def is_releasing(self) -> bool:
        return self.campaign is not None and self.campaign.state == CampaignState.RELEASING

    def refuse(self, error: PublishingError) -> None:
        """Come back with what was found out while the campaign was being stored."""
        if isinstance(error, ChangedMeanwhileError):
            data = cast("QueryDict", self.data).copy()
            data["version"] = str(error.version)
            self.data = data
        if isinstance(error, LapseError):
            self._ask_for_agreement(error.lapsing)
            self.add_error("agreed_lapse", str(error))
        else:
            self.add_error(None, str(error))

    @property
    def lost_a_file(self) -> bool:
        """A browser does not keep a chosen file when its form comes back."""
        return bool(self.errors) and bool(self.files)

    @property
    def values(self) -> dict[str, Any]:
        """The checked values by the campaign's own field names. The artwork stands apart."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("label", "artwork", "out_now", "agreed_lapse", "version")
        }

    @property
    def chosen_label(self) -> Label:
        label: Label = self.only_label or self.cleaned_data["label"]
        return label


def _with_stored_seconds(moment: datetime, campaign: Campaign) -> datetime:
    """The picker shows minutes; a form sent back as it was leaves the stored moment as it is."""
    stored = campaign.release_at
    return stored if moment == stored.replace(second=0, microsecond=0) else moment
