"""An artist's answer that what the catalogue shows is the release."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Alarm, Campaign, CampaignState, Finding, Trouble, User
from campaigns.planning import accepting, editing
from campaigns.planning.accepting import Asked
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.status import alarms
from tests.factory import make_campaign, make_presave, make_user
from tests.nights.night import in_threads

pytestmark = pytest.mark.django_db

FOUND_URI = "spotify:album:1111111111111111111111"
OTHER_URI = "spotify:album:2222222222222222222222"


def make_asking(**fields: Any) -> Campaign:
    """A due campaign in whose place the catalogue shows "First Light"."""
    found = {
        "last_finding": Finding.OTHER_TITLE,
        "found_uri": FOUND_URI,
        "found_title": "First Light",
        "found_artist": "Demo Artist",
        "next_check_at": timezone.now(),
        "release_at": timezone.now(),
    }
    campaign = make_campaign(**(found | fields))
    make_presave(campaign)
    return campaign


@pytest.fixture
def artist() -> User:
    return make_user()


SHOWN = Asked(FOUND_URI, "First Light", "Demo Artist")


def accept(campaign: Campaign, artist: User, shown: Asked = SHOWN) -> None:
    accepting.accept_found(campaign, shown, artist)


@pytest.mark.parametrize("finding", [Finding.OTHER_ARTIST, Finding.OTHER_TITLE])
def test_what_was_found_counts_as_the_release_and_the_worker_looks_at_once(
    finding: Finding, artist: User
) -> None:
    campaign = make_asking(last_finding=finding)
    accept(campaign, artist)

    campaign.refresh_from_db()
    assert (campaign.accepted_uri, campaign.next_check_at) == (FOUND_URI, None)
    assert not campaign.awaits_an_answer
    (entry,) = campaign.history.all()
    assert (entry.label, entry.by, entry.event) == (campaign.label, artist, "release_accepted")
    said = {"uri": FOUND_URI, "title": "First Light", "artist": "Demo Artist"}
    assert entry.details == {"campaign": campaign.title, **said}


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"found_uri": OTHER_URI},
        {"found_title": "Last Light"},
        {"found_artist": "Night Desk"},
        {"found_uri": ""},
        {"last_finding": Finding.NOT_THERE_YET},
        {"accepted_uri": FOUND_URI},
        {"state": CampaignState.CANCELLED},
        {"state": CampaignState.DRAFT},
        {
            "state": CampaignState.RELEASING,
            "confirmed_uri": OTHER_URI,
            "confirmed_at": timezone.now(),
        },
    ],
    ids=[
        *("another", "another title", "another artist", "none", "gone", "answered"),
        *("cancelled", "draft", "confirmed"),
    ],
)
@pytest.mark.parametrize("shown", [SHOWN, SHOWN._replace(uri="")], ids=["shown", "nothing"])
def test_an_answer_counts_only_for_what_is_still_found(
    meanwhile: dict[str, Any], shown: Asked, artist: User
) -> None:
    campaign = make_asking()
    Campaign.objects.update(**meanwhile)
    before = Campaign.objects.values().get()

    with pytest.raises(PlanningError) as caught:
        accept(campaign, artist, shown)
    assert caught.value.obstacle is Obstacle.FOUND_CHANGED
    assert Campaign.objects.values().get() == before
    assert not campaign.history.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(artist: User) -> None:
    campaign = make_asking()

    def answer(_: int) -> bool:
        try:
            accept(campaign, artist)
        except PlanningError:
            return False
        return True

    assert sorted(in_threads(2, answer)) == [False, True]
    assert campaign.history.count() == 1


def test_a_corrected_link_takes_the_answer_back_and_the_history_keeps_it(artist: User) -> None:
    campaign = make_asking()
    accept(campaign, artist)
    campaign.refresh_from_db()
    values = {"release_at": campaign.release_at, "release_zone": campaign.release_zone}
    editing.change(campaign, values | {"spotify_uri": OTHER_URI}, None, timezone.now())

    campaign.refresh_from_db()
    assert campaign.accepted_uri == ""
    assert campaign.history.filter(event="release_accepted").count() == 1


def test_after_an_answer_people_are_told_of_the_next_other_release(artist: User) -> None:
    campaign = make_asking()
    now = timezone.now()
    assert (alarms.raise_due(now), alarms.raise_due(now)) == (1, 0)
    accept(campaign, artist)
    assert alarms.raise_due(now) == 0

    Campaign.objects.update(found_uri=OTHER_URI)
    assert alarms.raise_due(now) == 1
    assert Alarm.objects.get().trouble == Trouble.OTHER_RELEASE


def test_the_history_outlives_the_account(artist: User) -> None:
    campaign = make_asking()
    accept(campaign, artist)
    artist.delete()
    assert campaign.history.get().by is None
