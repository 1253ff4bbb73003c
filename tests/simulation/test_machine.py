"""A state machine over a simulated world: whatever hypothesis thinks of, the invariants hold and healthy sweeps settle it."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
from amount import IS_SOAK, cases
from figures import write_figures
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from simulation.choosing import Machine
from simulation.dice import TEMPTATIONS
from simulation.walk import Player, Walk

ANY = {"phases": ["Completed", "Failed", "Terminated"], "days": 7, "names": ["*"], "owners": []}
OLD = {"days": 60.0, "phase": "Failed", "metadata": {"name": "trial-1", "user_name": "ann"}}
PARTS, EXAMPLES, STEPS = cases(2, 1), cases(10, 500), cases(25, 50)
KINDS = {
    "jobs": ("create", "finish", "restart", "tag", "untag", "change", "remove", "reuse"),
    "platform": ("strike", "recover"),
    "policies": ("edit", "drop"),
    "people": ("hold", "release", "acknowledge", "pause", "resume"),
    "time": ("wait", "jump", "mistell", "set_clocks"),
    "disk": ("fill", "free", "sweep disk"),
    "ledger": ("put_back", "corrupt"),
    "crashes": ("sweep crash",),
    "meanwhile": ("sweep within",),
    "sweeps": ("sweep",),
    "plans": ("sweep makes_plan",),
    "applications": ("sweep applies", "sweep applies crash", "sweep applies within"),
}
SHOWN = ("job may go", "deletions", "crashes", "stayed", "event plan.applied", "event plan.refused")
FIGURES = ("examples", "steps", "sweeps", "crashes", "deletions", "event plan.applied")


@pytest.mark.parametrize("part", range(PARTS))
def test_s1_s11_s23_v1_v2_v5_b38_whatever_comes_to_mind_no_invariant_breaks(part: int) -> None:
    seen = run(part)
    assert not missing(seen)
    reached = {word.removeprefix("rule "): number for word, number in seen.items() if word.startswith("rule ")}
    figures = {word.removeprefix("event "): seen[word] for word in FIGURES} | {"acts": reached}
    write_figures("machine", "JANITOR_EXAMPLES=soak pytest tests/simulation/test_machine.py", figures)


def run(part: int) -> Counter[str]:
    """What the examples of one part have shown: in `make test` always the same ones, so that none of it is by chance."""

    class Part(Machine):
        seen: ClassVar[Counter[str]] = Counter()

    if not IS_SOAK:
        seed(part)(Part)
    run_state_machine_as_test(
        Part,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Part.seen


def missing(seen: Counter[str]) -> list[str]:
    """What a run must have shown, and did not: acts of each kind (in `make soak` each act), jobs that went, temptations."""
    kinds = [(word,) for words in KINDS.values() for word in words] if IS_SOAK else list(KINDS.values())
    absent = [" or ".join(words) for words in kinds if not any(seen[f"rule {word}"] for word in words)]
    tempting = any(seen[f"job {why}"] for why in TEMPTATIONS)
    return absent + [word for word in SHOWN if not seen[word]] + ["a temptation"] * (not tempting)


def test_s11_b1_b38_a_plan_file_applied_after_a_crash_and_changes_deletes_its_own_jobs_alone(tmp_path: Path) -> None:
    world: dict[str, Any] = {
        "switches": {"batch_mode": "absent"},
        "rules": [ANY],
        "pace": [10, 10],
        "grace_s": 0.0,
        "jobs": [OLD, OLD, OLD],
    }
    player = Player(walk=Walk(seed=0, **world, steps=[]), folder=tmp_path / "world")
    simulation, planned = player.simulation, set(player.simulation.jobs)
    player.step("sweep", {"makes_plan": True})
    for word, given in (("create", OLD), ("reuse", {"job": 0, "by": OLD | {"days": 30}})):
        player.step(word, given)
    player.step("sweep", {"applies": 0, "crash": ["cp13_request_sent", "kept", 1]})
    player.step("wait", {"seconds": 31})
    for _ in range(2):
        player.step("sweep", {"applies": 0})
    again = [event["resumed"] for event in simulation.evidence.events if event["event"] == "plan.applied"]
    refused = [event["by"] for event in simulation.evidence.events if event["event"] == "plan.refused"]
    assert (again, refused) == ([False, True], ["plan_used"])
    assert set(simulation.evidence.deleted()) == planned - {simulation.jobs[0]}
    simulation.settle()
    assert set(simulation.evidence.deleted()) == set(simulation.jobs)


def test_a_run_that_shows_too_little_is_no_good_run() -> None:
    assert len(missing(Counter())) == cases(len(KINDS), sum(map(len, KINDS.values()))) + len(SHOWN) + 1
