"""deploy/prometheus: promtool accepts the rules, each alert fires where it should and nowhere else, and has its page."""

import json
import re
from pathlib import Path
from typing import Any

from manifests.alerts import ALERTS, RULES, promtool
from ruamel.yaml import YAML

from janitor.cli.main import cli

CASES: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("alert_cases.yaml"))
RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
SECTIONS = dict(re.findall(r"^## (Janitor\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))


def test_promtool_accepts_the_rules() -> None:
    done = promtool("check", "rules", str(ALERTS))
    assert (done.returncode, f"SUCCESS: {len(RULES)} rules found" in done.stdout) == (0, True), done.stdout + done.stderr


def test_every_alert_fires_where_it_should_and_not_where_it_should_not(tmp_path: Path) -> None:
    """With every word of its annotations, so that a template that cannot be filled in shows."""
    assert set(CASES) == set(RULES)
    assert all(case["quiet"] for case in CASES.values())
    worlds = [firing_world(name, case["fires"]) for name, case in CASES.items()]
    worlds += quiet_worlds([(name, quiet) for name, case in CASES.items() for quiet in case["quiet"]])
    done = promtool("test", "rules", str(write(tmp_path, worlds)))
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


def test_no_release_that_is_well_hides_one_that_is_not(tmp_path: Path) -> None:
    """Beside each world in which an alert fires a quiet one: in another namespace, and under another job in the same one."""
    for name, rule in RULES.items():
        groups = re.findall(r"\b(?:by|on) \(([^)]*)\)", rule["expr"])
        assert all({"namespace", "job"} <= set(group.split(", ")) for group in groups), name
    worlds: dict[str, dict[str, Any]] = {}
    cases = {name: case for name, case in CASES.items() if name != "JanitorAbsent"}  # which is of all; of one is JanitorVanished
    assert all(beside(case) for case in cases.values())
    for number, (name, case) in enumerate(cases.items()):
        found = worlds.setdefault(case["fires"]["at"], {"interval": "30m", "input_series": [], "promql_expr_test": []})
        for quiet in beside(case):
            found["input_series"] += placed(case["fires"], f"ill{number}", "janitor") + placed(quiet, f"well{number}", "janitor")
            if name != "JanitorNotPushed":  # what is pushed has the job janitor, whichever release pushed it
                found["input_series"] += placed(quiet, f"ill{number}", "other")
        labels = RULES[name]["labels"] | case["fires"]["labels"]
        labels |= {"namespace": f"ill{number}", "alertname": name, "alertstate": "firing"}
        sample = ",".join(f'{key}="{value}"' for key, value in labels.items())
        found["promql_expr_test"].append(
            {
                "expr": f'ALERTS{{alertstate="firing",alertname="{name}",namespace=~"(ill|well){number}"}}',
                "eval_time": case["fires"]["at"],
                "exp_samples": [{"labels": f"ALERTS{{{sample}}}", "value": 1}],
            }
        )
    done = promtool("test", "rules", str(write(tmp_path, list(worlds.values()))))
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


def beside(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The first quiet world of a case that is looked at when the alert fires; where there is none, the case needs one."""
    return [quiet for quiet in case["quiet"] if quiet["at"] == case["fires"]["at"]][:1]


def placed(case: dict[str, Any], namespace: str, job: str) -> list[dict[str, str]]:
    """The samples of a case in a namespace, under a job."""
    words = [(each["series"], each["values"]) for each in list_series(case)]
    return [
        {"series": series.replace('job="janitor"', f'job="{job}",namespace="{namespace}"'), "values": values}
        for series, values in words
    ]


def test_the_trial_notices_an_alert_that_fires_wrongly_and_one_that_does_not(tmp_path: Path) -> None:
    case = CASES["JanitorDeletionsStuck"]
    wrong = {"silent": firing_world("JanitorNoLeader", case["fires"])}
    (wrong["loud"],) = quiet_worlds([("JanitorDeletionsStuck", case["fires"])])
    for name, found in wrong.items():
        done = promtool("test", "rules", str(write(tmp_path, [found])))
        assert (done.returncode, "got:" in done.stdout + done.stderr) == (1, True), name


def firing_world(name: str, case: dict[str, Any]) -> dict[str, Any]:
    """One test of promtool: the samples of a case, and the one alert that is expected then."""
    alert = {"exp_labels": RULES[name]["labels"] | case["labels"], "exp_annotations": filled(name, case)}
    return {
        "interval": "30m",
        "input_series": list_series(case),
        "alert_rule_test": [{"eval_time": case["at"], "alertname": name, "exp_alerts": [alert]}],
    }


def quiet_worlds(cases: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Those of one time in one world, since worlds cost: each case is a target of its own, of which the alert says nothing."""
    worlds: dict[str, dict[str, Any]] = {}
    for number, (name, case) in enumerate(cases):
        found = worlds.setdefault(case["at"], {"interval": "30m", "input_series": [], "promql_expr_test": []})
        found["input_series"] += list_series(case, f"a{number}")
        asked = f'ALERTS{{alertstate="firing",alertname="{name}",target=~"|a{number}"}}'
        found["promql_expr_test"].append({"expr": asked, "eval_time": case["at"], "exp_samples": []})
    return list(worlds.values())


def list_series(case: dict[str, Any], target: str = "a") -> list[dict[str, str]]:
    """The samples of a case in the words of promtool."""
    words = {series: re.sub(r"(\d+)\*(\d+)", r"\1+0x\2", str(values)) for series, values in case["series"].items()}
    return [{"series": series.replace('target="a"', f'target="{target}"'), "values": values} for series, values in words.items()]


def filled(name: str, case: dict[str, Any]) -> dict[str, str]:
    """The annotations of an alert as somebody reads them."""
    words = {f"$labels.{key}": value for key, value in case.get("labels", {}).items()}

    def fill(found: re.Match[str]) -> str:
        return str(words.get(found[1], case.get("value", "")))

    return {key: re.sub(r"\{\{ (\S+)[^}]*\}\}", fill, text) for key, text in RULES[name]["annotations"].items()}


def write(folder: Path, worlds: list[dict[str, Any]]) -> Path:
    path = folder / "worlds.json"  # JSON is YAML
    path.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "30m", "tests": worlds}))
    return path


def test_every_alert_has_a_section_of_the_runbook_and_its_address() -> None:
    assert list(SECTIONS) == list(RULES), "in the order of the rules"
    for name, rule in RULES.items():
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"
        for part in ("**What it means.**", "**Look at.**", "**Worry**"):
            assert SECTIONS[name].count(part) == 1, (name, part)
        commands = re.findall(r"^    (janitor|kubectl|systemctl|journalctl|curl|df|promtool) ", SECTIONS[name], re.MULTILINE)
        assert commands, f"{name}: says no command"


def test_every_command_of_the_runbook_is_one() -> None:
    lines = re.findall(r"(?:^    (?:.* -- )?|`)(janitor [^\n`#]+)", RUNBOOK, re.MULTILINE)
    assert len(lines) > len(RULES)
    for line in lines:
        _, word, *rest = line.split()
        command: Any = cli.get_command(None, word)  # type: ignore[arg-type]  # the lazy group needs no context
        assert command is not None, line
        if hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {each for each in rest if each.startswith("-")} <= known, line
