"""What artists read when an act is not possible: each obstacle has a sentence of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from campaigns.dashboard.sentences import why_not
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify import Artist, Release

MIDNIGHT = datetime(2026, 9, 1, tzinfo=UTC)


def test_every_obstacle_has_a_sentence_of_its_own() -> None:
    sentences = {why_not(**vars(PlanningError(obstacle))) for obstacle in Obstacle}
    assert len(sentences) == len(Obstacle)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_numbers_are_told_in_singular_and_plural() -> None:
    def told(expiring: int, pending: int) -> str:
        error = PlanningError(Obstacle.PERMISSIONS_EXPIRE, expiring=expiring, pending=pending)
        return why_not(**vars(error))

    assert told(1, 1).startswith("1 of 1 permission would expire before this date")
    assert told(12, 80).startswith("12 of 80 permissions would expire before this date")


def test_a_day_is_told_in_the_active_zone() -> None:
    with timezone.override("America/New_York"):
        day = why_not(Obstacle.TOO_FAR_AHEAD, possible_from=MIDNIGHT)

    assert "at most 175 days before" in day
    assert "from 31 August 2026." in day


def test_a_refused_question_names_the_country_that_can_be_changed() -> None:
    own = why_not(Obstacle.QUESTION_REFUSED, market="ZZ")
    operators = why_not(Obstacle.QUESTION_REFUSED, market="")

    assert "the market, ZZ. Choose another under Advanced." in own
    assert "SPOTIFY_MARKET" not in own
    assert "the setting SPOTIFY_MARKET" in operators


def test_a_sentence_is_not_escaped() -> None:
    artists = (Artist("1", "A & B"), Artist("2", "<C>"))
    found = Release("spotify:album:1", "", "", "", True, artists, title="Don't")
    told = why_not(Obstacle.OTHER_RELEASE, found=found)
    assert "Spotify shows “Don't” by A & B, <C> there" in told
