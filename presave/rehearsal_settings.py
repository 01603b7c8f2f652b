"""The settings of the processes that `manage.py rehearse` starts: tables and messages of their own,
and nobody but the sandbox to call.
"""

from __future__ import annotations

from django.db.backends.signals import connection_created

from presave import rehearsing, settings
from presave.settings import *  # noqa: F403 -- all of them

rehearsing.refuse_other_hosts(settings.SPOTIFY_ACCOUNTS_URL, settings.SPOTIFY_API_URL)
DATABASES = {"default": rehearsing.database(settings.DATABASES["default"])}
# Tables are made from the models at once, and not by the steps of every version.
MIGRATION_MODULES = dict.fromkeys(rehearsing.APPS)
connection_created.connect(rehearsing.refuse_other_tables)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
    "global_keyprefix": rehearsing.KEY_PREFIX,
}
