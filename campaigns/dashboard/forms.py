"""The dashboard's forms: what an artist writes is checked here, so that no database constraint
ever answers instead.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy
from PIL import Image

from campaigns.artwork import accent, ground
from campaigns.artwork.cropping import CENTRE, Focus
from campaigns.catalogue.names import Names
from campaigns.dashboard import access, example, uploads
from campaigns.dashboard.example import Example
from campaigns.dashboard.fields import (
    ArtworkField,
    CountdownLinkField,
    FocusField,
    NoteField,
    OtherLinksField,
    PlainTextField,
    ReleaseTimeField,
    ZoneField,
    with_limit,
    zone_choices,
)
from campaigns.dashboard.release_form import LONGEST_PASTE, ReleaseForm
from campaigns.dashboard.sentences import why_not
from campaigns.dashboard.uploads import Shown
from campaigns.links import MOST_LINKS
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
from campaigns.models.formats import LONGEST_NOTE, LONGEST_SLUG, check_slug
from campaigns.pasted import typed
from campaigns.planning import addresses, editing, looking_up, moving, same_release
from campaigns.planning.obstacles import Obstacle, PlanningError

if TYPE_CHECKING:
    from django.http import QueryDict

# Nobody plans a release further ahead; what lies beyond is a mistyped year.
FURTHEST_RELEASE: Final = timedelta(days=3 * 365)
# A release time no further back was the present one when the form was filled in: it means now.
PRESENT: Final = timedelta(minutes=5)
# Until a release time is entered, a preview shows one so far ahead.
PREVIEWED_AHEAD: Final = timedelta(days=30)
# As far back as any day is read: the calendar's first one has no midnight in UTC.
FIRST_DAY: Final = date(2000, 1, 1)
# The fields that are not asked with each choice.
UNUSED: Final = {
    ReleaseMode.ONE_INSTANT: ("release_day",),
    ReleaseMode.LOCAL_MIDNIGHT: ("release_at", "release_zone", "out_now"),
}
FOCUS: Final = ("artwork_focus_x", "artwork_focus_y")
COVER: Final = ("artwork", "kept", *FOCUS, "artwork_alt")
TIME: Final = ("release_mode", "release_at", "release_zone", "out_now", "release_day")
# What is asked next to the campaign's own fields, or stored apart.
NO_VALUES: Final = (
    *("label", "artwork", "kept", "out_now", "expiring", "move_anyway", "version"),
    *("other_uri", "use_anyway"),
    *("found", "is_it"),
)
# What a field says where there is no Spotify app, so that nobody can pre-save.
WITHOUT_APP: Final = {
    "isrc": gettext_lazy("For a single track."),
    "countdown_url": gettext_lazy(
        "Spotify's own page for the release, if it has one: "
        "https://open.spotify.com/prerelease/… Fans can pre-save it there."
    ),
}
# What a fan agrees to.
AGREED: Final = (
    *Names._fields,
    *("title", "artist", "release_mode", "release_at", "release_zone"),
)
# Where an obstacle is told that only storing the campaign meets.
FIELD_OF: Final = {
    Obstacle.ADDRESS_TAKEN: "slug",
    Obstacle.PERMISSIONS_EXPIRE: "move_anyway",
    Obstacle.TITLE_STAYS: "title",
    Obstacle.ARTIST_STAYS: "artist",
    Obstacle.COVER_NOT_STORED: "artwork",
}
# What is told where the release is named.
OF_NAMES: Final = (
    *(Obstacle.NOT_NAMED, Obstacle.IS_IT_YOURS, Obstacle.NONE_IS_YOURS, Obstacle.CODES_DIFFER),
    *(Obstacle.OTHER_RELEASE, Obstacle.KIND_STAYS),
    *(Obstacle.NEW_NOT_SHOWN, Obstacle.NEW_NOT_ANSWERED),
)


def links_after() -> OtherLinksField:
    return OtherLinksField(
        label=gettext_lazy("Links after the release"),
        help_text=format_lazy(
            gettext_lazy(
                "Where else to listen once it's out, up to {most}. You can still change them then. "
                "Put an address that stays the same in both lists."
            ),
            most=MOST_LINKS,
        ),
    )


class LinksForm(forms.Form):
    """All that may still be changed of a finished campaign."""

    links = links_after()


class Frozen(NamedTuple):
    """What the form shows and does not ask, with the reason."""

    label: str
    value: str
    why: str


class CampaignForm(ReleaseForm):
    """A new campaign, or what may still be changed of one."""

    # As the page shows them, so that errors are listed from top to bottom.
    field_order = ("label", *Names._fields, "title", "artist", "market", "slug", *COVER, *TIME)

    label = forms.ModelChoiceField(
        Label.objects.none(), label=gettext_lazy("Label"), empty_label=None
    )
    slug = forms.CharField(
        max_length=LONGEST_SLUG,
        required=False,
        label=gettext_lazy("Address of the page"),
        help_text=gettext_lazy(
            "Lower-case letters, digits and hyphens. Leave empty to use artist and title. "
            "Can't be changed once the campaign is open."
        ),
    )
    # What the catalogue was found to show under the names: a tick means that entry and no other.
    other_uri = forms.CharField(required=False, widget=forms.HiddenInput)
    use_anyway = forms.BooleanField(
        required=False,
        label=gettext_lazy("Use it anyway"),
        help_text=gettext_lazy(
            "Nothing is saved until you confirm on the campaign's page, with your password, "
            "that it's your release."
        ),
    )
    release_mode = forms.TypedChoiceField(
        choices=ReleaseMode.choices,
        coerce=ReleaseMode,
        empty_value=ReleaseMode.ONE_INSTANT,
        initial=ReleaseMode.ONE_INSTANT,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("When it comes out"),
    )
    release_at = ReleaseTimeField(
        label=gettext_lazy("Date and time"), help_text=gettext_lazy("In the time zone you choose.")
    )
    release_zone = ZoneField(choices=zone_choices, label=gettext_lazy("Time zone"))
    out_now = forms.BooleanField(
        required=False,
        label=gettext_lazy("Already out: start saving now"),
        help_text=gettext_lazy("The date and time above are ignored."),
    )
    release_day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label=gettext_lazy("Day"),
        help_text=gettext_lazy(
            "Date only. Each fan gets it at midnight in their own time zone, New Zealand first."
        ),
    )
    # How many permissions a move would destroy, as the form has told: a tick agrees to no more.
    expiring = forms.IntegerField(required=False, widget=forms.HiddenInput)
    move_anyway = forms.BooleanField(required=False, label=gettext_lazy("Move it anyway"))
    artwork = ArtworkField(
        required=False,
        label=gettext_lazy("Cover image"),
        help_text=gettext_lazy(
            "JPEG, PNG, WebP, AVIF or HEIC of any shape, at least 320 pixels a side, at most 25 MB "
            "and 64 megapixels. Drop or paste one here. We crop it to a square and remove location "
            "and camera data."
        ),
    )
    # What was chosen when the form came back, sealed.
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    artwork_focus_x = FocusField(label=gettext_lazy("Horizontal position"))
    artwork_focus_y = FocusField(label=gettext_lazy("Vertical position"))
    artwork_alt = PlainTextField(
        max_length=200,
        required=False,
        label=gettext_lazy("Alt text"),
        help_text=with_limit(
            gettext_lazy("Describe the cover for fans using a screen reader."), 200
        ),
    )
    note = NoteField(
        max_length=LONGEST_NOTE,
        required=False,
        label=gettext_lazy("Message to fans"),
        help_text=with_limit(
            gettext_lazy("A sentence or two for your fans, shown on the page."), LONGEST_NOTE
        ),
    )
    thanks = NoteField(
        max_length=LONGEST_NOTE,
        required=False,
        label=gettext_lazy("Thank-you message"),
        help_text=with_limit(
            gettext_lazy("Shown on a fan's receipt once the release is in their library."),
            LONGEST_NOTE,
        ),
    )
    accent = forms.ChoiceField(
        choices=Accent.choices,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Colour of the page"),
    )
    countdown_url = CountdownLinkField(
        max_length=LONGEST_PASTE,
        required=False,
        label=gettext_lazy("Countdown Page"),
        help_text=gettext_lazy(
            "Spotify's own page for the release, if it has one: "
            "https://open.spotify.com/prerelease/… Offered to fans who'd rather not pre-save here."
        ),
    )
    links_before = OtherLinksField(
        label=gettext_lazy("Links before the release"),
        help_text=format_lazy(
            gettext_lazy(
                "Where fans can pre-add or pre-order it: Apple Music, Bandcamp, your shop. One "
                "https:// address per line, up to {most}. The page shows them until the release is "
                "out."
            ),
            most=MOST_LINKS,
        ),
    )
    links = links_after()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, user: User, now: datetime, campaign: Campaign | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.now = user, now
        self.campaign = campaign
        self.state = campaign.state if campaign else CampaignState.DRAFT
        self.frozen: list[Frozen] = []
        self.too_late: set[Obstacle] = set()
        self._offer_labels(user)
        if not campaign:
            self.initial["artist"] = self._usual_artist()
            self.fields["spotify_uri"].widget.attrs["autofocus"] = True
        if campaign:
            self._fill_in(campaign)
            self._freeze(campaign)
        if not self.asks_spotify:
            self._leave_out_pre_saves(campaign)
        if not (self.state == CampaignState.OPEN and campaign and campaign.release_at > now):
            self.fields.pop("out_now", None)

    def _leave_out_pre_saves(self, campaign: Campaign | None) -> None:
        """Nobody gets a receipt where there is no app; fans who have one keep reading theirs."""
        if campaign is None or campaign.public_key is None:
            self.fields.pop("thanks", None)
        for name in WITHOUT_APP.keys() & self.fields.keys():
            self.fields[name].help_text = WITHOUT_APP[name]

    def _offer_labels(self, user: User) -> None:
        labels = access.labels_edited_by(user)
        self.only_label = labels[0] if len(labels) == 1 else None
        if self.campaign or self.only_label:
            del self.fields["label"]
        else:
            cast("forms.ModelChoiceField[Label]", self.fields["label"]).queryset = labels

    def _usual_artist(self) -> str:
        """The artist of all that the user's only label has released so far; empty with several."""
        # nosemgrep: row-fetched-without-access -- access gave the label
        of_label = Campaign.objects.filter(label=self.only_label)
        artists = of_label.order_by("artist").values_list("artist", flat=True).distinct()[:2]
        return artists[0] if len(artists) == 1 else ""

    def _fill_in(self, campaign: Campaign) -> None:
        # Naive, so that Django shows it as it is: in the campaign's zone, not in the server's.
        shown = campaign.release_local.replace(tzinfo=None)
        self.initial = model_to_dict(campaign) | {"release_at": shown}
        if campaign.at_local_midnights:
            self.initial["release_day"] = shown.date()
            del self.initial["release_at"], self.initial["release_zone"]

    def _freeze(self, campaign: Campaign) -> None:
        for name, obstacle in editing.frozen_fields(campaign).items():
            field, value = self.fields.pop(name), getattr(campaign, name)
            shown = getattr(campaign, f"get_{name}_display", lambda value=value: value)()
            label = str(field.label or name.capitalize())
            self.frozen.append(Frozen(label, shown, why_not(obstacle)))
            # The form may have been opened before the field was frozen.
            if self.data.get("version") and field.has_changed(value, self.data.get(name, value)):
                self.too_late.add(obstacle)
        for name in same_release.agreed_texts(campaign).keys() & self.fields.keys():
            self.fields[name].help_text = why_not(same_release.TEXTS[name])
        if "release_mode" not in self.fields:
            for name in UNUSED[ReleaseMode(campaign.release_mode)]:
                self.fields.pop(name, None)

    def full_clean(self) -> None:
        """Reads the release time in the campaign's own zone, which is active meanwhile.

        Django then refuses the times that the clocks skip or repeat.
        """
        zone = self.data.get("release_zone", "")
        is_zone = cast("forms.ChoiceField", self.base_fields["release_zone"]).valid_value(zone)
        with timezone.override(ZoneInfo(zone) if is_zone else None):
            super().full_clean()

    def clean_slug(self) -> str:
        slug = typed(self.cleaned_data["slug"]).lower()
        if not slug:
            return ""
        check_slug(slug)
        if addresses.is_reserved(slug):
            raise ValidationError(gettext("This address is reserved. Choose another."))
        if editing.slug_is_taken(slug, by_other_than=self.campaign):
            raise ValidationError(gettext("This address is taken. Choose another."))
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for obstacle in self.too_late:
            self.add_error(None, why_not(obstacle))
        stays = self.campaign.release_mode if self.campaign else ReleaseMode.ONE_INSTANT
        mode = ReleaseMode(cleaned.get("release_mode", stays))
        for name in UNUSED[mode]:
            self.errors.pop(name, None)
            cleaned.pop(name, None)
        if cleaned.get("slug") == "" and cleaned.get("artist") and cleaned.get("title"):
            self._propose_slug(cleaned)
        self._check_kept(cleaned)
        if "upc" in self.fields:
            self._check_release(*(cleaned.get(name, "") for name in Names._fields))
            self.read_answer()
        if day := cleaned.pop("release_day", None):
            cleaned["release_at"] = midnights.first_midnight(max(day, FIRST_DAY))
            cleaned["release_zone"] = midnights.FIRST_ZONE
        if cleaned.get("out_now"):
            cleaned["release_at"] = self.now
            self.errors.pop("release_at", None)
        if cleaned.get("release_at") and cleaned.get("release_zone"):
            self._check_release_time(cleaned, is_day=day is not None)
        return cleaned

    def _check_kept(self, cleaned: dict[str, Any]) -> None:
        is_needed = cleaned.get("kept") and not (cleaned.get("artwork") or "artwork" in self.errors)
        if is_needed and not self._uploaded:
            self._write("kept", "")
            self.add_error(
                "artwork",
                gettext("We keep a chosen image for a day only. Choose it again."),
            )

    def _propose_slug(self, cleaned: dict[str, Any]) -> None:
        cleaned["slug"] = editing.free_slug(f"{cleaned['artist']} {cleaned['title']}")
        if not cleaned["slug"]:
            self.add_error(
                "slug",
                gettext(
                    "The artist and title have no letters that an address can use. "
                    "Enter one with the letters a to z."
                ),
            )

    def _check_release(self, uri: str, upc: str, isrc: str) -> None:
        is_unnamed = not (uri or upc or isrc) and self.errors.keys().isdisjoint(Names._fields)
        if is_unnamed and self.asks_spotify:
            self.add_error("spotify_uri", why_not(Obstacle.NOT_NAMED))
        self.check_names(uri, upc, isrc)

    def _check_release_time(self, cleaned: dict[str, Any], is_day: bool) -> None:
        is_live, release_at = self.state != CampaignState.DRAFT, cleaned["release_at"]
        if self.campaign:
            stored = self.campaign.release_at
            # The picker shows minutes.
            if release_at == stored.replace(second=0, microsecond=0):
                cleaned["release_at"] = release_at = stored
            if cleaned.get("version") not in (None, self.campaign.version):
                return  # that it was saved meanwhile comes first
            if is_live and release_at == stored:
                return  # it may be due already while the artwork is changed
        means_now = self.state == CampaignState.OPEN and not is_day
        if means_now and self.now - PRESENT < release_at < self.now:
            cleaned["release_at"] = release_at = self.now
        field = "release_day" if is_day else "release_at"
        if release_at > self.now + FURTHEST_RELEASE:
            self.add_error(field, gettext("This is more than three years ahead. Check the year."))
            return
        try:
            # A draft may wait for its 175 days: opening it asks again.
            soon = release_at if is_live else min(release_at, self.now + LONGEST_LEAD)
            moving.check_release_time(soon, self.now)
        except PlanningError as error:
            self.add_error(field, why_not(**vars(error), is_day=is_day))

    def save(self) -> Campaign | None:
        """The campaign once it is stored; None when the form comes back, with errors if it was
        sent.
        """
        if not self.is_valid():
            return None
        try:
            saved = self._save(self.cleaned_data["artwork"] or self._uploaded)
        except PlanningError as error:
            self._refuse(error)
            return None
        uploads.discard(self.user, self.cleaned_data["kept"])
        return saved

    def _save(self, picture: Image.Image | None) -> Campaign:
        given, values = self.cleaned_data, self.values
        if not self.campaign:
            return editing.create(self.chosen_label, values, picture, self.answer, self.user)
        agreed = (given["expiring"] or 0) * given["move_anyway"]
        meant, version = given["other_uri"] * given["use_anyway"], given["version"]
        return editing.change(
            *(self.campaign, values, picture, self.now, agreed, version, meant, self.answer),
            just_found=self.just_found,
            by=self.user,
        )

    def _refuse(self, error: PlanningError) -> None:
        """Come back with what was found out while the campaign was being stored."""
        data = cast("QueryDict", self.data).copy()
        if error.obstacle is Obstacle.CHANGED:
            data["version"] = str(error.version)
        if error.obstacle is Obstacle.PERMISSIONS_EXPIRE:
            data["expiring"] = str(error.expiring)
            data.pop("move_anyway", None)
        # What is being saved does not stop for another release.
        is_asked = self.is_agreed_to and self.state != CampaignState.RELEASING
        data["other_uri"] = error.found.uri if error.found and is_asked else ""
        data.pop("use_anyway", None)
        self.data = data
        if error.obstacle is Obstacle.IS_IT_YOURS and error.found:
            self.show_release(error.found)
        is_of_names = error.obstacle in OF_NAMES
        field = self.asked_field if is_of_names else FIELD_OF.get(error.obstacle)
        self.add_error(field, why_not(**vars(error)))

    def come_back(self) -> None:
        """Keep the picture that was chosen: a browser does not, when its form comes back."""
        if self.files and "artwork" not in self.errors:
            try:
                picture = self.cleaned_data.get("artwork") or self.fields["artwork"].clean(
                    self.files.get("artwork")
                )
                sealed = uploads.keep(self.user, picture) if picture else ""
            except ValidationError as error:
                self.add_error("artwork", error)
            except PlanningError as error:
                self._refuse(error)
            else:
                self._write("kept", sealed)

    def refresh(self) -> None:
        """Come back with what was chosen so far, without a word about what is missing."""
        self._errors, self.cleaned_data = ErrorDict(renderer=self.renderer), {}
        self.come_back()

    @cached_property
    def _uploaded(self) -> Image.Image | None:
        return uploads.uploaded(self.user, self.cleaned_data.get("kept", ""))

    @property
    def changes_release(self) -> bool:
        """Whether it would change what fans agree to, of a campaign that is public."""
        if not self.campaign or self.state == CampaignState.DRAFT or not self.is_valid():
            return False
        values = self.values
        return bool(self.answer) or any(
            values.get(name, now) != now
            for name in AGREED
            for now in [getattr(self.campaign, name)]
        )

    @property
    def picture(self) -> Shown | None:
        """The cover as it will be, before it is saved."""
        return uploads.shown(self.user, self._shown("kept"), self.campaign, self._focus)

    @property
    def example_instant(self) -> Example | None:
        """What the time that is entered means to a fan somewhere else; None without one."""
        with suppress(ValueError, KeyError, OverflowError):
            moment = datetime.fromisoformat(self._as_entered("release_at"))
            return example.of_instant(moment.replace(tzinfo=None), self._zone)
        return None

    @property
    def example_midnight(self) -> Example | None:
        with suppress(ValueError, KeyError, OverflowError):
            return example.of_midnight(
                date.fromisoformat(self._as_entered("release_day")), self._zone
            )
        return None

    def _as_entered(self, name: str) -> str:
        return str(self[name].value() or "")[:16]

    @property
    def _zone(self) -> str:
        """The artist's, also with local midnights, where it is not asked. Raises ValueError."""
        zone = str(self["release_zone"].value() or "UTC") if "release_zone" in self.fields else ""
        zone = zone or (self.campaign.release_zone if self.campaign else "UTC")
        if not cast("forms.ChoiceField", self.base_fields["release_zone"]).valid_value(zone):
            raise ValueError(zone)
        return zone

    @property
    def focus_sliders(self) -> list[forms.BoundField]:
        return [self[name] for name in FOCUS]

    @property
    def previewed(self) -> Campaign:
        """The campaign as it is entered so far, which is not to be saved."""
        if not self.is_bound:
            return self.campaign or self._blank()
        self.full_clean()
        if "release_day" in self.errors:
            self.cleaned_data.pop("release_at", None)
        after = looking_up.with_values(self.campaign or self._blank(), self.values)
        if picture := uploads.uploaded(self.user, self._shown("kept")):
            after.artwork_accent = accent.from_artwork(picture)
            after.artwork_ground = ground.from_artwork(picture)
        return after

    def _blank(self) -> Campaign:
        return Campaign(
            artist=self.initial["artist"], release_at=self.now + PREVIEWED_AHEAD, release_zone="UTC"
        )

    @property
    def _focus(self) -> Focus:
        with suppress(ValidationError):
            return Focus(*(self.fields[name].clean(self[name].value()) for name in FOCUS))
        return CENTRE

    @property
    def values(self) -> dict[str, Any]:
        """The checked values by the campaign's own field names."""
        return {name: value for name, value in self.cleaned_data.items() if name not in NO_VALUES}
