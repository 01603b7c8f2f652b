"""Which addresses a webhook may reach."""

from __future__ import annotations

import pytest

from campaigns.webhooks.addresses import NotPublicError, is_loopback, is_public, socket_for


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:80b::200e"],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # noqa: S104 -- never bound
        *("169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "192.0.2.1", "240.0.0.1"),
        *("255.255.255.255", "224.0.0.1", "239.255.255.250"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        # An IPv4 address within: mapped, compatible, NAT64, 6to4, Teredo.
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:0:7f00:1::"),
        # No address in its usual spelling, whatever a system would make of it.
        *("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "", "fe80::1%eth0"),
    ],
)
def test_nothing_else_is(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(NotPublicError):
        socket_for(is_public)((2, 1, 6, "", (address, 443)))


def test_loopback_is_told_from_the_rest() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("localhost")
