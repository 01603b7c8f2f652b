"""Our own public address is asked as a browser asks it, and the operator's switch is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns import elsewhere
from campaigns.elsewhere import SiteError
from embedded.processes import free_port
from tests.receiver import Receiver
from tests.tls import ENDS, server_nobody_trusts


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with server_nobody_trusts(tmp_path) as address:
        yield address


@pytest.mark.parametrize("ask", [elsewhere.get, elsewhere.certificate_ends])
def test_a_certificate_that_nobody_trusts_is_told_as_one(ask: Any, address: str) -> None:
    with pytest.raises(SiteError, match="self-signed") as told:
        ask(address)
    assert told.value.is_tls


def test_when_a_trusted_certificate_ends(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert elsewhere.certificate_ends(address) == ENDS


@pytest.mark.parametrize("ask", [elsewhere.get, elsewhere.certificate_ends])
def test_an_address_where_nobody_listens_is_no_matter_of_tls(ask: Any) -> None:
    with pytest.raises(SiteError) as told:
        ask(f"https://127.0.0.1:{free_port()}")
    assert not told.value.is_tls


def test_a_ping_says_what_is_wrong_and_returns_what_the_switch_answered(
    receiver: Receiver,
) -> None:
    receiver.status = 503
    assert elsewhere.ping(receiver.address, "Disk: full") == 503
    [(path, _, body)] = receiver.got
    assert (path, body) == ("/hook", b"Disk: full")


def test_a_ping_that_fails_does_not_tell_the_address() -> None:
    with pytest.raises(SiteError) as told:
        elsewhere.ping(f"http://127.0.0.1:{free_port()}/s3cret", "")
    assert "s3cret" not in str(told.value)
