"""What an artist sees: campaigns, and the forms to make, change, open and cancel them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def campaign_list(request: HttpRequest, slug: str = "") -> HttpResponse:
    raise NotImplementedError


campaign_create = campaign_detail = campaign_edit = campaign_list
campaign_open = campaign_cancel = campaign_resume = label_create = campaign_list
