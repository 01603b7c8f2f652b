"""What a browser gets at each label's own domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.utils import timezone

from campaigns import elsewhere, hosts
from campaigns.doctor import public_url
from campaigns.doctor.checks import Check, red
from campaigns.elsewhere import SiteError

NAME = "domain"


def examine() -> Iterator[Check]:
    for domain in sorted(hosts.domains()):
        yield _seen_at(domain)


def _seen_at(domain: str) -> Check:
    site = hosts.at_domain(domain)
    try:
        if settings.IS_HTTPS:
            ends = elsewhere.certificate_ends(site)
            certificate = public_url.of_certificate(ends, timezone.now())
            if certificate.fix:
                return replace(certificate, name=NAME, text=f"{domain}: {certificate.text}")
        answer = elsewhere.get(f"{site}{public_url.PATH}")
    except SiteError as error:
        return red(
            NAME,
            f"{site} does not answer: {error}.",
            f"Let the DNS of {domain} lead to this server, as a CNAME of {settings.PUBLIC_HOST}, "
            "with ports 80 and 443 open: `./presavectl logs caddy` says why it has no certificate. "
            f"If the label has given it up: `./presavectl domain remove {domain}`.",
        )
    return replace(public_url.of_answer(answer, site), name=NAME)
