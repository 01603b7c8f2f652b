"""What fans are told is kept of them is all that is."""

from __future__ import annotations

import pytest
from django.db import connection

from campaigns.fan.disclosure import FIELDS

pytestmark = pytest.mark.django_db


def test_these_columns_are_all_that_is_kept_about_a_fan() -> None:
    with connection.cursor() as cursor:
        table = connection.introspection.get_table_description(cursor, "campaigns_presave")
    assert sorted(column.name for column in table) == sorted(field.column for field in FIELDS)
