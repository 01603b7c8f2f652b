"""What a fan is told when no pre-save was made: one page for each way it can end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.consent.refusal import ConsentError, Refusal
from campaigns.fan import languages
from campaigns.fan.page_cache import get_or_make
from campaigns.fan.page_context import SPOTIFY_APPS_URL, for_campaign
from campaigns.models import Campaign
from campaigns.status.phase import phase_of

BACK: Final = _("Back to the release")
NOT_PRE_SAVED: Final = _("Not pre-saved")
NOTHING_STORED: Final = _("Nothing was stored. We hold no permission from this attempt.")


@dataclass(frozen=True)
class Page:
    """`retry` names the link back to the campaign. Where the browser was the trouble, it leads
    straight to Spotify once more, and the campaign's address is offered for another browser.
    `label` is empty where the fan may be in all the same.
    """

    title: str | Promise
    happened: str | Promise
    advice: str | Promise = ""
    retry: str | Promise = BACK
    status: int = 400
    stored: str | Promise = NOTHING_STORED
    label: str | Promise = NOT_PRE_SAVED
    browser_changed: bool = False
    # The browser may keep the release's page as it was for a minute: an address of its own is new.
    is_page_old: bool = False


PAGES: Final = {
    Refusal.DENIED: Page(
        title=_("You said no, and that is fine"),
        happened=_("You chose not to give the permission on Spotify's page."),
        advice=_("Tapped by mistake? Go back and choose again."),
        status=200,
    ),
    Refusal.BROWSER_CHANGED: Page(
        title=_("Your browser changed on the way"),
        happened=_(
            "You came back from Spotify in a different browser from the one you left with. Apps "
            "with a built-in browser often do that, and so does a browser that blocks all cookies."
        ),
        advice=_(
            "Tap once more from here and stay in this browser. If it happens again, copy the "
            "address and open it in the browser you use every day."
        ),
        retry=_("Tap once more"),
        browser_changed=True,
    ),
    Refusal.TOO_LATE: Page(
        title=_("That took a little too long"),
        happened=_(
            "For your safety, you have ten minutes to go to Spotify and come back. That time is up."
        ),
        advice=_("Start again; it takes a few seconds."),
        retry=_("Start again"),
    ),
    Refusal.STATE_MISMATCH: Page(
        title=_("Two attempts got mixed up"),
        happened=_(
            "Spotify's answer doesn't belong to the last attempt in this browser. That happens "
            "when a pre-save is open in two tabs, or when someone sends you a forged link."
        ),
        advice=_("Close the other tabs and start again here."),
        retry=_("Start again"),
    ),
    Refusal.ALREADY_USED: Page(
        title=_("Link already used"),
        happened=_(
            "This link works once and has been used. You probably went back or reloaded the page."
        ),
        advice=_(
            "If you saw your receipt, you're in and there is nothing left to do. If not, start "
            "again."
        ),
        stored=_("Nothing more was stored this time."),
        label="",
    ),
    Refusal.NOT_COMPLETED: Page(
        title=_("That didn't work"),
        happened=_("Spotify sent you back, but we couldn't complete your pre-save."),
        advice=_("Go back to the release and tap again."),
        # The first return may still be on its way: nobody knows yet what it comes to.
        stored=_("Nothing more was stored this time."),
        label="",
        status=404,
    ),
    Refusal.CODE_REFUSED: Page(
        title=_("Spotify did not confirm your answer"),
        happened=_(
            "We asked Spotify to confirm what you agreed to, and it refused: the answer was "
            "too old or had been used before."
        ),
        advice=_("Start again; Spotify will ask you once more."),
        retry=_("Start again"),
    ),
    Refusal.NOT_OPEN_YET: Page(
        title=_("Not open yet."),
        happened=_("The pre-save opens within a minute."),
        advice=_("Wait a minute, then go back and tap again."),
        status=503,
    ),
    Refusal.PAUSED: Page(
        title=_("Paused for now."),
        happened=_(
            "We need to fix something before more fans can pre-save. Pre-saves already made are "
            "safe; please come back later."
        ),
        status=503,
    ),
    Refusal.RELEASE_CHANGED: Page(
        title=_("The release changed"),
        happened=_(
            "The release has changed since you tapped. We save only what you agreed to, so we "
            "didn't pre-save it for you."
        ),
        advice=_("Look again, and tap if you still want it."),
        retry=_("Look again"),
        status=409,
        is_page_old=True,
    ),
    Refusal.FINISHED: Page(
        title=_("Pre-save ended"),
        happened=_("The release time has come, and pre-saves are closed."),
        advice=_("The release's page says whether it is out, and where to listen."),
        retry=_("See the release"),
        status=410,
    ),
    Refusal.CANCELLED: Page(
        title=_("The artist cancelled this"),
        happened=_(
            "The artist cancelled this campaign. Nothing more will be saved, and every permission "
            "given for it is destroyed."
        ),
        retry=_("See the release"),
        status=410,
    ),
    Refusal.MORE_THAN_ASKED: Page(
        title=_("Spotify gave us more than we asked for"),
        happened=_(
            "We ask for a single permission. Spotify's answer included others as well, so we "
            "threw it all away."
        ),
        advice=_("That's our mistake. You can remove the app at Spotify and try again."),
        retry=_("Try again"),
    ),
    Refusal.LESS_THAN_ASKED: Page(
        title=_("The one permission is missing"),
        happened=_(
            "Spotify's answer doesn't include the permission to save to your library, and "
            "without it we couldn't save anything."
        ),
        advice=_("Try again and agree to “Manage your saved content”."),
        retry=_("Try again"),
    ),
    Refusal.NOT_LISTED: Page(
        title=_("For invited testers"),
        happened=_(
            "Only a few invited Spotify accounts can pre-save here, and yours isn't one of them."
        ),
        advice=_("The release's page shows what works for everyone."),
        status=403,
    ),
    Refusal.BUSY: Page(
        title=_("Many fans at once"),
        happened=_("Many fans are pre-saving right now and we've reached Spotify's limit."),
        advice=_("Wait a few minutes, then try again."),
        status=503,
        stored=_("Nothing more was stored this time."),
        label="",
    ),
    Refusal.SPOTIFY_DOWN: Page(
        title=_("Spotify is not answering"),
        happened=_("Spotify couldn't confirm your answer just now."),
        advice=_("Wait a minute and try again."),
        retry=_("Try again"),
        status=503,
    ),
    Refusal.SPOTIFY_AWAY: Page(
        title=_("Spotify is not taking pre-saves right now"),
        happened=_("Spotify is having problems or asked us to wait, so we didn't send you there."),
        advice=_("Try again in a few minutes."),
        status=503,
        stored=_("We didn't contact Spotify, and nothing was stored."),
    ),
}

# Longer than a landing page, as nothing that changes stands in a refusal.
RENDERED_SECONDS: Final = 60


def refused(request: HttpRequest, error: ConsentError) -> HttpResponse:
    """A flood of forged returns meets the same page again and again."""
    spoken = (translation.get_language() or "", languages.chosen(request))
    key = (error.refusal.value, error.slug, *spoken)
    content = get_or_make("refusals", key, RENDERED_SECONDS, partial(_render, request, error))
    return HttpResponse(content, status=PAGES[error.refusal].status)


def _render(request: HttpRequest, error: ConsentError) -> bytes:
    page = PAGES[error.refusal]
    context: dict[str, Any] = {"page": page, "slug": error.slug, "apps_url": SPOTIFY_APPS_URL}
    if error.refusal is Refusal.NOT_LISTED:
        context |= _what_works_for_everyone(error.slug)
    if error.slug:
        landing_path = reverse("fan-landing", args=[error.slug])
        retry_path = reverse("fan-go", args=[error.slug]) if page.browser_changed else landing_path
        context |= {
            "retry_url": retry_path,
            "landing_path": landing_path,
            "page_url": settings.PUBLIC_URL + landing_path,
        }
    return render_to_string("fan/refused.html", context, request).encode()


def _what_works_for_everyone(slug: str) -> dict[str, Any]:
    campaign = Campaign.objects.public().filter(slug=slug).first()
    return for_campaign(campaign, phase_of(campaign, timezone.now())) if campaign else {}
