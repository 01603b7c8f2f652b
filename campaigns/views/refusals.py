"""What a fan is told when no pre-save was made: one page for each way it can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from campaigns.authorising import Refusal


@dataclass(frozen=True)
class Page:
    """`retry` names the link back to the campaign; without it there is nothing to try again."""

    title: str
    happened: str
    advice: str
    retry: str = "Try again"
    status: int = 400
    stored: str = "Nothing was stored. We hold no permission from this try."


PAGES: Final = {
    Refusal.DENIED: Page(
        title="You said no, and that is fine",
        happened="You chose not to give the permission on Spotify's page.",
        advice="If that was a slip of the thumb, you can go back and choose again.",
        retry="Back to the release",
        status=200,
    ),
    Refusal.BROWSER_CHANGED: Page(
        title="Your browser changed on the way",
        happened="You came back from Spotify in another browser than the one you left with. Apps "
        "with a browser of their own often do that, and so does a browser that blocks all "
        "cookies.",
        advice="Tap once more from here, and stay in this browser.",
        retry="Tap once more",
    ),
    Refusal.TOO_LATE: Page(
        title="That took a little too long",
        happened="For your safety, the way to Spotify and back is open for ten minutes. Yours had "
        "closed when you came back.",
        advice="Start again; it takes a few seconds.",
        retry="Start again",
    ),
    Refusal.STATE_MISMATCH: Page(
        title="Two starts got mixed up",
        happened="The answer from Spotify does not belong to the last start in this browser. That "
        "happens when a pre-save is open in two tabs, or when somebody sends you a made-up link.",
        advice="Close the other tabs and start again here.",
        retry="Start again",
    ),
    Refusal.ALREADY_USED: Page(
        title="This link was used already",
        happened="Every answer from Spotify counts once, and this one has been counted. You "
        "probably went back or loaded the page again.",
        advice="If you saw your receipt, you are in and need do nothing. If not, start again.",
        retry="Back to the release",
        stored="Nothing more was stored this time.",
    ),
    Refusal.CODE_REFUSED: Page(
        title="Spotify did not confirm your answer",
        happened="We asked Spotify to confirm what you agreed to, and it refused: the answer was "
        "too old or had been used before.",
        advice="Start again; Spotify will ask you once more.",
        retry="Start again",
    ),
    Refusal.CAMPAIGN_CLOSED: Page(
        title="This pre-save is closed",
        happened="The release is out, the artist ended the campaign, or it is paused for now.",
        advice="The release's page says which.",
        retry="See the release",
        status=410,
    ),
    Refusal.MORE_THAN_ASKED: Page(
        title="Spotify gave us more than we asked for",
        happened="We ask for one permission alone. Spotify's answer held others as well, so we "
        "threw all of it away.",
        advice="That is ours to mend. You may remove this app at Spotify and try again.",
    ),
    Refusal.LESS_THAN_ASKED: Page(
        title="The one permission is missing",
        happened="Spotify's answer does not hold the permission to save to your library, and "
        "without it we could not save anything.",
        advice="Try again and agree to “Manage your saved content”.",
    ),
    Refusal.NOT_LISTED: Page(
        title="Not open to everyone yet",
        happened="Spotify lets this app serve only a few listed accounts until it has been "
        "reviewed, and yours is not among them.",
        advice="Nothing you can change makes it work today. The release's page tells you when it "
        "is out.",
        retry="Back to the release",
        status=403,
    ),
    Refusal.BUSY: Page(
        title="Many fans at once",
        happened="More people are coming back from Spotify right now than we may ask Spotify about "
        "at once.",
        advice="Wait half a minute and load this page again: what you agreed to still counts.",
        retry="Back to the release",
        status=503,
    ),
    Refusal.SPOTIFY_DOWN: Page(
        title="Spotify is not answering",
        happened="You said yes, but Spotify could not confirm it to us just now.",
        advice="Wait a minute and try again.",
        status=503,
    ),
}
