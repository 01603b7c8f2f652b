"""The states of campaigns and pre-saves, and the reasons for them."""

from __future__ import annotations

from django.db import models


class CampaignState(models.TextChoices):
    DRAFT = "draft", "Draft"
    OPEN = "open", "Open"
    RELEASING = "releasing", "Releasing"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class ReleaseMode(models.TextChoices):
    """Whether all fans are due at one instant, or each at midnight of the release day."""

    ONE_INSTANT = "one_instant", "Everywhere at the same moment"
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

    @property
    def is_resumable(self) -> bool:
        """Whether somebody resumes it by hand; with a missing key it goes on when that is back."""
        return self in (PauseReason.RELEASE_REFUSED, PauseReason.APP_NOT_OPEN)


class Trouble(models.TextChoices):
    """Why a release that is due does not go as it was promised: people are told of it."""

    LATE = "late", "The release is not confirmed ten minutes after its moment"
    KEY_MISSING = PauseReason.KEY_MISSING.value, PauseReason.KEY_MISSING.label
    RELEASE_REFUSED = PauseReason.RELEASE_REFUSED.value, PauseReason.RELEASE_REFUSED.label
    APP_NOT_OPEN = PauseReason.APP_NOT_OPEN.value, PauseReason.APP_NOT_OPEN.label


class PreSaveState(models.TextChoices):
    PENDING = "pending", "Waiting for the release"
    SAVED = "saved", "Saved"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class Reason(models.TextChoices):
    """Why a pre-save ended without a save, or why it waits."""

    NONE = "", "None"
    REVOKED = "revoked", "The permission was withdrawn at Spotify"
    SCOPE = "scope", "The permission does not allow changing the library"
    WIDER_SCOPE = "wider_scope", "The permission allows more than was asked for"
    NOT_LISTED = "not_listed", "Spotify does not let this app serve this account"
    UNREADABLE = "unreadable", "The sealed permission could not be opened"
    BY_FAN = "by_fan", "Cancelled by the fan"
    CAMPAIGN_CANCELLED = "campaign_cancelled", "The campaign was cancelled"
    PERMISSION_AGE = "permission_age", "Spotify ends a permission after six months"
    HARD_STOP = "hard_stop", "The release could not be saved within seven days"
