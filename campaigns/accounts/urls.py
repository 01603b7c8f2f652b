"""Every address of an account: those of django-allauth's views that are meant, under its names."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.urls import path, re_path

from campaigns.accounts import passkeys as passkey_alone
from campaigns.accounts import views
from campaigns.accounts.browsers import remembered
from campaigns.accounts.language_choice import language

urlpatterns = [
    path("", views.index, name="account"),
    path("login/", account.login, name="account_login"),
    path("logout/", views.log_out, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    # In one transaction, whose end takes as long whether it has made an account.
    path("signup/", transaction.atomic(account.signup), name="account_signup"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("language/", language, name="account_language"),
    path("email/", views.email, name="account_email"),
    path("confirm-email/", account.email_verification_sent, name="account_email_verification_sent"),
    path("confirm-email/<str:key>/", account.confirm_email, name="account_confirm_email"),
    path("password/change/", remembered(account.password_change), name="account_change_password"),
    path("password/set/", remembered(account.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # A path's converter would cut at the key's own hyphen.
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        remembered(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("2fa/", second_factor.index, name="mfa_index"),
    path("2fa/authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    # Of a stranger, those that ask who you are would keep what was sent, in a session begun for it.
    path("2fa/totp/activate/", login_required(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        login_required(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("2fa/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("2fa/passkeys/add/", login_required(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("2fa/passkeys/login/", passkey_alone.log_in, name="mfa_login_webauthn"),
    path(
        "2fa/passkeys/reauthenticate/",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/passkeys/<int:pk>/edit/",
        login_required(passkeys.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path(
        "2fa/passkeys/<int:pk>/remove/",
        login_required(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path("sessions/", views.sessions_list, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", views.end_session, name="account_end_session"),
]
