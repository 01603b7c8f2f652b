"""Six covers and three titles, all of which a campaign's pages have to bear: for the tests of the
first screen, and for the pictures of `make screenshots`.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any, Final, NamedTuple

from django.utils import timezone
from PIL import Image, ImageDraw

from campaigns.models import CampaignState, PreSaveState
from demo.cover import NIGHT, draw_cover
from tests.factory import make_campaign, make_presave
from tests.scenes import store_cover

# On the smallest phone the second takes three lines.
TITLES: Final = {
    "short": "Ferry",
    "three-lines": "Somewhere Between Midnight Trains",
    "japanese": "夜明けのバスと最後の駅の灯り",
}
# What each campaign of them has, by its slug.
PAGES: Final = {
    "landing": "/{}",
    "landing-out-now": "/{}-out",
    "receipt-waiting": "/receipt/{}",
    "receipt-saved": "/receipt/{}-out",
}
NO_COVER: Final = "none"


class Look(NamedTuple):
    cover: str
    title: str

    @property
    def slug(self) -> str:
        return f"{self.cover}-{self.title}"


def set_up(size: int = 1200) -> list[Look]:
    """The PAGES of every look. `size` is how many pixels a cover's shorter side has."""
    stored = {name: store_cover(picture) for name, picture in draw_all(size).items()}
    looks = [Look(cover, title) for cover in (*stored, NO_COVER) for title in TITLES]
    for look in looks:
        _set_up_campaigns(look, stored.get(look.cover, {}))
    return looks


def _set_up_campaigns(look: Look, cover: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"title": TITLES[look.title], **cover}
    midnight = (timezone.now() + timedelta(days=9)).replace(hour=23, minute=0, second=0)
    to_come = make_campaign(slug=look.slug, release_at=midnight, **fields)
    make_presave(to_come, receipt=look.slug)
    out = make_campaign(slug=f"{look.slug}-out", state=CampaignState.FINISHED, **fields)
    saved_at = out.release_at + timedelta(seconds=4)
    saved: dict[str, Any] = {"sent_at": saved_at, "settled_at": saved_at + timedelta(seconds=12)}
    make_presave(out, receipt=out.slug, state=PreSaveState.SAVED, **saved)


def draw_all(size: int) -> dict[str, bytes]:
    """As files, each by what is hard about it."""
    return {
        "square": draw_cover(size=size),
        "wide": _file_of(_band_of_hills(size)),
        "tall": _file_of(_band_of_hills(size).transpose(Image.Transpose.ROTATE_90)),
        "transparent": _file_of(_moon_on_nothing(size)),
        "black-and-white": _file_of(_two_halves(size)),
    }


def _file_of(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _band_of_hills(size: int) -> Image.Image:
    """Twice as wide as high."""
    band = Image.new("RGB", (2 * size, size), NIGHT.sky)
    pen = ImageDraw.Draw(band)
    for row, colour in enumerate(NIGHT.rings):
        top, step = size * (0.35 + 0.12 * row), size // 2
        for left in range(-step * (row % 2 + 1), 2 * size, step * 2):
            pen.ellipse([left, top, left + 3 * step, top + 2 * size], fill=colour)
    return band


def _moon_on_nothing(size: int) -> Image.Image:
    moon = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(moon)
    pen.ellipse([size * 0.15, size * 0.15, size * 0.85, size * 0.85], fill="#f2bf68")
    pen.ellipse([size * 0.35, size * 0.1, size * 0.95, size * 0.7], fill=(0, 0, 0, 0))
    return moon


def _two_halves(size: int) -> Image.Image:
    """Black and white alone: each side of it vanishes on one of the two grounds."""
    halves = Image.new("1", (size, size), 1)
    pen = ImageDraw.Draw(halves)
    pen.rectangle([size // 2, 0, size, size], fill=0)
    pen.ellipse([size * 0.25, size * 0.25, size * 0.75, size * 0.75], fill=0)
    pen.pieslice([size * 0.25, size * 0.25, size * 0.75, size * 0.75], 270, 90, fill=1)
    return halves
