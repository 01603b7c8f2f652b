"""Mail is handed over with any password, by TLS from the start too, and never pretended."""

from __future__ import annotations

import base64
import smtplib
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from campaigns.status.mail_server import problem_found
from presave import env, smtp
from tests.smtp import MailServer

if TYPE_CHECKING:
    from pytest_django import Settings

PASSWORDS = ["s3cret", "p@s#s:/?&%+ $'\"\\", "grün-密码", "a b"]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_may_have_any_character(
    password: str, mail_server: MailServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"127.0.0.1:{mail_server.server_address[1]}"
    monkeypatch.setenv("EMAIL_URL", f"smtp://label%40example.com:{quote(password, safe='')}@{host}")
    for name, value in env.email("EMAIL_URL").items():
        setattr(settings, name, value)
    mail.send_mail("Night Bus", "It is out.", None, ["artist@example.com"])
    [heard] = [line for line in mail_server.heard if line.startswith("AUTH PLAIN")]
    given = base64.b64decode(heard.removeprefix("AUTH PLAIN ")).decode()
    assert given == f"\0label@example.com\0{password}"


def test_a_refused_password_beyond_ascii_is_an_error_of_the_log_in(
    mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "presave.smtp.EmailBackend"
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "label", "grün"
    mail_server.codes["AUTH"] = 535
    assert "refuses the user or password of EMAIL_URL: 535" in problem_found()


@pytest.mark.parametrize("address", ["", "dummymail://"])
def test_without_a_mail_server_nothing_pretends(
    address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", address)
    read = {"EMAIL_BACKEND": "presave.smtp.NoMailServer", **env.email("EMAIL_URL")}
    assert read["EMAIL_BACKEND"] == "presave.smtp.NoMailServer"
    settings.EMAIL_BACKEND, settings.SENDS_EMAIL = read["EMAIL_BACKEND"], False
    with pytest.raises(smtp.NoMailServerError):
        mail.send_mail("Night Bus", "It is out.", None, ["artist@example.com"])
    with pytest.raises(CommandError, match=r"No mail server.*secrets/email_url"):
        call_command("sendtestemail", "artist@example.com")


def test_a_test_email_says_that_it_was_accepted(
    mail_server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("sendtestemail", "artist@example.com")
    assert "The server has accepted a mail to artist@example.com" in capsys.readouterr().out
    assert "> To: artist@example.com" in mail_server.heard


def test_tls_from_the_start_is_one_class_with_any_password(settings: Settings) -> None:
    settings.EMAIL_USE_SSL = True
    assert issubclass(smtp.EmailBackend().connection_class, smtplib.SMTP_SSL)
