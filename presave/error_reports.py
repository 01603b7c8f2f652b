"""What a report of an error may hold when it goes to Sentry.

A permission or a code is a local variable for a moment, a query string, a form. So a report holds
where the error happened, and nothing of what it happened with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import sentry_sdk
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.utils import BadDsn, Dsn

from presave.logs import mask

if TYPE_CHECKING:
    from sentry_sdk.types import Breadcrumb, Event, Hint

# Everything else of an event is left out, also what a later version of Sentry's SDK may add.
_KEPT: Final = (
    *("event_id", "timestamp", "platform", "sdk", "level", "logger", "release", "environment"),
    *("server_name", "modules", "exception", "logentry", "breadcrumbs", "transaction"),
)
# Their texts are sentences of ours, or names. Those of others may quote what they could not read.
_OURS: Final = ("campaigns", "presave")


def send_to_sentry(dsn: str) -> None:
    """From here on errors of this process are reported. Raises ImproperlyConfigured."""
    try:
        Dsn(dsn)
    except (BadDsn, ValueError):
        # The value is not repeated: it holds a key.
        raise ImproperlyConfigured(
            "SENTRY_DSN must look like https://key@sentry.example.com/1."
        ) from None
    sentry_sdk.init(
        dsn=dsn,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
        spotlight=False,
        before_send=reduced,
        before_breadcrumb=reduced_breadcrumb,
    )


def reduced(event: Event, hint: Hint) -> Event | None:
    """What is left of an event before it is sent."""
    kept: Any = {name: event[name] for name in _KEPT if name in event}
    for exception in kept.get("exception", {}).get("values") or ():
        _reduce_exception(exception)
    if "logentry" in kept:
        kept["logentry"] = _logentry(kept.get("logger"), kept["logentry"])
    if request := event.get("request"):
        kept["request"] = {
            "method": request.get("method"),
            "url": mask(urlsplit(str(request.get("url", ""))).path),
        }
    return kept  # type: ignore[no-any-return]


def reduced_breadcrumb(breadcrumb: Breadcrumb, hint: Hint) -> Breadcrumb | None:
    """Of what came before an error only our own lines of the log are kept."""
    if not _is_ours(breadcrumb.get("category")):
        return None
    kept = ("type", "level", "category", "timestamp")
    return {
        **{name: breadcrumb[name] for name in kept if name in breadcrumb},
        "message": mask(str(breadcrumb.get("message", ""))),
    }


def _reduce_exception(exception: dict[str, Any]) -> None:
    text = exception.pop("value", None)
    if text and _is_ours(exception.get("module")):
        exception["value"] = mask(str(text))
    exception.pop("mechanism", None)


def _logentry(logger: str | None, entry: dict[str, Any]) -> dict[str, Any]:
    if not _is_ours(logger):
        return {"message": entry.get("message")}  # the text without what was filled in
    return {"message": mask(str(entry.get("formatted") or entry.get("message")))}


def _is_ours(name: str | None) -> bool:
    return (name or "").partition(".")[0] in _OURS
