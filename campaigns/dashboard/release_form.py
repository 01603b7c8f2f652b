"""The part of the campaign's form that says which release it is: looked up in Spotify's catalogue
while it is entered, and confirmed where the catalogue calls it otherwise.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy

from campaigns.catalogue.markets import market_of
from campaigns.catalogue.names import Names
from campaigns.dashboard.fields import (
    ISRCField,
    PlainTextField,
    ReleaseLinkField,
    UPCField,
    market_choices,
    with_limit,
)
from campaigns.dashboard.found import FRESH, entry_of, seal, unseal
from campaigns.dashboard.sentences import why_not
from campaigns.models import Campaign, Finding, Label, ReleaseMode, User
from campaigns.models.formats import LONGEST_RELEASE_NAME
from campaigns.planning import looking_up, same_release
from campaigns.planning.accepting import Answer
from campaigns.planning.looking_up import Found, Verdict
from campaigns.planning.obstacles import PlanningError
from campaigns.spotify import AppMode, Release, app_mode
from campaigns.status.entries import Entry, is_out

YES: Final = "yes"
NO: Final = "no"
# A browser cuts what is pasted at it, and what is meant may stand at the end of much else.
LONGEST_PASTE: Final = 2_000
FILLED_IN: Final = gettext_lazy("Filled in from Spotify. Please check it.")
# What a look needs of the form.
_LOOKED_AT: Final = (*Names._fields, "market", "label")
# What the card is about and is answered with.
_CARD: Final = ("found", "is_it", "pick")


class ReleaseForm(forms.Form):
    """Title, artist, link and codes of a release."""

    title = PlainTextField(
        label=gettext_lazy("Title"),
        max_length=LONGEST_RELEASE_NAME,
        help_text=with_limit(
            gettext_lazy("The name of the album, EP or single."), LONGEST_RELEASE_NAME
        ),
    )
    artist = PlainTextField(label=gettext_lazy("Artist"), max_length=LONGEST_RELEASE_NAME)
    spotify_uri = ReleaseLinkField(
        max_length=LONGEST_PASTE,
        required=False,
        label=gettext_lazy("Spotify link or URI"),
        help_text=gettext_lazy(
            "To the album or track: https://open.spotify.com/album/… "
            "A Countdown Page's link doesn't work here."
        ),
    )
    upc = UPCField(
        max_length=LONGEST_PASTE,
        required=False,
        label=gettext_lazy("UPC or EAN"),
        help_text=gettext_lazy(
            "For an album, EP or single: 12 or 13 digits. Your distributor shows it with the "
            "release."
        ),
    )
    isrc = ISRCField(
        max_length=LONGEST_PASTE,
        required=False,
        label=gettext_lazy("ISRC"),
        help_text=gettext_lazy("For a single track, which is then saved to Liked Songs."),
    )
    market = forms.ChoiceField(
        choices=market_choices,
        required=False,
        label=gettext_lazy("Country to look in"),
        help_text=gettext_lazy(
            "Spotify's catalogue differs by country. Choose one where the release comes out."
        ),
    )
    found = forms.CharField(required=False, widget=forms.HiddenInput)
    is_it = forms.ChoiceField(
        choices=[
            (YES, gettext_lazy("Yes, this is it")),
            (NO, gettext_lazy("No, I'll correct the link or code")),
        ],
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Is this your release?"),
    )

    # Set by CampaignForm.
    user: User
    now: datetime
    campaign: Campaign | None
    only_label: Label | None
    # What the card shows, and why Spotify could not be asked.
    verdict: Verdict | None = None
    silence = ""
    was_looked_up = False

    @property
    def asks_spotify(self) -> bool:
        return app_mode() is not AppMode.NONE

    def look_up(self) -> None:
        """Come back with what the catalogue shows. Nothing is stored, and only what a look needs is
        checked.
        """
        self.was_looked_up = True
        picked = self._take_pick()
        self._read()
        if self.errors:
            return
        if not any(self.asked):
            self.add_error("spotify_uri", gettext("Paste the link, or enter a UPC or an ISRC."))
            return
        try:
            found = picked or looking_up.look_up(self._meant())
        except PlanningError as error:
            self._forget_card()
            self.silence = why_not(**vars(error))
            return
        self._complete(self.show(found))
        self.show(found)

    def show(self, found: Found) -> Verdict:
        """Show it in the card. An answer stays only with the entries that it was about, and with
        the title and artist.
        """
        found = replace(found, texts=self._texts)
        before = unseal(self.data.get("found", ""))
        if not before or (before.releases, before.texts) != (found.releases, found.texts):
            self._forget_card()
        self._write("found", seal(found))
        self.verdict = looking_up.judge(self._meant(), found, self._day)
        return self.verdict

    def show_earlier(self, found: Found) -> None:
        """Show what was found when the campaign was to be opened, if it is still named so."""
        self.cleaned_data = {}
        if (found.asked, found.market) == (self.asked, self._market):
            self.show(found)

    def show_release(self, release: Release) -> None:
        self.show(Found(self.asked, self._market, (release,)))

    @property
    def entries(self) -> list[Entry]:
        releases = (self.verdict.versions or self.verdict.releases) if self.verdict else ()
        return [entry_of(release, self.now.date()) for release in releases]

    @property
    def is_choice(self) -> bool:
        """Whether the card offers links to choose from."""
        choices = (Finding.SEVERAL_MATCH, Finding.RELINKED)
        is_several = self.verdict is not None and self.verdict.finding in choices
        return is_several or self.offers_versions

    @property
    def offers_versions(self) -> bool:
        """Whether the release that was found is there as explicit and as another version."""
        return self.verdict is not None and bool(self.verdict.versions)

    @cached_property
    def is_agreed_to(self) -> bool:
        """Whether fans have agreed to title and artist: then the form alone accepts no other."""
        return bool(self.campaign and same_release.agreed_texts(self.campaign))

    @property
    def accepted(self) -> Release | None:
        """The entry of which the artist says that it is the release, although it is called
        otherwise.
        """
        is_asked = self.verdict is not None and self.verdict.is_question
        says_yes = is_asked and self.cleaned_data.get("is_it") == YES
        return self.verdict.releases[0] if self.verdict and says_yes else None

    @property
    def answer(self) -> Answer | None:
        accepted = None if self.is_agreed_to else self.accepted
        return Answer(accepted, self.user, self.now) if accepted else None

    @property
    def just_found(self) -> tuple[Release, ...]:
        """What the form was just shown under the names that are entered now."""
        found = unseal(self.cleaned_data.get("found", ""), FRESH)
        is_of_these = found and (found.asked, found.market) == (self.asked, self._market)
        return found.releases if found and is_of_these else ()

    @property
    def is_unanswered(self) -> bool:
        asked = self.verdict is not None and self.verdict.is_question
        return asked and not self.cleaned_data.get("is_it")

    @property
    def asked(self) -> Names:
        """Link and codes as they were entered, or as they are where they can't be changed."""
        return Names.of(self._meant())

    def read_answer(self) -> None:
        """Judge what the card showed by what was entered now. It says nothing about other names,
        and an answer nothing about another title or artist.
        """
        found = unseal(self.cleaned_data.get("found", ""))
        if not found or (found.asked, found.market) != (self.asked, self._market):
            self._forget_card()
            return
        if found.texts != self._texts:
            self.cleaned_data["is_it"] = ""
            self.show(found)
        self.verdict = looking_up.judge(self._meant(), found, self._day)
        if self.verdict.is_question and self.cleaned_data.get("is_it") == NO:
            self.add_error(
                self.asked_field,
                gettext(
                    "You said that what Spotify shows isn't your release. Correct this, or enter "
                    "only the UPC or ISRC until Spotify shows the release."
                ),
            )

    @property
    def asked_field(self) -> str:
        given = [name for name, value in zip(Names._fields, self.asked, strict=True) if value]
        return next((name for name in given if name in self.fields), "spotify_uri")

    @property
    def chosen_label(self) -> Label:
        label: Label = self.only_label or self.cleaned_data["label"]
        return label

    @property
    def _market(self) -> str:
        return market_of(self._meant())

    @property
    def _day(self) -> date:
        """The day that the form says the release comes out on, as far as it can be read."""
        with suppress(ValueError):
            return date.fromisoformat(self._shown(self._day_field)[:10])
        return self.campaign.release_local.date() if self.campaign else self.now.date()

    @property
    def _texts(self) -> tuple[str, ...]:
        """Title and artist as they are entered."""
        meant = self._meant()
        return tuple(getattr(meant, name) for name in same_release.TEXTS)

    def _meant(self) -> Campaign:
        """The campaign as it is entered, which is not to be saved."""
        given = self.cleaned_data
        entered = {name: given[name] for name in looking_up.IDENTITY if name in given}
        campaign = self.campaign or Campaign(label=given.get("label", self.only_label))
        return looking_up.with_values(campaign, entered)

    def _read(self) -> None:
        """Check the fields that a look needs, and no other; title and artist may be missing."""
        self._errors, self.cleaned_data = ErrorDict(renderer=self.renderer), {}
        for name in self.fields.keys() & {*_LOOKED_AT}:
            try:
                self.cleaned_data[name] = self.fields[name].clean(self[name].data)
            except ValidationError as error:
                self.add_error(name, error)
        for name in self.fields.keys() & {*same_release.TEXTS}:
            self.cleaned_data[name] = self.fields[name].to_python(self[name].data)
        self.check_names(*self.asked)

    def check_names(self, uri: str, upc: str, isrc: str) -> None:
        """It has to be one album or one track."""
        if upc and (isrc or uri.startswith("spotify:track:")):
            self.add_error(
                "upc",
                gettext("A UPC belongs to an album or single. Leave it empty to release a track."),
            )
        elif isrc and uri.startswith("spotify:album:"):
            self.add_error(
                "isrc",
                gettext(
                    "An ISRC belongs to a track. Leave it empty to release an album or single."
                ),
            )

    def _take_pick(self) -> Found | None:
        """Enter the link of the entry that was chosen in the card. What it is, is known already."""
        if self.data.get("look_up") != "pick":
            return None
        found = unseal(self.data.get("found", ""))
        picked = (
            [one for one in found.releases if one.uri == self.data.get("pick")] if found else []
        )
        if not (found and picked and "spotify_uri" in self.fields):
            return None
        self._write("spotify_uri", picked[0].uri)
        return Found(found.asked._replace(spotify_uri=picked[0].uri), found.market, (picked[0],))

    def _complete(self, verdict: Verdict) -> None:
        """Fill in what is empty from the one entry that was found."""
        if verdict.finding is not Finding.CONFIRMED and not verdict.is_question:
            return
        release = verdict.releases[0]
        self._fill("title", release.title)
        self._fill("artist", release.artist_names)
        if len(release.release_date) == len("2026-12-04") and not is_out(release, self.now.date()):
            midnight = "T00:00" if self._day_field == "release_at" else ""
            self._fill(self._day_field, f"{release.release_date}{midnight}")

    @property
    def _day_field(self) -> str:
        mode = self._shown("release_mode") or (self.campaign and self.campaign.release_mode)
        return "release_day" if mode == ReleaseMode.LOCAL_MIDNIGHT else "release_at"

    def _shown(self, name: str) -> str:
        return str(self[name].value() or "") if name in self.fields else ""

    def _fill(self, name: str, value: str) -> None:
        if name not in self.fields or self._shown(name) or not value:
            return
        self._write(name, value)
        self.cleaned_data[name] = self.fields[name].to_python(value)
        # The field as it is shown has taken its help already.
        self[name].help_text = f"{self[name].help_text} {FILLED_IN}".strip()

    def _forget_card(self) -> None:
        for name in _CARD:
            self._write(name, "")

    def _write(self, name: str, value: str) -> None:
        """Let the form come back with this in it."""
        if not self.is_bound:
            self.initial[name] = value
            return
        data = cast("QueryDict", self.data).copy()
        data[name] = value
        self.data = data
