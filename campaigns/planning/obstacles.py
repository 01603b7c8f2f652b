"""Why an artist's act is not possible, by name; the dashboard has a sentence for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from campaigns.spotify import Release


class Obstacle(StrEnum):
    # The campaign's state.
    NOT_A_DRAFT = auto()
    ENDED = auto()
    NOTHING_TO_RESUME = auto()
    RUNS_STILL = auto()
    ONLY_DRAFTS_ARE_DELETED = auto()
    # How much an account without an invitation may have.
    TOO_MANY_LABELS = auto()
    TOO_MANY_CAMPAIGNS = auto()
    TOO_MANY_PAGES = auto()
    # The release time.
    PAST = auto()
    TOO_FAR_AHEAD = auto()
    BEGUN = auto()
    PERMISSIONS_EXPIRE = auto()
    # What may not be changed any more.
    ADDRESS_STAYS = auto()
    MODE_STAYS = auto()
    TITLE_STAYS = auto()
    ARTIST_STAYS = auto()
    KIND_STAYS = auto()
    STAYS_WHILE_RELEASING = auto()
    # Others who were there first.
    ADDRESS_TAKEN = auto()
    CHANGED = auto()
    CHANGED_WHILE_CHECKING = auto()
    # What the server has no room for.
    COVER_NOT_STORED = auto()
    CLIP_NOT_STORED = auto()
    # Whether the catalogue shows this release, or can be asked.
    NOT_NAMED = auto()
    IS_IT_YOURS = auto()
    NONE_IS_YOURS = auto()
    QUESTION_REFUSED = auto()
    NO_APP = auto()
    SPOTIFY_SILENT = auto()
    SPOTIFY_WAITS = auto()
    NO_TURN = auto()
    RELEASE_FIRST = auto()
    # Whether it is still the same release.
    OTHER_RELEASE = auto()
    CODES_DIFFER = auto()
    NEW_NOT_SHOWN = auto()
    NEW_NOT_ANSWERED = auto()
    FOUND_CHANGED = auto()
    # Labels and their members.
    NAME_TAKEN = auto()
    OWNERS_ONLY = auto()
    EDITORS_ONLY = auto()
    LAST_OWNER = auto()
    MEMBER_GONE = auto()
    ALREADY_MEMBER = auto()
    TOO_MANY_INVITATIONS = auto()
    EMAIL_FAILED = auto()
    INVITATION_GONE = auto()
    HAS_ACCOUNT = auto()
    HAS_PAGE = auto()


@dataclass(eq=False)
class PlanningError(Exception):
    """The act is not possible now, and nothing was changed."""

    obstacle: Obstacle
    # From when on it is possible.
    possible_from: datetime | None = None
    # With this release time, how many of the pending permissions would expire before it.
    expiring: int = 0
    pending: int = 0
    # The campaign's own market, where it was asked.
    market: str = ""
    # What the catalogue shows under the names that were given.
    found: Release | None = None
    # The campaign's version, when the form showed an older one.
    version: int | None = None
