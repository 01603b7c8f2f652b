"""libical, with which the calendars of GNOME and KDE read files, for the tests."""

from __future__ import annotations

import ctypes
import re
from ctypes import c_char_p, c_void_p
from ctypes.util import find_library


class LibicalNotFoundError(Exception):
    """This machine has no libical; the message says what to install."""


def find_libical() -> str:
    if found := find_library("ical"):
        return found
    raise LibicalNotFoundError(
        "libical is missing, with which the tests read calendar files. "
        "Install it: apt-get install libical3, dnf install libical, or brew install libical."
    )


def read(content: bytes) -> str:
    """The calendar as libical understood it, with what it complains of: what it could not read, and
    what the standards (RFC 5545, 5546, 7986) do not allow.
    """
    libical = ctypes.CDLL(find_libical())
    libical.icalparser_parse_string.argtypes = [c_char_p]
    libical.icalparser_parse_string.restype = c_void_p
    libical.icalrestriction_check.argtypes = [c_void_p]
    libical.icalcomponent_as_ical_string.argtypes = [c_void_p]
    libical.icalcomponent_as_ical_string.restype = c_char_p
    calendar = libical.icalparser_parse_string(content)
    assert calendar, "libical reads nothing"
    libical.icalrestriction_check(calendar)
    understood: bytes = libical.icalcomponent_as_ical_string(calendar)
    return re.sub(r"\r?\n ", "", understood.decode())


def complaints(content: bytes) -> list[str]:
    return re.findall(r"^X-LIC-ERROR.*", read(content), re.MULTILINE)
