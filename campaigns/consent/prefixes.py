"""How fast codes are exchanged for one client address prefix, so that one sender of made-up returns
cannot fill the line of consents.

A prefix is kept in this process's memory for as long as it counts, some seconds; it is never
stored or logged.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings

from campaigns.gate.paces import Paces

# A mobile carrier puts thousands of people behind few addresses: a prefix may have half of what a
# web process may have of the token endpoint. More wait in the browser, and nobody is refused.
SHARE_OF_PREFIX: Final = 1 / 2
# So many may come at once.
BURST: Final = 10
# Who comes for the first time leaves this part of it to those who came back when they were told:
# a script that never does takes nothing from them.
LEFT_TO_THE_PATIENT: Final = 1 / 2
PREFIX_LENGTHS: Final = {4: 24, 6: 56}


class PrefixPaces:
    def __init__(self) -> None:
        self._paces = Paces()

    def take(self, address: str, *, has_come_back: bool) -> bool:
        """Whether one more code may be exchanged now for clients of this address's prefix."""
        burst = BURST if has_come_back else BURST * LEFT_TO_THE_PATIENT
        pace = settings.SPOTIFY_MAX_RATE * SHARE_OF_PREFIX
        return self._paces.take(prefix_of(address), pace, burst)


def prefix_of(address: str) -> str:
    """The /24 of an IPv4 address, the /56 of an IPv6 address; empty for anything else."""
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return str(ip_network((ip, PREFIX_LENGTHS[ip.version]), strict=False))
