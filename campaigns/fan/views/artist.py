"""An artist's page, with its feed and its calendar; each is there while the label has it on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeAlias

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from campaigns import hosts
from campaigns.fan import artist_page, calendar_file, languages, page_context
from campaigns.fan.artist_feed import ReleaseFeed
from campaigns.fan.languages import in_fans_language
from campaigns.fan.page_cache import CACHE_SECONDS, get_or_make
from campaigns.headers import (
    FILES,
    WITHOUT_FORMS,
    as_download,
    unlisted,
    with_policy,
    without_session,
)
from campaigns.models import ArtistPage

FRESH_SECONDS = 60
View: TypeAlias = Callable[[HttpRequest, str], HttpResponse]


def _kept(view: View) -> View:
    """Make it once a second in each language: it may be long, and thousands may open it at once."""

    @wraps(view)
    def wrapped(request: HttpRequest, handle: str) -> HttpResponse:
        spoken = (languages.chosen(request), translation.get_language() or "")

        def make() -> tuple[bytes, dict[str, str]]:
            made = view(request, handle)
            return made.content, dict(made.items())

        key = (f"artist-{view.__name__}", handle, *spoken)
        content, headers = get_or_make("pages", key, CACHE_SECONDS, make)
        return HttpResponse(content, headers=headers)

    return wrapped


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@conditional_page
@cache_control(public=True, max_age=FRESH_SECONDS)
@_kept
def page(request: HttpRequest, handle: str) -> HttpResponse:
    artist = _find(handle)
    releases = artist_page.listed(artist, timezone.now())
    coming = [one for one in reversed(releases) if not one.is_out]
    out = [one for one in releases if one.is_out]
    first = next((one.campaign for one in [*coming, *out]), None)
    context = {
        "artist": artist,
        "coming": coming,
        "out": out,
        "card_url": page_context.card_url(artist.label_id, first),
        "page_url": hosts.address_of(artist),
        "subscribe_url": _subscribe_url(artist),
    }
    return render(request, "fan/artist.html", context)


@require_safe
@without_session
@with_policy(FILES)
@in_fans_language
@conditional_page
@cache_control(public=True, max_age=FRESH_SECONDS)
@_kept
def feed(request: HttpRequest, handle: str) -> HttpResponse:
    return ReleaseFeed()(request, handle=handle)


@require_safe
@without_session
@unlisted
@with_policy(FILES)
@in_fans_language
@conditional_page
@cache_control(public=True, max_age=FRESH_SECONDS)
@_kept
def calendar(request: HttpRequest, handle: str) -> HttpResponse:
    """Cancelled releases too: their events are taken back."""
    artist = _find(handle)
    query = languages.query(languages.chosen(request))
    content = calendar_file.of_artist(artist.name, artist.releases(), query)
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers=as_download(f"{artist.handle}.ics"),
    )


def _find(handle: str) -> ArtistPage:
    switched_on = ArtistPage.objects.filter(is_on=True).select_related("label")
    return get_object_or_404(switched_on, handle=handle)


def _subscribe_url(artist: ArtistPage) -> str:
    """In the fan's language, as calendar programs have none of their own; they take webcal: for
    "subscribe to it".
    """
    path = reverse("artist-calendar", args=[artist.handle])
    host = hosts.site_of(artist.label_id).partition("://")[2]
    return f"webcal://{host}{path}{languages.query(translation.get_language() or '')}"
