"""What the campaign form takes, what it refuses, and that no constraint ever answers instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.dashboard.forms import FOCUS, CampaignForm
from campaigns.dashboard.team_forms import LabelForm
from campaigns.models import LONGEST_LEAD, Campaign, CampaignState, Label, Role, User
from tests import factory
from tests.forms import filled_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
ALBUM = "4aawyAB9vmqN3uQ7FjRGTy"
GIVEN = filled_in(
    slug="night-bus",
    spotify_uri=f"https://open.spotify.com/album/{ALBUM}?si=0123456789abcdef",
    release_at="2026-12-05T00:00",
)
NO_LINK: dict[str, Any] = {"spotify_uri": ""}


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


def form_of(
    user: User, campaign: Campaign | None = None, files: Any = None, **given: Any
) -> CampaignForm:
    return CampaignForm(GIVEN | given, files, user=user, now=NOW, campaign=campaign)


def errors_of(form: CampaignForm) -> dict[str, list[str]]:
    return {name: [str(error) for error in errors] for name, errors in form.errors.items()}


def make_campaign(label: Label, **fields: Any) -> Campaign:
    fields.setdefault("release_at", NOW + timedelta(days=90))
    fields.setdefault("release_zone", "Europe/Paris")
    if fields.get("state", CampaignState.OPEN) != CampaignState.DRAFT:
        fields.setdefault("opened_at", NOW - timedelta(days=1))
    return factory.make_campaign(label=label, **fields)


def test_a_complete_form_is_taken(artist: User, label: Label) -> None:
    form = form_of(artist)

    assert form.is_valid(), form.errors
    assert form.chosen_label == label
    assert form.values["spotify_uri"] == f"spotify:album:{ALBUM}"
    assert form.values["release_at"] == datetime(2026, 12, 4, 23, tzinfo=UTC)
    texts = {"title", "artist", "slug", "artwork_alt", "note", "thanks", "accent", "countdown_url"}
    texts |= {"links_before", "links"}
    release = {"spotify_uri", "upc", "isrc", "release_mode", "release_at", "release_zone"}
    assert set(form.values) == texts | release | {"market", *FOCUS}


# Labels


def test_the_label_is_asked_only_when_there_are_several(artist: User, label: Label) -> None:
    assert "label" not in form_of(artist).fields

    second = factory.make_label(owner=artist, name="Second Label")
    form = form_of(artist, label=str(second.id))

    assert next(iter(form.fields)) == "label"
    assert form.is_valid(), form.errors
    assert form.chosen_label == second


@pytest.mark.parametrize("wrong", ["", "1", "not-a-uuid", "\0"])
def test_a_label_that_is_none_is_refused(artist: User, label: Label, wrong: str) -> None:
    factory.make_label(owner=artist)

    assert "label" in form_of(artist, label=wrong).errors


def test_the_label_of_strangers_and_one_only_seen_are_refused(artist: User, label: Label) -> None:
    factory.make_label(owner=artist)
    strange = factory.make_label(owner=factory.make_user())
    seen = factory.make_label()
    factory.make_member(seen, artist, Role.VIEWER)

    assert "label" in form_of(artist, label=str(strange.id)).errors
    assert "label" in form_of(artist, label=str(seen.id)).errors


# The address


def test_an_empty_address_is_made_of_artist_and_title(artist: User, label: Label) -> None:
    form = form_of(artist, slug="", artist="Björk & Sons", title="Über_Nacht (2026)")

    assert form.is_valid(), form.errors
    assert form.values["slug"] == "bjork-sons-uber-nacht-2026"


@pytest.mark.parametrize(
    ("name", "title", "slug"),
    [
        ("Łódź", "Straße", "lodz-strasse"),
        ("Røyksopp", "Þór", "royksopp-thor"),
        ("P!nk", "A$AP!", "pink-asap"),
    ],
)
def test_an_address_has_the_letters_that_people_write_instead(
    name: str, title: str, slug: str, artist: User, label: Label
) -> None:
    form = form_of(artist, slug="", artist=name, title=title)

    assert form.is_valid(), form.errors
    assert form.values["slug"] == slug


def test_a_made_address_steps_aside_for_a_taken_one(artist: User, label: Label) -> None:
    make_campaign(label, slug="demo-artist-night-bus")
    make_campaign(label, slug="demo-artist-night-bus-2")

    form = form_of(artist, slug="")

    assert form.is_valid(), form.errors
    assert form.values["slug"] == "demo-artist-night-bus-3"


def test_a_made_address_is_never_a_reserved_word_and_fits(artist: User, label: Label) -> None:
    reserved = form_of(artist, slug="", artist="privacy", title="-")
    assert reserved.is_valid(), reserved.errors
    assert reserved.values["slug"] == "privacy-2"

    long = form_of(artist, slug="", title="a" * 300)
    assert long.is_valid(), long.errors
    assert len(long.values["slug"]) <= 60


def test_without_latin_letters_the_address_is_asked_for(artist: User, label: Label) -> None:
    errors = errors_of(form_of(artist, slug="", artist="夜", title="行"))

    assert "Enter one with the letters a to z." in errors["slug"][0]


@pytest.mark.parametrize(
    "wrong",
    ["night bus", "night_bus", "-night", "night-", "a--b", "nächt", "n\u0456ght", "a/b", "a.b"],
)
def test_an_address_has_plain_letters_only(artist: User, label: Label, wrong: str) -> None:
    # The last but two is written with a Cyrillic letter that looks like an i.
    errors = errors_of(form_of(artist, slug=wrong))

    assert errors == {"slug": ["Use lower-case letters a to z, digits and single hyphens only."]}


@pytest.mark.parametrize(
    "pasted", ["night-bus\u200b", "\ufeffnight\u2013bus", "\uff4eight\u2011bus"]
)
def test_an_address_is_cleaned_as_all_that_is_pasted(
    artist: User, label: Label, pasted: str
) -> None:
    form = form_of(artist, slug=pasted)

    assert form.is_valid(), form.errors
    assert form.values["slug"] == "night-bus"


def test_capitals_in_an_address_become_small(artist: User, label: Label) -> None:
    form = form_of(artist, slug="Night-BUS")

    assert form.is_valid(), form.errors
    assert form.values["slug"] == "night-bus"


@pytest.mark.parametrize(
    "word", ["accounts", "dashboard", "callback", "receipt", "artwork", "privacy", "static"]
)
def test_a_word_of_the_service_itself_is_no_address(artist: User, label: Label, word: str) -> None:
    assert "is reserved" in errors_of(form_of(artist, slug=word))["slug"][0]


def test_a_taken_address_is_refused_and_a_campaign_keeps_its_own(
    artist: User, label: Label
) -> None:
    draft = make_campaign(label, slug="night-bus", state=CampaignState.DRAFT)

    assert errors_of(form_of(artist)) == {"slug": ["This address is taken. Choose another."]}
    assert form_of(artist, campaign=draft).is_valid()


# Which release it is


def test_at_least_one_name_of_the_release_is_needed(artist: User, label: Label) -> None:
    errors = errors_of(form_of(artist, spotify_uri=""))

    assert errors == {
        "spotify_uri": ["Which release is it? Enter its link, UPC or ISRC."],
    }


@pytest.mark.parametrize("name", [{"upc": "0 36000-29145 2"}, {"isrc": "qz-abc-26-00042"}])
def test_a_upc_or_an_isrc_alone_is_enough(artist: User, label: Label, name: dict[str, str]) -> None:
    form = form_of(artist, **(NO_LINK | name))

    assert form.is_valid(), form.errors
    assert form.values["upc"] + form.values["isrc"] in ("036000291452", "QZABC2600042")


@pytest.mark.parametrize("field", ["spotify_uri", "upc", "isrc"])
def test_a_name_that_is_wrong_has_only_its_own_error(
    artist: User, label: Label, field: str
) -> None:
    form = form_of(artist, **(NO_LINK | {field: "wrong"}))

    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    ("field", "longest"), [("title", 300), ("artist", 300), ("slug", 60), ("artwork_alt", 200)]
)
def test_texts_have_a_longest_length(artist: User, label: Label, field: str, longest: int) -> None:
    for length, faulty in ((longest, []), (longest + 1, [field])):
        given: dict[str, Any] = {field: "a" * length}
        assert list(form_of(artist, **given).errors) == faulty


def test_the_colour_of_the_page_is_one_of_the_palette(artist: User, label: Label) -> None:
    for accent, faulty in (("", []), ("teal", []), ("#00ff00", ["accent"])):
        assert list(form_of(artist, accent=accent).errors) == faulty


# The release time


def test_the_release_time_is_read_in_the_campaigns_own_zone(artist: User, label: Label) -> None:
    in_tokyo = form_of(artist, release_zone="Asia/Tokyo")
    in_new_york = form_of(artist, release_zone="America/New_York")

    assert in_tokyo.is_valid()
    assert in_new_york.is_valid()
    assert in_tokyo.values["release_at"] == datetime(2026, 12, 4, 15, tzinfo=UTC)
    assert in_new_york.values["release_at"] == datetime(2026, 12, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize("trap", ["2026-11-01T01:30", "2027-03-14T02:30"])
def test_an_hour_that_comes_twice_or_never_is_refused(
    artist: User, label: Label, trap: str
) -> None:
    errors = errors_of(form_of(artist, release_at=trap, release_zone="America/New_York"))

    assert list(errors) == ["release_at"]
    assert "The clocks change in America/New_York at that hour" in errors["release_at"][0]
    assert form_of(artist, release_at=trap, release_zone="Asia/Tokyo").is_valid()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe/paris", "\0"])
def test_an_unknown_zone_gives_only_its_own_error(artist: User, label: Label, zone: str) -> None:
    assert list(form_of(artist, release_zone=zone).errors) == ["release_zone"]


@pytest.mark.parametrize("past", ["2026-09-01T13:59", "2020-01-01T00:00", "0001-01-01T00:00"])
def test_a_release_time_in_the_past_is_refused(artist: User, label: Label, past: str) -> None:
    errors = errors_of(form_of(artist, release_at=past))

    assert errors == {
        "release_at": ["The release time has passed. Set one in the future."],
    }


@pytest.mark.parametrize("far", ["2036-12-05T00:00", "9999-12-31T23:59"])
def test_a_mistyped_year_is_refused(artist: User, label: Label, far: str) -> None:
    for zone in ("America/Los_Angeles", "Pacific/Kiritimati"):
        errors = errors_of(form_of(artist, release_at=far, release_zone=zone))
        assert errors == {
            "release_at": ["This is more than three years ahead. Check the year."],
        }


@pytest.mark.parametrize("nonsense", ["", "tomorrow", "2026-13-45T99:99", "\0", "5" * 500])
def test_what_is_no_time_is_refused(artist: User, label: Label, nonsense: str) -> None:
    assert list(form_of(artist, release_at=nonsense).errors) == ["release_at"]


def test_a_draft_may_wait_longer_than_175_days(artist: User, label: Label) -> None:
    assert form_of(artist, release_at="2027-08-01T00:00").is_valid()


def test_an_open_campaign_cannot_be_moved_beyond_175_days(artist: User, label: Label) -> None:
    campaign = make_campaign(label)
    last = NOW + LONGEST_LEAD
    allowed = form_of(artist, campaign, release_at=f"{last:%Y-%m-%dT%H:%M}", release_zone="UTC")
    too_late = form_of(artist, campaign, release_at="2027-08-01T00:00")

    assert allowed.is_valid(), allowed.errors
    assert "Spotify permissions last six months" in str(too_late.errors["release_at"])


def test_an_open_campaign_that_is_due_keeps_its_release_time(artist: User, label: Label) -> None:
    campaign = make_campaign(
        label, release_at=NOW - timedelta(minutes=5), opened_at=NOW - timedelta(days=2)
    )
    shown = CampaignForm(user=artist, now=NOW, campaign=campaign)
    moment = shown["release_at"].value().strftime("%Y-%m-%dT%H:%M")

    kept = form_of(artist, campaign, release_at=moment)
    moved = form_of(artist, campaign, release_at="2026-09-01T13:00")

    assert kept.is_valid(), kept.errors
    assert "has passed" in str(moved.errors["release_at"])


def test_the_stored_release_time_comes_back_as_it_was_with_its_seconds(
    artist: User, label: Label
) -> None:
    release_at = datetime(2026, 12, 4, 23, 0, 30, tzinfo=UTC)
    campaign = make_campaign(label, release_at=release_at)

    shown = CampaignForm(user=artist, now=NOW, campaign=campaign)
    assert 'value="2026-12-05T00:00"' in str(shown["release_at"])

    form = form_of(artist, campaign, release_at="2026-12-05T00:00")
    assert form.is_valid(), form.errors
    assert form.values["release_at"] == release_at


# What stays


def test_an_open_campaigns_address_is_not_asked_any_more(artist: User, label: Label) -> None:
    campaign = make_campaign(label, slug="as-it-was")
    form = form_of(artist, campaign, slug="another")

    assert [(frozen.label, frozen.value) for frozen in form.frozen] == [
        ("Address of the page", "as-it-was"),
    ]
    assert form.is_valid(), form.errors
    assert "slug" not in form.values


def test_after_the_first_consent_the_release_stays_what_it_is(artist: User, label: Label) -> None:
    campaign = make_campaign(label, title="As It Was")
    factory.make_presave(campaign)
    form = form_of(artist, campaign, title="Bait And Switch")

    for name in ("title", "artist"):
        assert "only" in form.fields[name].help_text
    assert form.save() is None
    assert "Fans have agreed to this title" in form.errors["title"][0]
    names = {"title", "artist", "spotify_uri", "upc", "isrc", "market"}
    others = {
        "artwork_focus_x",
        "artwork_focus_y",
        "artwork_alt",
        "note",
        "thanks",
        "accent",
        "countdown_url",
        "links_before",
        "links",
    }
    assert set(form.values) == {"release_at", "release_zone", *others, *names} - {"title"}
    assert form_of(artist, campaign, title="As it was (feat. Mara)", artist="demo artist").save()


def test_a_code_that_was_left_out_may_be_added_later_if_it_fits(artist: User, label: Label) -> None:
    campaign = make_campaign(label)
    factory.make_presave(campaign)

    assert form_of(artist, campaign, upc="609008295069").is_valid()
    assert "belongs to a track" in str(form_of(artist, campaign, isrc="QZAAA2600001").errors)


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        ({"spotify_uri": f"spotify:track:{ALBUM}", "upc": "609008295069"}, "belongs to an album"),
        ({"isrc": "QZAAA2600001"}, "belongs to a track"),
        ({"spotify_uri": "", "upc": "609008295069", "isrc": "QZAAA2600001"}, "belongs to an album"),
    ],
)
def test_a_release_is_one_album_or_one_track(
    artist: User, label: Label, codes: dict[str, Any], sentence: str
) -> None:
    assert sentence in str(form_of(artist, **codes).errors)


# Artwork and the label's form


def test_a_file_that_is_no_picture_is_refused_and_not_kept(artist: User, label: Label) -> None:
    file = SimpleUploadedFile("cover.png", b"<svg onload=alert(1)>", "image/png")
    form = form_of(artist, files={"artwork": file})

    assert "isn't a JPEG, PNG, WebP, AVIF or HEIC image" in errors_of(form)["artwork"][0]
    form.come_back()
    assert not form["kept"].value()


def test_every_field_names_its_help_and_its_errors(artist: User, label: Label) -> None:
    form = form_of(artist, upc="1")
    form.full_clean()

    assert 'aria-describedby="id_upc_helptext id_upc_error"' in str(form["upc"])
    assert 'aria-invalid="true"' in str(form["upc"])
    shown = form["upc"].as_field_group()
    assert 'id="id_upc_helptext"' in shown
    assert 'id="id_upc_error"' in shown
    assert '<label for="id_upc">' in shown


def test_a_label_needs_a_visible_name() -> None:
    assert LabelForm({"name": "Demo\u202e Label"}).is_valid()
    assert "name" in LabelForm({"name": "\u200b"}).errors
    assert "name" in LabelForm({"name": "a" * 101}).errors


def test_once_the_release_has_begun_title_artist_and_address_are_not_asked(
    artist: User, label: Label
) -> None:
    campaign = make_campaign(
        label, state=CampaignState.RELEASING, release_at=NOW - timedelta(hours=1)
    )
    form = form_of(artist, campaign, title="Bait", artist="Bait")

    assert form.is_valid(), form.errors
    looks = {
        "artwork_focus_x",
        "artwork_focus_y",
        "artwork_alt",
        "note",
        "thanks",
        "accent",
        "countdown_url",
        "links_before",
        "links",
    }
    names = {"spotify_uri", "upc", "isrc", "market"}
    assert set(form.values) == {"release_at", "release_zone", *names, *looks}
    assert {frozen.label for frozen in form.frozen} >= {"Title", "Artist"}
    assert "has passed" in str(form_of(artist, campaign, release_at="2026-09-01T13:59").errors)


def test_a_release_that_is_out_early_can_begin_now(artist: User, label: Label) -> None:
    campaign = make_campaign(label)
    present = form_of(artist, campaign, release_at="2026-09-01T12:00", release_zone="UTC")
    present.now = NOW + timedelta(seconds=299)
    ticked = form_of(artist, campaign, release_at="", out_now="on")
    past = form_of(artist, campaign, release_at="2026-09-01T11:55", release_zone="UTC")

    assert present.is_valid(), present.errors
    assert present.values["release_at"] == present.now
    assert ticked.is_valid(), ticked.errors
    assert ticked.values["release_at"] == NOW
    assert "has passed" in str(past.errors["release_at"])


def test_beginning_now_is_offered_while_an_open_campaign_waits(artist: User, label: Label) -> None:
    due = make_campaign(label, release_at=NOW, opened_at=NOW - timedelta(days=1))

    assert "out_now" in form_of(artist, make_campaign(label)).fields
    for other in (None, make_campaign(label, state=CampaignState.DRAFT), due):
        assert "out_now" not in form_of(artist, other).fields
