"""Looks up what Spotify's catalogue shows under a release's link or code, long before the release:
while an artist enters it, and before fans see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from campaigns.catalogue import looks, names
from campaigns.catalogue.comparing import difference
from campaigns.catalogue.markets import market_of
from campaigns.catalogue.names import Names
from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import MISMATCHES, Campaign, CampaignState, ErrorReason, Finding
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.planning.same_release import agreed_texts
from campaigns.spotify import AppMode, Release, SpotifyError, app_mode

# What leads to another entry when it changes, or lets the same one be another than was meant.
IDENTITY: Final = (*Names._fields, "title", "artist", "market")


@dataclass(frozen=True)
class Found:
    """What the catalogue shows, and under which names and in which market it was asked; and with
    which title and artist a form compared it.
    """

    asked: Names
    market: str
    releases: tuple[Release, ...] = ()
    texts: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """How what was found goes with what was typed, and the entries that it is about. `versions` are
    the explicit and the other one of a release that was found.
    """

    finding: Finding
    releases: tuple[Release, ...] = ()
    versions: tuple[Release, ...] = ()

    @property
    def is_question(self) -> bool:
        return self.finding in MISMATCHES


def look_up(campaign: Campaign) -> Found:
    """What the campaign's market shows under the link, or else under the code next to it. Raises
    PlanningError where Spotify is not asked or does not answer.

    Call it without a lock: Spotify may be slow.
    """
    if app_mode() is AppMode.NONE:
        raise PlanningError(Obstacle.NO_APP)
    given, market = Names.of(campaign), market_of(campaign)
    budget = looks.FormBudget(database_now(), campaign.label_id)
    with _telling_why_not(campaign.market, budget):
        releases = names.find(given, market, budget.permit)
        if not releases and given.spotify_uri:
            releases = names.find_by_code(given, market, budget.permit)
    return Found(given, market, tuple(releases))


def judge(campaign: Campaign, found: Found, day: date) -> Verdict:
    """Compare what was found with the campaign's title, artist and codes, as on release night."""
    if not found.releases:
        return Verdict(Finding.NOT_THERE_YET)
    if not found.asked.code and all(one.uri != found.asked.spotify_uri for one in found.releases):
        return Verdict(Finding.RELINKED, found.releases)
    fitting = [release for release in found.releases if names.codes_agree(found.asked, release)]
    if not fitting:
        return Verdict(Finding.DIFFERENT_CODE, found.releases)
    same = [release for release in fitting if difference(campaign, release) is None]
    one = names.the_one(same or fitting, day)
    if one is None:
        return Verdict(Finding.SEVERAL_MATCH, tuple(same or fitting))
    if other := difference(campaign, one):
        return Verdict(other, (one,))
    return Verdict(Finding.CONFIRMED, (one,), tuple(names.versions(same, day)))


def note_finding(campaign: Campaign, finding: Finding, now: datetime) -> None:
    """Write down what a look showed of a draft; once it is open, the worker's looks count."""
    drafts = Campaign.objects.filter(id=campaign.id, state=CampaignState.DRAFT)
    drafts.update(looked_up_finding=finding, looked_up_at=now)


def check_draft(campaign: Campaign, now: datetime) -> Verdict:
    """Look once more, and write down what is there. Raises PlanningError."""
    verdict = judge(campaign, look_up(campaign), campaign.release_local.date())
    is_accepted = any(release.uri == campaign.accepted_uri for release in verdict.releases)
    note_finding(campaign, Finding.CONFIRMED if is_accepted else verdict.finding, now)
    return verdict


def check_answered(campaign: Campaign) -> None:
    """Raise PlanningError where the catalogue shows something else than the campaign's page will,
    and no artist said that it is the release all the same.

    Before its release a release is normally invisible; that, and a Spotify that does not answer,
    is no obstacle: on release night everything is compared again.
    """
    try:
        found = look_up(campaign)
    except PlanningError:
        return
    verdict = judge(campaign, found, campaign.release_local.date())
    if verdict.finding is Finding.DIFFERENT_CODE:
        raise PlanningError(Obstacle.CODES_DIFFER)
    if any(difference(campaign, release) is None for release in verdict.releases):
        return
    if len(verdict.releases) > 1:
        raise PlanningError(Obstacle.NONE_IS_YOURS)
    if verdict.releases:
        raise PlanningError(Obstacle.IS_IT_YOURS, found=verdict.releases[0])


def check_change(campaign: Campaign, values: Mapping[str, Any]) -> None:
    """As check_answered, for a change of a campaign that is open while no fan has agreed to it."""
    is_watched = campaign.state == CampaignState.OPEN and not agreed_texts(campaign)
    after = with_values(campaign, {**values, "accepted_uri": ""})
    if is_watched and is_another(campaign, after):
        check_answered(after)


def is_another(before: Campaign, after: Campaign) -> bool:
    """Whether what a look found about one says nothing about the other."""
    return any(getattr(before, name) != getattr(after, name) for name in IDENTITY)


def with_values(campaign: Campaign, values: Mapping[str, Any]) -> Campaign:
    """The campaign as it will be, which is not to be saved."""
    after = copy(campaign)
    for name, value in values.items():
        setattr(after, name, value)
    return after


@contextmanager
def _telling_why_not(own_market: str, budget: looks.FormBudget) -> Iterator[None]:
    try:
        yield
    except closing.GateClosedError as error:
        raise PlanningError(Obstacle.SPOTIFY_WAITS, possible_from=error.until) from None
    except looks.LookupBudgetSpentError:
        why = Obstacle.RELEASE_FIRST if budget.is_release_on else Obstacle.NO_TURN
        raise PlanningError(why) from None
    except SpotifyError as error:
        closing.close_after(error)
        if error.reason is ErrorReason.QUESTION_REFUSED:
            raise PlanningError(Obstacle.QUESTION_REFUSED, market=own_market) from None
        raise PlanningError(Obstacle.SPOTIFY_SILENT) from None
