"""The product's addresses and two more, which the landing page is compared with: a view that does
nothing, and one that does no more than one query for a campaign, past Django's models.
"""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from presave import urls


def empty(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


def one_query(_: HttpRequest, slug: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM campaigns_campaign WHERE slug = %s", [slug])
        cursor.fetchone()
    return HttpResponse()


urlpatterns = [
    path("empty-view", empty),
    path("one-query/<slug>", one_query),
    *urls.urlpatterns,
]
handler404 = urls.handler404
handler500 = urls.handler500
