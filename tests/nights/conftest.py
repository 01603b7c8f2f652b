"""The same keyring, fans and browsers as the tests of the rooms have."""

from __future__ import annotations

from tests.campaigns.conftest import artist as artist
from tests.campaigns.conftest import dashboard as dashboard
from tests.campaigns.conftest import fan as fan
from tests.campaigns.conftest import first_looks_at_once as first_looks_at_once
from tests.campaigns.conftest import halting as halting
from tests.campaigns.conftest import keyring_dir as keyring_dir
from tests.campaigns.conftest import label as label
from tests.campaigns.conftest import (
    no_maintenance_beside_a_slow_release as no_maintenance_beside_a_slow_release,
)
from tests.campaigns.conftest import no_page_is_kept as no_page_is_kept
from tests.campaigns.conftest import nobody_has_come_from_here as nobody_has_come_from_here
