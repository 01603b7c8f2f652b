"""Pages of an artist's releases, each of which belongs to one label."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from campaigns.models import identity
from campaigns.models.campaign import Campaign, CampaignQuerySet
from campaigns.models.formats import LONGEST_RELEASE_NAME, LONGEST_SLUG, SLUG_PATTERN, check_slug
from campaigns.models.people import Label


class ArtistPage(models.Model):
    """A name belongs to nobody, so a page is an artist of one label: what another label releases
    under the same name is not on it. The row stays when the page is switched off, so that no other
    label can take the address that fans have.
    """

    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="artist_pages")
    # As fans read it.
    name = models.CharField(max_length=LONGEST_RELEASE_NAME)
    # As models/identity.py folds it, so that a label has one page for all spellings.
    folded_name = models.CharField(max_length=LONGEST_RELEASE_NAME)
    # What stands behind the @ of its address.
    handle = models.CharField(max_length=LONGEST_SLUG, unique=True, validators=[check_slug])
    is_on = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["label", "folded_name"], name="artist_page_once_per_label"
            ),
            models.CheckConstraint(
                condition=Q(handle__regex=SLUG_PATTERN), name="artist_page_handle_form"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    def get_absolute_url(self) -> str:
        return reverse("artist-page", args=[self.handle])

    def releases(self) -> CampaignQuerySet:
        """The label's public campaigns whose artist fans would call the same, or who has guests."""
        public = Campaign.objects.public().filter(label=self.label_id)
        spellings = public.order_by().values_list("artist", flat=True).distinct()
        mine = [name for name in spellings if identity.is_same(self.name, name)]
        return public.filter(artist__in=mine)
