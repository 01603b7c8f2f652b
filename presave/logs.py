"""What log lines may not hold, and what is no error."""

from __future__ import annotations

import logging
import re

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


class HidePrivateAddresses(logging.Filter):
    """Masks secret addresses and callback codes: anyone who knows a receipt's address can cancel
    its pre-save, a report's or a preview's can read it, and who knows a link from a mail can use
    it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        if record.exc_info:
            # A formatter takes this text instead of writing the traceback itself.
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True


class IgnoreExpected503(logging.Filter):
    """Django logs each answer above 499 as an error. A 503 without an exception was meant, such as
    "try again in a minute" or "not ready". What it comes from is told in lines of its own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None or getattr(record, "status_code", None) != 503


def mask(text: str) -> str:
    return _PRIVATE.sub(lambda found: f"{found[1] or found[2]}***", text)
