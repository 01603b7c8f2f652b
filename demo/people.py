"""Who logs in to the demo's label: an owner, and somebody who may only look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from campaigns.models import Label, Membership, Role, User

NAME: Final = "Demo Label"
ROLES: Final = {"artist@example.com": Role.OWNER, "assistant@example.com": Role.VIEWER}


@dataclass(frozen=True)
class Login:
    role: str
    email: str
    # None once a visitor has chosen another one.
    password: str | None


def label() -> Label:
    """The demo's label, whatever a visitor has called it since."""
    owned = Label.objects.filter(
        memberships__user__email__in=ROLES, memberships__role=Role.OWNER
    ).order_by("created_at")
    return owned.first() or Label.objects.create(name=NAME)


def log_ins(label: Label, password: str) -> list[Login]:
    """Give new people the password; those who are there keep what they have."""
    found = []
    for email, role in ROLES.items():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, password)
            Membership.objects.create(label=label, user=user, role=role)
        own = user.check_password(password)
        found.append(Login(str(role.label), email, password if own else None))
    return found


def tell(log_ins: list[Login], sandbox_url: str) -> None:
    print(f"\nPresave is up. The dashboard is {settings.PUBLIC_URL}/dashboard")
    print("Its campaigns appear there within half a minute, one after the other.")
    for log_in in log_ins:
        password = log_in.password or "the one you chose"
        print(f"  {log_in.role:8} {log_in.email:24} password  {password}")
    print(f"The sandbox's fans, catalogue and libraries are at {sandbox_url}/\n", flush=True)
