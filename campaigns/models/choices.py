"""The states of campaigns, pre-saves and gates, and the reasons for them."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignState(models.TextChoices):
    DRAFT = "draft", "Draft"
    OPEN = "open", "Open"
    RELEASING = "releasing", "Releasing"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class ReleaseMode(models.TextChoices):
    """When fans are due: all at one instant, or each at local midnight of the release day."""

    ONE_INSTANT = "one_instant", "Everywhere at the same time"
    LOCAL_MIDNIGHT = "local_midnight", "At midnight where each fan is"


class Accent(models.TextChoices):
    """The page's colour. Each is a class in fan.css, with a contrast that a test holds."""

    FROM_ARTWORK = "", "Taken from the artwork"
    RUST = "rust", "Rust"
    AMBER = "amber", "Amber"
    GREEN = "green", "Green"
    TEAL = "teal", "Teal"
    BLUE = "blue", "Blue"
    INDIGO = "indigo", "Indigo"
    VIOLET = "violet", "Violet"
    ROSE = "rose", "Rose"
    INK = "ink", "Black and white"


class PauseReason(models.TextChoices):
    """Why a campaign does nothing until somebody acts. Its permissions are kept."""

    NONE = "", "Not paused"
    KEY_MISSING = "key_missing", "The campaign's key cannot be opened"
    RELEASE_REFUSED = "release_refused", "Spotify refuses the release's address"
    APP_NOT_OPEN = "app_not_open", "Spotify serves only the accounts on the app's list"
    RELEASE_CHANGED = "release_changed", "Title or artist is not what fans agreed to"

    @property
    def is_resumable(self) -> bool:
        """Whether somebody resumes it by hand; with a missing key it goes on when that is back."""
        return self not in (PauseReason.NONE, PauseReason.KEY_MISSING)


class Trouble(models.TextChoices):
    """Why a release that is due does not go as promised: people are told of it."""

    LATE = "late", "The release is not confirmed ten minutes after its release time"
    OTHER_RELEASE = "other_release", "The catalogue shows another title or artist"
    SEVERAL_MATCH = "several_match", "The catalogue shows several releases under the code"
    UNCONFIRMED = "unconfirmed", "Saves were sent, and no look confirms them"
    KEY_MISSING = PauseReason.KEY_MISSING.value, PauseReason.KEY_MISSING.label
    RELEASE_REFUSED = PauseReason.RELEASE_REFUSED.value, PauseReason.RELEASE_REFUSED.label
    APP_NOT_OPEN = PauseReason.APP_NOT_OPEN.value, PauseReason.APP_NOT_OPEN.label
    RELEASE_CHANGED = PauseReason.RELEASE_CHANGED.value, PauseReason.RELEASE_CHANGED.label


class PreSaveState(models.TextChoices):
    PENDING = "pending", "Waiting for the release"
    SAVED = "saved", "Saved"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class Reason(models.TextChoices):
    """Why a pre-save ended without a save, or why it waits. The transparency page shows the labels
    of those that count as failures.
    """

    NONE = "", "None"
    REVOKED = "revoked", _("The permission was withdrawn at Spotify")
    SCOPE = "scope", _("Spotify said that the permission does not allow saving")
    WIDER_SCOPE = "wider_scope", _("The permission allowed more than we had asked for")
    NOT_LISTED = "not_listed", _("Spotify does not let this service serve the account yet")
    UNREADABLE = "unreadable", _("We could not open the permission")
    BY_FAN = "by_fan", "Cancelled by the fan"
    CAMPAIGN_CANCELLED = "campaign_cancelled", "The campaign was cancelled"
    PERMISSION_AGE = "permission_age", _("Spotify ends a permission after six months")
    HARD_STOP = "hard_stop", _("The release could not be saved within seven days")


class Finding(models.TextChoices):
    """What one look into the catalogue found. Of several markets' findings the last one here tells
    the artist most.
    """

    UNREACHABLE = "unreachable", "Spotify did not answer"
    QUESTION_REFUSED = "question_refused", "Spotify does not accept the question"
    NOT_THERE_YET = "not_there_yet", "The release is not there"
    NOT_OUT_YET = "not_out_yet", "It is there, and not out"
    GONE = "gone", "It was there, and no longer is"
    RELINKED = "relinked", "The link answers under another id"
    DIFFERENT_CODE = "different_code", "Its link, UPC or ISRC differs"
    OTHER_ARTIST = "other_artist", "It is another artist's"
    OTHER_TITLE = "other_title", "Its title is another one"
    SEVERAL_MATCH = "several_match", "Several releases carry the code"
    OTHER_VARIANT = "other_variant", "A market shows it under another link"
    FOUND_BY_CODE = "found_by_code", "The release is there under its code, not under the link"
    CONFIRMED = "confirmed", "The release is there"


class WebhookKind(models.TextChoices):
    """In which form a webhook gets its messages."""

    JSON = "json", "JSON, signed"
    SLACK = "slack", "Slack"
    NTFY = "ntfy", "ntfy"


class WebhookProblem(models.TextChoices):
    """Why a message did not reach a webhook."""

    UNREADABLE = "unreadable", "Its address cannot be opened with this SECRET_KEY"
    REFUSED_ADDRESS = "refused_address", "Its host is at an address that is not public"
    UNREACHABLE = "unreachable", "No connection, or a broken answer"
    TIMEOUT = "timeout", "No answer in time"
    CERTIFICATE = "certificate", "Its certificate does not hold"
    STATUS = "status", "An answer that is no success"


# What is there in place of the release: the artist is asked whether it is the release all the same.
MISMATCHES: Final = (Finding.OTHER_ARTIST, Finding.OTHER_TITLE)
# What may come with several entries, of which the artist chooses one.
CHOICES: Final = (*MISMATCHES, Finding.SEVERAL_MATCH, Finding.NOT_OUT_YET)


class GateName(models.TextChoices):
    ACCOUNTS = "accounts", "Spotify's token endpoint"
    API = "api", "Spotify's Web API"
    CONSENTS = "consents", "Code exchanges of fans"


# The halves of Spotify, each with limits of its own. Consents are a budget within the first.
HALVES: Final = (GateName.ACCOUNTS, GateName.API)


class ErrorReason(models.TextChoices):
    """What went wrong at Spotify; for the whole app, it is also why a gate is closed."""

    UNREACHABLE = "unreachable", "No answer, or a broken one"
    UNAVAILABLE = "unavailable", "Spotify says that it does not work"
    UNUSABLE_ANSWER = "unusable_answer", "An answer that Spotify does not document"
    QUESTION_REFUSED = "question_refused", "The catalogue does not accept the question"
    UNEXPECTED = "unexpected", "An error of Presave's own"
    NOT_SENT = "not_sent", "The call was not made"
    INVALID_GRANT = "invalid_grant", "The permission or the code is not valid"
    ACCESS_TOKEN_REFUSED = "access_token_refused", "The access token is not valid"
    SCOPE = "scope", "The permission does not allow this"
    NOT_LISTED = "not_listed", "The app does not serve this account"
    RELEASE_REFUSED = "release_refused", "The release's address is refused"
    RATE_LIMITED = "rate_limited", "Too many calls"
    QUOTA_EXCEEDED = "quota_exceeded", "The app's quota is used up"
    INVALID_CLIENT = "invalid_client", "The client id or secret is not accepted"
    PREMIUM_LAPSED = "premium_lapsed", "The app's owner has no Premium"
    FORBIDDEN = "forbidden", "The app is refused without a reason"
    OUTAGE = "outage", "Spotify fails for most fans"
