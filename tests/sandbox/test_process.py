"""Starting and stopping `python -m sandbox`."""

from __future__ import annotations

import re
import signal
import socket

import pytest

from tests.sandbox.driver import Sandbox, start_process, token_error_of


def test_one_line_says_where_it_listens(running_sandbox: Sandbox) -> None:
    pattern = r"Sandbox listening on http://127\.0\.0\.1:[1-9][0-9]*\n"
    assert re.fullmatch(pattern, running_sandbox.ready_line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_without_a_word(number: signal.Signals) -> None:
    with Sandbox() as sandbox:
        sandbox.consent()
        sandbox.process.send_signal(number)
        output, errors = sandbox.process.communicate(timeout=10)
        assert (sandbox.process.returncode, output, errors) == (0, "", "")


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, output, errors = run_to_its_end("--port", port)
    assert (code, output) == (1, "")
    assert errors == (
        f"The sandbox cannot start: 127.0.0.1:{port} is taken. Choose another --port, or 0.\n"
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104 - must be refused
def test_it_listens_on_loopback_only(host: str) -> None:
    code, output, errors = run_to_its_end("--host", host, "--port", "0")
    assert (code, output) == (1, "")
    assert "choose --host 127.0.0.1" in errors
    assert errors.count("\n") == 1


def test_in_a_container_it_listens_on_all_addresses() -> None:
    with Sandbox("--in-container") as sandbox:
        assert sandbox.ready_line.startswith("Sandbox listening on http://0.0.0.0:")


def test_an_impossible_port_is_told_in_one_sentence() -> None:
    code, _, errors = run_to_its_end("--port", "99999")
    assert code == 1
    assert errors.startswith("The sandbox cannot listen on 127.0.0.1:99999")
    assert errors.count("\n") == 1


def run_to_its_end(*options: str) -> tuple[int, str, str]:
    process = start_process(*options)
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


def test_the_client_is_set_by_options_and_its_secret_by_the_environment() -> None:
    with Sandbox("--client-id", "mine", SANDBOX_CLIENT_SECRET="from-environment") as sandbox:
        good = sandbox.token_as(("mine", "from-environment"), grant_type="client_credentials")
        assert good.status_code == 200
        wrong = sandbox.token_as(("mine", "sandbox-secret"), grant_type="client_credentials")
        assert token_error_of(wrong)[1] == "invalid_client"


def test_the_mode_of_the_start_comes_back_with_a_reset() -> None:
    with Sandbox("--mode", "development") as sandbox:
        sandbox.set(mode="extended")
        sandbox.script("reset")
        assert sandbox.shown("settings")["mode"] == "development"
