"""What an artist shares a campaign with: links, QR codes, pictures, a button for other sites."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from PIL import Image

from campaigns import hosts
from campaigns.artwork import files, lettering, qr_code, story
from campaigns.artwork.accent import TINTS
from campaigns.artwork.story import Story
from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.dashboard.sources import (
    POSTER,
    SOURCES,
    WEBSITE,
    Source,
    link_of,
    source_called,
    why_unusable,
)
from campaigns.fan import page_context
from campaigns.headers import FILES, as_download, with_policy
from campaigns.models import Campaign
from campaigns.models.sources import KNOWN
from campaigns.status.overview import standing_of
from campaigns.status.phase import Phase, phase_of

# Where nobody needs to be sent any more.
NOTHING_TO_SHARE: Final = (Phase.CANCELLED, Phase.MISSED)


@for_members
@require_safe
def share(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = access.campaign_seen_by(request.user, slug)
    phase = phase_of(campaign, now)
    shared = page_context.for_shared_link(campaign, phase)
    context = {
        "campaign": campaign,
        "status": standing_of(campaign, now).status,
        "artwork": files.renditions(campaign),
        "phase": phase,
        "can_edit": access.may_edit(campaign),
        "is_over": phase in NOTHING_TO_SHARE,
        "host": urlsplit(hosts.site_of(campaign.label_id)).netloc,
        "card": urlsplit(shared["card_url"]).path,
        "shared_description": shared["shared_description"],
        **_embed(campaign, phase),
        **_links(campaign, request.GET.get("source", "")),
        **_unwritten(campaign),
    }
    return render(request, "dashboard/share.html", context)


def _links(campaign: Campaign, asked: str) -> dict[str, Any]:
    """The links, and of which one the QR code is shown."""
    source = source_called(asked)
    shown = source or POSTER
    kept = [Source(own.name, own.name) for own in campaign.sources.own()]
    offered = [*kept, *SOURCES]
    is_new = shown not in offered
    rows = [shown, *offered] if is_new else offered
    return {
        "address": link_of(campaign),
        "links": [(each, link_of(campaign, each)) for each in rows],
        "shown": shown,
        "shown_link": link_of(campaign, shown),
        "asked": asked,
        "may_be_crowded_out": is_new and shown.name not in KNOWN,
        "unusable": why_unusable(asked) if asked.strip() and source is None else "",
        "is_written_otherwise": shown not in SOURCES and shown.name != asked.strip(),
    }


def _embed(campaign: Campaign, phase: Phase) -> dict[str, str]:
    """A link that looks like a button on any site, and asks this one for nothing."""
    words = {
        "campaign": campaign,
        "phase": phase,
        "offers_pre_save": page_context.offers_pre_save(campaign),
        "leads_with_everyone": page_context.leads_with_everyone(campaign, phase),
    }
    button = render_to_string("dashboard/share_button.html", words).strip()
    context = {
        "link": link_of(campaign, WEBSITE),
        "colour": TINTS[campaign.shown_accent][0],
        "button": mark_safe(button),  # nosec B308 B703 # noqa: S308 -- a template's, which escaped the title
    }
    return {**context, "snippet": render_to_string("dashboard/share_snippet.txt", context).strip()}


def _unwritten(campaign: Campaign) -> dict[str, bool]:
    """What the story picture has to leave out."""
    return {
        "has_emoji": any(map(lettering.has_emoji, (campaign.title, campaign.artist))),
        "no_title": not lettering.can_write(campaign.title),
        "no_artist": not lettering.can_write(campaign.artist),
    }


def _once_open(
    view: Callable[[Campaign, Source], HttpResponse],
) -> Callable[[AuthenticatedRequest, str], HttpResponse]:
    """A draft's address may still change, and what is printed may not."""

    @for_members
    @require_safe
    @with_policy(FILES)
    @wraps(view)
    def wrapped(request: AuthenticatedRequest, slug: str) -> HttpResponse:
        campaign = access.campaign_seen_by(request.user, slug)
        if not campaign.opened_at:
            return redirect("dashboard-campaign-share", campaign.slug)
        return view(campaign, source_called(request.GET.get("source", "")) or POSTER)

    return wrapped


@_once_open
def qr_svg(campaign: Campaign, source: Source) -> HttpResponse:
    file = qr_code.svg(link_of(campaign, source))
    return _download(file, "image/svg+xml; charset=utf-8", f"{campaign.slug}-{source.name}.svg")


@_once_open
def qr_png(campaign: Campaign, source: Source) -> HttpResponse:
    file = qr_code.png(link_of(campaign, source))
    return _download(file, "image/png", f"{campaign.slug}-{source.name}.png")


def _kept_by_the_browser(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """It alone may keep the file, and asks each time whether that is still right."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        if response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            response.headers["Cache-Control"] = "private, no-cache"
        return response

    return wrapped


@_kept_by_the_browser
@for_members
@require_safe
@with_policy(FILES)
def story_picture(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Drawn when it is asked for, and not again while it would look the same."""
    campaign = access.campaign_seen_by(request.user, slug)
    told = _story(campaign)
    etag = _etag(campaign, told)
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    response = _download(
        story.jpeg(told, _cover(campaign)), "image/jpeg", f"{campaign.slug}-story.jpg"
    )
    response.headers["ETag"] = etag
    return response


def _story(campaign: Campaign) -> Story:
    is_out = phase_of(campaign, timezone.now()).is_out
    when = gettext("Out now") if is_out else date_format(campaign.release_local, "DATE_FORMAT")
    return Story(campaign.title, campaign.artist, when, campaign.shown_accent)


def _etag(campaign: Campaign, told: Story) -> str:
    drawn_by = (settings.VERSION, settings.COMMIT)
    return f'"{sha256(repr((told, campaign.artwork, drawn_by)).encode()).hexdigest()[:32]}"'


def _cover(campaign: Campaign) -> Image.Image | None:
    path = files.largest_jpeg(campaign)
    return Image.open(BytesIO(path.read_bytes())) if path else None


def _download(file: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(file, content_type=content_type, headers=as_download(name))
