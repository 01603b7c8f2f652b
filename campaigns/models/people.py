"""People who log in, labels, and what each member may do. Fans have no accounts."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from campaigns.models.formats import LONGEST_DOMAIN, LONGEST_RELEASE_NAME


class UserManager(DjangoUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:  # type: ignore[override]
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    """An artist or a label's member, who logs in by email."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("email address"), unique=True)
    # Signed up without an invitation, or was invited by somebody who did; has the quotas of
    # models/limits.py.
    is_self_made = models.BooleanField(default=False, db_default=False)
    # Empty leaves it to the browser.
    language = models.CharField(max_length=10, blank=True, default="", db_default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def mail_language(self) -> str:
        """Mails come without a browser that could say which language it wants."""
        return self.language or settings.LANGUAGE_CODE


class Label(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    # Another host than PUBLIC_URL's, for its fan pages; the operator alone gives one away.
    domain = models.CharField(max_length=LONGEST_DOMAIN, null=True, blank=True, unique=True)
    members = models.ManyToManyField(User, through="Membership", related_name="labels")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


EDITING_ROLES: Final = (Role.OWNER, Role.EDITOR)


class Membership(models.Model):
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label", "user"], name="membership_once_per_label"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.label}"

    @property
    def may_edit(self) -> bool:
        return self.role in EDITING_ROLES

    @property
    def is_owners(self) -> bool:
        return self.role == Role.OWNER


class LabelArtist(models.Model):
    """An artist of the catalogue's that a label confirmed as its own: in campaigns opened later the
    id counts, however the name is spelled.
    """

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="artists")
    # As catalogue/folding.py writes it, so that each spelling finds it.
    folded_name = models.CharField(max_length=LONGEST_RELEASE_NAME)
    spotify_id = models.CharField(max_length=22)
    # As the catalogue has it: it may be of another script than what the label typed.
    name = models.CharField(max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True)
    typed_name = models.CharField(
        max_length=LONGEST_RELEASE_NAME, db_default="", default="", blank=True
    )
    confirmed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["label", "folded_name", "spotify_id"], name="label_artist_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.folded_name} of {self.label_id}"

    @property
    def page(self) -> str:
        """Where Spotify shows the artist to everybody."""
        return f"https://open.spotify.com/artist/{self.spotify_id}"
