"""A sweep that is cut off anywhere is continued by the next one: the whole plan goes, and nothing is asked for twice."""

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest
from amount import cases, pairs
from builders import FakeClock, make_job, make_target, make_tools
from scripted import ScriptedBackend

from janitor.core.errors import LedgerError
from janitor.ledger.chain import find_break
from janitor.ledger.facts import list_open_intents
from janitor.ledger.store import Ledger
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

JOBS = cases(150, 600)
CUTS = (1, 2, 11, 12, 55)
"""At which job that it asks for each sweep is cut off: the first, the second, around the ends of batches, in the middle."""

BETWEEN_S = 700.0
"""Three sweeps that are cut off within ten minutes are a crash loop, which a guard refuses."""


class Killed(BaseException):
    """What no handler of errors catches: the process is gone."""


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend.holding(*(make_job(days_ago=900 - number) for number in range(JOBS)), make_job(days_ago=1))


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, stop: Event | None = None) -> TargetReport:
    tools = make_tools(clock, new_id=lambda: str(uuid.uuid4()), stop=stop or Event())
    return sweep_target(make_target(backend), ledger, tools)


def at_job(number: int, act: Callable[[], None]) -> Callable[[str], None]:
    """Do this when that many jobs were asked for."""
    seen = Counter[str]()

    def count(_job_id: str) -> None:
        seen["asked"] += 1
        if seen["asked"] == number:
            act()

    return count


def fail_to_write(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Callable[[], None]:
    """From now on, until it is undone, whatever is to be written raises this: the request is answered, and nobody will know."""

    def refuse(*_drafts: object, **_options: object) -> None:
        raise error

    return lambda: monkeypatch.setattr(Ledger, "append", refuse)


def kill() -> None:
    raise Killed


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("how", "most"), pairs(["stopped", "ledger lost", "killed before a request", "killed after its answer"], [1, 100])
)
def test_v1_v5_wherever_a_sweep_is_cut_off_the_next_ones_do_the_rest_and_nothing_twice(
    ledger: Ledger, clock: FakeClock, backend: ScriptedBackend, how: str, most: int
) -> None:
    """Each sweep is cut off at another place, until one is left to end. Every third deletion is carried out only later."""
    plan, cuts = list(backend.jobs)[:-1], 0
    backend.most_at_once, backend.lingering = most, set(plan[::3]) if most == 1 else set()
    for cut in CUTS:
        stop = Event()
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            acts = {
                "stopped": stop.set,
                "ledger lost": fail_to_write(patch, LedgerError("the disk is full")),
                "killed before a request": kill,
                "killed after its answer": fail_to_write(patch, Killed()),
            }
            backend.before_delete = at_job(cut, acts[how])
            run(backend, ledger, clock, stop)
        cuts += len(backend.asked) < len(plan)
        for job_id in backend.lingering & set(backend.asked):
            backend.jobs.pop(job_id, None)
        clock.advance(BETWEEN_S)
    assert cuts == len(CUTS)
    backend.before_delete = lambda _job_id: None
    for _ in range(2):
        report = run(backend, ledger, clock)
        for job_id in backend.lingering & set(backend.asked):
            backend.jobs.pop(job_id, None)
        clock.advance(BETWEEN_S)
    assert (report.exit_code, report.verdicts["expired"], list(backend.jobs)[1:]) == (0, 0, [])
    assert list_open_intents(ledger, "research") == ()
    assert Counter(backend.asked) == Counter(plan)
    assert find_break(ledger.rows())[0] is None
    events = [row.event() for row in ledger.rows()]
    proven = ("deletion.confirmed", "deletion.already_gone")
    assert Counter(event["job_id"] for event in events if event["event"] in proven) == Counter(plan)
