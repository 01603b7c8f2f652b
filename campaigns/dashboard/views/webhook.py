"""Who else is told: a label's webhooks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.dashboard import access
from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_members
from campaigns.dashboard.webhook_form import WebhookForm, why_refused
from campaigns.models import Membership, Message, MessageEvent, Webhook
from campaigns.planning import webhooks
from campaigns.planning.webhooks import WebhookRefusedError
from campaigns.status.outbox import Told


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: AuthenticatedRequest, label_id: UUID) -> HttpResponse:
    """The secret is in the answer to the form, and never again."""
    membership = access.membership_of(request.user, label_id)
    if request.method != "POST":
        return _page(request, membership, WebhookForm())
    label = access.label_edited_by(request.user, label_id)
    form = WebhookForm(request.POST)
    if secret := form.save(label, timezone.now()):
        return _page(request, membership, WebhookForm(), secret)
    return _page(request, membership, form)


def _page(
    request: AuthenticatedRequest, membership: Membership, form: WebhookForm, secret: str = ""
) -> HttpResponse:
    tried_again = Message.objects.tried_again().filter(webhook=OuterRef("id"))
    webhooks_of_label = list(membership.label.webhooks.annotate(is_retrying=Exists(tried_again)))
    context: dict[str, Any] = {
        "membership": membership,
        "label": membership.label,
        "webhooks": webhooks_of_label,
        "is_testing": any(webhook.is_being_tested for webhook in webhooks_of_label),
        "form": form,
        "secret": secret,
        "sends_email": settings.SENDS_EMAIL,
    }
    return render(request, "dashboard/notifications.html", context)


@for_members
@require_POST
def test(request: AuthenticatedRequest, label_id: UUID, webhook_id: int) -> HttpResponse:
    webhook = _webhook_edited_by(request, label_id, webhook_id)
    told = Told(
        event=MessageEvent.TEST,
        # Tools are told in English.
        subject="A test from Presave",
        note="This is a test. Your webhook works.",
        data={"label": webhook.label.name},
    )
    try:
        webhooks.queue_test(webhook, told, timezone.now())
        messages.success(request, _("Sending a test. The result is shown below."))
    except WebhookRefusedError as error:
        messages.error(request, why_refused(error.wrong))
    return redirect("dashboard-notifications", label_id)


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: AuthenticatedRequest, label_id: UUID, webhook_id: int) -> HttpResponse:
    webhook = _webhook_edited_by(request, label_id, webhook_id)
    if request.method != "POST":
        return render(request, "dashboard/webhook_remove.html", {"webhook": webhook})
    webhook.delete()
    messages.success(request, _("Webhook removed."))
    return redirect("dashboard-notifications", label_id)


def _webhook_edited_by(request: AuthenticatedRequest, label_id: UUID, webhook_id: int) -> Webhook:
    label = access.label_edited_by(request.user, label_id)
    return get_object_or_404(label.webhooks.select_related("label"), id=webhook_id)
