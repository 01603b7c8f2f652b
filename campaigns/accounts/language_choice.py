"""Where an account chooses the language of the dashboard and of its mails."""

from __future__ import annotations

from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.accounts.languages import language_of
from campaigns.models import User


def choices() -> list[tuple[str, str]]:
    return [("", gettext("Same as browser")), *settings.LANGUAGES]


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=choices, required=False, label=gettext_lazy("Language"))


def form_of(request: HttpRequest) -> LanguageForm:
    return LanguageForm(initial={"language": cast("User", request.user).language})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    """The answer is in the language that was chosen."""
    if request.method != "POST":
        return redirect("account")
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    user = cast("User", request.user)
    user.language = form.cleaned_data["language"]
    user.save(update_fields=["language"])
    with translation.override(language_of(request)):
        messages.success(request, gettext("Language changed."))
    return redirect("account")
