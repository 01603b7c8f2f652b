"""A label's members: roles, leaving, and invitations."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.dashboard.access import AuthenticatedRequest
from campaigns.dashboard.guards import for_any_role, for_owners
from campaigns.dashboard.sentences import why_not
from campaigns.dashboard.team_forms import ROLE_NAMES, InviteForm, NewPasswordForm, RoleForm
from campaigns.headers import at_secret_address
from campaigns.models import Invitation, Label, Membership, User
from campaigns.planning import invitations, members
from campaigns.planning.invitations import Invited
from campaigns.planning.obstacles import Obstacle, PlanningError


@for_owners
@require_POST
def member_role(request: AuthenticatedRequest, label: Label, member_id: int) -> HttpResponse:
    member = get_object_or_404(label.memberships.select_related("label"), id=member_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        if members.change_role(member, form.cleaned_data["role"], request.user):
            messages.success(request, _("Role changed."))
        else:
            messages.info(request, _("Nothing changed: that's already their role."))
    return redirect("dashboard-label", label.id)


@for_owners
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: AuthenticatedRequest, label: Label, member_id: int) -> HttpResponse:
    member = get_object_or_404(label.memberships.select_related("label", "user"), id=member_id)
    if request.method == "POST":
        members.remove(member, request.user)
        removed = _("%(email)s is no longer a member.")
        messages.success(request, removed % {"email": member.user.email})
        return redirect("dashboard-label", label.id)
    return render(request, "dashboard/member_remove.html", {"label": label, "member": member})


@for_any_role
@require_http_methods(["GET", "HEAD", "POST"])
def label_leave(request: AuthenticatedRequest, membership: Membership) -> HttpResponse:
    if request.method == "POST":
        members.leave(membership)
        left = _("You left %(label)s.")
        messages.success(request, left % {"label": membership.label})
        return redirect("dashboard")
    context = {
        "label": membership.label,
        "membership": membership,
        "is_last_owner": members.is_last_owner(membership),
    }
    return render(request, "dashboard/label_leave.html", context)


@for_owners
@require_http_methods(["GET", "HEAD", "POST"])
def label_invite(request: AuthenticatedRequest, label: Label) -> HttpResponse:
    form = InviteForm(request.POST or None, initial={"role": "editor"})
    if form.is_valid():
        given = form.cleaned_data
        try:
            invited = invitations.invite(
                label, given["email"], given["role"], request.user, timezone.now()
            )
        except PlanningError as error:
            form.add_error("email", why_not(**vars(error)))
        else:
            return _tell(request, label, invited)
    return render(request, "dashboard/label_invite.html", {"form": form, "label": label})


def _tell(request: AuthenticatedRequest, label: Label, invited: Invited) -> HttpResponse:
    """Where no email is configured, the link is shown this once: it is kept nowhere."""
    invitation = invited.invitation
    if not invitation.was_mailed:
        context = {"label": label, "invitation": invitation, "link": invited.link.reveal()}
        return render(request, "dashboard/invitation_link.html", context)
    sent = _("Invitation sent to %(email)s.")
    messages.success(request, sent % {"email": invitation.email})
    return redirect("dashboard-label", label.id)


@for_owners
@require_POST
def invitation_withdraw(
    request: AuthenticatedRequest, label: Label, invitation_id: int
) -> HttpResponse:
    found = label.invitations.filter(used_at=None).select_related("label")
    invitations.withdraw(get_object_or_404(found, id=invitation_id), request.user)
    messages.success(request, _("Invitation withdrawn. Its link no longer works."))
    return redirect("dashboard-label", label.id)


@at_secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to. It says the same whether the address has an account or not."""
    found = invitations.behind(token, timezone.now())
    if found is None:
        return _gone(request)
    user = request.user if request.user.is_authenticated else None
    if user and not invitations.is_for(found, user):
        return _page(request, found, status=403)
    if found.used_at:
        return redirect("dashboard-label", found.label_id) if user else _gone(request)
    try:
        return _answer(request, found)
    except PlanningError as error:
        if error.obstacle is Obstacle.INVITATION_GONE:
            return _gone(request)
        messages.error(request, why_not(**vars(error)))
        return redirect(request.path)


def _answer(request: HttpRequest, found: Invitation) -> HttpResponse:
    now, page = timezone.now(), reverse("dashboard-label", args=[found.label_id])
    if request.user.is_authenticated:
        if request.method != "POST":
            return _page(request, found)
        invitations.accept(found, request.user, now)
        if not request.user.has_usable_password():
            return _ask_anew(request, page)
        _welcome(request, found)
        return redirect(page)
    form = NewPasswordForm(request.POST or None, email=found.email)
    if not form.is_valid():
        return _page(request, found, form=form)
    user = invitations.accept_with_password(found, form.cleaned_data["password"], now)
    response: HttpResponse = perform_login(request, user, redirect_url=page)
    _welcome(request, found)
    return response


def _welcome(request: HttpRequest, joined: Invitation) -> None:
    # Who reads that they joined need not read that they are logged in.
    list(messages.get_messages(request))
    told = _("You joined %(label)s as %(role)s.")
    messages.success(request, told % {"label": joined.label, "role": ROLE_NAMES[joined.role]})


def _ask_anew(request: HttpRequest, page: str) -> HttpResponse:
    """They stay logged in here, and nowhere else, to choose a password that nobody else knows."""
    update_session_auth_hash(request, cast("User", request.user))
    messages.warning(
        request, _("You joined. Nobody had confirmed your email, so please set a new password.")
    )
    return redirect(f"{reverse('account_set_password')}?{urlencode({'next': page})}")


def _page(request: HttpRequest, found: Invitation, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "invitation": found,
        "role_name": ROLE_NAMES[found.role],
        "is_theirs": status == 200,
        **more,
    }
    return _private(render(request, "dashboard/invitation.html", context, status=status))


def _gone(request: HttpRequest) -> HttpResponse:
    return _private(render(request, "dashboard/invitation_gone.html", status=404))


def _private(response: HttpResponse) -> HttpResponse:
    """Tell no address where somebody came from: it holds the token. The origin alone lets the form
    pass, as Django refuses one whose Origin is "null".
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
