"""The product's addresses and two more, which the landing page is compared with: a view that does
nothing, and one that does no more than find the campaign.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from campaigns.models import Campaign
from presave import urls


def empty(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


def one_query(_: HttpRequest, slug: str) -> HttpResponse:
    Campaign.objects.public().values_list("id").get(slug=slug)
    return HttpResponse()


urlpatterns = [
    path("empty-view", empty),
    path("one-query/<slug>", one_query),
    *urls.urlpatterns,
]
handler404 = urls.handler404
handler500 = urls.handler500
