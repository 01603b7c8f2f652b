from __future__ import annotations

import pytest

from campaigns.models import Campaign
from tests.factory import make_campaign


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()
