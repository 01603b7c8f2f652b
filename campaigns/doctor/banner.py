"""What owners of labels are told of the instance, in an artist's words: somebody has to see to it.
The doctor has the machine's.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.doctor import files, report
from campaigns.doctor.checks import Mark, Part


def troubles(now: datetime) -> list[str]:
    """With one query. A demo on somebody's own machine has neither backups nor mail, and is told
    nothing.
    """
    if not settings.IS_HTTPS:
        return []
    last = report.last(now)
    checks = [*(last.checks if last else []), files.disk(Part.WEB), files.artwork()]
    reds = {check.name for check in checks if check.mark is Mark.RED}
    return [sentence for name, sentence in _sentences().items() if name in reds]


def _sentences() -> dict[str, str]:
    return {
        "disk": _("The server's disk is almost full."),
        "keyring": _("The keys of some campaigns can't be opened, so their fans can't be saved."),
        "gate": _("Spotify refuses this site's app, so nobody can pre-save."),
        "backups": _("There's no backup from the last two days."),
        "mail": _("This site can't send email, so nobody is told of problems."),
        "messages": _("The mail server refuses this site's emails."),
        "artwork": _("Covers can't be stored."),
    }
