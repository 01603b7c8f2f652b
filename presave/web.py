"""The application that granian serves: it reads each request without a thread, and lets Django
answer on one.

Django reads a body on the thread that answers, so a body that drips would hold that thread for as
long as its sender likes, and a few dozen would hold all. Here a thread is given what is whole, and
hands over an answer that is whole: nobody on the line can hold one.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedReader, BytesIO
from typing import IO, Any, Final, TypeVar
from wsgiref.util import FileWrapper

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, close_old_connections
from django.http import parse_cookie
from granian.utils.proxies import wrap_asgi_with_proxy_headers

from presave import liveness

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")

THREADS: Final = 16
MOST_BYTES: Final = 64 * 1024
# How long a body may take: these seconds, and one more for so many bytes that have come. More than
# these seconds cannot be saved up, so that silence ends a body of any size.
SECONDS: Final = 10
SLOWEST: Final = 64 * 1024
# Of all large bodies that this process holds at a time; settings.LARGEST_FORM of one sender's.
MOST_HELD: Final = 256 * 1024 * 1024
# Django's environment has the status here when it gets a request without the body.
UNREAD: Final = "presave.unread"
TOLD: Final = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")

_django: Callable[..., Any] = get_wsgi_application()
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")
# By whom each was sent.
_large: dict[BytesIO, str] = {}


T = TypeVar("T")
# What granian says of a request, and the way from the client and back:
# https://asgi.readthedocs.io/en/latest/specs/www.html
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    # In place of a body: granian reads the file at the pace at which the client does.
    path: str = ""

    async def send(self, send: Send) -> None:
        headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers
        ]
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        if self.path:
            await send({"type": "http.response.pathsend", "path": self.path})
        else:
            await send({"type": "http.response.body", "body": self.body})


class _File(FileWrapper):
    """What Django hands over in place of a file's content, as WSGI has it."""

    def __init__(self, file: IO[bytes], block_size: int) -> None:
        super().__init__(file, block_size)
        self.file = file


class _Refused(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI's, whose headers are bytes: another site's cookie may have any."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    environ = _environ(scope)
    body = BytesIO()
    try:
        await _read(environ, receive, body)
        environ["wsgi.input"] = body
        answer = await _in_thread(_answer, environ)
    except _Refused as refused:
        answer = await _refusal(environ, refused.status)
        # What is still on its way is not read: the line has to end.
        answer.headers.append(("connection", "close"))
    finally:
        _large.pop(body, None)
        body.close()
    await answer.send(send)


# Where a trusted proxy says so, the request comes from another address and by another scheme.
application = wrap_asgi_with_proxy_headers(_application, settings.TRUSTED_PROXIES)


async def _live(receive: Receive, send: Send) -> None:
    """Show that the loop turns and that threads come free, from the start to the end."""
    await receive()
    signs = asyncio.create_task(_show_signs())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    signs.cancel()
    liveness.expect_none()
    await send({"type": "lifespan.shutdown.complete"})


async def _show_signs() -> None:
    while True:
        await _in_thread(lambda _: liveness.show_sign(), {})
        await asyncio.sleep(liveness.SIGN_EVERY_SECONDS)


async def _in_thread(work: Callable[[dict[str, Any]], T], environ: dict[str, Any]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, environ)


async def _refusal(environ: dict[str, Any], status: HTTPStatus) -> _Answer:
    """A page, where it may be a person's cover that was refused."""
    if status not in TOLD or not _takes_files(environ):
        return _Answer(status, [])
    unread = {UNREAD: status, "CONTENT_LENGTH": "", "wsgi.input": BytesIO()}
    return await _in_thread(_answer, environ | unread)


def _answer(environ: dict[str, Any]) -> _Answer:
    begun: list[Any] = []
    response = _django(environ, lambda *status_and_headers: begun.extend(status_and_headers))
    status, headers = begun
    answer = _Answer(int(status.partition(" ")[0]), headers)
    with closing(response):
        if isinstance(response, _File) and isinstance(response.file, BufferedReader):
            answer.path = response.file.name
        else:
            answer.body = b"".join(response)
    return answer


async def _read(environ: dict[str, Any], receive: Receive, body: BytesIO) -> None:
    """Only a form has a body; that of another request is left alone. TRACE is for nobody."""
    if environ["REQUEST_METHOD"] == "TRACE":
        raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED)
    if environ["REQUEST_METHOD"] != "POST":
        environ["CONTENT_LENGTH"] = ""
        return
    length = _length(environ)
    if length > MOST_BYTES:
        _large[body] = await _sender(environ)
    await _fill(body, receive)
    if body.tell() != length:  # the sender has gone
        raise _Refused(HTTPStatus.BAD_REQUEST)
    body.seek(0)


async def _sender(environ: dict[str, Any]) -> str:
    """The id of the user whose session it is. Nobody else has a cover to send."""
    try:
        user_id = await _in_thread(_user_id, environ)
    except DatabaseError:
        raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE) from None
    if not user_id:
        raise _Refused(HTTPStatus.FORBIDDEN)
    return user_id


def _user_id(environ: dict[str, Any]) -> str:
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return ""
    close_old_connections()
    return str(SessionStore(key).get(SESSION_KEY, ""))


def _length(environ: dict[str, Any]) -> int:
    """Raises _Refused for what needs no reading to be refused."""
    length = environ.get("CONTENT_LENGTH", "0")
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal():
        raise _Refused(HTTPStatus.LENGTH_REQUIRED)
    if int(length) > (settings.LARGEST_FORM if _takes_files(environ) else MOST_BYTES):
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if int(length) and kind not in FORMS:
        raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return int(length)


def _takes_files(environ: dict[str, Any]) -> bool:
    path: str = environ["PATH_INFO"]
    return path.startswith(settings.TAKES_FILES_AT)


async def _fill(body: BytesIO, receive: Receive) -> None:
    now = asyncio.get_running_loop().time
    ends = now() + SECONDS
    is_whole = False
    try:
        async with asyncio.timeout_at(ends) as limit:
            while not is_whole:
                event = await receive()
                if event["type"] != "http.request":  # the sender has gone
                    raise _Refused(HTTPStatus.BAD_REQUEST)
                body.write(event["body"])
                is_whole = not event.get("more_body")
                _check_held(body)
                ends = min(ends + len(event["body"]) / SLOWEST, now() + SECONDS)
                limit.reschedule(ends)
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT) from None


def _check_held(body: BytesIO) -> None:
    """One sender alone never takes all the room."""
    if body not in _large:
        return
    held = {one: one.getbuffer().nbytes for one in _large}
    of_sender = sum(held[one] for one in held if _large[one] == _large[body])
    if sum(held.values()) > MOST_HELD or of_sender > settings.LARGEST_FORM:
        raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE)


def _environ(scope: Scope) -> dict[str, Any]:
    """As WSGI has it. Names with an underscore are left out: they would pass for those with a
    hyphen, which the proxy in front sets.
    """
    (server, port), (client, _) = scope["server"] or ("", None), scope["client"] or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": _File,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" not in name:
            key = name.decode("latin-1").upper().replace("-", "_")
            _add(environ, key, value.decode("latin-1"))
    return environ


def _add(environ: dict[str, Any], name: str, value: str) -> None:
    key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
    between = "; " if name == "COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
