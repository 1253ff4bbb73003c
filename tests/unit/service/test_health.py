"""What the daemon says of its health (faults B30, D20)."""

from datetime import timedelta

import pytest
from builders import NOW, FakeClock

from janitor.core.plan import Refusal
from janitor.service.health import STALLED_AFTER_S, Health
from janitor.service.timetable import Happening
from janitor.sweep.report import TargetReport, Trouble


@pytest.fixture
def health(clock: FakeClock) -> Health:
    made = Health(clock)
    made.set_targets(("a", "b"))
    made.file_loaded(None)
    return made


def report(target: str = "a", *, code: str | None = None, exit_code: int = 0, refused: bool = False) -> TargetReport:
    trouble = None if code is None else Trouble(code=code, message="m", exit_code=exit_code)
    refusal = Refusal(by="clock", message="m") if refused else None
    return TargetReport(target=target, sweep_id="s", as_of=NOW, dry_run=False, trouble=trouble, refusal=refusal)


def test_b30_v6_a_main_loop_that_stands_still_is_not_alive(health: Health, clock: FakeClock) -> None:
    health.beat()
    clock.advance(STALLED_AFTER_S - 1)
    assert health.is_alive()
    clock.advance(1)
    assert not health.is_alive()
    assert health.as_json()["status"] == "stalled"
    health.beat()
    assert health.is_alive()


def test_it_is_not_ready_before_the_first_file(clock: FakeClock) -> None:
    assert not Health(clock).is_ready()


def test_b33_a_refused_file_is_not_ready_and_says_so(health: Health) -> None:
    health.file_loaded("janitor.yaml:3:1: pace.x: unknown field\njanitor.yaml:4:1: more")
    assert not health.is_ready()
    assert health.as_json()["policy_file"] == {
        "valid": False,
        "problems": ["janitor.yaml:3:1: pace.x: unknown field", "janitor.yaml:4:1: more"],
    }
    assert set(health.as_json()["targets"]) == {"a", "b"}
    health.set_targets(("a",))
    assert not health.is_ready()
    health.file_loaded(None)
    assert health.is_ready()
    assert set(health.as_json()["targets"]) == {"a"}


@pytest.mark.parametrize(
    ("ended", "result", "is_ready"),
    [
        (report(), "done", True),
        (report(refused=True), "refused", True),
        (report(code="unreachable", exit_code=6), "unreadable", True),
        (report(code="unknown", exit_code=3), "failed", True),
        (report(code="ledger_failed", exit_code=5), "ledger", False),
        (report(code="unexpected", exit_code=1), "error", False),
        (report(code="interrupted", exit_code=130), "interrupted", True),
    ],
)
def test_how_a_sweep_ended_is_one_word(health: Health, ended: TargetReport, result: str, *, is_ready: bool) -> None:
    health.ended(ended)
    assert health.as_json()["targets"]["a"]["last_result"] == result
    assert health.is_ready() == is_ready
    assert (health.as_json()["targets"]["a"]["last_success"] is not None) == (result == "done")


def test_the_timetable_drives_it(health: Health) -> None:
    health.happened(Happening(target="a", what="submitted"))
    assert health.as_json()["targets"]["a"]["running"]
    health.happened(Happening(target="a", what="overlapped"))
    health.happened(Happening(target="a", what="missed"))
    health.happened(Happening(target="a", what="executed"))
    found = health.as_json()["targets"]["a"]
    assert (found["running"], found["overlapped"], found["missed"]) == (False, 1, 1)
    assert health.is_ready()
    health.happened(Happening(target="a", what="error", error=RuntimeError("x")))
    assert not health.is_ready()
    health.ended(report())
    assert health.is_ready()


def test_what_is_no_target_is_ignored(health: Health) -> None:
    health.happened(Happening(target="recovery of a", what="error"))
    assert set(health.as_json()["targets"]) == {"a", "b"}
    assert health.is_ready()


def test_times_are_utc(health: Health) -> None:
    health.note("a", last_success=NOW, next_sweep=NOW + timedelta(hours=24))
    found = health.as_json()["targets"]["a"]
    assert (found["last_success"], found["next_sweep"]) == ("2026-11-23T03:00:00.000000Z", "2026-11-24T03:00:00.000000Z")
