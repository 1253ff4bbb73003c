"""deploy/grafana: every expression is one, and asks for metrics and labels that a scrape of a service shows."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import NOW
from documents import make_document
from manifests.alerts import RULES, promtool
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from stage import Stage

from janitor.clock import SystemClock
from janitor.service.health import Health
from janitor.service.metrics import Metrics
from janitor.service.metrics_families import make_verified
from janitor.service.metrics_labels import CODES, OUTCOMES, RECOVERIES, SCHEDULE_EVENTS
from janitor.service.metrics_publish import render
from janitor.service.sweeper import Sweeper, Turns
from janitor.sweep.target import say_nothing
from janitor.wiring import load_app

DASHBOARD: dict[str, Any] = json.loads((Path(__file__).parents[2] / "deploy" / "grafana" / "janitor.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target["expr"], target["legendFormat"]) for panel in PANELS for target in panel["targets"]]
OF_PROMETHEUS = {"job", "instance", "namespace"}
OF_OTHERS = {"push_time_seconds": {"target"}}  # the Pushgateway's own
VALUES = {
    "outcome": {*OUTCOMES, *RECOVERIES},
    "code": set(CODES),
    "event": set(SCHEDULE_EVENTS),
    "job": {"$job"},
    "namespace": {"$namespace"},
    "target": {"$target"},
}
PROMISED = (
    "last_success_timestamp_seconds jobs deletions_total pace_left quota_used quota_limit refusals_total deletions_stuck "
    "requests_total request_repeats_total rate_wait_seconds_total ledger_events ledger_free_bytes leader"
)
Exposed = dict[str, set[str]]


@pytest.fixture
def exposed(make_stage: Callable[..., Stage], now_ms: int) -> Exposed:
    """The label names of every series that a scrape shows of a service that swept once, and of a verified log."""
    stage = make_stage(jobs=[make_document(now_ms, days) for days in (100, 1)])
    stage.write()
    clock = SystemClock()
    metrics, health = Metrics(["research"], clock, "1"), Health(clock)
    app = replace(load_app(stage.config), watch=metrics.watcher)
    sweeper = Sweeper(app=app, metrics=metrics, health=health, say=say_nothing, turns=Turns())
    with app.open_unrecorded() as ledger:
        sweeper.begin(ledger)
    metrics.file_loaded(ok=True)
    metrics.leads(is_leading=True)
    assert sweeper.sweep("research").is_success
    metrics.next_sweep("research", NOW)
    text = "".join(render(each, "")[0].decode() for each in (metrics.registry, make_verified(is_good=True, when=NOW)))
    families = text_string_to_metric_families(text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def selectors(expression: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every metric of an expression, with what it asks of its labels."""
    for name, braces in re.findall(r"\b((?:janitor|push)_\w+)(\{[^}]*\})?", expression):
        yield name, re.findall(r'(\w+)(?:=~|!=|!~|=)"([^"]*)"', braces)


def faults_of(expression: str, legend: str, known: Exposed) -> list[str]:
    """What an expression or its legend asks for and nobody shows."""
    asked = list(selectors(expression))
    faults = [name for name, _ in asked if name not in known]
    for name, conditions in asked:
        shown = known.get(name, set()) | OF_PROMETHEUS
        faults += [f"{name}: {label}" for label, _ in conditions if label not in shown]
        faults += [f"{label}={words}" for label, words in conditions if not set(words.split("|")) <= VALUES.get(label, set())]
    labels = OF_PROMETHEUS.union(*(known.get(name, set()) for name, _ in asked))
    used = [label for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in re.split(", *", group)]
    return faults + [label for label in used + re.findall(r"\{\{(\w+)\}\}", legend) if label not in labels]


def test_every_expression_asks_for_what_a_scrape_shows(exposed: Exposed) -> None:
    known = exposed | OF_OTHERS
    for title, expression, legend in QUERIES:
        assert list(selectors(expression)), title
        assert faults_of(expression, legend, known) == [], title
    asked = {name for _, expression, _ in QUERIES for name, _ in selectors(expression)}
    assert {f"janitor_{name}" for name in PROMISED.split()} <= asked
    for expression, legend, fault in (
        ("sum(janitor_deletions)", "", "janitor_deletions"),
        ('janitor_jobs{owner="me"}', "", "janitor_jobs: owner"),
        ('janitor_deletions_total{outcome="gone"}', "", "outcome=gone"),
        ("sum by (guard) (janitor_jobs)", "", "guard"),
        ("janitor_jobs", "{{name}}", "name"),
    ):
        assert fault in faults_of(expression, legend, known), "the walk must notice"


def test_no_panel_merges_the_releases_of_two_namespaces() -> None:
    for title, expression, legend in QUERIES:
        asked = [dict(conditions) for name, conditions in selectors(expression) if name != "push_time_seconds"]
        assert {(each["namespace"], each["job"]) for each in asked} == {("$namespace", "$job")}, title
        groups = re.findall(r"\b(?:by|on) \(([^)]*)\)", expression)
        assert all("namespace" in group.split(", ") for group in groups), title
        assert groups or not re.search(r"\b(sum|max|min|count|avg) ?\(", expression), title
        assert legend.startswith("{{namespace}} "), title
    (variable,) = [each for each in DASHBOARD["templating"]["list"] if each["name"] == "namespace"]
    assert (variable["allValue"], variable["current"]["value"]) == (".*", ["$__all"]), "what has no namespace shows too"


def test_every_expression_is_one_to_prometheus(tmp_path: Path) -> None:
    expressions = {text.replace("$__rate_interval", "5m") for _, text, _ in QUERIES}
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(sorted(expressions))]
    path = tmp_path / "rules.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump({"groups": [{"name": "panels", "rules": rules}]}, file)
    done = promtool("check", "rules", str(path))
    assert (done.returncode, f"{len(rules)} rules found" in done.stdout) == (0, True), done.stdout + done.stderr


def test_the_data_source_is_a_variable_and_every_panel_uses_it() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert all(panel["datasource"] == source for panel in PANELS)
    assert all(target["datasource"] == source for panel in PANELS for target in panel["targets"])
    assert all(variables[name]["datasource"] == source for name in ("job", "target"))
    used = set(re.findall(r"\$(\w+)", json.dumps([text for _, text, _ in QUERIES])))
    assert used <= set(variables) | {"__rate_interval"}


def test_panels_have_a_place_of_their_own_and_name_alerts_that_exist() -> None:
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(identities) == len(set(identities))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        place = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not place & taken, panel["title"]
        assert max(x for x, _ in place) < 24
        taken |= place
    named = set(re.findall(r"\bJanitor[A-Z]\w+", json.dumps(DASHBOARD)))
    assert named
    assert named <= set(RULES)
