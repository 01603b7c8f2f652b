"""What log lines may not hold."""

from __future__ import annotations

import logging
import re

_PRIVATE = re.compile(r"(/receipt/)[^/\s?]+|([?&](?:code|state)=)[^&\s]+")


class HidePrivateAddresses(logging.Filter):
    """Masks receipt addresses and callback codes: whoever knows a receipt's address can cancel
    its pre-save.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = _PRIVATE.sub(lambda found: f"{found[1] or found[2]}***", message)
        if masked != message:
            record.msg, record.args = masked, None
        return True
