"""Log-ins that last: which there are, what little is kept of each, and when an idle one ends."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from campaigns.models import User

# So often at most a look at a page is written down.
RENEWED_AFTER: Final = timedelta(minutes=5)
# Even one that is in use ends so long after its log-in.
LONGEST: Final = timedelta(days=7)
# Where an account is at work. Fans' pages ask nobody who they are.
PAGES: Final = ("dashboard", "accounts")
_SEEN: Final = "seen"
_BEGAN: Final = "began"
# allauth wants an address for each session.
NO_ADDRESS: Final = "::"
_BROWSERS: Final = {
    "Edge": r"Edg(e|A|iOS)?/",
    "Opera": r"OPR/",
    "Samsung Internet": r"SamsungBrowser/",
    "Firefox": r"(Firefox|FxiOS)/",
    "Chrome": r"(Chrome|CriOS)/",
    "Safari": r"Safari/",
}
_SYSTEMS: Final = {
    "Android": r"Android",
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Windows": r"Windows",
    "ChromeOS": r"CrOS",
    "macOS": r"Macintosh",
    "Linux": r"Linux",
}


def browser_name(user_agent: str) -> str:
    """`Firefox · Windows`: what an owner recognises, and nothing that tells one browser from all
    others of its kind.
    """
    if " · " in user_agent:
        return user_agent
    names = (
        next((name for name, sign in kinds.items() if re.search(sign, user_agent)), "?")
        for kinds in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(names)


@receiver(pre_save, sender=UserSession)
def keep_little(instance: UserSession, **_: Any) -> None:
    instance.ip = NO_ADDRESS
    instance.user_agent = browser_name(instance.user_agent)


def note_log_in(request: HttpRequest) -> None:
    request.session[_BEGAN] = int(time.time())
    note_activity(request)


def began_of_late(request: HttpRequest) -> bool:
    """Whether somebody logged in so lately that they need not say again who they are."""
    age: float = time.time() - request.session.get(_BEGAN, 0)
    return age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def note_activity(request: HttpRequest) -> None:
    """Somebody is at work: the session ends SESSION_COOKIE_AGE later, unless they go on."""
    request.session[_SEEN] = int(time.time())
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=timezone.now()
    )


def end(user_id: int | None, session_id: int) -> None:
    for session in UserSession.objects.filter(user_id=user_id, id=session_id):
        session.end()


def end_all(user: User | None = None) -> int:
    """Log out every browser of this account, or of all. Returns how many there were."""
    sessions = UserSession.objects.filter(user=user) if user else UserSession.objects.all()
    for session in sessions:
        session.end()
    if user is None:
        Session.objects.all().delete()
    return len(sessions)


def at_work(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware of the pages behind a log-in, and of those that lead there. No cache keeps
    them, unless the view says more. A session is renewed while people use it, and ends afterwards;
    what a page asks by itself renews nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_page_of_accounts(request):
            return get_response(request)
        if is_logged_in(request):
            _renew_or_end(request)
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return middleware


def is_page_of_accounts(request: HttpRequest) -> bool:
    return request.path.split("/")[1] in PAGES


def is_logged_in(request: HttpRequest) -> bool:
    """Costs a browser without a session nothing."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def _renew_or_end(request: HttpRequest) -> None:
    now = time.time()
    age = now - request.session.get(_BEGAN, now)
    idle = now - request.session.get(_SEEN, now - RENEWED_AFTER.total_seconds())
    if idle > settings.SESSION_COOKIE_AGE or age > LONGEST.total_seconds():
        logout(request)
    elif idle >= RENEWED_AFTER.total_seconds() and "X-Live" not in request.headers:
        note_activity(request)
