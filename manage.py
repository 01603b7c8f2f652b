#!/usr/bin/env python
"""Django's command line for Presave."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 -- loads the settings, so that a bad value ends here
    except ImproperlyConfigured as error:
        sys.exit(f"Presave cannot start: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
