"""A bad value stops the start with a sentence that names its variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from presave import env

NAME = "THE_VARIABLE"
Reader = Callable[..., Any]


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)


def refusal(reader: Reader, *arguments: Any) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        reader(NAME, *arguments)
    sentence = str(caught.value)
    assert NAME in sentence
    assert sentence.endswith(".")
    return sentence


GOOD: list[tuple[Reader, tuple[Any, ...], str, Any]] = [
    (env.text, (), " a ", "a"),
    (env.text, (), "\ufeffa", "a"),
    (env.text, (), "\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    (env.plain, (), " 4aawyAB9 ", "4aawyAB9"),
    (env.secret, (), "s3cret", "s3cret"),
    (env.flag, (False,), "True", True),
    (env.flag, (True,), "False", False),
    (env.choice, (["a", "b"], "a"), "b", "b"),
    (env.rate, (1.0,), "0.5", 0.5),
    (env.rate, (1.0,), "10000", 10_000.0),
    (env.market, ("US",), "DE", "DE"),
    (env.market, ("US",), "GB", "GB"),
    (env.market, ("US",), "XK", "XK"),
    (env.commit, ("unknown",), "0123456789abcdef" * 4, "0123456789abcdef" * 4),
    (env.commit, ("unknown",), "0123456789" * 4, "0123456789" * 4),
    (env.commit, ("unknown",), "", "unknown"),
    (env.url, (), "https://api.spotify.com/v1/", "https://api.spotify.com/v1"),
    (env.url, (), "https://presave.example.com:8443", "https://presave.example.com:8443"),
    (env.url, (), "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    (env.url, (), "http://[::1]:8000", "http://[::1]:8000"),
    (env.url, (), "http://sandbox.localhost:8765/v1", "http://sandbox.localhost:8765/v1"),
    (env.origin, (), "https://presave.example.com/", "https://presave.example.com"),
    (env.contact, (), "privacy@example.com", "privacy@example.com"),
    (env.contact, (), "https://example.com/@label?to=us", "https://example.com/@label?to=us"),
    (env.path, (Path("/default"),), "/srv/presave", Path("/srv/presave")),
    (env.redis_url, (), "redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    (
        *(env.networks, ("::1",), "10.0.0.0/8, 192.0.2.7 2001:db8::/32"),
        ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"],
    ),
    (env.networks, ("::1",), "", ["::1/128"]),
    (env.proxy, (), "http://proxy.example.com:3128", "http://proxy.example.com:3128"),
    (env.proxy, (), "https://u:p%23@10.0.0.1", "https://u:p%23@10.0.0.1"),
    (env.proxy, (), "", ""),
    (
        *(env.redis_url, (), "rediss://redis.example.com"),
        "rediss://redis.example.com?ssl_cert_reqs=required",
    ),
    (
        *(env.redis_url, (), "rediss://:p@redis.example.com:6380/0?ssl_ca_certs=/ca.pem"),
        "rediss://:p@redis.example.com:6380/0?ssl_ca_certs=/ca.pem&ssl_cert_reqs=required",
    ),
    (
        *(env.redis_url, (), "rediss://redis.example.com?ssl_cert_reqs=none"),
        "rediss://redis.example.com?ssl_cert_reqs=none",
    ),
]


@pytest.mark.parametrize(("reader", "arguments", "value", "expected"), GOOD)
def test_a_good_value_is_read(
    reader: Reader,
    arguments: tuple[Any, ...],
    value: str,
    expected: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(NAME, value)
    assert reader(NAME, *arguments) == expected


BAD: list[tuple[Reader, tuple[Any, ...], list[str]]] = [
    (env.text, (), ["\u200b", "Demo\u200b Label", "Demo\u202e Label", "Demo\nLabel"]),
    (env.plain, (), ["4aaw\u200byAB9", '"4aawyAB9"', "SPOTIFY_CLIENT_ID=4aaw", "4aaw\u00e9"]),
    (env.flag, (False,), ["true", "1", "yes", "on"]),
    (env.choice, (["a", "b"], "a"), ["c", "A", "a,b"]),
    (env.rate, (1.0,), ["0", "-1", "nan", "inf", "10001", "ten", "1/s"]),
    (env.commit, ("unknown",), ["main", "v1.0", "a" * 7, "a" * 39, "a" * 41, "g" * 40, "A" * 40]),
    (env.market, ("US",), ["us", "USA", "U1", "ÜS", "EU", "ZZ", "UK", "RU", "CN"]),
    (
        env.url,
        (),
        [
            *("presave.example.com", "https://", "ftp://presave.example.com", "https://a b"),
            *("http://presave.example.com", "http://localhost:8000", "http://127.0.0.2"),
            *("https://*", "https://a,b", "https://h:port", "https://h:99999", "https://h:0"),
            *("https://h?x", "https://h#x", "https://h\n", "https://user:pw@h", "HTTPS://h"),
            *("https://Presave.example.com", "http://[::1", "http://127.0.0.1.example.com"),
            *("http://localhost.example.com", "http://sandboxlocalhost"),
        ],
    ),
    (env.origin, (), ["https://h/path", "http://h"]),
    (
        env.contact,
        (),
        [
            *("Demo Label", "@example.com", "a@b", "a b@example.com", "mailto:a@example.com"),
            *("http://example.com", "https://", "https://a b", "javascript:alert(1)"),
            *("a@example.com\u200b", "https://example.com/\u200b"),
        ],
    ),
    (env.path, (Path("/default"),), ["data", "./data", "~/data"]),
    (
        env.database,
        (),
        [
            *("mysql://h/db", "presave.sqlite3", "postgres://h/", "postgres://h:port/db"),
            *("postgres://h:99999/db", "sqlite:///", "sqlite:///:memory:"),
            *("postgres://u:12#3@h/db", "postgres://u:12/3@h/db", "postgres://u:12?3@h/db"),
        ],
    ),
    (env.networks, ("::1",), ["caddy", "10.0.0.1/8", "*", "0.0.0.0/0", "10.0.0.1 ::/0"]),
    (env.proxy, (), ["proxy.example.com:3128", "socks5://h:1080", "http://", "http://h/way"]),
    (env.redis_url, (), ["http://h", "127.0.0.1:6379", "redis://h:port/0", "redis://u:12#3@h"]),
    (
        env.email,
        (),
        [
            *("smtp.example.com", "ftp://h", "smtp://h:port", "smtp://[::1", "smtp+tls://u:p#w@h"),
            *("smtps://", "smtp+tls://u:p@:587", "smtp+tls://h:465", "smtp://h:465"),
            *("smtps://h:587", "smtp+ssl://h:25", "smtp://user:pw@mail.example.com:587"),
            *("smtp://user:pw@mail.example.com", "smtp://user:pw@192.0.2.1:25"),
            *("smtp://user:pw@[2001:db8::1]:25", "SMTP://user:pw@mail.example.com:2525"),
        ],
    ),
    (
        env.sender,
        ("Presave <presave@h>",),
        [
            *("Demo Label", "@example.com", "Demo <>", "<music@example.com"),
            *("a@example.com, b@example.com", "Demo <a@example.com> <b@example.com>"),
            *("Demo\nBcc: b@example.com <a@example.com>", "mailto:a@example.com"),
            *("a@example.com\u200b", "a@\u4f8b\u3048.example", "Demo, Inc. <a@example.com>"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("reader", "arguments", "value"),
    [(reader, arguments, value) for reader, arguments, values in BAD for value in values],
)
def test_a_bad_value_is_refused_with_its_variable_named(
    reader: Reader, arguments: tuple[Any, ...], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A value that ends in white space is a value without it; inside, it is refused.
    monkeypatch.setenv(NAME, value if value.strip() == value else f"{value}x")
    refusal(reader, *arguments)


def test_the_united_kingdom_is_told_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "UK")
    assert refusal(env.market, "US") == f"{NAME} must be GB for the United Kingdom, not 'UK'."


REQUIRED: list[tuple[Reader, str]] = [
    (env.text, "Set it in the environment"),
    (env.secret, f"{NAME}_FILE"),
    (env.url, "Set it"),
    (env.origin, "Set it"),
    (env.contact, "Set it"),
    (env.database, f"{NAME}_FILE"),
    (env.redis_url, f"{NAME}_FILE"),
]


@pytest.mark.parametrize(("reader", "advice"), REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_or_empty_value_without_a_default_is_refused(
    reader: Reader, advice: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    assert advice in refusal(reader)


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_value_takes_the_default(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    assert env.text(NAME, "default") == "default"
    assert env.secret(NAME, "default") == "default"
    assert env.flag(NAME, True) is True
    assert env.choice(NAME, ["a", "b"], "b") == "b"
    assert env.rate(NAME, 2.0) == 2.0
    assert env.market(NAME, "SE") == "SE"
    assert env.url(NAME, "https://h") == "https://h"
    assert env.path(NAME, Path("/d")) == Path("/d")
    assert env.email(NAME) == {}


@pytest.mark.parametrize("reader", [env.secret, env.database, env.redis_url, env.email])
def test_a_secret_comes_from_the_file_that_is_named(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        env.secret: "s3cret",
        env.database: "postgres://u:p@h/presave",
        env.redis_url: "redis://h",
        env.email: "smtp+tls://user:pw@mail.example.com:587",
    }
    (tmp_path / "secret").write_text(f"{values[reader]}\n")
    monkeypatch.setenv(NAME, values[reader])
    direct = reader(NAME)
    monkeypatch.delenv(NAME)
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert direct
    assert reader(NAME) == direct


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", " {} \n\n", "\ufeff{}\n", "{}\xa0"])
def test_what_editors_put_around_a_secret_is_left_out(
    around: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(around.format("abc=12 3'").encode())
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.secret(NAME) == "abc=12 3'"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('"s3cret"', "is in quotes"),
        ("'s3cret'", "is in quotes"),
        ("s3cret\nof yesterday", "more than one line"),
        ("s3cret\r\n\r\nof yesterday", "more than one line"),
        ("`s3cret`", "is in quotes"),
        ("SPOTIFY_CLIENT_SECRET=s3cret", "name of a variable"),
        ("SECRET_KEY = s3cret", "name of a variable"),
        ("SECRET_KEY: s3cret", "name of a variable"),
        ("export REDIS_URL=s3cret", "name of a variable"),
        ("client_secret=s3cret", "name of a variable"),
        ("Client secret: s3cret", "name of a variable"),
        ("Password:s3cret", "name of a variable"),
        ('"s3cret', "quotation mark"),
        ("s3cret # mine", "a comment"),
        ("s3cret\u200b", "not plain ASCII"),
        ("s3\u00adcret", "not plain ASCII"),
        ("\ufeff\ufeffs3cret", "not plain ASCII"),
        ("s3cret\tof", "not plain ASCII"),
        ("“s3cret”", "not plain ASCII"),
        ("s3crét", "not plain ASCII"),
    ],
)
def test_a_secret_that_was_pasted_wrong_is_refused(
    value: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    given = refusal(env.secret)
    monkeypatch.delenv(NAME)
    (tmp_path / "secret").write_text(value, encoding="utf-8", newline="")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    for sentence in (given, refusal(env.secret)):
        assert reason in sentence
        assert "s3c" not in sentence


def test_a_secret_file_with_a_nul_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"s3cret\0")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert "not plain ASCII" in refusal(env.secret)


def test_a_secret_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from-the-file")
    monkeypatch.setenv(NAME, "from-the-variable")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert "not both" in refusal(env.secret)


def test_an_empty_variable_beside_a_file_is_no_second_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from-the-file")
    monkeypatch.setenv(NAME, "")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.secret(NAME) == "from-the-file"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "not text")],
)
def test_a_secret_file_that_is_of_no_use_is_refused(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    sentence = refusal(env.secret, "a default that must not be taken")
    assert f"{NAME}_FILE names {path}" in sentence
    assert reason in sentence


def test_a_secret_file_that_is_a_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path))
    assert "cannot be read" in refusal(env.secret)


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (env.url, "https://user:s3cret@h"),
        (env.url, "https://user:s3cret@h\u200b"),
        (env.database, "postgres://user:s3cret@h:port/db"),
        (env.database, "mysql://user:s3cret@h/db"),
        (env.redis_url, "redis://:s3cret@h:port"),
        (env.redis_url, "http://:s3cret@h"),
        (env.proxy, "socks5://u:s3cret@h"),
        (env.proxy, "http://u:s3cret#@h"),
        (env.email, "smtp://user:s3cret@h:port"),
        (env.email, "smtp+tls://user:s3cret#1@h:587"),
        (env.email, "smtp+tls://user:s3cret@h:465"),
        (env.database, "postgres://user:12#s3cret@h/db"),
    ],
)
def test_a_refusal_does_not_repeat_a_password(
    reader: Reader, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    assert "s3cret" not in refusal(reader)


def test_a_password_that_would_be_sent_in_clear_is_told_how_not_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(NAME, "smtp://user:s3cret@mail.example.com:587")
    sentence = refusal(env.email)
    assert "smtp+tls://" in sentence
    assert "smtps://" in sentence
    assert "s3cret" not in sentence


@pytest.mark.parametrize("value", ["https://h/#top", "https://h#", "https://h?a=1"])
def test_an_address_without_a_password_is_told_nothing_of_one(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    assert "password" not in refusal(env.url)


@pytest.mark.parametrize("value", ['"Demo Label"', "'Demo Label'"])
def test_a_name_in_quotes_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)
    assert "is in quotes" in refusal(env.text)
    monkeypatch.setenv(NAME, 'The "Demo" Label')
    assert env.text(NAME) == 'The "Demo" Label'


def test_a_database_address_becomes_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgres://presave:p%40ss@db:5433/presave?sslmode=require")
    config = env.database(NAME)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db", 5433, "presave")
    assert (config["USER"], config["PASSWORD"]) == ("presave", "p@ss")
    assert config["OPTIONS"] == {"sslmode": "require"}
    monkeypatch.setenv(NAME, "sqlite:////srv/presave.sqlite3")
    assert env.database(NAME)["NAME"] == "/srv/presave.sqlite3"


def test_a_mail_address_becomes_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "smtp+tls://user:p%40ss@mail.example.com:587")
    config = env.email(NAME)
    assert (config["EMAIL_HOST"], config["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (config["EMAIL_HOST_USER"], config["EMAIL_HOST_PASSWORD"]) == ("user", "p@ss")
    assert config["EMAIL_USE_TLS"] is True


@pytest.mark.parametrize(
    ("address", "port", "tls", "ssl"),
    [
        ("smtps://user:pw@h:465", 465, False, True),
        ("smtps://h", 465, False, True),
        ("smtps://h:8465", 8465, False, True),
        ("smtp+ssl://h:465", 465, False, True),
        ("smtp+tls://h", 587, True, False),
        ("smtp+tls://h:25", 25, True, False),
        ("smtp://h", 25, False, False),
        ("smtp://h:587", 587, False, False),
        ("smtp://mail.example.com:25", 25, False, False),
        ("smtp://user:pw@postfix:25", 25, False, False),
        ("smtp://user:pw@localhost", 25, False, False),
        ("smtp://user:pw@127.0.0.1:1025", 1025, False, False),
        ("smtp://user:pw@[::1]:1025", 1025, False, False),
    ],
)
def test_a_mail_address_says_when_tls_begins(
    address: str, port: int, tls: bool, ssl: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, address)
    config = env.email(NAME)
    found = (config["EMAIL_PORT"], config["EMAIL_USE_TLS"], config["EMAIL_USE_SSL"])
    assert found == (port, tls, ssl)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "Presave <presave@h>"),
        ("music@example.com", "Presave <music@example.com>"),
        ("Demo Label <music@example.com>", "Demo Label <music@example.com>"),
        ('"Demo Label" <music@example.com>', "Demo Label <music@example.com>"),
        ("Demo  Label<music@example.com>", "Demo Label <music@example.com>"),
        ("<music@example.com>", "Presave <music@example.com>"),
        ('"Demo, Inc." <music@example.com>', '"Demo, Inc." <music@example.com>'),
        ("Łódź <music@example.com>", "=?utf-8?b?xYHDs2TFug==?= <music@example.com>"),
    ],
)
def test_a_sender_has_a_name(value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.sender(NAME, "Presave <presave@h>") == expected


@pytest.mark.parametrize("value", ["https://presave.example.com:443", "http://127.0.0.1:80"])
def test_an_origin_leaves_out_the_default_port_as_browsers_do(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL must leave out"):
        env.origin("PUBLIC_URL")


def test_a_sqlite_file_is_named_by_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///somewhere.sqlite3")
    with pytest.raises(ImproperlyConfigured, match="absolute path"):
        env.database("DATABASE_URL")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("https://hc-ping.com/1b2c", "https://hc-ping.com/1b2c"),
        ("https://hc-ping.com/1b2c/", "https://hc-ping.com/1b2c"),
        ("http://healthchecks:8000/ping/1b2c", "http://healthchecks:8000/ping/1b2c"),
        ("http://127.0.0.1:8000/ping/1b2c", "http://127.0.0.1:8000/ping/1b2c"),
        ("", ""),
    ],
)
def test_a_switch_to_ping(value: str, read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.ping_url(NAME) == read


@pytest.mark.parametrize(
    "value", ["http://hc-ping.com/s3cret", "hc-ping.com/s3cret", "https://hc-ping.com/s3cret?a=1"]
)
def test_what_is_no_switch_is_refused_and_not_repeated(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME) as told:
        env.ping_url(NAME)
    assert "s3cret" not in str(told.value)
