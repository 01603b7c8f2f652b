from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_no_cache_keeps_an_error(client: Client) -> None:
    answer = client.get("/no-such-campaign")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_every_answer_is_isolated(client: Client) -> None:
    for address in ("/", "/no-such-campaign", "/accounts/login/", "/healthz"):
        headers = client.get(address).headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_another_name_of_the_machine_is_told_where_presave_answers(client: Client) -> None:
    answer = client.get("/", headers={"host": "localhost"})

    assert answer.status_code == 400
    assert "http://127.0.0.1" in answer.content.decode()
