"""Passwords that are none: common ones, and those made of words that anybody tries here first."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# docs/operations.md has the list.
WORDS: Final = ("presave", "pre-save", "spotify", "password", "label", "artist", "release", "music")
# As long as the rest of a password has to be without them.
FEWEST_OTHERS: Final = 8


class NoCommonPassword(CommonPasswordValidator):
    """Django's list, and the words of this place: the site's own name and its operator's, too."""

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(password, user)
        names = re.findall(r"\w{4,}", f"{settings.PUBLIC_HOST} {settings.OPERATOR_NAME}".lower())
        words = sorted({*WORDS, *names}, key=len, reverse=True)
        rest = re.sub("|".join(map(re.escape, words)), "", password.lower())
        if rest != password.lower() and len(rest) < FEWEST_OTHERS:
            raise ValidationError(self.get_error_message(), code="password_too_common")
