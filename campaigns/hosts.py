"""Labels' own domains: which label a request's host belongs to, and where a label's pages are.

On a label's domain there are its fans' pages and nothing else: campaigns/label_urls.py. Each page
is at PUBLIC_URL, too, and names the address on the domain as its own.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

from campaigns.models import ArtistPage, Campaign, Label

# All of them are kept, so that made-up hosts, however many, cost no query. A domain that was just
# added works after this time at the latest, and one that was removed no longer does.
KEPT_SECONDS: Final = 10
# Where a request says on whose domain it came.
LABEL: Final = "presave.label"


def site_of(label_id: UUID) -> str:
    """Scheme and host of the label's pages: its own domain, with PUBLIC_URL's port, or PUBLIC_URL
    itself.
    """
    domain = next((domain for domain, owner in domains().items() if owner == label_id), "")
    return at_domain(domain) if domain else settings.PUBLIC_URL


def at_domain(domain: str) -> str:
    port = urlsplit(settings.PUBLIC_URL).port
    scheme = "https" if settings.IS_HTTPS else "http"
    return f"{scheme}://{domain}:{port}" if port else f"{scheme}://{domain}"


def address_of(page: Campaign | ArtistPage) -> str:
    """The one to share."""
    return f"{site_of(page.label_id)}{page.get_absolute_url()}"


def label_at(request: HttpRequest) -> UUID | None:
    """The label on whose domain this is; None at PUBLIC_URL."""
    found: UUID | None = request.META.get(LABEL)
    return found


def site_at(request: HttpRequest) -> str:
    """Scheme and host of the page that sent a form to its own address."""
    label_id = label_at(request)
    return site_of(label_id) if label_id else settings.PUBLIC_URL


def domains() -> dict[str, UUID]:
    """Each with the id of its label."""
    return caches["pages"].get_or_set("domains", _stored, KEPT_SECONDS) or {}


def _stored() -> dict[str, UUID]:
    """Those of the last time while the database is away."""
    pages = caches["pages"]
    try:
        given = Label.objects.exclude(domain=None).values_list("domain", "id")
        found = {str(domain): label_id for domain, label_id in given}
    except (OperationalError, InterfaceError):
        before: dict[str, UUID] | None = pages.get("domains-before")
        if before is None:
            raise
        return before
    pages.set("domains-before", found, None)
    return found
