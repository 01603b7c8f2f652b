"""`python -m presave_check` needs neither Django nor a setting; its end says what it found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from presave_check.examples import FEATURE_FM
from presave_check.reading import LONGEST
from tests import consent_addresses

ROOT = Path(__file__).parents[2]


def check(
    *arguments: str, typed: str | bytes = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Without any installed package, and without an environment of the tests'."""
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-m", "presave_check", *arguments],
        cwd=ROOT,
        env=environment or {},
        input=typed if isinstance(typed, bytes) else typed.encode(),
        capture_output=True,
        check=False,
    )
    output = (done.stdout.decode(), done.stderr.decode())
    return subprocess.CompletedProcess(done.args, done.returncode, *output)


def test_the_one_permission_ends_well() -> None:
    done = check(consent_addresses.OURS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "It asks for one permission, the one a pre-save needs.",
        "  needed      user-library-modify: Add to your library and remove from it.",
        "The permission goes to presave.example.",
        "It lasts up to six months, unless you remove the app at Spotify.",
        "Spotify asks again each time.",
    ]


def test_more_than_that_is_listed_with_what_it_lets_the_holder_do() -> None:
    done = check(typed=FEATURE_FM.address)
    assert done.returncode == 1
    assert "  not needed  user-read-email: Read your email address." in done.stdout
    assert done.stdout.count("not needed") == 11
    assert "If you've allowed the same before, Spotify may not ask again." in done.stdout


def test_a_permission_of_no_list_is_told_as_such() -> None:
    done = check(f"{consent_addresses.AUTHORIZE}?scope=user-read-everything")
    assert done.returncode == 1
    assert "user-read-everything: Not on any Spotify list" in done.stdout


@pytest.mark.parametrize(
    ("address", "ends_with", "sentence"),
    [
        ("https://ffm.to/first-light", 2, "The address is one of ffm.to."),
        ("garbage", 2, "There is no address in this."),
        ("https://accounts-spotify.com/", 1, "Don't log in there."),
        ("https://accounts-spotify.com/", 1, "The address is one of accounts-spotify.com."),
        (f"https://evil.example/?u={consent_addresses.OURS}", 1, "is one of evil.example."),
        (f"{consent_addresses.OURS}&response_type=token", 0, "It lasts up to six months"),
    ],
)
def test_what_is_no_consent_page_of_spotifys_ends_otherwise(
    address: str, ends_with: int, sentence: str
) -> None:
    done = check(address)
    assert done.returncode == ends_with
    assert sentence in done.stdout


def test_what_a_server_wrote_gives_the_terminal_no_orders() -> None:
    scope = "a\x1bM\x9b\x7f\u2028\u202eb"
    done = check(typed=f"location: {consent_addresses.AUTHORIZE}?scope={scope}\r\n")
    assert done.returncode == 1
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == 4
    assert r"\x1b" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_any_bytes_are_read_and_told_in_any_encoding(encoding: str) -> None:
    garbage = bytes(range(256)) + f" {consent_addresses.AUTHORIZE}?scope=\u266b".encode()
    done = check(typed=garbage, environment={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (1, "")


def test_no_more_is_read_than_an_address_may_hold() -> None:
    with subprocess.Popen(
        [sys.executable, "-S", "-m", "presave_check"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"a" * (4 * LONGEST + 4))
        process.stdin.flush()
        # Nothing says that this is all: one that reads to the end waits here.
        assert process.wait(timeout=60) == 2
        assert process.stdout.read() == b"This is too long for an address.\n"
