"""The states of campaigns, pre-saves and gates, and the reasons for them."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open")
    RELEASING = "releasing", _("Releasing")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", pgettext_lazy("campaign", "Cancelled")


class ReleaseMode(models.TextChoices):
    """When fans are due: all at one instant, or each at local midnight of the release day."""

    ONE_INSTANT = "one_instant", _("Everywhere at the same time")
    LOCAL_MIDNIGHT = "local_midnight", _("At midnight where each fan is")


class Accent(models.TextChoices):
    """The page's colour. Each is a class in fan.css, with a contrast that a test holds."""

    FROM_ARTWORK = "", _("Taken from the cover")
    RUST = "rust", _("Rust")
    AMBER = "amber", _("Amber")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    INDIGO = "indigo", _("Indigo")
    VIOLET = "violet", _("Violet")
    ROSE = "rose", _("Rose")
    INK = "ink", _("Black and white")


class PauseReason(models.TextChoices):
    """Why a campaign does nothing until somebody acts. Its permissions are kept."""

    NONE = "", _("Not paused")
    KEY_MISSING = "key_missing", _("The campaign's key cannot be opened")
    RELEASE_REFUSED = "release_refused", _("Spotify refuses the release's address")
    APP_NOT_OPEN = (
        "app_not_open",
        _("Spotify serves only the accounts on the app's list"),
    )
    RELEASE_CHANGED = "release_changed", _("Title or artist is not what fans agreed to")

    @property
    def is_resumable(self) -> bool:
        """Whether somebody resumes it by hand; with a missing key it goes on when that is back."""
        return self not in (PauseReason.NONE, PauseReason.KEY_MISSING)


# Pauses for what Spotify told some fans: one who comes later may be told something else.
TOLD_TO_FANS: Final = (PauseReason.RELEASE_REFUSED, PauseReason.APP_NOT_OPEN)


class Trouble(models.TextChoices):
    """Why a release that is due does not go as promised: people are told of it."""

    LATE = "late", _("The release is not confirmed ten minutes after its release time")
    OTHER_RELEASE = "other_release", _("The catalogue shows another title or artist")
    SEVERAL_MATCH = (
        "several_match",
        _("The catalogue shows several releases under the code"),
    )
    UNCONFIRMED = "unconfirmed", _("Saves were sent, and no look confirms them")
    KEY_MISSING = PauseReason.KEY_MISSING.value, PauseReason.KEY_MISSING.label
    RELEASE_REFUSED = PauseReason.RELEASE_REFUSED.value, PauseReason.RELEASE_REFUSED.label
    APP_NOT_OPEN = PauseReason.APP_NOT_OPEN.value, PauseReason.APP_NOT_OPEN.label
    RELEASE_CHANGED = PauseReason.RELEASE_CHANGED.value, PauseReason.RELEASE_CHANGED.label


class PreSaveState(models.TextChoices):
    PENDING = "pending", _("Waiting for the release")
    SAVED = "saved", _("Saved")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class Reason(models.TextChoices):
    """Why a pre-save ended without a save, or why it waits. The transparency page shows the labels
    of those that count as failures.
    """

    NONE = "", _("None")
    REVOKED = "revoked", _("The permission was withdrawn at Spotify")
    SCOPE = "scope", _("Spotify said that the permission does not allow saving")
    WIDER_SCOPE = "wider_scope", _("The permission allowed more than we had asked for")
    NOT_LISTED = "not_listed", _("Spotify does not let this service serve the account yet")
    UNREADABLE = "unreadable", _("We could not open the permission")
    BY_FAN = "by_fan", _("Cancelled by the fan")
    CAMPAIGN_CANCELLED = "campaign_cancelled", _("The campaign was cancelled")
    PERMISSION_AGE = "permission_age", _("Spotify ends a permission after six months")
    HARD_STOP = "hard_stop", _("The release could not be saved within seven days")
    RESTORED = "restored", _("The result was lost when the database was restored from a backup")


