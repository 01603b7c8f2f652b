"""The dashboard, the alerts and the example for Prometheus ask for what /metrics has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from campaigns.doctor import domains, examination, metrics
from campaigns.doctor.checks import Part

ROOT = Path(__file__).resolve().parent.parent
MONITORING = ROOT / "deploy" / "monitoring"
DOCUMENT = ROOT / "docs" / "monitoring.md"
METRICS = ROOT / "docs" / "metrics.md"
# Prometheus' own.
KNOWN = {"up"}
SUFFIXES = re.compile(r"_(bucket|gcount|gsum|total)$")


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    return found


def questions() -> list[str]:
    of_panels = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in alerts()] + of_panels


def selectors(expression: Any) -> Iterator[Any]:
    """Every series that is asked for, wherever in the expression."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    parts = ("lhs", "rhs", "expr", "vector_selector", "param")
    for part in (getattr(expression, name, None) for name in parts):
        yield from selectors(part) if part is not None else ()
    for argument in getattr(expression, "args", ()):
        yield from selectors(argument)


@pytest.mark.django_db
def test_what_is_asked_for_is_there() -> None:
    families = text_string_to_metric_families(metrics.exposition().decode())
    labels = {
        family.name: {label for sample in family.samples for label in sample.labels}
        for family in families
    }
    for question in questions():
        asked = list(selectors(promql_parser.parse(question)))
        assert asked, question
        for name, wanted in ((str(one.name), labels_of(one)) for one in asked):
            known = labels.get(name, labels.get(SUFFIXES.sub("", name)))
            assert name in KNOWN or known is not None, f"/metrics has no {name}"
            assert not known or wanted <= known, f"{name} has no {wanted - known}"


def labels_of(selector: Any) -> set[str]:
    return {matcher.name for matcher in selector.matchers.matchers}


def test_every_alert_says_what_is_wrong_and_how_urgent_it_is() -> None:
    for rule in alerts():
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("page", "ticket")
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)


def test_the_dashboard_has_a_place_for_each_panel() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_example_for_prometheus_names_the_alerts_and_the_token() -> None:
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert [(MONITORING / name).is_file() for name in config["rule_files"]] == [True]
    [job] = config["scrape_configs"]
    assert job["scheme"] == "https"
    assert "credentials_file" in job["authorization"]


@pytest.mark.django_db
def test_the_document_lists_every_metric() -> None:
    rows = re.findall(r"^\| (`presave_.*?) \|", METRICS.read_text(), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    families = text_string_to_metric_families(metrics.exposition().decode())
    there = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    assert named == {SUFFIXES.sub("", name) if "lateness" in name else name for name in there}


@pytest.mark.django_db
def test_the_document_lists_every_check() -> None:
    steps = [*examination._of_files(Part.WEB), *examination._of_files(Part.WORKER)]
    steps += examination._of_rows(Part.WORKER, may_ask_redis=False)
    asked = {name for name, _ in steps} | {"settings", "mail", "redis", "clock", "database"}
    asked |= {"redirect-uri", "credentials", "app-mode", "market"}
    asked |= {"certificate", "proxy", "headers", domains.NAME}
    table = DOCUMENT.read_text().partition("| Check |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w-]+)`", row)} == asked
