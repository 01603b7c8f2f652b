"""Domains of labels' own, which the operator alone gives away: nobody can claim one."""

from __future__ import annotations

import logging

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.db import IntegrityError, transaction

from campaigns.models import Label
from campaigns.planning.labels import LabelError, find_label

logger = logging.getLogger(__name__)

_is_domain = DomainNameValidator(accept_idna=False)


def give(typed: str, label_name: str) -> Label:
    """Raises LabelError, as when the label has one."""
    domain = _as_browsers_write_it(typed)
    if domain == settings.PUBLIC_HOST:
        raise LabelError(f"{domain} is the host of PUBLIC_URL, which is every label's.")
    label = find_label(label_name)
    if label is None:
        raise LabelError(f"No label is called {label_name}.")
    if label.domain not in (None, domain):
        raise LabelError(f"{label} has {label.domain}. Remove that first.")
    try:
        with transaction.atomic():
            Label.objects.filter(id=label.id).update(domain=domain)
    except IntegrityError:
        raise LabelError(f"Another label has {domain}.") from None
    label.domain = domain
    logger.info("domain added label=%s domain=%s", label.id, domain)
    return label


def take(typed: str) -> Label:
    """The label goes on at PUBLIC_URL. Raises LabelError where none has the domain."""
    domain = _as_browsers_write_it(typed)
    label = Label.objects.filter(domain=domain).first()
    if label is None:
        raise LabelError(f"No label has {domain}.")
    Label.objects.filter(id=label.id, domain=domain).update(domain=None)
    logger.info("domain removed label=%s domain=%s", label.id, domain)
    return label


def _as_browsers_write_it(typed: str) -> str:
    """In lower case, and in ASCII."""
    try:
        domain = idna.encode(typed.strip().rstrip("."), uts46=True).decode()
        _is_domain(domain)
    except (idna.IDNAError, ValidationError):
        raise LabelError(
            f"{typed!r} is no domain. Give one such as presave.label.example, without https://, "
            "port and path."
        ) from None
    return domain
