"""Every address of an account: those of django-allauth's views that are meant, under its names."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

index = login_required(TemplateView.as_view(template_name="account/index.html"))


def _page(route: str, view: Any, name: str) -> URLPattern:
    """No cache keeps what it answers."""
    page: URLPattern = path(route, never_cache(view), name=name)
    return page


urlpatterns = [
    _page("", index, "account"),
    _page("login/", account.login, "account_login"),
    _page("logout/", account.logout, "account_logout"),
    _page("inactive/", account.account_inactive, "account_inactive"),
    _page("signup/", account.signup, "account_signup"),
    _page("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    _page("email/", account.email, "account_email"),
    _page("confirm-email/", account.email_verification_sent, "account_email_verification_sent"),
    _page("confirm-email/<str:key>/", account.confirm_email, "account_confirm_email"),
    _page("password/change/", account.password_change, "account_change_password"),
    _page("password/set/", account.password_set, "account_set_password"),
    _page("password/reset/", account.password_reset, "account_reset_password"),
    _page("password/reset/done/", account.password_reset_done, "account_reset_password_done"),
    _page(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
    # A path's converter would cut at the key's own hyphen.
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        never_cache(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
]
