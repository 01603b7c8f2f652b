"""Every address on a label's own domain: what fans see of its releases, and what they may read
about us. All else is at PUBLIC_URL alone: receipts, the way to Spotify and back, the dashboard.
"""

from __future__ import annotations

from typing import Final

from django.urls import path

from campaigns import urls
from campaigns.fan.views import consent, landing

_THE_SAME: Final = (
    *("artwork", "clip"),
    *("artist-page", "artist-feed", "artist-calendar"),
    *("fan-landing", "fan-visit", "fan-mine", "fan-calendar", "fan-slip", "fan-countdown"),
    *("privacy", "terms", "transparency", "transparency-json", "check"),
    *("statement", "security-txt"),
)

urlpatterns = [
    path("", landing.home_elsewhere, name="home"),
    path("<slug:slug>/go", consent.go_elsewhere, name="fan-go"),
    *(one for one in urls.urlpatterns if one.name in _THE_SAME),
]

handler400 = "campaigns.fan.views.errors.not_found"
handler404 = "campaigns.fan.views.errors.not_found"
handler500 = "campaigns.fan.views.errors.server_error"
