"""Every address of the service. A campaign's slug may be none of the first words used here."""

from __future__ import annotations

from django.urls import include, path

from presave.static_files import superseded

urlpatterns = [
    path("accounts/", include("campaigns.accounts.urls")),
    # WhiteNoise answers for every file that is there.
    path("static/<path:name>", superseded),
    path("", include("campaigns.urls")),
]

handler400 = "campaigns.dashboard.unread.bad_request"
handler404 = "campaigns.fan.views.errors.not_found"
handler500 = "campaigns.fan.views.errors.server_error"
