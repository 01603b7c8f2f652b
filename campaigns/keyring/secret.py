"""The type in which tokens and codes travel."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A value that prints, formats, compares by identity and refuses to be pickled or
    serialised.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled.")
