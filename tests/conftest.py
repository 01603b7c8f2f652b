from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """In place of pytest-django's, which names a database after each process. Ours have a Postgres
    of their own each, and the programs that a test starts look for the name in DATABASE_URL.
    """
