"""The page that shows what this instance holds, and what it has destroyed; and the same as JSON."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Final, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from campaigns.fan import transparency_report
from campaigns.fan.languages import in_fans_language
from campaigns.headers import WITHOUT_FORMS, with_policy, without_session
from campaigns.models import Reason

# Counting a million permissions takes the database a while, and anybody may ask for it.
FRESH_SECONDS: Final = 60


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@in_fans_language
@conditional_page
@cache_control(public=True, max_age=FRESH_SECONDS)
def page(request: HttpRequest) -> HttpResponse:
    report, labels = _report(), dict(Reason.choices)
    context = {
        "report": report,
        "failures": [
            (labels.get(reason, reason), number)
            for reason, number in report["failures_of_ended_campaigns"].items()
        ],
        "releases": [_in_words(release) for release in report["releases"]],
    }
    return render(request, "fan/transparency.html", context)


@require_safe
@without_session
@with_policy(WITHOUT_FORMS)
@conditional_page
@cache_control(public=True, max_age=FRESH_SECONDS)
def data(request: HttpRequest) -> HttpResponse:
    return JsonResponse(_report())


def _report() -> dict[str, Any]:
    # A report that another version has left there would have other fields.
    key = f"transparency-{settings.VERSION}-{settings.COMMIT}"
    make = partial(transparency_report.report, timezone.now())
    return cast("dict[str, Any]", cache.get_or_set(key, make, FRESH_SECONDS))


def _in_words(release: dict[str, Any]) -> dict[str, Any]:
    return {
        "day": release["day"],
        "p50": _span(release["delay_p50"]),
        "p95": _span(release["delay_p95"]),
        "saved": _("%(percent)s%%") % {"percent": release["saved_percent"]},
    }


def _span(seconds: int | None) -> str:
    """Two of the unit at least, so that little precision is lost; rounded up, so that it stays true
    that no save took longer.
    """
    if seconds is None:
        return ""
    for length, text in ((3600, _("%(number)s h")), (60, _("%(number)s min"))):
        if seconds >= 2 * length:
            return text % {"number": math.ceil(seconds / length)}
    return _("%(number)s s") % {"number": seconds}
