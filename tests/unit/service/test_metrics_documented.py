"""docs/metrics.md and the alert rules name what the registry has, and nothing else."""

import re
from pathlib import Path

import pytest
from builders import NOW, FakeClock
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from ruamel.yaml import YAML

from janitor.service.metrics import Metrics
from janitor.service.metrics_families import make_verified
from janitor.service.metrics_labels import GUARDS, OUTCOMES, RESULTS

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
OF_OTHERS = {"push_time_seconds"}  # the Pushgateway's own


@pytest.fixture
def registered() -> dict[str, tuple[str, frozenset[str]]]:
    """Type and labels of every metric, by the name under which it is queried."""
    registries = (Metrics(["a"], FakeClock(), "1").registry, make_verified(is_good=True, when=NOW))
    return {_name(each): (each.type, _labels(registry, each)) for registry in registries for each in registry.collect()}


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(registry: CollectorRegistry, family: Metric) -> frozenset[str]:
    """The label names as declared, also of a family that has no series yet."""
    collector = registry._names_to_collectors[family.name]
    return frozenset(collector._labelnames)  # type: ignore[attr-defined]


def test_the_table_has_every_metric_with_its_type_and_its_labels(registered: dict[str, tuple[str, frozenset[str]]]) -> None:
    rows = re.findall(r"^\| `(\w+)`[ †]* \| (\w+) \| ([\w, ]*) ?\| .+ \|$", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    documented = {name: (kind, frozenset(filter(None, re.split(r"[, ]+", labels)))) for name, kind, labels in rows}
    assert len(rows) == len(documented)
    assert documented == registered


def test_the_table_names_every_guard_that_refusals_are_counted_by() -> None:
    (row,) = re.findall(
        r"^\| `janitor_refusals_total` .+ refused whole, by ([\w, ]+)", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE
    )
    assert re.split(r", (?:or )?", row) == list(GUARDS)


def test_the_alerts_ask_for_metrics_and_labels_that_exist(registered: dict[str, tuple[str, frozenset[str]]]) -> None:
    groups = YAML(typ="safe").load(ALERTS)["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    names = [rule["alert"] for rule in rules]
    assert len(names) == len(set(names)) >= 10
    for rule in rules:
        asked = set(re.findall(r"\b(?:janitor|push)_\w+", rule["expr"]))
        assert asked
        assert asked <= set(registered) | OF_OTHERS, rule["alert"]
        for label, words in re.findall(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"', rule["expr"]):
            known = {"outcome": OUTCOMES, "guard": GUARDS, "result": RESULTS, "job": ("janitor",), "target": ("",)}[label]
            assert set(words.split("|")) <= set(known), rule["alert"]
        assert {"summary", "description", "runbook", "runbook_url"} == set(rule["annotations"])
        assert set(re.findall(r"janitor_\w+", str(rule["annotations"]))) <= set(registered), rule["alert"]


def test_the_pages_named_in_the_alerts_exist() -> None:
    for page in re.findall(r"docs/[\w.-]+\.md", ALERTS.read_text()):
        assert (ROOT / page).exists(), page
