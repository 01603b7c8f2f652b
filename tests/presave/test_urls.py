"""What every site is asked for, and under which name."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_another_name_of_the_machine_is_told_where_presave_answers(client: Client) -> None:
    answer = client.get("/", headers={"host": "localhost"})

    assert answer.status_code == 400
    assert "http://127.0.0.1" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "kind", "beginning"),
    [
        ("/robots.txt", "text/plain", b"# Receipts"),
        ("/favicon.ico", "image/x-icon", b"\x00\x00\x01\x00"),
    ],
)
def test_what_is_asked_of_every_site_is_there(
    client: Client, path: str, kind: str, beginning: bytes
) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.getvalue().startswith(beginning)
