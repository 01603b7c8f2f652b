"""An artist's releases as an Atom feed (RFC 4287), in the active language."""

from __future__ import annotations

from datetime import datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.translation import gettext as _

from campaigns import hosts
from campaigns.fan import artist_page, languages
from campaigns.fan.artist_page import Listed
from campaigns.models import ArtistPage
from campaigns.status.phase import Phase


class ReleaseFeed(Feed):  # type: ignore[type-arg]  # generic in the stubs alone
    """Its entries keep their ids, and are newer whenever what they say has changed."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, handle: str) -> ArtistPage:
        self.query = languages.query(languages.chosen(request))
        return get_object_or_404(ArtistPage, handle=handle, is_on=True)

    def title(self, page: ArtistPage) -> str:
        return _("Releases by %(artist)s") % {"artist": page.name}

    def link(self, page: ArtistPage) -> str:
        return f"{hosts.address_of(page)}{self.query}"

    def feed_url(self, page: ArtistPage) -> str:
        path = reverse("artist-feed", args=[page.handle])
        return f"{hosts.site_of(page.label_id)}{path}{self.query}"

    def author_name(self, page: ArtistPage) -> str:
        return page.name

    def items(self, page: ArtistPage) -> list[Listed]:
        """Cancelled ones too: readers show what they have until it is taken back."""
        return artist_page.announced(page, timezone.now())

    def item_title(self, item: Listed) -> str:
        if item.phase is Phase.CANCELLED:
            names = {"title": item.campaign.title, "artist": item.campaign.artist}
            return _("Cancelled: %(title)s by %(artist)s") % names
        return item.campaign.title

    def item_description(self, item: Listed) -> str:
        if item.phase is Phase.CANCELLED:
            return _("The artist cancelled this campaign. Nothing more will be saved.")
        text = _("Released {date}.") if item.is_out else _("Comes out {date}.")
        return format_html(text, date=item.release_date)

    def item_link(self, item: Listed) -> str:
        return f"{hosts.address_of(item.campaign)}{self.query}"

    def item_guid(self, item: Listed) -> str:
        return item.campaign.id.urn

    def item_author_name(self, item: Listed) -> str:
        return item.campaign.artist

    def item_pubdate(self, item: Listed) -> datetime | None:
        return item.campaign.opened_at

    def item_updateddate(self, item: Listed) -> datetime:
        told_at = item.campaign.told_calendars_at
        return max(told_at, item.campaign.everywhere_at) if item.is_out else told_at
