"""Set-up takes what the running service takes, and refuses what that would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy.server import answers
from deploy.server.answers import AnswerError
from presave import env
from tests.presave import test_env

NAME = test_env.NAME
Rule = Callable[[str, str], str]
SAME: dict[Any, tuple[Rule, Callable[[str], Any]]] = {
    env.text: (answers.text, env.text),
    env.plain: (answers.pasted, env.plain),
    env.secret: (answers.pasted, env.secret),
    env.url: (answers.public_url, env.origin),
    env.origin: (answers.public_url, env.origin),
    env.contact: (answers.contact, env.contact),
    env.email: (answers.email_url, env.email),
    env.sender: (answers.sender, lambda name: env.sender(name, "")),
}
GOOD: list[tuple[Any, str]] = [
    (reader, value) for reader, _, value, _ in test_env.GOOD if reader in SAME
]
BAD: list[tuple[Any, str]] = [
    (reader, value) for reader, _, values in test_env.BAD if reader in SAME for value in values
]
MORE: list[tuple[Any, str]] = [
    (env.contact, "privacy@büro.example"),
    (env.contact, "https://büro.example/kontakt"),
    (env.contact, "https://[2001:db8::1]:8443/x"),
    (env.contact, "https://192.0.2.1/"),
    (env.contact, "a@example"),
    (env.contact, "a..b@example.com"),
    (env.contact, "a@-example.com"),
    (env.contact, "https://exa mple.com"),
    (env.contact, "https://example.com:x/"),
    (env.origin, "https://presave.localhost"),
    (env.origin, "http://presave.localhost"),
    (env.origin, "https://presave.example.com:443"),
    (env.email, "smtp+tls://user:p%23w@mail.example.com:587"),
    (env.email, "smtps://user:pw@mail.example.com"),
    (env.email, "smtp://postfix:25"),
    (env.email, "dummymail://"),
    (env.sender, "Demo Label <music@example.com>"),
    (env.sender, "music@example.com"),
    (env.sender, "Büro <music@example.com>"),
]


# A domain alone stands for https and that domain, in set-up alone.
@pytest.mark.parametrize(
    ("reader", "value"),
    [pair for pair in GOOD + BAD + MORE if pair != (env.url, "presave.example.com")],
)
def test_set_up_and_the_service_agree(
    reader: Any, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value.replace("\0", ""))
    rule, read = SAME[reader]

    assert is_taken(rule, NAME, value) == is_taken(read, NAME)


def is_taken(function: Callable[..., Any], *arguments: str) -> bool:
    try:
        function(*arguments)
    except (AnswerError, ImproperlyConfigured) as error:
        told = str(error)
    else:
        return True
    assert NAME in told
    assert told.endswith(".")
    return False


@pytest.mark.parametrize("value", ["presave.example.com", " Presave.Example.com/ "])
def test_a_domain_is_answer_enough(value: str) -> None:
    assert answers.public_url(NAME, value) == "https://presave.example.com"


@pytest.mark.parametrize(
    "value", ["\u200bs3cret", '"s3cret"', "s3cret\nmore", "SPOTIFY_CLIENT_SECRET=s3cret"]
)
def test_a_refused_secret_is_not_repeated(value: str) -> None:
    with pytest.raises(AnswerError) as caught:
        answers.pasted(NAME, value)
    assert "s3cret" not in str(caught.value)
