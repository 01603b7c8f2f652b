"""Every promised period, in one place."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

# A campaign opens at most this long before its release, so that the first fan's permission outlives
# release night.
LONGEST_LEAD: Final = timedelta(days=175)
# What is not saved this long after the release is given up, and its permission destroyed.
HARD_STOP: Final = timedelta(days=7)
# So long after the release fans can still look at their receipts; then their rows are deleted.
ROW_LIFETIME: Final = timedelta(days=30)
# A preview link for the team works so long.
PREVIEW_LIFETIME: Final = timedelta(days=7)
# While fans are due, or will be so soon, the catalogue is asked whether the release is still there.
WATCH_EVERY: Final = timedelta(seconds=15)
# Looks confirm a save within a minute or two as a rule. When they could not for so long, people are
# told.
UNCONFIRMED_AFTER: Final = timedelta(minutes=10)

# The half of the master key that the worker replaces by itself lives so long. From then on nothing
# opens what a disk or a snapshot still has of key files that were destroyed before.
WEEKLY_KEY_LIFETIME: Final = timedelta(days=7)

# What could not be delivered to a person or a webhook is tried again for so long.
RETRIED_FOR: Final = timedelta(days=1)
# A label's webhooks.
MOST_WEBHOOKS: Final = 5

# Spotify ends every permission six months after consent and names no number of days; 180 is the
# safe bound. https://developer.spotify.com/blog/2026-06-18-refresh-token-expiration
PERMISSION_LIFETIME: Final = timedelta(days=180)

# What somebody who signed up without an invitation may have: labels of their own, and in all these
# campaigns that haven't ended.
LABELS_OF_SELF_MADE: Final = 3
CAMPAIGNS_OF_SELF_MADE: Final = 50
ARTIST_PAGES_OF_SELF_MADE: Final = 10

# An invitation's link works so long; and so many may be open in a label, and be made by one person
# in a day, as each may send an email to somebody who never asked for it.
INVITATION_LIFETIME: Final = timedelta(days=7)
MOST_OPEN_INVITATIONS: Final = 20
MOST_INVITATIONS_A_DAY: Final = 50
# A label's history is kept so long.
HISTORY_LIFETIME: Final = timedelta(days=365)
