"""Who may do what with which table: every one has a line, with what web and what worker may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READ, ADD, CHANGE, DELETE = "SELECT", "INSERT", "UPDATE", "DELETE"


@dataclass(frozen=True)
class Access:
    """`unseen` columns may not be read. Where `changes` names columns, no other may be changed."""

    rights: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefusedToWeb:
    """What web may not do with a row, although its rights to the table would let it."""

    name: str
    table: str
    event: str
    condition: str


def may(*rights: str, unseen: tuple[str, ...] = (), changes: tuple[str, ...] = ()) -> Access:
    return Access(rights, unseen, changes)


NOTHING: Final = may()
EVERYTHING: Final = may(READ, ADD, CHANGE, DELETE)

WEB_ENDS_PRE_SAVES: Final = may(
    *(READ, ADD, CHANGE, DELETE),
    unseen=("sealed",),
    changes=(
        # Ending one, which erases the permission.
        *("state", "reason", "sealed", "lease", "lease_until", "in_doubt"),
        *("refused_at", "settled_at"),
        # Trying anew: the release was moved, or what Spotify said of it is settled.
        *("attempts", "due_at", "sent_for"),
    ),
)

# By table: web, worker.
WHO_MAY: Final[dict[str, tuple[Access, Access]]] = {
    "django_migrations": (may(READ), may(READ)),
    "django_content_type": (NOTHING, NOTHING),
    "auth_permission": (NOTHING, NOTHING),
    "auth_group": (NOTHING, NOTHING),
    "auth_group_permissions": (NOTHING, NOTHING),
    "campaigns_user_groups": (NOTHING, NOTHING),
    "campaigns_user_user_permissions": (NOTHING, NOTHING),
    # What worker deletes here has run out.
    "django_session": (EVERYTHING, may(READ, DELETE, unseen=("session_data",))),
    "usersessions_usersession": (EVERYTHING, may(READ, DELETE, unseen=("ip", "user_agent"))),
    "presave_cache": (EVERYTHING, may(READ, DELETE, unseen=("cache_key", "value"))),
    "account_emailaddress": (EVERYTHING, NOTHING),
    "account_emailconfirmation": (EVERYTHING, NOTHING),
    "mfa_authenticator": (EVERYTHING, NOTHING),
    "campaigns_user": (may(READ, ADD, CHANGE), may(READ, unseen=("password",))),
    "campaigns_label": (may(READ, ADD, CHANGE), may(READ)),
    "campaigns_membership": (EVERYTHING, may(READ)),
    "campaigns_labelartist": (EVERYTHING, may(READ)),
    "campaigns_invitation": (EVERYTHING, may(READ, DELETE)),
    "campaigns_artistpage": (EVERYTHING, may(READ)),
    "campaigns_historyentry": (may(READ, ADD, CHANGE), may(READ, ADD, DELETE)),
    "campaigns_campaign": (EVERYTHING, may(READ, CHANGE)),
    "campaigns_presave": (WEB_ENDS_PRE_SAVES, may(READ, CHANGE, DELETE)),
    "campaigns_spentstate": (may(READ, ADD, DELETE), may(READ, DELETE)),
    "campaigns_alarm": (may(READ, CHANGE, DELETE), EVERYTHING),
    "campaigns_message": (EVERYTHING, EVERYTHING),
    "campaigns_webhook": (EVERYTHING, may(READ, CHANGE)),
    "campaigns_source": (EVERYTHING, may(READ)),
    "campaigns_dailycount": (EVERYTHING, may(READ, ADD, CHANGE)),
    "campaigns_remindercount": (EVERYTHING, may(READ)),
    "campaigns_sourcecount": (EVERYTHING, may(READ)),
    "campaigns_finalfigures": (may(READ, DELETE), may(READ, ADD, CHANGE)),
    "campaigns_gate": (may(READ, ADD, CHANGE), may(READ, ADD, CHANGE)),
    "campaigns_pulse": (may(READ), may(READ, ADD, CHANGE)),
}

# What a right cannot say: that web erases permissions and replaces none, deletes drafts and no fan,
# moves a release and confirms none, and seals with no key of its own.
REFUSED_TO_WEB: Final = (
    RefusedToWeb(
        *("web_replaces_no_permission", "campaigns_presave", "UPDATE OF sealed"),
        condition="NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed",
    ),
    RefusedToWeb("web_deletes_no_pre_save", "campaigns_presave", "DELETE", condition="true"),
    RefusedToWeb(
        *("web_confirms_no_release", "campaigns_campaign", "UPDATE OF confirmed_uri"),
        condition="NEW.confirmed_uri <> '' AND NEW.confirmed_uri <> OLD.confirmed_uri",
    ),
    RefusedToWeb(
        *("web_changes_no_key", "campaigns_campaign", "UPDATE OF public_key"),
        condition="NEW.public_key IS DISTINCT FROM OLD.public_key",
    ),
    RefusedToWeb(
        *("web_begins_without_them", "campaigns_campaign", "INSERT"),
        condition="NEW.confirmed_uri <> '' OR NEW.public_key IS NOT NULL",
    ),
)
