"""No test counts another's wrong passwords, or gets its mails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from campaigns.accounts import sending


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _no_mail_is_late() -> Iterator[None]:
    yield
    sending.wait_until_sent()
