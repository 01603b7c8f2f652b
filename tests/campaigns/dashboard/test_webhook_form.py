"""The form for a webhook: what it says of an address before it is added."""

from __future__ import annotations

from campaigns.dashboard.webhook_form import WebhookForm
from campaigns.planning.webhooks import LONGEST_ADDRESS


def test_no_browser_cuts_an_address_that_is_too_long() -> None:
    address = "https://hooks.example/".ljust(LONGEST_ADDRESS + 1, "a")
    form = WebhookForm({"address": address, "kind": "json"})

    assert "maxlength" not in str(form["address"])
    assert f"at most {LONGEST_ADDRESS} characters (it has {len(address)})" in str(form.errors)
    assert address in str(form["address"])
