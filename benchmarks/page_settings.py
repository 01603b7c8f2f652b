"""The product's settings with two more addresses: see benchmarks/page_urls.py."""

from __future__ import annotations

from presave.settings import *  # noqa: F403 -- all of them

ROOT_URLCONF = "benchmarks.page_urls"
