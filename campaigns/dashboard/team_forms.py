"""Forms about a label and its people."""

from __future__ import annotations

from typing import Any, Final, cast

from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.dashboard.fields import PlainTextField
from campaigns.models import Label, Role, User
from campaigns.models.formats import LONGEST_SLUG, check_slug
from campaigns.pasted import EmailInput, typed
from campaigns.planning import artist_pages
from campaigns.planning.labels import LONGEST_NAME

ROLE_NAMES: Final[dict[str, Promise]] = {
    Role.OWNER: _("Owner"),
    Role.EDITOR: _("Editor"),
    Role.VIEWER: _("Viewer"),
}


class LabelForm(forms.Form):
    name = PlainTextField(
        max_length=LONGEST_NAME,
        label=_("Name of the label"),
        help_text=_("No label? Use your artist name."),
    )


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(
        choices=ROLE_NAMES.items,
        coerce=Role,
        label=_("Role"),
        help_text=_(
            "Owners can do everything, including managing members. Editors can create and change "
            "campaigns. Viewers can only look."
        ),
    )


class InviteForm(RoleForm):
    field_order = ("email", "role")

    email = forms.EmailField(label=_("Email"), widget=EmailInput(attrs={"autocomplete": "off"}))


class NewPasswordForm(forms.Form):
    """A first password, by the rules for all passwords."""

    password = forms.CharField(
        strip=False,
        label=_("Password"),
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = User(email=email)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        get_adapter().clean_password(password, user=self.user)
        return password


class ArtistPageForm(forms.Form):
    artist = forms.ChoiceField(label=_("Artist"))
    handle = forms.CharField(
        max_length=LONGEST_SLUG,
        required=False,
        label=_("Address of the page"),
        help_text=_(
            "Lower-case letters, digits and hyphens. Leave empty to use the artist's name. "
            "Can't be changed later."
        ),
    )

    def __init__(self, *args: Any, artists: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, name) for name in artists]
        cast("forms.ChoiceField", self.fields["artist"]).choices = choices

    def clean_handle(self) -> str:
        handle = typed(self.cleaned_data["handle"]).lower().removeprefix("@")
        if handle:
            check_slug(handle)
            if artist_pages.handle_is_taken(handle):
                raise ValidationError(gettext("This address is taken. Choose another."))
            return handle
        made = artist_pages.free_handle(self.cleaned_data.get("artist", ""))
        if not made and "artist" in self.cleaned_data:
            raise ValidationError(
                gettext(
                    "The artist's name has no letters that an address can use. "
                    "Enter one with the letters a to z."
                )
            )
        return made


class MoveForm(forms.Form):
    label = forms.ModelChoiceField(Label.objects.none(), label=_("Move to"), empty_label=None)

    def __init__(self, *args: Any, labels: QuerySet[Label], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Label]", self.fields["label"]).queryset = labels
