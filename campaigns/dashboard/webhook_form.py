"""The form that adds a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.dashboard.fields import WholeField
from campaigns.models import Label, WebhookKind
from campaigns.planning import webhooks
from campaigns.planning.webhooks import WebhookRefusedError, Wrong

_SENTENCES: Final[Mapping[Wrong, str | Promise]] = {
    Wrong.NO_ADDRESS: _("Enter a complete address, such as https://tools.example/presave."),
    Wrong.NOT_HTTPS: _("The address must start with https://."),
    Wrong.WITH_PASSWORD: _("Leave out the user name and password."),
    Wrong.OTHER_PORT: _("Leave out the port: Presave calls port 443 only."),
    Wrong.NOT_PUBLIC: _("Enter a public host name; addresses in a private network don't work."),
    Wrong.TOO_MANY: _("This label has the maximum number of webhooks. Remove one first."),
    Wrong.ADDED_ALREADY: _("This address is already on the list."),
    Wrong.TESTED_JUST_NOW: _("A test was sent just now. Try again in a minute."),
}


def why_refused(wrong: Wrong) -> str:
    return str(_SENTENCES[wrong])


class WebhookForm(forms.Form):
    address = WholeField(
        label=_("Address"),
        max_length=webhooks.LONGEST_ADDRESS,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("The address of your tool, Slack incoming webhook or ntfy topic."),
    )
    kind = forms.ChoiceField(
        label=_("Format"),
        choices=[
            (WebhookKind.JSON, _("JSON, signed (Standard Webhooks)")),
            (WebhookKind.SLACK, _("Slack-compatible")),
            (WebhookKind.NTFY, _("ntfy")),
        ],
    )

    def save(self, label: Label, now: datetime) -> str:
        """The new webhook's secret; empty if there is something to correct."""
        if not self.is_valid():
            return ""
        kind = WebhookKind(self.cleaned_data["kind"])
        try:
            return webhooks.add(label, kind, self.cleaned_data["address"], now)
        except WebhookRefusedError as error:
            self.add_error("address", why_refused(error.wrong))
            return ""
