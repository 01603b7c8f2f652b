"""What an operator is asked, once for each answer that is not there."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlsplit

from deploy.server import answers
from deploy.server.answers import AnswerError

NO_APP: Final = "none yet"


@dataclass(frozen=True)
class Question:
    """`name` is the setting, which the environment may answer, too."""

    name: str
    words: str
    rule: Callable[[str, str], str]
    default: str = ""
    is_secret: bool = False


def no_app_or(rule: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """Empty for an operator who has no app yet."""
    none = ("none", NO_APP, "")
    return lambda name, value: "" if value.strip().lower() in none else rule(name, value)


def of_spotify(name: str, value: str) -> str:
    """What Spotify gives to an app, a client ID or a client secret: both look the same."""
    value = answers.pasted(name, value)
    if not re.fullmatch(r"[0-9a-fA-F]{32}", value):
        what = "client secret" if name == CLIENT_SECRET.name else "client ID"
        raise AnswerError(
            f"{name} must be the {what} from the app's page at Spotify: 32 characters, each a "
            "digit or a letter from a to f."
        )
    return value


def email_address(name: str, value: str) -> str:
    """Where mail can be sent, without a name before it."""
    value = answers.text(name, value)
    if not answers.is_email(value):
        raise AnswerError(f"{name} must be an email address such as you@example.com.")
    return value


def optional(rule: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """An empty answer is one."""
    return lambda name, value: rule(name, value) if value.strip() else ""


PUBLIC_URL: Final = Question(
    "PUBLIC_URL",
    "The domain at which fans and artists reach Presave, such as presave.example.com. It has to "
    "point to this server, which gets a certificate for it by itself.",
    answers.public_url,
)
TRIED_URL: Final = Question(
    "PUBLIC_URL",
    "The address at which you try Presave. *.localhost is this machine for every browser on it; "
    "the browser asks once whether to trust the certificate.",
    answers.public_url,
    default="https://presave.localhost",
)
OPERATOR_NAME: Final = Question(
    "OPERATOR_NAME",
    "Who runs this Presave: a person or a company. The privacy page and the terms name them.",
    answers.text,
)
OPERATOR_CONTACT: Final = Question(
    "OPERATOR_CONTACT",
    "Where fans can write to: an email address, or the https address of a page. It is public.",
    answers.contact,
)
CLIENT_ID: Final = Question(
    "SPOTIFY_CLIENT_ID",
    "The client ID of your Spotify app, from https://developer.spotify.com/dashboard. Without an "
    "app, releases have pages with a calendar and links, and nobody can pre-save.",
    no_app_or(of_spotify),
    default=NO_APP,
)
CLIENT_SECRET: Final = Question(
    "SPOTIFY_CLIENT_SECRET",
    "The client secret, from the same page of Spotify. It is not shown while you type.",
    of_spotify,
    is_secret=True,
)
MAIL_SERVER: Final = Question(
    "EMAIL_URL",
    "Your mail server, such as smtp+tls://mail.example.com:587 or smtps://mail.example.com:465. "
    "Without one Presave sends no email: no password resets, and no alarms but in the dashboard.",
    optional(answers.email_url),
    default="none",
)
MAIL_USER: Final = Question(
    "MAIL_USER", "The user name at the mail server.", optional(answers.pasted), default="none"
)
MAIL_PASSWORD: Final = Question(
    "MAIL_PASSWORD",
    "The password at the mail server, as it is. It is not shown while you type.",
    answers.text,
    is_secret=True,
)
MAIL_FROM: Final = Question(
    "MAIL_FROM",
    "The sender of every email. Many mail servers take only the address of the user.",
    answers.sender,
)
LOG_IN_EMAIL: Final = Question(
    "LOG_IN_EMAIL", "Your own email address, with which you will log in.", email_address
)


def at_a_stand_in(question: Question) -> Question:
    """The same of an app that is not at Spotify: whatever form its sandbox was started with."""
    rule = answers.pasted if question is CLIENT_SECRET else no_app_or(answers.pasted)
    return replace(question, rule=rule)


def ask(question: Question, default: str = "") -> str:
    """The environment's answer, or else the person's; asked again until it is a right one.

    Raises AnswerError if the environment's is wrong, or nobody is there to ask.
    """
    if question.name in os.environ:
        return _checked(question, os.environ[question.name])
    default = default or question.default
    print(f"\n{question.words}")
    while True:
        said = _hear(question, f"{question.name}{f' [{default}]' if default else ''}: ", default)
        try:
            return _checked(question, "" if said == "none" else said)
        except AnswerError as error:
            print(error)


def _checked(question: Question, value: str) -> str:
    """A name is a name, and a mailbox a mailbox, also with NAME= in front."""
    if value.strip().startswith(f"{question.name}="):
        raise AnswerError(f"{question.name} begins with its own name: leave out that and the =.")
    return question.rule(question.name, value)


def _hear(question: Question, prompt: str, default: str) -> str:
    hear = getpass.getpass if question.is_secret and sys.stdin.isatty() else input
    try:
        return hear(prompt).strip() or default
    except EOFError:
        if default:
            print(default)
            return default
        raise AnswerError(
            f"{question.name} is needed. Answer in a terminal, or set it in the environment."
        ) from None


def mail() -> Mapping[str, str]:
    """EMAIL_URL and MAIL_FROM, both empty without a mail server."""
    server = ask(MAIL_SERVER)
    if not server:
        return {}
    user = ""
    if "@" not in server:
        user = ask(MAIL_USER)
        server = with_log_in(server, user, ask(MAIL_PASSWORD)) if user else server
    try:
        answers.email_url("EMAIL_URL", server)
    except AnswerError as error:
        if "EMAIL_URL" in os.environ:
            raise
        print(error)
        return mail()
    default = user if answers.is_email(user) else ""
    return {"EMAIL_URL": server, "MAIL_FROM": ask(MAIL_FROM, default)}


def with_log_in(server: str, user: str, password: str) -> str:
    """The address of the mail server with whatever characters a password has."""
    parts = urlsplit(server)
    log_in = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return parts._replace(netloc=f"{log_in}@{parts.netloc}").geturl()
