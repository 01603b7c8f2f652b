"""The secrets: all that compose mounts, fitting together, never overwritten, never badly pasted."""

from __future__ import annotations

import base64
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.server import secret_files
from deploy.server.answers import AnswerError
from tests.test_deploy import ROOT, compose


def make(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.server.secret_files", *options, str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_compose_mounts_is_made_once(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"

    first = make(directory)
    contents = {path.name: path.read_text() for path in directory.iterdir()}
    assert make(directory).returncode == 0

    assert contents.keys() == set(compose()["secrets"]) - {"spotify_client_secret"}
    assert "spotify_client_secret" in first.stdout
    assert contents == {path.name: path.read_text() for path in directory.iterdir()}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o400}


def test_there_is_a_rule_for_each() -> None:
    assert secret_files.RULES.keys() == set(compose()["secrets"])


def test_the_secrets_fit_together(tmp_path: Path) -> None:
    secret_files.make_missing(tmp_path, {"spotify_client_secret": "s3cret"})

    def content(name: str) -> str:
        return (tmp_path / name).read_text().strip()

    redis_password = content("redis_conf").splitlines()[0].removeprefix("requirepass ")
    assert content("redis_url") == f"redis://:{redis_password}@redis:6379/0"
    assert f":{content('postgres_password')}@" in content("database_url")
    assert content("spotify_client_secret") == "s3cret"
    key_name, encoded = content("master_key").split(":")
    assert key_name
    assert len(base64.b64decode(encoded, validate=True)) == 32
    secret_files.check(tmp_path)


@pytest.mark.parametrize("name", ["postgres_password", "database_url", "redis_conf", "redis_url"])
def test_a_lost_half_of_a_password_is_made_from_the_other(name: str, tmp_path: Path) -> None:
    secret_files.make_missing(tmp_path, {})
    before = (tmp_path / name).read_text()
    (tmp_path / name).unlink()

    assert secret_files.make_missing(tmp_path, {}) == [name]

    assert (tmp_path / name).read_text() == before


BAD = {
    "a mark that says UTF-8": b"\xef\xbb\xbfs3cret\n",
    "UTF-16": "s3cret\n".encode("utf-16"),
    "quotes": b'"s3cret"\n',
    "a quotation mark": b"'s3cret\n",
    "an invisible space": "s3\u200bcret\n".encode(),
    "NUL": b"s3cret\0\n",
    "a second line": b"s3cret\nmore\n",
    "a name": b"SPOTIFY_CLIENT_SECRET=s3cret\n",
    "a name in words": b"Client secret: s3cret\n",
    "a comment": b"s3cret # mine\n",
    "nothing": b"\n",
}


@pytest.mark.parametrize("name", ["spotify_client_secret", "postgres_password", "sentry_dsn"])
@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_secret_that_was_pasted_badly_is_refused(
    content: bytes, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(AnswerError) as caught:
        secret_files.check(tmp_path)

    assert name in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("secret_key", "short"),
        ("database_url", "mysql://h/db"),
        ("redis_url", "http://h"),
        ("redis_conf", 'save ""'),
        ("master_key", "1:short"),
        ("master_key", base64.b64encode(bytes(32)).decode()),
        ("email_url", "smtp+tls://mail.example.com:465"),
        ("email_url", "mail.example.com"),
    ],
)
def test_a_secret_of_the_wrong_kind_is_refused(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)

    refused = make(tmp_path, "--check")

    assert refused.returncode == 1
    assert name in refused.stderr
    assert not (tmp_path / "sentry_dsn").exists()


def test_a_directory_that_docker_made_in_a_files_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "sentry_dsn").mkdir()

    with pytest.raises(AnswerError, match="rmdir"):
        secret_files.check_readable(tmp_path)


def test_the_roles_log_in_to_the_database_that_is_there(tmp_path: Path) -> None:
    """Also to one elsewhere, with what its address asks for."""
    elsewhere = "postgres://owner:p%40ss@db.example.com:6432/music?sslmode=verify-full"
    (tmp_path / "database_url").write_text(elsewhere)
    secret_files.make_missing(tmp_path, {})
    addresses = [(tmp_path / f"database_url_{side}").read_text() for side in ("web", "worker")]
    passwords = re.findall(r":(\S{43})@", "".join(addresses))
    assert len(set(passwords)) == 2
    for side, address, password in zip(("web", "worker"), addresses, passwords, strict=True):
        assert address.strip() == (
            f"postgres://presave_{side}:{password}@db.example.com:6432/music?sslmode=verify-full"
        )


def test_a_disk_that_is_full_leaves_no_empty_secret(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8));"
    made = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    made += "from pathlib import Path; from deploy.server import secret_files;"
    made += "secret_files.make_missing(Path.cwd() / 'secrets', {})"
    done = subprocess.run(
        [sys.executable, "-c", limited + made],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "OSError" in done.stderr
    assert list((tmp_path / "secrets").iterdir()) == []
