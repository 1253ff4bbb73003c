"""What an upgrade must not change in silence: the verdicts of a corpus of policies, written as in a policy file, and jobs."""

import json
from pathlib import Path
from typing import Any

import pytest
from settings_sample import ENVIRON, GOOD

from janitor.core.canonical import parse_timestamp
from janitor.core.duration import parse_duration
from janitor.core.job import Job, Resources
from janitor.core.phase import Phase
from janitor.core.verdict import Decision, Verdict
from janitor.retention.codes import CODES
from janitor.retention.evaluate import ACTIVE, GRACE, HELD, MATCH_UNKNOWN, OUT_OF_SCOPE, UNMANAGED, evaluate, evaluate_all
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.policy import Mode, Rules
from janitor.retention.vote import EXCEPT_UNKNOWN, EXCEPTED, EXPIRED, KEEP_RULE, MIN_AGE, NO_GROUP, TIME_UNKNOWN, TOO_YOUNG
from janitor.settings.load import load_settings

GOLDEN = Path(__file__).parents[2] / "golden" / "decisions.json"


def decide(corpus: dict[str, Any], folder: Path) -> dict[str, dict[str, str]]:
    """Each set of policies with each job, and each group: the verdict, the code of its reason, who decided, who only observes."""
    as_of = parse_timestamp(corpus["as_of"])
    found: dict[str, dict[str, str]] = {}
    for name, policies in corpus["policies"].items():
        rules = load_rules(policies, folder / f"{name}.yaml")
        alone = [build_job(corpus["job"] | changes) for changes in corpus["changes"].values()]
        said = [
            tell(evaluate(job, rules, as_of, build_past([(job, changes)])))
            for job, changes in zip(alone, corpus["changes"].values(), strict=True)
        ]
        found[name] = dict(zip(corpus["changes"], said, strict=True))
    for name, group in corpus["groups"].items():
        jobs = [build_job(corpus["job"] | {"id": each} | changes) for each, changes in group["jobs"].items()]
        past = build_past(list(zip(jobs, group["jobs"].values(), strict=True)))
        decisions = evaluate_all(jobs, load_rules(group["policies"], folder / f"{name}.yaml"), as_of, past)
        found[f"group {name}"] = {each.job.id: tell(each) for each in decisions}
    return found


def tell(decision: Decision) -> str:
    return " ".join([decision.verdict.value, decision.reason.code, decision.policy or "-", *decision.observers])


def load_rules(policies: list[dict[str, Any]], path: Path) -> Rules:
    path.write_text(GOOD[: GOOD.index("policies:")] + f"policies: {json.dumps(policies)}\n")
    settings = load_settings(path, ENVIRON)
    return Rules.of_target("research", Mode.ENFORCE, settings.policies, settings.targets[0].limits, frozenset({"0"}))


OF_THE_PAST = ("first_seen_at", "marked_at", "grace")


def build_job(described: dict[str, Any]) -> Job:
    fields = {name: value for name, value in described.items() if name not in OF_THE_PAST}
    times = {name: parse_timestamp(value) for name, value in fields.items() if name.endswith("_at") and value is not None}
    labels = fields.get("labels", ())
    made: dict[str, Any] = {
        "phase": Phase(fields["phase"]),
        "other_phases": frozenset(Phase(phase) for phase in fields.get("other_phases", ())),
        "labels": None if labels is None else tuple((key, value) for key, value in labels),
        "resources": Resources(**fields.get("resources", {})),
    }
    return Job(**(fields | times | made))


def build_past(described: list[tuple[Job, dict[str, Any]]]) -> Past:
    seen = {key_of(job): parse_timestamp(each["first_seen_at"]) for job, each in described if "first_seen_at" in each}
    marks = {
        key_of(job): Mark(since=parse_timestamp(each["marked_at"]), grace=parse_duration(each["grace"]))
        for job, each in described
        if "marked_at" in each
    }
    return Past(first_seen=seen, marks=marks)


def test_b35_no_decision_of_the_golden_corpus_has_changed(tmp_path: Path, *, is_updating_golden: bool) -> None:
    """A difference is a change of what is deleted: pytest --update-golden shows it in the file's diff, CHANGELOG.md says it."""
    corpus = json.loads(GOLDEN.read_text())
    found = decide(corpus, tmp_path)
    if is_updating_golden:
        GOLDEN.write_text(json.dumps(corpus | {"decisions": found}, indent=1) + "\n")
        pytest.skip("tests/golden/decisions.json was written anew: look at its diff")
    assert found == corpus["decisions"]


REASONS = {EXCEPTED, TOO_YOUNG, NO_GROUP, KEEP_RULE, MIN_AGE, EXCEPT_UNKNOWN, TIME_UNKNOWN, EXPIRED}
REASONS |= {GRACE, HELD, ACTIVE, UNMANAGED, OUT_OF_SCOPE, MATCH_UNKNOWN}


def test_b35_the_corpus_tempts_every_way() -> None:
    """Each verdict and each reason occurs, and each set of policies both keeps and lets go."""
    corpus = json.loads(GOLDEN.read_text())
    decisions = corpus["decisions"]
    words = {name: [said.split() for said in jobs.values()] for name, jobs in decisions.items()}
    assert {word[0] for said in words.values() for word in said} == {verdict.value for verdict in Verdict}
    assert REASONS <= {word[1] for said in words.values() for word in said} <= set(CODES)
    for name, said in words.items():
        assert {"kept"} <= {word[0] for word in said}, name
        assert {"expired", "expiring"} & {word[0] for word in said}, name
