"""Which addresses accounts have, and what all of them keep."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from campaigns.accounts.urls import urlpatterns
from tests import factory

pytestmark = pytest.mark.django_db

# Under /accounts/.
MEANT = [
    "",
    "login/",
    "logout/",
    "inactive/",
    "signup/",
    "reauthenticate/",
    "language/",
    "email/",
    "confirm-email/",
    "confirm-email/<str:key>/",
    "password/change/",
    "password/set/",
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/done/",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
    "2fa/",
    "2fa/authenticate/",
    "2fa/reauthenticate/",
    "2fa/totp/activate/",
    "2fa/totp/deactivate/",
    "2fa/recovery-codes/",
    "2fa/recovery-codes/generate/",
    "2fa/recovery-codes/download/",
    "2fa/passkeys/",
    "2fa/passkeys/add/",
    "2fa/passkeys/login/",
    "2fa/passkeys/reauthenticate/",
    "2fa/passkeys/<int:pk>/edit/",
    "2fa/passkeys/<int:pk>/remove/",
    "sessions/",
    "sessions/<int:session_id>/end/",
]
WITH_A_KEY = {
    "account_confirm_email": {"key": "s3cret"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "abc-s3cret"},
}


def addresses() -> list[str]:
    found = []
    for pattern in urlpatterns:
        try:
            found.append(reverse(str(pattern.name), kwargs=WITH_A_KEY.get(str(pattern.name))))
        except NoReverseMatch:  # those of one passkey
            found.append(reverse(str(pattern.name), args=[1]))
    return found


def test_only_what_is_meant_has_an_address() -> None:
    routes = [
        str(page.pattern)
        for root in get_resolver().url_patterns
        if isinstance(root, URLResolver) and str(root.pattern) == "accounts/"
        for page in root.url_patterns
    ]
    assert routes == MEANT


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("address", addresses())
def test_no_cache_keeps_an_account_page(address: str, logged_in: bool) -> None:
    client = Client()
    if logged_in:
        client.force_login(factory.make_user())
    for method in (client.get, client.post):
        answer = method(address)
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("address", addresses())
def test_looking_at_a_page_begins_no_session(address: str) -> None:
    client = Client()
    client.get(address, follow=True)
    assert not Session.objects.exists()
    assert "session" not in client.cookies


@pytest.mark.parametrize("address", addresses())
def test_what_a_stranger_sends_begins_no_session(address: str) -> None:
    """allauth would keep all of it, with the address it came from."""
    Client().post(address, {"name": "x" * 10_000})
    assert not Session.objects.exists()


@pytest.mark.parametrize("address", addresses())
@pytest.mark.parametrize("logged_in", [False, True])
def test_no_address_breaks_on_where_to_go_next(address: str, logged_in: bool) -> None:
    client = Client()
    if logged_in:
        client.force_login(factory.make_user())
    assert client.get(address, {"next": "//["}).status_code < 500
    assert client.post(address, {"next": "//["}).status_code < 500


def test_after_the_log_in_such_a_next_leads_to_the_dashboard() -> None:
    form = {"login": factory.make_user().email, "password": factory.PASSWORD, "next": "//["}
    assert Client().post("/accounts/login/", form).headers["Location"] == "/dashboard"


def test_a_form_is_bound_to_the_browser_that_asked_for_it() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/accounts/login/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"login": "a@example.com", "password": "x", "csrfmiddlewaretoken": token[1]}

    assert client.post("/accounts/login/", form).status_code == 200
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", form).status_code == 403
    cookie = client.cookies["csrf"]
    assert (cookie["httponly"], cookie["max-age"], cookie["samesite"]) == (True, "", "Lax")
