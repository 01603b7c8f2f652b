"""One check of this instance: how it stands, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """Where the doctor runs: each part of Presave sees other secrets, files and networks."""

    ALL = "all"  # one machine without containers
    WEB = "web"
    WORKER = "worker"

    @property
    def is_web(self) -> bool:
        return self is not Part.WORKER

    @property
    def is_worker(self) -> bool:
        return self is not Part.WEB


class Mark(StrEnum):
    """The first of two is what counts when both parts saw it."""

    RED = "red"
    NOTE = "note"  # worth knowing, and nobody has to act
    GREEN = "green"
    UNSEEN = "unseen"  # cannot be told from here, or not yet


@dataclass(frozen=True)
class Check:
    name: str
    mark: Mark
    text: str
    fix: str = ""

    @property
    def title(self) -> str:
        return self.name.replace("-", " ").capitalize().replace("uri", "URI")


def green(name: str, text: str) -> Check:
    return Check(name, Mark.GREEN, text)


def note(name: str, text: str) -> Check:
    return Check(name, Mark.NOTE, text)


def red(name: str, text: str, fix: str) -> Check:
    return Check(name, Mark.RED, text, fix)


def unseen(name: str, text: str) -> Check:
    return Check(name, Mark.UNSEEN, text)
