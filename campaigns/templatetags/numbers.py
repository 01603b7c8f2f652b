"""Numbers as people read them."""

from __future__ import annotations

from django import template
from django.template.defaultfilters import floatformat
from django.utils.formats import number_format
from django.utils.translation import gettext

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """1,234,567 in English; with what each language puts between the thousands."""
    return number_format(number, force_grouping=True)


@register.filter
def percent(number: float | None) -> str:
    """To a tenth, as the language writes it; a dash where there is nothing to divide by."""
    return "-" if number is None else gettext("%(percent)s%%") % {"percent": floatformat(number)}
