"""The product's addresses and one more, whose view does nothing: what the landing page is compared
with.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from presave import urls


def empty(_: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("empty-view", empty), *urls.urlpatterns]
handler404 = urls.handler404
handler500 = urls.handler500
