"""How fast codes are exchanged for one client address prefix, so that one sender of made-up returns
cannot fill the line of consents.

A prefix is kept in this process's memory for as long as it counts, some seconds; it is never
stored or logged.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings

from campaigns.consent.cookie import COOKIE_MAX_AGE
from campaigns.gate.paces import Paces

# A mobile carrier puts thousands of people behind few addresses: in each web process a prefix may
# have half of SPOTIFY_MAX_RATE, and more where the line of all is fast. More wait in the browser.
SHARE_OF_MAX_RATE: Final = 1 / 2
SHARE_OF_LINE: Final = 1 / 4
# So many who came back when they were told may come at once.
BURST: Final = 10
# Who comes for the first time leaves them this part of it: a script that never comes back takes
# nothing from them.
LEFT_TO_THE_PATIENT: Final = 1 / 2
# Who has waited for as long as a cookie counts may come as if so many bursts more were free, and
# who has waited less accordingly: of many who share a prefix the first to tap are served first.
LEFT_TO_THE_FIRST: Final = 3
PREFIX_LENGTHS: Final = {4: 24, 6: 56}


class PrefixPaces:
    def __init__(self) -> None:
        self._paces = Paces()

    def take(self, address: str, waited: timedelta | None, pace_of_line: float) -> bool:
        """Whether one more code may be exchanged now for clients of this address's prefix. `waited`
        is None for who has not come back.
        """
        pace = max(settings.SPOTIFY_MAX_RATE * SHARE_OF_MAX_RATE, pace_of_line * SHARE_OF_LINE)
        return self._paces.take(prefix_of(address), pace, _burst(waited))


def _burst(waited: timedelta | None) -> float:
    if waited is None:
        return BURST * LEFT_TO_THE_PATIENT
    return BURST * (1 + LEFT_TO_THE_FIRST * min(waited / COOKIE_MAX_AGE, 1))


def prefix_of(address: str) -> str:
    """The /24 of an IPv4 address, the /56 of an IPv6 address; empty for anything else."""
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return str(ip_network((ip, PREFIX_LENGTHS[ip.version]), strict=False))
