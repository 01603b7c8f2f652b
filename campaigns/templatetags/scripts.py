"""The tag of a fan page's script."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from campaigns.fan import headers

register = template.Library()


@register.simple_tag
def script(name: str, *, before_paint: bool = False) -> SafeString:
    """`before_paint` makes a browser that knows how run it first: what it fills in moves nothing
    then. https://html.spec.whatwg.org/multipage/urls-and-fetching.html#blocking-attributes
    """
    return format_html(
        '<script src="{}" integrity="{}" type="module"{}></script>',
        static(headers.path_of(name)),
        headers.integrity(name),
        mark_safe(' blocking="render"') if before_paint else "",
    )
