"""The picture of a slip: the same for every fan of a campaign, so that posting it tells nothing."""

from __future__ import annotations

from http import HTTPStatus

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.artwork import files, slips
from campaigns.artwork.slip import Slip
from campaigns.fan.languages import in_fans_language
from campaigns.headers import FILES, unlisted, with_policy, without_session
from campaigns.models import Campaign
from campaigns.status.phase import Phase, phase_of

NOTHING_TO_POST = (Phase.CANCELLED, Phase.MISSED)


@require_safe
@without_session
@unlisted
@with_policy(FILES)
@in_fans_language
def slip(request: HttpRequest, slug: str) -> HttpResponseBase:
    campaign = get_object_or_404(Campaign.objects.public(), slug=slug)
    phase = phase_of(campaign, timezone.now())
    if phase in NOTHING_TO_POST:
        raise Http404
    path = slips.file_of(_told(campaign, phase), files.largest_jpeg(campaign))
    if path is None:
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
    name = f"{campaign.slug}.jpg"
    response = FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="image/jpeg"
    )
    patch_cache_control(response, public=True, max_age=60)
    return response


def _told(campaign: Campaign, phase: Phase) -> Slip:
    day = date_format(campaign.release_local.date(), "DATE_FORMAT")
    when = _("Out now") if phase.is_out else day
    # Translators: above the title, on a picture that fans post
    return Slip(_("I pre-saved"), campaign.title, campaign.artist, when, campaign.shown_accent)
