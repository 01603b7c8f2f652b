"""The rows of the product, their constraints, and querysets that speak its language.

limits.py holds every promised period. Every room above reads and writes rows; rules that need a
decision live in those rooms.
"""

from __future__ import annotations

# Django looks for an app's models here.
from campaigns.models.alarm import Alarm as Alarm
from campaigns.models.artist_page import ArtistPage as ArtistPage
from campaigns.models.campaign import ENDED_STATES as ENDED_STATES
from campaigns.models.campaign import Campaign as Campaign
from campaigns.models.campaign import CampaignQuerySet as CampaignQuerySet
from campaigns.models.choices import CHOICES as CHOICES
from campaigns.models.choices import HALVES as HALVES
from campaigns.models.choices import MISMATCHES as MISMATCHES
from campaigns.models.choices import TOLD_TO_FANS as TOLD_TO_FANS
from campaigns.models.choices import Accent as Accent
from campaigns.models.choices import CampaignState as CampaignState
from campaigns.models.choices import ErrorReason as ErrorReason
from campaigns.models.choices import Finding as Finding
from campaigns.models.choices import GateName as GateName
from campaigns.models.choices import PauseReason as PauseReason
from campaigns.models.choices import PreSaveState as PreSaveState
from campaigns.models.choices import Reason as Reason
from campaigns.models.choices import ReleaseMode as ReleaseMode
from campaigns.models.choices import Trouble as Trouble
from campaigns.models.choices import WebhookKind as WebhookKind
from campaigns.models.choices import WebhookProblem as WebhookProblem
from campaigns.models.counts import Counted as Counted
from campaigns.models.counts import DailyCount as DailyCount
from campaigns.models.counts import Funnel as Funnel
from campaigns.models.counts import Recent as Recent
from campaigns.models.counts import ReminderCount as ReminderCount
from campaigns.models.counts import ReminderKind as ReminderKind
from campaigns.models.counts import SourceCount as SourceCount
from campaigns.models.counts import Step as Step
from campaigns.models.counts import Totals as Totals
from campaigns.models.figures import FinalFigures as FinalFigures
from campaigns.models.history import Event as Event
from campaigns.models.history import HistoryEntry as HistoryEntry
from campaigns.models.invitation import Invitation as Invitation
from campaigns.models.limits import HARD_STOP as HARD_STOP
from campaigns.models.limits import LONGEST_LEAD as LONGEST_LEAD
from campaigns.models.limits import MOST_WEBHOOKS as MOST_WEBHOOKS
from campaigns.models.limits import PERMISSION_LIFETIME as PERMISSION_LIFETIME
from campaigns.models.limits import PREVIEW_LIFETIME as PREVIEW_LIFETIME
from campaigns.models.limits import RETRIED_FOR as RETRIED_FOR
from campaigns.models.limits import ROW_LIFETIME as ROW_LIFETIME
from campaigns.models.limits import WATCH_EVERY as WATCH_EVERY
from campaigns.models.limits import WEEKLY_KEY_LIFETIME as WEEKLY_KEY_LIFETIME
from campaigns.models.outbox import Message as Message
from campaigns.models.outbox import MessageEvent as MessageEvent
from campaigns.models.outbox import Webhook as Webhook
from campaigns.models.people import EDITING_ROLES as EDITING_ROLES
from campaigns.models.people import Label as Label
from campaigns.models.people import LabelArtist as LabelArtist
from campaigns.models.people import Membership as Membership
from campaigns.models.people import Role as Role
from campaigns.models.people import User as User
from campaigns.models.presave import IN_DOUBT as IN_DOUBT
from campaigns.models.presave import SERVABLE as SERVABLE
from campaigns.models.presave import PreSave as PreSave
from campaigns.models.presave import PreSaveQuerySet as PreSaveQuerySet
from campaigns.models.presave import SpentState as SpentState
from campaigns.models.sources import Source as Source
from campaigns.models.workers import Gate as Gate
from campaigns.models.workers import Heartbeat as Heartbeat
