"""A campaign's clip, whole or in the parts that a player asks for."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from campaigns.clips import files
from campaigns.headers import FILES, with_policy, without_session

_ONE_RANGE: Final = re.compile(r"bytes=([0-9]{0,9})-([0-9]{0,9})")


@require_safe
@without_session
@with_policy(FILES)
def clip(request: HttpRequest, name: str) -> HttpResponse:
    """Safari plays nothing that it can't have in parts: RFC 9110, section 14."""
    file = files.read(name)
    if file is None:
        raise Http404
    etag = f'"{name}"'
    response = get_conditional_response(request, etag=etag) or _part(request, file, etag)
    response.headers["ETag"] = etag
    if response.status_code < HTTPStatus.BAD_REQUEST:
        patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    return response


def _part(request: HttpRequest, file: bytes, etag: str) -> HttpResponse:
    headers = {"Accept-Ranges": "bytes"}
    asked = _ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    is_fresh = request.headers.get("If-Range", etag) == etag
    if request.method != "GET" or not is_fresh or not asked or not any(asked.groups()):
        return HttpResponse(file, content_type=files.CONTENT_TYPE, headers=headers)
    first, last = _bounds(asked[1], asked[2], len(file))
    if first > last:
        return HttpResponse(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            headers={**headers, "Content-Range": f"bytes */{len(file)}"},
        )
    return HttpResponse(
        file[first : last + 1],
        status=HTTPStatus.PARTIAL_CONTENT,
        content_type=files.CONTENT_TYPE,
        headers={**headers, "Content-Range": f"bytes {first}-{last}/{len(file)}"},
    )


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """Without a first byte it is the last so many."""
    if not first:
        return (max(0, length - int(last)), length - 1) if int(last) else (length, 0)
    return int(first), min(int(last or length), length - 1)
