"""One call to a webhook: what counts as delivered, and what is never called."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.models import WebhookProblem
from campaigns.webhooks import Call, WebhookError, calling, post
from tests.receiver import Receiver

if TYPE_CHECKING:
    from pytest_django import Settings


def problem_with(address: str) -> WebhookError:
    with pytest.raises(WebhookError) as caught:
        post(Call(address, b"{}", {}))
    return caught.value


def test_the_body_and_headers_arrive(receiver: Receiver) -> None:
    post(Call(receiver.address, b"hello", {"Title": "A"}))
    ((path, headers, body),) = receiver.got
    assert (path, headers["title"], body) == ("/hook", "A", b"hello")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.status = status
    post(Call(receiver.address, b"", {}))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_any_other_answer_is_not_delivered(receiver: Receiver, status: int) -> None:
    receiver.status = status
    found = problem_with(receiver.address)
    assert (found.problem, found.status) == (WebhookProblem.STATUS, status)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": "/elsewhere"}
    problem_with(receiver.address)
    assert [path for path, *_ in receiver.got] == ["/hook"]


def test_an_answer_that_never_ends_is_not_read(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 200, {"Content-Length": "1000000000"}
    post(Call(receiver.address, b"", {}))


def test_an_answer_that_does_not_come_is_waited_for_in_bounds(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calling.TOTAL_SECONDS == 10
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.2)
    receiver.may_answer.clear()
    assert problem_with(receiver.address).problem == WebhookProblem.TIMEOUT


def test_a_port_where_nobody_listens_is_no_connection() -> None:
    assert problem_with("http://127.0.0.1:1/").problem == WebhookProblem.UNREACHABLE


# On an instance that others can reach.


@pytest.fixture
def public(settings: Settings) -> None:
    settings.IS_HTTPS = True


@pytest.fixture
def inside() -> Any:
    """A server of the inside; whoever connects is noticed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def was_called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize(
    "address",
    [
        *("http://tools.example/", "ftp://tools.example/", "https://tools.example:8443/"),
        *("https://user:pass@tools.example/", "https://tools.example:99999/", "nonsense", ""),
    ],
)
@pytest.mark.usefixtures("public")
def test_only_https_at_its_own_port_is_called(address: str) -> None:
    assert problem_with(address).problem == WebhookProblem.REFUSED_ADDRESS


@pytest.mark.parametrize(
    "address",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"),
        *("https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://localhost/"),
    ],
)
@pytest.mark.usefixtures("public")
def test_the_inside_is_not_called(address: str) -> None:
    assert problem_with(address).problem == WebhookProblem.REFUSED_ADDRESS


@pytest.mark.parametrize("address", ["https://2130706433/", "https://127.1/", "https://0x7f.1/"])
@pytest.mark.usefixtures("public")
def test_odd_spellings_of_it_lead_nowhere(address: str) -> None:
    refused = (WebhookProblem.REFUSED_ADDRESS, WebhookProblem.UNREACHABLE)
    assert problem_with(address).problem in refused


@pytest.mark.usefixtures("public")
def test_a_name_that_leads_inside_is_not_called(
    inside: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it led to when it was entered: what counts is where the socket would connect."""
    monkeypatch.setattr(calling, "HTTPS_PORT", inside.getsockname()[1])
    lead_to(monkeypatch, "127.0.0.1")
    found = problem_with(f"https://rebound.example:{inside.getsockname()[1]}/")
    assert found.problem == WebhookProblem.REFUSED_ADDRESS
    assert not was_called(inside)


@pytest.mark.usefixtures("public")
def test_of_several_addresses_none_inside_is_called(
    inside: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "HTTPS_PORT", inside.getsockname()[1])
    lead_to(monkeypatch, "127.0.0.1", "10.0.0.1")
    problem_with(f"https://both.example:{inside.getsockname()[1]}/")
    assert not was_called(inside)


def test_that_server_would_notice_a_call(
    inside: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the two tests before this one can fail: here loopback is allowed."""
    monkeypatch.setattr(calling, "HTTPS_PORT", inside.getsockname()[1])
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.2)
    lead_to(monkeypatch, "127.0.0.1")
    problem_with(f"https://rebound.example:{inside.getsockname()[1]}/")
    assert was_called(inside)


def lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_neither_address_nor_body_is_in_what_is_printed() -> None:
    call = Call("https://hooks.slack.com/services/s3cret", b"s3cret", {"a": "s3cret"})
    assert "s3cret" not in repr(call)
    assert "s3cret" not in str(problem_with("https://127.0.0.1/s3cret"))
