"""Uploads on their way in, before a view or a form sees them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile

from campaigns.artwork.decoding import MOST_BYTES


class ArtworkUploadHandler(MemoryFileUploadHandler):
    """Keeps in memory no more than shows that a file is too large, and nothing of a stranger's: the
    form comes back whatever was sent, and no disk is needed. Of several files the first counts.
    """

    has_begun = False

    def handle_raw_input(self, *args: Any, **options: Any) -> None:
        self.activated = True

    def new_file(self, *args: Any, **options: Any) -> None:
        if self.request is None or not self.request.user.is_authenticated:
            raise SkipFile
        if self.has_begun:
            raise SkipFile
        self.has_begun = True
        super().new_file(*args, **options)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start <= MOST_BYTES:
            super().receive_data_chunk(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> Any:
        return super().file_complete(self.file.tell())
