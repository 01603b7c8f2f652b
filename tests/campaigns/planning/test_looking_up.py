"""What the catalogue shows long before the release, and what keeps a campaign from being opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from campaigns.catalogue.names import Names
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, ErrorReason, Finding, Gate, GateName
from campaigns.planning import editing, looking_up, transitions
from campaigns.planning.looking_up import Found
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify.answers import SpotifyError
from tests import factory
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

OTHER_URI = "spotify:album:1111111111111111111111"
OTHER_UPC = "036000291452"


def make_draft(**fields: Any) -> Campaign:
    """With the link, also next to a UPC."""
    if "isrc" not in fields:
        fields.setdefault("spotify_uri", ALBUM_URI)
    return factory.make_campaign(state=CampaignState.DRAFT, **fields)


def finding_of(campaign: Campaign) -> Finding:
    found = looking_up.look_up(campaign)
    return looking_up.judge(campaign, found, campaign.release_local.date()).finding


def refusal_to_open(campaign: Campaign) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        transitions.open_campaign(campaign, timezone.now())
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    return caught.value


def opens(campaign: Campaign) -> bool:
    transitions.open_campaign(campaign, timezone.now())
    campaign.refresh_from_db()
    return campaign.state == CampaignState.OPEN


# Looking


@pytest.mark.parametrize("names", [{}, {"spotify_uri": "", "upc": UPC}, {"upc": UPC}])
def test_what_is_there_as_it_was_entered_is_found(sandbox: Sandbox, names: dict[str, str]) -> None:
    sandbox.add_album()

    assert finding_of(make_draft(**names)) is Finding.CONFIRMED


def test_a_release_that_is_not_there_yet_is_normal(sandbox: Sandbox) -> None:
    campaign = make_draft(upc=UPC)

    assert finding_of(campaign) is Finding.NOT_THERE_YET
    assert opens(campaign)


def test_a_dead_link_is_looked_for_under_the_code_next_to_it(sandbox: Sandbox) -> None:
    sandbox.add_album(id="1" * 22)

    found = looking_up.look_up(make_draft(upc=UPC))

    assert [release.uri for release in found.releases] == [OTHER_URI]


def test_the_campaigns_own_market_is_asked(sandbox: Sandbox) -> None:
    sandbox.add_album(markets={"US": None})

    assert finding_of(make_draft()) is Finding.NOT_THERE_YET
    assert finding_of(make_draft(market="NZ")) is Finding.CONFIRMED


def test_a_code_of_several_releases_leaves_a_choice(sandbox: Sandbox) -> None:
    for number, album in enumerate(("First Album", "Second Album"), 1):
        sandbox.add_track(id=str(number) * 22, album_name=album, release_date=f"200{number}")
    campaign = make_draft(isrc=ISRC)

    found = looking_up.look_up(campaign)
    verdict = looking_up.judge(campaign, found, campaign.release_local.date())

    assert verdict.finding is Finding.SEVERAL_MATCH
    assert len(verdict.releases) == 2
    assert opens(campaign)


def test_a_link_that_answers_under_another_id_leaves_a_choice(sandbox: Sandbox) -> None:
    sandbox.set(mode="development")
    sandbox.add_track(relinked_to="2" * 22)
    sandbox.add_track(id="2" * 22)

    assert finding_of(make_draft(spotify_uri=TRACK_URI)) is Finding.RELINKED


def test_a_spotify_that_does_not_answer_is_told_and_keeps_nobody_from_opening(
    sandbox: Sandbox,
) -> None:
    sandbox.fault("album", status=503, times=1)
    campaign = make_draft()

    with pytest.raises(PlanningError, match=Obstacle.SPOTIFY_SILENT):
        looking_up.look_up(campaign)

    sandbox.fault("album", status=503, times=1)
    assert opens(campaign)


def test_nothing_is_asked_while_spotify_wants_us_to_wait(sandbox: Sandbox) -> None:
    closing.close(SpotifyError(ErrorReason.RATE_LIMITED, retry_after=60), database_now())
    campaign = make_draft()

    with pytest.raises(PlanningError, match=Obstacle.SPOTIFY_WAITS):
        looking_up.look_up(campaign)

    assert opens(campaign)
    assert not sandbox.calls()


@pytest.mark.parametrize("is_release_on", [False, True])
def test_without_a_turn_it_is_told_whether_a_release_comes_first(
    is_release_on: bool, sandbox: Sandbox
) -> None:
    """That Spotify limited anything would be untrue."""
    later = database_now() + timedelta(minutes=1)
    Gate.objects.create(name=GateName.API, rate=10, free_at=later)
    if is_release_on:
        running = factory.make_campaign(state=CampaignState.RELEASING)
        factory.make_presave(running, due_at=database_now())
    why = Obstacle.RELEASE_FIRST if is_release_on else Obstacle.NO_TURN
    with pytest.raises(PlanningError, match=why):
        looking_up.look_up(make_draft())
    assert not sandbox.calls()


def test_a_question_that_spotify_refuses_is_told_as_one(sandbox: Sandbox) -> None:
    with pytest.raises(PlanningError, match=Obstacle.QUESTION_REFUSED) as own:
        looking_up.look_up(make_draft(market="ZZ"))
    assert own.value.market == "ZZ"


def test_the_operators_market_is_not_the_campaigns(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_MARKET = "ZZ"
    with pytest.raises(PlanningError, match=Obstacle.QUESTION_REFUSED) as operators:
        looking_up.look_up(make_draft())
    assert operators.value.market == ""


# Opening


@pytest.mark.parametrize(
    "names",
    [{}, {"spotify_uri": "", "upc": UPC}, {"spotify_uri": OTHER_URI, "upc": UPC}],
)
def test_another_artists_release_is_asked_about_before_a_campaign_opens(
    sandbox: Sandbox, names: dict[str, str]
) -> None:
    sandbox.add_album(name="First Light", artist="Demo Artist", release_date="2024-03-14")
    campaign = make_draft(title="Wrong Link Three", artist="Night Desk", **names)

    refused = refusal_to_open(campaign)

    assert refused.obstacle is Obstacle.IS_IT_YOURS
    assert refused.found
    assert (refused.found.title, refused.found.uri) == ("First Light", ALBUM_URI)


def test_another_artists_isrc_is_asked_about_too(sandbox: Sandbox) -> None:
    sandbox.add_track(name="First Light")
    campaign = make_draft(isrc=ISRC, title="Wrong Link Three", artist="Night Desk")

    assert refusal_to_open(campaign).obstacle is Obstacle.IS_IT_YOURS


def test_another_title_of_the_same_artist_is_asked_about(sandbox: Sandbox) -> None:
    sandbox.add_album(name="Night Bus (Live)")

    assert refusal_to_open(make_draft()).obstacle is Obstacle.IS_IT_YOURS


def test_a_name_in_another_script_is_asked_about_before_the_night(sandbox: Sandbox) -> None:
    sandbox.add_album(artist="宇多田ヒカル")
    campaign = make_draft(artist="Hikaru Utada")

    assert refusal_to_open(campaign).obstacle is Obstacle.IS_IT_YOURS

    Campaign.objects.update(accepted_uri=ALBUM_URI)
    campaign.refresh_from_db()
    assert opens(campaign)


def test_several_of_which_none_is_the_release_are_to_be_chosen_from(sandbox: Sandbox) -> None:
    for number in (1, 2):
        sandbox.add_track(id=str(number) * 22, release_date=f"200{number}")
    campaign = make_draft(isrc=ISRC, title="Wrong Link Three")

    assert refusal_to_open(campaign).obstacle is Obstacle.NONE_IS_YOURS


def test_a_link_and_a_code_of_two_releases_do_not_open(sandbox: Sandbox) -> None:
    sandbox.add_album()

    assert refusal_to_open(make_draft(upc=OTHER_UPC)).obstacle is Obstacle.CODES_DIFFER


def test_what_was_looked_at_is_what_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_draft()

    def edit_meanwhile(looked_at: Campaign) -> None:
        Campaign.objects.filter(id=looked_at.id).update(spotify_uri=OTHER_URI)

    monkeypatch.setattr(looking_up, "check_answered", edit_meanwhile)

    assert refusal_to_open(campaign).obstacle is Obstacle.CHANGED_WHILE_CHECKING


# Changing what is open


FIELDS = (
    *("title", "artist", "slug", "spotify_uri", "upc", "isrc", "market"),
    *("release_at", "release_zone", "artwork_alt"),
)


def change(campaign: Campaign, **values: Any) -> Campaign:
    kept = {name: getattr(campaign, name) for name in FIELDS}
    return editing.change(campaign, kept | values, None, timezone.now())


def test_an_open_campaign_does_not_get_another_artists_link_either(sandbox: Sandbox) -> None:
    sandbox.add_album(id="1" * 22, artist="Somebody Else")
    campaign = factory.make_campaign()

    with pytest.raises(PlanningError, match=Obstacle.IS_IT_YOURS):
        change(campaign, spotify_uri=OTHER_URI)

    assert change(campaign, artwork_alt="A bus").spotify_uri == ALBUM_URI


def test_an_earlier_answer_does_not_cover_another_title(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    campaign = factory.make_campaign(accepted_uri=ALBUM_URI)

    with pytest.raises(PlanningError, match=Obstacle.IS_IT_YOURS):
        change(campaign, title="Second Light")


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.OPEN])
def test_nobody_is_asked_for_a_draft_or_for_what_stays(
    sandbox: Sandbox, state: CampaignState
) -> None:
    campaign = factory.make_campaign(state=state)

    change(campaign, artwork_alt="A bus", **({"upc": UPC} if state == "draft" else {}))

    assert not sandbox.calls()


# Judging


def test_the_answer_is_about_the_names_that_were_asked(sandbox: Sandbox) -> None:
    sandbox.add_album(upc=None)
    found = looking_up.look_up(make_draft())
    with_code = Found(Names(ALBUM_URI, UPC, ""), "US", found.releases)

    judged = looking_up.judge(make_draft(), with_code, timezone.now().date())

    assert judged.finding is Finding.DIFFERENT_CODE
