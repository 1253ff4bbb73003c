"""What an upgrade must not change in silence: the verdicts of a corpus of policies, written as in a policy file, and jobs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from settings_sample import ENVIRON, GOOD

from janitor.core.canonical import parse_timestamp
from janitor.core.job import Job
from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.evaluate import evaluate
from janitor.retention.policy import Mode, Rules
from janitor.settings.load import load_settings

GOLDEN = Path(__file__).parents[2] / "golden" / "decisions.json"


def decide(corpus: dict[str, Any], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Each set of policies with each job: the verdict, the code of its reason, the policy that decided, who only observes."""
    as_of = parse_timestamp(corpus["as_of"])
    for policies, described in corpus["policies"].items():
        rules = load_rules(described, folder / f"{policies}.yaml")
        for job, changes in corpus["changes"].items():
            found = evaluate(build_job(corpus["job"] | changes), rules, as_of)
            said = [found.verdict.value, found.reason.code, found.policy or "-", *found.observers]
            yield policies, job, " ".join(said)


def load_rules(policies: list[dict[str, Any]], path: Path) -> Rules:
    path.write_text(GOOD[: GOOD.index("policies:")] + f"policies: {json.dumps(policies)}\n")
    settings = load_settings(path, ENVIRON)
    return Rules.of_target("research", Mode.ENFORCE, settings.policies, settings.targets[0].limits, frozenset({"0"}))


def build_job(fields: dict[str, Any]) -> Job:
    times = {name: parse_timestamp(value) for name, value in fields.items() if name.endswith("_at") and value is not None}
    labels = fields.get("labels", ())
    told = None if labels is None else tuple((key, value) for key, value in labels)
    return Job(**(fields | times | {"phase": Phase(fields["phase"]), "labels": told}))


def test_b35_no_decision_of_the_golden_corpus_has_changed(tmp_path: Path, *, is_updating_golden: bool) -> None:
    """A difference is a change of what is deleted: pytest --update-golden shows it in the file's diff, CHANGELOG.md says it."""
    corpus = json.loads(GOLDEN.read_text())
    found: dict[str, dict[str, str]] = {}
    for policies, job, said in decide(corpus, tmp_path):
        found.setdefault(policies, {})[job] = said
    if is_updating_golden:
        GOLDEN.write_text(json.dumps(corpus | {"decisions": found}, indent=1) + "\n")
        pytest.skip("tests/golden/decisions.json was written anew: look at its diff")
    assert found == corpus["decisions"]


def test_b35_the_corpus_tempts_every_way() -> None:
    """Each verdict occurs (expiring once there are graces), and each set of policies both keeps and lets go."""
    decisions = json.loads(GOLDEN.read_text())["decisions"]
    verdicts = {name: {said.split()[0] for said in jobs.values()} for name, jobs in decisions.items()}
    assert set.union(*verdicts.values()) | {"expiring"} == {verdict.value for verdict in Verdict}
    for found in verdicts.values():
        assert {"expired", "kept", "held"} <= found
