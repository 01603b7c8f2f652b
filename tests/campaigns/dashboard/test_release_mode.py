"""Choosing between one moment for everybody and midnight where each fan is: the form, changing
one's mind, and what the dashboard says.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.dashboard.forms import CampaignForm
from campaigns.dashboard.sentences import why_not
from campaigns.models import Campaign, CampaignState, Label, PreSave, ReleaseMode, User, midnights
from campaigns.planning import editing
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory
from tests.fans import text_of
from tests.forms import filled_in, send
from tests.log_ins import logged_in

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
LOCAL: dict[str, Any] = {"release_mode": "local_midnight", "release_day": "2026-12-05"}
AT_MIDNIGHT = {
    "release_mode": ReleaseMode.LOCAL_MIDNIGHT,
    "release_at": datetime(2026, 12, 4, 10, tzinfo=UTC),
    "release_zone": "Pacific/Kiritimati",
}


@pytest.fixture
def artist() -> User:
    return factory.make_user()


@pytest.fixture
def label(artist: User) -> Label:
    return factory.make_label(owner=artist)


@pytest.fixture
def dashboard(artist: User) -> Client:
    return logged_in(artist)


def form_of(user: User, campaign: Campaign | None = None, **given: Any) -> CampaignForm:
    return CampaignForm(filled_in(**given), user=user, now=NOW, campaign=campaign)


def make_local(label: Label, **fields: Any) -> Campaign:
    fields.setdefault("opened_at", NOW - timedelta(days=1))
    return factory.make_local_campaign(date(2026, 12, 5), label=label, **fields)


def checked(form: CampaignForm) -> dict[str, Any]:
    assert form.is_valid(), form.errors
    return form.values


def moment_of(form: CampaignForm) -> dict[str, Any]:
    values = checked(form)
    return {name: values[name] for name in AT_MIDNIGHT}


# The form.


def test_a_day_alone_is_asked_and_begins_where_days_begin_first(artist: User, label: Label) -> None:
    assert moment_of(form_of(artist, **LOCAL)) == AT_MIDNIGHT


@pytest.mark.parametrize(
    "other",
    [
        {"release_at": "2027-01-01T12:00", "release_zone": "Europe/Paris"},
        {"release_at": "nonsense", "release_zone": "Mars/Olympus"},
        {"release_at": "2026-11-01T01:30", "release_zone": "America/New_York"},
    ],
)
def test_what_is_written_for_the_other_choice_is_not_used(
    artist: User, label: Label, other: dict[str, Any]
) -> None:
    assert moment_of(form_of(artist, **LOCAL | other)) == AT_MIDNIGHT


def test_a_moment_does_not_use_the_day(artist: User, label: Label) -> None:
    given: dict[str, Any] = {"release_at": "2026-12-05T00:00", "release_zone": "Europe/Paris"}
    choices: list[dict[str, Any]] = [{}, {"release_mode": "one_instant"}]
    for chosen in choices:
        form = form_of(artist, **given, **chosen, release_day="nonsense")
        assert moment_of(form)["release_at"] == datetime(2026, 12, 4, 23, tzinfo=UTC)
        assert moment_of(form)["release_mode"] == ReleaseMode.ONE_INSTANT


@pytest.mark.parametrize(
    ("day", "error"),
    [
        ("", "This field is required."),
        ("nonsense", "Enter a valid date."),
        ("2026-09-01", why_not(Obstacle.PAST, is_day=True)),
        # It is 02:00 of 2 September at UTC+14.
        ("2026-09-02", why_not(Obstacle.PAST, is_day=True)),
        ("0001-01-01", why_not(Obstacle.PAST, is_day=True)),
        ("2036-12-05", "This is more than three years ahead. Check the year."),
        ("9999-12-31", "This is more than three years ahead. Check the year."),
    ],
)
def test_a_day_that_cannot_be_is_refused(artist: User, label: Label, day: str, error: str) -> None:
    form = form_of(artist, **LOCAL | {"release_day": day})
    assert {name: list(errors) for name, errors in form.errors.items()} == {"release_day": [error]}


def test_the_next_day_is_the_first_that_can_be(artist: User, label: Label) -> None:
    assert form_of(artist, **LOCAL | {"release_day": "2026-09-03"}).is_valid()


def test_an_unknown_choice_is_refused(artist: User, label: Label) -> None:
    form = form_of(artist, **LOCAL | {"release_mode": "whenever"})
    assert "release_mode" in form.errors


def test_the_day_comes_back_as_it_was_given(artist: User, label: Label) -> None:
    campaign = make_local(label)
    shown = CampaignForm(user=artist, now=NOW, campaign=campaign)
    assert 'value="2026-12-05"' in str(shown["release_day"])
    assert shown["release_mode"].value() == "local_midnight"
    assert "Kiritimati" not in str(shown["release_at"])
    assert 'value="Pacific/Kiritimati" selected' not in str(shown["release_zone"])
    assert moment_of(form_of(artist, campaign, **LOCAL)) == AT_MIDNIGHT


def test_an_open_campaign_whose_day_has_begun_keeps_it(artist: User, label: Label) -> None:
    day = midnights.day_of(NOW)
    campaign = factory.make_local_campaign(day, label=label, opened_at=NOW - timedelta(days=9))
    kept = form_of(artist, campaign, **LOCAL | {"release_day": day.isoformat()})
    assert kept.is_valid(), kept.errors
    earlier = (day - timedelta(days=1)).isoformat()
    assert "release_day" in form_of(artist, campaign, **LOCAL | {"release_day": earlier}).errors


def test_an_open_campaign_cannot_be_moved_beyond_175_days(artist: User, label: Label) -> None:
    form = form_of(artist, make_local(label), **LOCAL | {"release_day": "2027-08-01"})
    assert "Spotify permissions last six months" in str(form.errors["release_day"])


# Changing one's mind.


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.OPEN])
def test_before_the_first_consent_the_mode_may_change(
    artist: User, label: Label, state: CampaignState
) -> None:
    campaign = factory.make_campaign(
        label=label, state=state, release_at=NOW + timedelta(days=90), opened_at=NOW
    )
    changed = editing.change(campaign, checked(form_of(artist, campaign, **LOCAL)), None, NOW)
    assert {name: getattr(changed, name) for name in AT_MIDNIGHT} == AT_MIDNIGHT

    given: dict[str, Any] = {
        "release_mode": "one_instant",
        "release_at": "2026-12-05T00:00",
        "release_zone": "UTC",
    }
    back = editing.change(changed, checked(form_of(artist, changed, **given)), None, NOW)
    assert back.release_mode == ReleaseMode.ONE_INSTANT
    assert back.release_at == datetime(2026, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize("local", [True, False])
def test_after_the_first_consent_the_mode_stays_and_the_form_says_why(
    artist: User, label: Label, local: bool
) -> None:
    moment = {"release_at": NOW + timedelta(days=90), "opened_at": NOW, "label": label}
    campaign = make_local(label) if local else factory.make_campaign(**moment)
    factory.make_presave(campaign)
    form = CampaignForm(user=artist, now=NOW, campaign=campaign)
    (frozen,) = [frozen for frozen in form.frozen if frozen.why == why_not(Obstacle.MODE_STAYS)]
    assert frozen.value == str(ReleaseMode(campaign.release_mode).label)
    asked = {"release_day"} if local else {"release_at", "release_zone"}
    assert asked == {"release_day", "release_at", "release_zone", "release_mode"} & {*form.fields}


def test_a_form_that_was_open_longer_does_not_switch_the_mode_of_fans(
    artist: User, label: Label
) -> None:
    campaign = factory.make_campaign(
        label=label, release_at=NOW + timedelta(days=90), opened_at=NOW
    )
    form = form_of(artist, campaign, **LOCAL)
    assert form.is_valid(), form.errors
    presave = factory.make_presave(campaign)
    kept = {name: getattr(campaign, name) for name in ("title", "artist", "spotify_uri")}
    with pytest.raises(PlanningError, match=Obstacle.MODE_STAYS):
        editing.change(campaign, form.values | kept, None, NOW)
    assert Campaign.objects.get().release_mode == ReleaseMode.ONE_INSTANT
    assert PreSave.objects.get().due_at == presave.due_at


def test_a_moved_day_moves_the_fans_through_the_form(artist: User, label: Label) -> None:
    campaign = make_local(label)
    tokyo = midnights.due_at(campaign.release_at, "Asia/Tokyo")
    factory.make_presave(campaign, due_at=tokyo)
    form = form_of(artist, campaign, release_day="2026-12-12")
    assert form.is_valid(), form.errors
    editing.change(campaign, form.values, None, NOW)
    assert PreSave.objects.get().due_at == tokyo + timedelta(days=7)


# The dashboard.


def test_saving_says_the_day_and_both_ends_of_it_in_utc(dashboard: Client, label: Label) -> None:
    day = (timezone.now() + timedelta(days=30)).date()
    text = text_of(send(dashboard, **LOCAL | {"release_day": day.isoformat()}))
    assert f"The release is set for {day:%-d %B %Y}, at midnight where each fan is." in text
    assert f"10:00 UTC on {day - timedelta(days=1):%-d %B %Y} (first time zone)" in text
    assert f"12:00 UTC on {day:%-d %B %Y} (last)" in text


def test_no_page_of_the_dashboard_names_a_zone_of_it(dashboard: Client, label: Label) -> None:
    campaign = factory.make_local_campaign(label=label, slug="night-bus")
    day = midnights.day_of(campaign.release_at)
    page, in_list = (
        text_of(dashboard.get(path)) for path in ("/dashboard/campaigns/night-bus", "/dashboard")
    )
    assert f'<time datetime="{day}">{day:%-d %B %Y}</time>' in page
    assert f'<time datetime="{day}" title="{day:%-d %B %Y} at midnight' in in_list
    for text in (page, in_list):
        assert "at midnight where each fan is" in text
        assert "Kiritimati" not in text


def test_the_tick_for_what_is_out_early_does_not_begin_a_day(artist: User, label: Label) -> None:
    assert moment_of(form_of(artist, make_local(label), **LOCAL, out_now="on")) == AT_MIDNIGHT
