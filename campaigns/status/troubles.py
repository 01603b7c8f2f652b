"""What is wrong with a campaign, and what somebody has to do about it, in the artist's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from campaigns.catalogue import markets
from campaigns.catalogue.looks import Finding
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, PreSaveQuerySet, Trouble

# Most releases are in the catalogue within minutes of their moment.
LATE_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Explanation:
    title: str
    found: str
    advice: str

    def __str__(self) -> str:
        return f"{self.found} {self.advice}"


FINDINGS: Final = {
    Finding.CONFIRMED.value: "The release is in Spotify's catalogue.",
    Finding.NOT_THERE_YET.value: "Spotify's catalogue does not show the release yet. If it is out, "
    "compare the link, UPC or ISRC with your distributor's, and edit the campaign if one is wrong.",
    Finding.NOT_OUT_YET.value: "Spotify's catalogue shows the release, but it is not out yet.",
    Finding.DIFFERENT_CODE.value: "Spotify's catalogue shows a release whose link, UPC or ISRC "
    "is missing or differs from what you gave. Nothing is saved until they agree: compare them "
    "with your distributor's.",
    Finding.OTHER_ARTIST.value: "Spotify's catalogue shows a release of another artist under this "
    "UPC or ISRC. If it is the right one, edit the campaign and add its link; if not, correct the "
    "code.",
    Finding.SEVERAL_MATCH.value: "Several releases in Spotify's catalogue carry this code. Edit "
    "the campaign and add the link of the right one; Presave keeps looking.",
    Finding.GONE.value: "Spotify's catalogue showed the release, and then no longer did. Saving "
    "has stopped, every permission is kept, and it goes on when the release is back.",
    Finding.OTHER_VARIANT.value: "Spotify shows this UPC or ISRC in some market under another "
    "link than the one that was confirmed and is saved. Fans there wait until a market whose day "
    "begins later shows the confirmed one. Ask your distributor why the two differ.",
    Finding.UNREACHABLE.value: "Spotify did not answer the last time Presave looked for the "
    "release.",
}
_NOT_LOOKED: Final = "Presave has not been able to look for the release since its moment came."
_ASK_THE_DISTRIBUTOR: Final = (
    "Ask your distributor whether the release was delivered to Spotify, and for which moment. If "
    "the moment has changed, edit the campaign and move the release."
)
_CORRECT_THE_CODES: Final = "Edit the campaign and correct what you gave, if it is wrong there."
_TELL_THE_OPERATOR: Final = (
    "If this lasts, tell the operator: the worker's log says what keeps it from looking."
)
_LATE_ADVICE: Final = {
    Finding.NOT_THERE_YET.value: _ASK_THE_DISTRIBUTOR,
    Finding.NOT_OUT_YET.value: _ASK_THE_DISTRIBUTOR,
    Finding.GONE.value: "Ask your distributor why it was taken down.",
    Finding.DIFFERENT_CODE.value: _CORRECT_THE_CODES,
    Finding.OTHER_ARTIST.value: "Nothing is saved until then.",
    Finding.SEVERAL_MATCH.value: "Nothing is saved until then.",
}
_NO_KEY: Final = Explanation(
    "The campaign never went live",
    "The worker could not make this campaign's key, so no fan has seen its page.",
    "Tell the operator: the worker's log says why. Then edit the campaign and move the release.",
)
_PAUSES: Final = {
    PauseReason.KEY_MISSING: Explanation(
        "The campaign's key cannot be opened",
        "The worker cannot open this campaign's key, so nothing is saved. Every permission is "
        "kept.",
        "The operator has to bring back the key file from the keyring's backup; Presave then goes "
        "on by itself. If the database was restored, and this campaign had ended after its backup "
        "was made, its key was destroyed for good: cancel the campaign.",
    ),
    PauseReason.RELEASE_REFUSED: Explanation(
        "Spotify refuses to save the release",
        "Spotify refused to save this release, for every fan alike. Every permission is kept.",
        "Check with your distributor that the release is available, then resume.",
    ),
    PauseReason.APP_NOT_OPEN: Explanation(
        "Spotify does not let this app serve your fans",
        "Spotify answered for several fans that they are not on this app's list, as it does for "
        "an app in development mode. Every permission is kept.",
        "The operator has to see in Spotify's developer dashboard whether the app still has "
        "extended quota, or put the fans on the app's list there. Then resume.",
    ),
}
# With a missing key there is nothing to resume: the campaign goes on when the key is back.
RESUMABLE: Final = (PauseReason.RELEASE_REFUSED, PauseReason.APP_NOT_OPEN)


def trouble_of(campaign: Campaign, now: datetime) -> Trouble | None:
    """Why a campaign whose moment has come does not go on; None while all is well."""
    is_live = campaign.state in (CampaignState.OPEN, CampaignState.RELEASING)
    if not is_live or campaign.release_at > now:
        return None
    if campaign.is_paused:
        return Trouble(campaign.paused_reason)
    is_late = _expected_at(campaign) <= now - LATE_AFTER
    if campaign.state == CampaignState.RELEASING:
        is_late = is_late and kept_waiting(campaign, now).exists()
    return Trouble.LATE if is_late else None


def _expected_at(campaign: Campaign) -> datetime:
    """When the first market may show the release that has not shown it."""
    if campaign.state == CampaignState.RELEASING:
        return campaign.confirmed_until or campaign.last_day
    return markets.market_midnights(campaign)[0].at


def kept_waiting(campaign: Campaign, now: datetime) -> PreSaveQuerySet:
    """The due fans of a releasing campaign for whom no market that showed the release speaks."""
    due = PreSave.objects.pending().filter(campaign=campaign, due_at__lte=now)
    until = campaign.confirmed_until
    return due.filter(due_at__gte=until) if until else due.none()


def explain(campaign: Campaign, trouble: Trouble, now: datetime) -> Explanation:
    if trouble is not Trouble.LATE:
        return explain_pause(campaign)
    if campaign.state == CampaignState.RELEASING:
        return _explain_waiting(campaign, kept_waiting(campaign, now).count())
    if campaign.public_key is None:
        return _NO_KEY
    return Explanation(
        "The release is not confirmed at Spotify",
        FINDINGS.get(campaign.last_finding, _NOT_LOOKED),
        _LATE_ADVICE.get(campaign.last_finding, _TELL_THE_OPERATOR),
    )


def _explain_waiting(campaign: Campaign, fans: int) -> Explanation:
    wait = "1 fan waits" if fans == 1 else f"{fans} fans wait"
    if campaign.last_finding == Finding.OTHER_VARIANT.value:
        shown = "shows another variant of"
        advice = "Ask your distributor why those countries have another one"
    else:
        shown = "does not show"
        advice = "Ask your distributor whether the release was delivered for those countries too"
    return Explanation(
        "Fans wait for the release in their country",
        f"{wait} because Spotify's catalogue of the countries whose day began later {shown} the "
        "release that was confirmed. All fans who were due before are served as usual.",
        f"{advice}. As soon as one of them shows the confirmed release, Presave goes on by itself.",
    )


def explain_pause(campaign: Campaign) -> Explanation:
    return _PAUSES[PauseReason(campaign.paused_reason)]


def can_resume(campaign: Campaign) -> bool:
    return campaign.paused_reason in RESUMABLE
