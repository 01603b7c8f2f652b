"""The edge to labels' webhooks: the one call to an address that somebody typed, and how it is
written and signed. It knows no row, and reaches public addresses alone.
"""

from __future__ import annotations

from campaigns.webhooks.addresses import is_loopback_host as is_loopback_host
from campaigns.webhooks.calling import Call as Call
from campaigns.webhooks.calling import WebhookError as WebhookError
from campaigns.webhooks.calling import post as post
from campaigns.webhooks.writing import Notice as Notice
from campaigns.webhooks.writing import call as call
from campaigns.webhooks.writing import new_secret as new_secret
