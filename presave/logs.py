"""What log lines may not hold, and what is no error."""

from __future__ import annotations

import json
import logging
import re
from copy import copy
from datetime import UTC, datetime
from typing import Final, TextIO

WHOLE_EVERY: Final = 60  # seconds

# Also as in a log-in's `next`, which may stand in another's. A few at most: a line of thousands is
# searched from each of them.
_SLASH = r"(?:/|%(?:25){0,3}2F){1,3}"
# The rest of the line, too: a mistyped address, with a space in it or a slash too many, still holds
# the secret one.
_PRIVATE = re.compile(
    rf"({_SLASH}(?:receipt|report|preview|confirm-email|password{_SLASH}reset{_SLASH}key"
    rf"|invit\w*){_SLASH})\s*.+"
    r"|([?&](?:code|state)=)[^&\s]+",
    re.IGNORECASE,
)

# What begins another line, or turns a terminal's colours.
_ON_ONE_LINE: Final = {
    code: repr(chr(code))[1:-1] for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029)
}


class HidePrivateAddresses(logging.Filter):
    """Masks secret addresses and callback codes: anyone who knows a receipt's address can cancel
    its pre-save, a report's or a preview's can read it, and who knows a link from a mail can use
    it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = _on_one_line(record, masked), None
        if record.exc_info:
            # A formatter takes this text instead of writing the traceback itself.
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


class ShorteningHandler(logging.StreamHandler[TextIO]):
    """Writes a traceback once a minute, and its error's line every time. In an outage the same one
    comes every two seconds, and would push all else out of a log that has an end.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[tuple[str, int, object], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(_shortened(record) if self._is_repeated(record) else record)

    def _is_repeated(self, record: logging.LogRecord) -> bool:
        if not record.exc_info:
            return False
        kind = (record.name, record.lineno, record.exc_info[0])
        is_repeated = record.created - self._written.get(kind, 0) < WHOLE_EVERY
        if not is_repeated:
            self._written[kind] = record.created
        return is_repeated


def _shortened(record: logging.LogRecord) -> logging.LogRecord:
    """A copy: error reports are made of the record itself."""
    short = copy(record)
    error = record.exc_info[1] if record.exc_info else None
    first_line = record.getMessage().partition("\n")[0]
    short.msg, short.args = mask(f"{first_line} (again: {error!r})"), None
    short.exc_info = short.exc_text = None
    return short


def _on_one_line(record: logging.LogRecord, text: str) -> str:
    """What is filled into a line begins no other one; a text of several lines keeps them."""
    return text if "\n" in str(record.msg) else text.translate(_ON_ONE_LINE)


class TextFormatter(logging.Formatter):
    """A line that people read, which nobody else has written a part of."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _on_one_line(record, record.message)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line. It takes the traceback as HidePrivateAddresses left it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(self.formatException(record.exc_info))
        if record.exc_text:
            line["exception"] = record.exc_text
        if record.stack_info:
            line["stack"] = mask(record.stack_info)
        return json.dumps(line, ensure_ascii=False)


class IgnoreExpected503(logging.Filter):
    """Django logs each answer above 499 as an error. A 503 without an exception was meant, such as
    "try again in a minute" or "not ready". What it comes from is told in lines of its own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None or getattr(record, "status_code", None) != 503


def mask(text: str) -> str:
    return _PRIVATE.sub(lambda found: f"{found[1] or found[2]}***", text)
