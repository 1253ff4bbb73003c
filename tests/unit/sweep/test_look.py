"""What a look may pass over: facts that no policy and no hold of the target reads. A platform may tell more of them to a look."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from again import open_again
from builders import FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend, reply

from janitor.backends.port import Answer, Listing
from janitor.core import events
from janitor.core.job import Job, Resources
from janitor.ledger.standing_changes import add_hold
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.policy import Policy, Rules
from janitor.retention.selector import Range, Selector
from janitor.sweep.entry import delete_jobs, sweep_target
from janitor.sweep.manual import Order
from janitor.sweep.report import TargetReport

TOLD: dict[str, Any] = {
    "experiment": "lr",
    "resources": Resources(flavor="gpu-8", pool="pool-1", node_count=2, accelerators=16),
}
LISTED: dict[str, Any] = {
    "experiment": "old",
    "resources": Resources(flavor="cpu", pool="pool-0", node_count=1, accelerators=0),
}
FIELDS = ("experiment", "flavor", "pool")


def select(field: str, value: str = "nobody's") -> Selector:
    return Selector(**{field: frozenset({value})})  # type: ignore[arg-type]  # one of FIELDS


def hold(field: str, value: str = "nobody's") -> Hold:
    return Hold(name="h-1", reason="paper", match=select(field, value))


def by_policy(field: str) -> Rules:
    return make_rules(make_policy(), make_policy(name="other", match=select(field)))


def by_except(field: str) -> Rules:
    return make_rules(make_policy(except_=select(field)))


def by_group(field: str) -> Rules:
    return make_rules(make_policy(keep=Keep(last=0, per=(field,))))


def by_hold(field: str) -> Rules:
    return make_rules(holds=(hold(field),))


READERS = {"policy": by_policy, "except": by_except, "group": by_group, "hold": by_hold}


def build(*jobs: Job) -> ScriptedBackend:
    """Lists these jobs, and tells other facts of them to a look."""
    backend = ScriptedBackend.holding(*(replace(job, **TOLD) for job in jobs))
    backend.listing = lambda: Listing(jobs=jobs, workspaces=("0",))
    return backend


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, rules: Rules) -> TargetReport:
    return sweep_target(make_target(backend, rules=rules), ledger, make_tools(clock, new_id=lambda: str(uuid.uuid4())))


def outcomes(report: TargetReport) -> dict[str, int]:
    return {name: number for name, number in report.outcomes().items() if number}


def reasons(ledger: Ledger) -> list[str]:
    return [row.event()["reason"] for row in ledger.rows() if row.event()["event"] == events.DELETION_SKIPPED]


@pytest.mark.parametrize("listed", [{}, LISTED], ids=["untold", "other"])
def test_what_a_platform_tells_only_to_a_look_keeps_no_deletion_back_where_nothing_reads_it(
    ledger: Ledger, clock: FakeClock, listed: dict[str, Any]
) -> None:
    backend = build(*(make_job(**listed) for _ in range(12)), make_job(days_ago=1))
    assert outcomes(run(backend, ledger, clock, make_rules())) == {"confirmed": 12}


@pytest.mark.parametrize(
    ("reader", "field"), [(reader, field) for reader in READERS for field in FIELDS if (reader, field) != ("group", "pool")]
)
def test_a28_a_change_of_what_a_rule_reads_skips_the_job(ledger: Ledger, clock: FakeClock, reader: str, field: str) -> None:
    """Though no rule selects, excepts or holds it, before or after: that one asks is enough. Only what is read is compared."""
    backend = build(make_job(**LISTED), make_job(days_ago=1, **LISTED))
    assert outcomes(run(backend, ledger, clock, READERS[reader](field))) == {"skipped": 1}
    assert reasons(ledger) == [f"since it was listed, its {field} changed"]
    assert backend.asked == []


@pytest.mark.parametrize("field", FIELDS)
def test_a28_a_hold_in_the_ledger_reads_too(ledger: Ledger, clock: FakeClock, field: str) -> None:
    add_hold(ledger, "research", hold(field))
    backend = build(make_job(**LISTED), make_job(days_ago=1, **LISTED))
    run(backend, ledger, clock, make_rules())
    assert (reasons(ledger), backend.asked) == ([f"since it was listed, its {field} changed"], [])


def hold_now(ledger: Ledger, clock: FakeClock, wanted: Hold) -> None:
    """As another process does it."""
    with open_again(ledger, clock, "cli:ann@desk") as other:
        add_hold(other, "research", wanted)


def once(act: Callable[[], None]) -> Callable[[str], None]:
    """Do it the first time."""
    done = list[str]()

    def before(job_id: str) -> None:
        if not done:
            done.append(job_id)
            act()

    return before


@pytest.mark.parametrize("value", ["lr", "old"])
def test_a29_a_hold_that_comes_after_the_look_keeps_a_job_that_fits_it_as_it_is_or_as_it_was(
    ledger: Ledger, clock: FakeClock, value: str
) -> None:
    """The look passed over the experiment, which nothing read then."""
    backend = build(make_job(**LISTED), make_job(days_ago=1, **LISTED))
    backend.before_get = once(lambda: hold_now(ledger, clock, hold("experiment", value)))
    assert outcomes(run(backend, ledger, clock, make_rules())) == {"skipped": 1}
    assert (reasons(ledger), backend.asked) == (["held by hold h-1: paper"], [])


@pytest.mark.parametrize(("first", "came_to"), [(Answer.UNKNOWN, "failed"), (Answer.LATE, "skipped")])
def test_a29_a_job_is_not_asked_for_again_once_a_hold_fits_what_the_look_saw(
    ledger: Ledger, clock: FakeClock, first: Answer, came_to: str
) -> None:
    """After a request without an answer, and after one that was too late to be sent."""
    job = make_job(**LISTED)
    backend = build(job, make_job(days_ago=1, **LISTED))
    backend.script[job.id] = [reply(first)]
    backend.before_delete = once(lambda: hold_now(ledger, clock, hold("experiment", "lr")))
    assert outcomes(run(backend, ledger, clock, make_rules())) == {came_to: 1}
    assert (backend.asked, backend.deleted) == ([job.id], [])


def test_by_hand_too_only_a_change_of_what_a_rule_reads_is_an_obstacle(ledger: Ledger, clock: FakeClock) -> None:
    shown = make_job(**LISTED)
    backend = build(shown, make_job(days_ago=1))
    order = Order(job_ids=(shown.id,), reason="a mistake", shown=(shown,))
    tools = make_tools(clock, new_id=lambda: str(uuid.uuid4()))
    report = delete_jobs(make_target(backend, rules=by_except("experiment")), ledger, tools, order)
    assert report.refusal is not None
    assert "since it was shown, its experiment changed" in report.refusal.message
    assert outcomes(delete_jobs(make_target(backend), ledger, tools, order)) == {"confirmed": 1}


RANGES = {name: Selector(**{name: Range(at_least=1)}) for name in ("node_count", "accelerators")}  # type: ignore[arg-type]
UNREAD = {*FIELDS, *RANGES}


@pytest.mark.parametrize("name", sorted(UNREAD))
def test_each_fact_is_unread_until_a_policy_an_exception_or_a_hold_names_it(name: str) -> None:
    asks = RANGES.get(name) or select(name)
    phases = make_policy().match.phase
    named: list[Policy] = [make_policy(match=replace(asks, phase=phases)), make_policy(except_=asks)]
    assert make_rules().unread_fields() == UNREAD
    assert [make_rules(policy).unread_fields() for policy in named] == [UNREAD - {name}] * 2
    assert make_rules(holds=(Hold(name="h", reason="r", match=asks),)).unread_fields() == UNREAD - {name}
    assert make_rules(holds=(Hold(name="h", reason="r", job_ids=frozenset({"x"})),)).unread_fields() == UNREAD


@pytest.mark.parametrize("word", ["experiment", "flavor"])
def test_what_makes_a_group_is_read(word: str) -> None:
    assert make_rules(make_policy(keep=Keep(per=("owner", word)), after=timedelta(days=9))).unread_fields() == UNREAD - {word}
