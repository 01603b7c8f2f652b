"""The states of campaigns, pre-saves and gates, and the reasons for them."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

# What fans never read: not collected while the artist's side is not translated.
told: Final = _


class CampaignState(models.TextChoices):
    DRAFT = "draft", told("Draft")
    OPEN = "open", told("Open")
    RELEASING = "releasing", told("Releasing")
    FINISHED = "finished", told("Finished")
    CANCELLED = "cancelled", told("Cancelled")


class ReleaseMode(models.TextChoices):
    """When fans are due: all at one instant, or each at local midnight of the release day."""

    ONE_INSTANT = "one_instant", told("Everywhere at the same time")
    LOCAL_MIDNIGHT = "local_midnight", told("At midnight where each fan is")


class Accent(models.TextChoices):
    """The page's colour. Each is a class in fan.css, with a contrast that a test holds."""

    FROM_ARTWORK = "", told("Taken from the cover")
    RUST = "rust", told("Rust")
    AMBER = "amber", told("Amber")
    GREEN = "green", told("Green")
    TEAL = "teal", told("Teal")
    BLUE = "blue", told("Blue")
    INDIGO = "indigo", told("Indigo")
    VIOLET = "violet", told("Violet")
    ROSE = "rose", told("Rose")
    INK = "ink", told("Black and white")


class PauseReason(models.TextChoices):
    """Why a campaign does nothing until somebody acts. Its permissions are kept."""

    NONE = "", told("Not paused")
    KEY_MISSING = "key_missing", told("The campaign's key cannot be opened")
    RELEASE_REFUSED = "release_refused", told("Spotify refuses the release's address")
    APP_NOT_OPEN = (
        "app_not_open",
        told("Spotify serves only the accounts on the app's list"),
    )
    RELEASE_CHANGED = "release_changed", told("Title or artist is not what fans agreed to")

    @property
    def is_resumable(self) -> bool:
        """Whether somebody resumes it by hand; with a missing key it goes on when that is back."""
        return self not in (PauseReason.NONE, PauseReason.KEY_MISSING)


class Trouble(models.TextChoices):
    """Why a release that is due does not go as promised: people are told of it."""

    LATE = "late", told("The release is not confirmed ten minutes after its release time")
    OTHER_RELEASE = "other_release", told("The catalogue shows another title or artist")
    SEVERAL_MATCH = (
        "several_match",
        told("The catalogue shows several releases under the code"),
    )
    UNCONFIRMED = "unconfirmed", told("Saves were sent, and no look confirms them")
    KEY_MISSING = PauseReason.KEY_MISSING.value, PauseReason.KEY_MISSING.label
    RELEASE_REFUSED = PauseReason.RELEASE_REFUSED.value, PauseReason.RELEASE_REFUSED.label
    APP_NOT_OPEN = PauseReason.APP_NOT_OPEN.value, PauseReason.APP_NOT_OPEN.label
    RELEASE_CHANGED = PauseReason.RELEASE_CHANGED.value, PauseReason.RELEASE_CHANGED.label


class PreSaveState(models.TextChoices):
    PENDING = "pending", told("Waiting for the release")
    SAVED = "saved", told("Saved")
    FAILED = "failed", told("Failed")
    CANCELLED = "cancelled", told("Cancelled")
    EXPIRED = "expired", told("Expired")


class Reason(models.TextChoices):
    """Why a pre-save ended without a save, or why it waits. The transparency page shows the labels
    of those that count as failures.
    """

    NONE = "", told("None")
    REVOKED = "revoked", _("The permission was withdrawn at Spotify")
    SCOPE = "scope", _("Spotify said that the permission does not allow saving")
    WIDER_SCOPE = "wider_scope", _("The permission allowed more than we had asked for")
    NOT_LISTED = "not_listed", _("Spotify does not let this service serve the account yet")
    UNREADABLE = "unreadable", _("We could not open the permission")
    BY_FAN = "by_fan", told("Cancelled by the fan")
    CAMPAIGN_CANCELLED = "campaign_cancelled", told("The campaign was cancelled")
    PERMISSION_AGE = "permission_age", _("Spotify ends a permission after six months")
    HARD_STOP = "hard_stop", _("The release could not be saved within seven days")


