"""Every address of the service. A campaign's slug may be none of the first words used here."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("campaigns.accounts.urls")),
    path("", include("campaigns.urls")),
]

handler400 = "campaigns.dashboard.unread.bad_request"
handler404 = "campaigns.fan.views.errors.not_found"
handler500 = "campaigns.fan.views.errors.server_error"
