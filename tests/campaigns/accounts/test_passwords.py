"""Which passwords are too easily guessed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    ["Presave2026!", "spotify-presave", "nightdesk-label1", "OfNightDesk99", "1qaz2wsx3edc"],
)
def test_words_of_this_place_make_no_password(password: str, settings: Settings) -> None:
    settings.PUBLIC_HOST, settings.OPERATOR_NAME = "nightdesk.example", "Nightdesk"

    with pytest.raises(ValidationError, match="too common"):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["my presave of a green kettle", "x" * 3 + "ab" * 90, "ünüsüäl wörds", "q7-VXm2kP_"]
)
def test_any_other_does_of_whatever_kind_and_length(password: str) -> None:
    validate_password(password)