class Finding(models.TextChoices):
    """What one look into the catalogue found. Of several markets' findings the last one here tells
    the artist most.
    """

    UNREACHABLE = "unreachable", told("Spotify did not answer")
    QUESTION_REFUSED = "question_refused", told("Spotify does not accept the question")
    NOT_THERE_YET = "not_there_yet", told("The release is not there")
    NOT_OUT_YET = "not_out_yet", told("It is there, and not out")
    GONE = "gone", told("It was there, and no longer is")
    RELINKED = "relinked", told("The link answers under another id")
    DIFFERENT_CODE = "different_code", told("Its link, UPC or ISRC differs")
    OTHER_ARTIST = "other_artist", told("It is another artist's")
    OTHER_TITLE = "other_title", told("Its title is another one")
    SEVERAL_MATCH = "several_match", told("Several releases carry the code")
    OTHER_VARIANT = "other_variant", told("A market shows it under another link")
    FOUND_BY_CODE = (
        "found_by_code",
        told("The release is there under its code, not under the link"),
    )
    CONFIRMED = "confirmed", told("The release is there")


class WebhookKind(models.TextChoices):
    """In which form a webhook gets its messages."""

    JSON = "json", told("JSON, signed")
    SLACK = "slack", "Slack"
    NTFY = "ntfy", "ntfy"


class WebhookProblem(models.TextChoices):
    """Why a message did not reach a webhook."""

    UNREADABLE = "unreadable", told("Its address cannot be opened with this SECRET_KEY")
    REFUSED_ADDRESS = (
        "refused_address",
        told("Its host is at an address that is not public"),
    )
    UNREACHABLE = "unreachable", told("No connection, or a broken answer")
    TIMEOUT = "timeout", told("No answer in time")
    CERTIFICATE = "certificate", told("Its certificate does not hold")
    STATUS = "status", told("An answer that is no success")


# What is there in place of the release: the artist is asked whether it is the release all the same.
MISMATCHES: Final = (Finding.OTHER_ARTIST, Finding.OTHER_TITLE)
# What may come with several entries, of which the artist chooses one.
CHOICES: Final = (*MISMATCHES, Finding.SEVERAL_MATCH, Finding.NOT_OUT_YET)


class GateName(models.TextChoices):
    ACCOUNTS = "accounts", told("Spotify's token endpoint")
    API = "api", told("Spotify's Web API")
    CONSENTS = "consents", told("Code exchanges of fans")


# The halves of Spotify, each with limits of its own. Consents are a budget within the first.
HALVES: Final = (GateName.ACCOUNTS, GateName.API)


class ErrorReason(models.TextChoices):
    """What went wrong at Spotify; for the whole app, it is also why a gate is closed."""

    UNREACHABLE = "unreachable", told("No answer, or a broken one")
    UNAVAILABLE = "unavailable", told("Spotify says that it does not work")
    UNUSABLE_ANSWER = "unusable_answer", told("An answer that Spotify does not document")
    QUESTION_REFUSED = (
        "question_refused",
        told("The catalogue does not accept the question"),
    )
    UNEXPECTED = "unexpected", told("An error of Presave's own")
    NOT_SENT = "not_sent", told("The call was not made")
    INVALID_GRANT = "invalid_grant", told("The permission or the code is not valid")
    ACCESS_TOKEN_REFUSED = "access_token_refused", told("The access token is not valid")
    SCOPE = "scope", told("The permission does not allow this")
    NOT_LISTED = "not_listed", told("The app does not serve this account")
    RELEASE_REFUSED = "release_refused", told("The release's address is refused")
    RATE_LIMITED = "rate_limited", told("Too many calls")
    QUOTA_EXCEEDED = "quota_exceeded", told("The app's quota is used up")
    INVALID_CLIENT = "invalid_client", told("The client id or secret is not accepted")
    PREMIUM_LAPSED = "premium_lapsed", told("The app's owner has no Premium")
    FORBIDDEN = "forbidden", told("The app is refused without a reason")
    OUTAGE = "outage", told("Spotify fails for most fans")
