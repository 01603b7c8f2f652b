"""What a browser gets at PUBLIC_URL: the certificate, our headers, and whether every proxy in front
hands requests on as they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from campaigns import elsewhere
from campaigns.doctor import configured
from campaigns.doctor.checks import Check, green, note, red, unseen
from campaigns.elsewhere import SiteAnswer, SiteError

# An address of ours that holds nothing of anybody's, and whose answer says what it is.
PATH: Final = "/.well-known/presave.json"
# Caddy renews a certificate 30 days before its end.
LEAST_LEFT: Final = timedelta(days=14)
HEADERS: Final = (
    *("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"),
    "Cross-Origin-Resource-Policy",
)
_PROXIES: Final = "See docs/proxies.md."


def examine() -> Iterator[Check]:
    if configured.is_tried() and settings.PUBLIC_HOST.endswith(".localhost"):
        # There it is the container's own name.
        yield unseen(
            "proxy",
            f"{settings.PUBLIC_URL} is for browsers of the machine itself: no container gets there "
            "to look.",
        )
        return
    if not settings.IS_HTTPS:
        yield note("certificate", f"{settings.PUBLIC_URL} is for this machine alone.")
    try:
        if settings.IS_HTTPS:
            yield of_certificate(elsewhere.certificate_ends(settings.PUBLIC_URL), timezone.now())
        answer = elsewhere.get(f"{settings.PUBLIC_URL}{PATH}")
    except SiteError as error:
        yield of_no_answer(error)
        return
    proxy = of_answer(answer, settings.PUBLIC_URL)
    yield proxy
    yield (
        unseen("headers", "They are web's own only once it is reached.")
        if proxy.fix
        else (of_headers(answer))
    )


def of_no_answer(error: SiteError) -> Check:
    host = settings.PUBLIC_HOST
    if error.is_tls:
        return red(
            "certificate",
            f"Browsers refuse the certificate of {host}: {error}.",
            f"Let {host} lead to this server, with ports 80 and 443 open, so that Caddy gets a "
            "certificate: `./presavectl logs caddy` says why it has none. A proxy of your own has "
            "to send the whole chain.",
        )
    return red(
        "proxy",
        f"{settings.PUBLIC_URL} does not answer: {error}.",
        f"Let the DNS of {host} name this server, open port 443 in the firewall, and look with "
        "`./presavectl status` whether caddy runs.",
    )


def of_certificate(ends: datetime, now: datetime) -> Check:
    left = ends - now
    if left >= LEAST_LEFT:
        return green("certificate", f"It is valid for {left.days} more days.")
    return red(
        "certificate",
        f"It runs out in {max(left.days, 0)} days, and was not renewed.",
        "`./presavectl logs caddy` says why: most often port 80 is closed, or the volume is full.",
    )


def of_answer(answer: SiteAnswer, url: str) -> Check:
    """What was asked there for PATH."""
    location = answer.headers.get("Location", "")
    if answer.status in (301, 302, 307, 308) and location.startswith(url):
        return red(
            "proxy",
            f"{url} redirects to itself for ever: web is not told that the fan came by https.",
            f"Let the proxy in front send `X-Forwarded-Proto: https`, that one word. {_PROXIES}",
        )
    if answer.status == 400 and "X-Forwarded-Proto" in answer.body:
        return red(
            "proxy",
            f"Web is not told that the fan came by https. It says: {answer.body}",
            "Let the proxy in front send `X-Forwarded-Proto: https`, that one word, and "
            f"X-Forwarded-For, and TRUSTED_PROXIES name it. {_PROXIES}",
        )
    if answer.status == 400:
        return red(
            "proxy",
            f"Web refuses what reaches it under {url}: the Host is another one.",
            f"Let the proxy pass the Host header on as it came (nginx: `proxy_set_header Host "
            f"$http_host;`). {_PROXIES}",
        )
    if answer.status >= 500:
        return red(
            "proxy",
            f"The proxy answers {answer.status} in web's place.",
            "Look with `./presavectl status` and `./presavectl logs web` why web does not answer.",
        )
    return _of_statement(answer, url)


def _of_statement(answer: SiteAnswer, url: str) -> Check:
    software = _statement(answer.body).get("software", {})
    if software.get("name") != "Presave":
        return red(
            "proxy",
            f"What answers at {url} is not Presave (status {answer.status}).",
            "Let the DNS name this server, and the proxy lead every path to web, /.well-known/ "
            f"too. {_PROXIES}",
        )
    ours = (settings.VERSION, settings.COMMIT)
    if (software.get("version"), software.get("commit")) != ours:
        return red(
            "proxy",
            f"{url} runs version {software.get('version')}, commit "
            f"{str(software.get('commit'))[:12]}; here it is {ours[0]}, {ours[1][:12]}.",
            "Start web anew from this image: `./presavectl upgrade`. If this is a new server, let "
            "the DNS name it.",
        )
    return green("proxy", f"{url} leads to this instance.")


def _statement(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def of_headers(answer: SiteAnswer) -> Check:
    wanted = (*HEADERS, *(["Strict-Transport-Security"] if settings.IS_HTTPS else []))
    missing = [name for name in wanted if name not in answer.headers]
    if missing:
        return red(
            "headers",
            f"On their way the answers lose {', '.join(missing)}.",
            f"Let the proxy in front leave web's headers alone. {_PROXIES}",
        )
    if "Set-Cookie" in answer.headers:
        return red(
            "headers",
            "The proxy in front sets a cookie: fans were promised none before they tap.",
            f"Switch off its cookies (stickiness, bot checks) for this host. {_PROXIES}",
        )
    return green("headers", "Web's headers reach the browser, and no cookie is added.")
