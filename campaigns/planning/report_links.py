"""The address at which a report is read without a log-in, until the label takes it back.

It holds a random nonce of the campaign's row and its signature. So it can be shown again, a copy of
the database does not give it away, and without the nonce in the row it is nobody's.
"""

from __future__ import annotations

import secrets
from typing import Final

from django.core.signing import BadSignature, Signer

from campaigns.models import Campaign
from campaigns.status import report

_SIGNER: Final = "campaigns.report"
_NONCE_BYTES: Final = 16


def share(campaign: Campaign) -> None:
    """Make the address, unless there is one."""
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    Campaign.objects.filter(id=campaign.id, report_nonce="").update(report_nonce=nonce)


def take_back(campaign: Campaign) -> None:
    """The address leads nowhere from now on; the next one is another."""
    Campaign.objects.filter(id=campaign.id).update(report_nonce="")


def token_of(campaign: Campaign) -> str:
    """Empty while the report is not shared."""
    return _signer().sign(campaign.report_nonce) if campaign.report_nonce else ""


def find(token: str) -> Campaign | None:
    try:
        nonce = _signer().unsign(token)
    except BadSignature:
        return None
    return report.with_report().filter(report_nonce=nonce).first() if nonce else None


def _signer() -> Signer:
    return Signer(salt=_SIGNER, sep=".")
