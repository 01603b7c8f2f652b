"""The account pages that allauth has not."""

from __future__ import annotations

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions import views as usersessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.accounts import sessions
from campaigns.accounts.language_choice import form_of


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "has_second_factor": is_mfa_enabled(request.user),
        "sessions": len(UserSession.objects.purge_and_list(request.user)),
        "language_form": form_of(request),
    }
    return render(request, "account/index.html", context)


@login_required
def email(request: HttpRequest) -> HttpResponse:
    """allauth's page, which drops an unconfirmed address when another is asked for, and would leave
    the account without any. So the one in use counts as confirmed meanwhile, and afterwards is what
    it was; for an account of the command line, which has none, the operator vouched.
    """
    if request.method != "POST" or not request.user.is_authenticated:
        answer: HttpResponse = account.email(request)
        return answer
    with transaction.atomic():
        own, _ = EmailAddress.objects.get_or_create(
            user=request.user,
            email=request.user.email,
            defaults={"verified": True, "primary": True},
        )
        in_use = EmailAddress.objects.filter(pk=own.pk)
        in_use.update(verified=True)
        answer = account.email(request)
        in_use.update(verified=own.verified)
    return answer


# What an attacker who sits at an open browser would do: it asks who that is.
sessions_list = login_required(
    reauthentication_required(usersessions.list_usersessions, allow_get=True)
)


def log_out(request: HttpRequest) -> HttpResponseBase:
    """The browser forgets what it kept of the dashboard, as a form that was not sent."""
    response: HttpResponseBase = account.logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@login_required
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log out one browser. Nobody learns whether there is a session of somebody else's."""
    sessions.end(request.user.pk, session_id)
    messages.success(request, gettext("Browser logged out."))
    return redirect("usersessions_list")