class Finding(models.TextChoices):
    """What one look into the catalogue found. Of several markets' findings the last one here tells
    the artist most.
    """

    UNREACHABLE = "unreachable", _("Spotify did not answer")
    QUESTION_REFUSED = "question_refused", _("Spotify does not accept the question")
    NOT_THERE_YET = "not_there_yet", _("The release is not there")
    NOT_OUT_YET = "not_out_yet", _("It is there, and not out")
    GONE = "gone", _("It was there, and no longer is")
    RELINKED = "relinked", _("The link answers under another id")
    DIFFERENT_CODE = "different_code", _("Its link, UPC or ISRC differs")
    OTHER_ARTIST = "other_artist", _("It is another artist's")
    OTHER_TITLE = "other_title", _("Its title is another one")
    SEVERAL_MATCH = "several_match", _("Several releases carry the code")
    OTHER_VARIANT = "other_variant", _("A market shows it under another link")
    FOUND_BY_CODE = (
        "found_by_code",
        _("The release is there under its code, not under the link"),
    )
    CONFIRMED = "confirmed", _("The release is there")


class WebhookKind(models.TextChoices):
    """In which form a webhook gets its messages."""

    JSON = "json", _("JSON, signed")
    SLACK = "slack", "Slack"
    NTFY = "ntfy", "ntfy"


class WebhookProblem(models.TextChoices):
    """Why a message did not reach a webhook."""

    UNREADABLE = "unreadable", _("Its address cannot be opened with this SECRET_KEY")
    REFUSED_ADDRESS = (
        "refused_address",
        _("Its host is at an address that is not public"),
    )
    UNREACHABLE = "unreachable", _("No connection, or a broken answer")
    TIMEOUT = "timeout", _("No answer in time")
    CERTIFICATE = "certificate", _("Its certificate does not hold")
    STATUS = "status", _("An answer that is no success")


# What is there in place of the release: the artist is asked whether it is the release all the same.
MISMATCHES: Final = (Finding.OTHER_ARTIST, Finding.OTHER_TITLE)
# What may come with several entries, of which the artist chooses one.
CHOICES: Final = (*MISMATCHES, Finding.SEVERAL_MATCH, Finding.NOT_OUT_YET)


class GateName(models.TextChoices):
    ACCOUNTS = "accounts", _("Spotify's token endpoint")
    API = "api", _("Spotify's Web API")
    CONSENTS = "consents", _("Code exchanges of fans")


# The halves of Spotify, each with limits of its own. Consents are a budget within the first.
HALVES: Final = (GateName.ACCOUNTS, GateName.API)


class ErrorReason(models.TextChoices):
    """What went wrong at Spotify; for the whole app, it is also why a gate is closed."""

    UNREACHABLE = "unreachable", _("No answer, or a broken one")
    UNAVAILABLE = "unavailable", _("Spotify says that it does not work")
    UNUSABLE_ANSWER = "unusable_answer", _("An answer that Spotify does not document")
    QUESTION_REFUSED = (
        "question_refused",
        _("The catalogue does not accept the question"),
    )
    UNEXPECTED = "unexpected", _("An error of Presave's own")
    NOT_SENT = "not_sent", _("The call was not made")
    INVALID_GRANT = "invalid_grant", _("The permission or the code is not valid")
    ACCESS_TOKEN_REFUSED = "access_token_refused", _("The access token is not valid")
    SCOPE = "scope", _("The permission does not allow this")
    NOT_LISTED = "not_listed", _("The app does not serve this account")
    RELEASE_REFUSED = "release_refused", _("The release's address is refused")
    RATE_LIMITED = "rate_limited", _("Too many calls")
    QUOTA_EXCEEDED = "quota_exceeded", _("The app's quota is used up")
    INVALID_CLIENT = "invalid_client", _("The client id or secret is not accepted")
    PREMIUM_LAPSED = "premium_lapsed", _("The app's owner has no Premium")
    FORBIDDEN = "forbidden", _("The app is refused without a reason")
    OUTAGE = "outage", _("Spotify fails for most fans")
