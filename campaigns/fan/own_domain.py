"""The middleware of labels' own domains, on which their fans' pages are, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase

from campaigns import hosts
from campaigns.fan.page_cache import get_or_make
from campaigns.models import ArtistPage, Campaign

# As the Caddyfile has it.
CADDY_ASKS_AT: Final = "/domains/known"
_WHOSE: Final = (("slug", Campaign), ("handle", ArtistPage))
_HSTS: Final = "Strict-Transport-Security"


class LabelDomains:
    """Comes before whatever reads the host, and vouches for labels' domains. Django refuses all
    others but PUBLIC_URL's, by ALLOWED_HOSTS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == CADDY_ASKS_AT and not _came_through_a_proxy(request):
            return _answer_caddy(request)
        host = request.META.get("HTTP_HOST", "")
        domain, _ = split_domain_port(host)
        is_ours = not domain or validate_host(domain, settings.ALLOWED_HOSTS)
        label_id = None if is_ours else hosts.domains().get(domain)
        if label_id is None:
            return self._get_response(request)
        request.META[hosts.LABEL] = label_id
        request.get_host = lambda: host  # type: ignore[method-assign]
        request.urlconf = "campaigns.label_urls"
        return _without_subdomains(self._get_response(request))

    def process_view(
        self, request: HttpRequest, view: object, arguments: object, parts: dict[str, Any]
    ) -> None:
        """What another label has is not there, and no form that wants a token: the page about one
        that has none would lead to the dashboard.
        """
        label_id = hosts.label_at(request)
        if label_id is None:
            return
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        for part, kind in _WHOSE:
            if part in parts and _owner(part, kind, parts[part]) != label_id:
                raise Http404


def _came_through_a_proxy(request: HttpRequest) -> bool:
    """Each one in front says so, and none lets a stranger take that away."""
    return request.is_secure() or "X-Forwarded-For" in request.headers


def _answer_caddy(request: HttpRequest) -> HttpResponse:
    """Whether it may get a certificate:
    https://caddyserver.com/docs/caddyfile/options#on-demand-tls
    """
    is_known = request.GET.get("domain", "") in hosts.domains()
    return HttpResponse(status=200 if is_known else 404)


def _without_subdomains(response: HttpResponseBase) -> HttpResponseBase:
    """HSTS_INCLUDE_SUBDOMAINS is about the operator's other hosts, not about the label's."""
    if _HSTS in response:
        response.headers[_HSTS] = response.headers[_HSTS].partition(";")[0]
    return response


def _owner(part: str, kind: type[Campaign | ArtistPage], name: str) -> UUID:
    """The label whose page it is."""

    def find() -> UUID:
        of_that_name = kind._default_manager.filter(**{part: name})
        label_id = of_that_name.values_list("label_id", flat=True).first()
        if label_id is None:
            raise Http404
        return label_id

    return get_or_make("pages", ("owner", part, name), hosts.KEPT_SECONDS, find)
