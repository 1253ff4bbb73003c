"""For which jobs a new hold comes late: what is gone is named with its time, what is open is named in doubt too."""

from typing import Any

import pytest
from builders import NOW, FakeClock

from janitor.core import events as names
from janitor.core.phase import Phase
from janitor.ledger.chain import Draft
from janitor.ledger.late import find_late_jobs
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector

OPEN = "its deletion is under way or was asked for; the hold cannot take back a request that has left"
JOB: dict[str, Any] = {"job_name": "rc-1", "owner": "ann", "phase": "failed"}


def draft(event: str, job_id: str = "j1", target: str = "research", **fields: Any) -> Draft:
    given = {"intent_id": f"intent-{job_id}", "job_id": job_id, "attempts": 1}
    return Draft(event=event, target=target, sweep_id="s1", fields=given | JOB | fields)


def hold(*job_ids: str, **match: Any) -> Hold:
    return Hold(name="h-1", reason="audited", job_ids=frozenset(job_ids), match=Selector(**match) if match else None)


def test_a_job_that_is_gone_is_named_with_what_became_of_it_and_when(ledger: Ledger, clock: FakeClock) -> None:
    fence = ledger.claim("research")
    ledger.append([draft(names.DELETION_INTENDED, job) for job in ("J1", "j2", "j3", "j4", "j5")], fence)
    clock.advance(90)
    closings = (names.DELETION_CONFIRMED, names.DELETION_ALREADY_GONE, names.DELETION_FAILED, names.DELETION_SKIPPED)
    ledger.append([draft(event, job) for event, job in zip(closings, ("J1", "j2", "j3", "j4"), strict=True)], fence)
    at = "at 2026-11-23 03:01:30Z; the hold keeps nothing of it"
    assert find_late_jobs(ledger, "research", hold("j1", "j2", "j3", "j4", "j5", "j6")) == (
        f"job J1: it was deleted before, {at}",
        f"job j2: it was found gone when it was to be deleted, {at}",
        f"job j5: {OPEN}",
    )
    assert find_late_jobs(ledger, "other", hold("j1", "j5")) == ()
    assert clock.now() > NOW


@pytest.mark.parametrize(
    ("match", "fields", "is_covered"),
    [
        ({"name": ("rc-*",)}, {}, True),
        ({"name": ("other-*",)}, {}, False),
        ({"name": ("other-*",)}, {"job_name": None}, True),
        ({"name": ("*-end",)}, {"job_name": "x" * 2000}, True),
        ({"name": ("rc-s3cret",)}, {"job_name": "rc-***"}, True),
        ({"owner": frozenset({"ann"})}, {}, True),
        ({"owner": frozenset({"bob"})}, {}, False),
        ({"owner": frozenset({"bob"})}, {"owner": None}, True),
        ({"phase": frozenset({Phase.FAILED})}, {}, True),
        ({"phase": frozenset({Phase.COMPLETED})}, {}, False),
        ({"phase": frozenset({Phase.COMPLETED})}, {"phase": "melted"}, True),
        ({"phase": frozenset({Phase.COMPLETED})}, {"other_phases": ["completed"]}, True),
        ({"phase": frozenset({Phase.COMPLETED})}, {"other_phases": ["terminated"]}, False),
        ({"phase": frozenset({Phase.FAILED})}, {"other_phases": ["terminated"]}, True),
        ({"kind": frozenset({"job"})}, {}, True),
        ({"workspace": frozenset({"0"})}, {}, True),
        ({"workspace": frozenset({"0"}), "owner": frozenset({"bob"})}, {}, False),
    ],
)
def test_s2_an_open_deletion_is_named_unless_the_conditions_surely_do_not_fit(
    ledger: Ledger, match: dict[str, Any], fields: dict[str, Any], is_covered: bool
) -> None:
    ledger.append([draft(names.DELETION_INTENDED, **fields)], ledger.claim("research"))
    assert find_late_jobs(ledger, "research", hold(**match)) == ((f"job j1: {OPEN}",) if is_covered else ())


def test_conditions_say_nothing_of_jobs_that_are_long_gone(ledger: Ledger) -> None:
    ledger.append([draft(names.DELETION_INTENDED), draft(names.DELETION_CONFIRMED)], ledger.claim("research"))
    assert find_late_jobs(ledger, "research", hold(name=("rc-*",))) == ()
