"""Which addresses a webhook may reach: those of the public internet.

The check is made on the very address that a socket is about to connect to, so that neither a name
that resolves to something else the second time, nor a number in an odd spelling, gets around it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

# All of IPv6 that is given out. What embeds an IPv4 address, which may be a private one, is
# outside of it (mapped, NAT64) or within it (6to4, Teredo).
_GIVEN_OUT: Final = IPv6Network("2000::/3")
_EMBEDDING: Final = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


class NotPublicError(OSError):
    """The address is not of the public internet."""


def is_public(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_given_out(found) and found.is_global and not found.is_multicast


def _is_given_out(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return True
    return address in _GIVEN_OUT and not any(address in network for network in _EMBEDDING)


def is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """As an address is written: by its number, or as the name that stands for it everywhere."""
    return host == "localhost" or is_loopback(host)


def socket_for(is_allowed: Callable[[str], bool]) -> Callable[[Any], socket.socket]:
    """A maker of sockets, as aiohttp asks for one before each connection, which refuses others."""

    def make(address_info: Any) -> socket.socket:
        family, kind, protocol, _name, address = address_info
        if not is_allowed(address[0]):
            raise NotPublicError("not a public address")
        return socket.socket(family, kind, protocol)

    return make
