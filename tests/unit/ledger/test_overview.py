"""What the overview shows of a target's past."""

from datetime import timedelta
from typing import Any

from builders import NOW, FakeClock

from janitor.core import events as names
from janitor.ledger.chain import Draft
from janitor.ledger.overview import count_deletions, list_last_sweeps
from janitor.ledger.store import Ledger

DAY = timedelta(days=1)


def draft(name: str, job: str, target: str = "research", **fields: Any) -> Draft:
    given = {"intent_id": f"intent-{job}", "job_id": job, "attempts": 1, "policy": "weekly"}
    return Draft(event=name, target=target, sweep_id="s1", fields=given | fields)


def test_only_confirmed_deletions_of_the_target_and_the_time_count_by_day_and_policy(ledger: Ledger, clock: FakeClock) -> None:
    fence = ledger.claim("research")
    for job, end in (("early", names.DELETION_CONFIRMED), ("a", names.DELETION_CONFIRMED), ("b", names.DELETION_FAILED)):
        ledger.append([draft(names.DELETION_INTENDED, job), draft(end, job, policy="monthly")], fence)
        clock.advance(DAY.total_seconds())
    ledger.append(
        [draft(names.DELETION_INTENDED, "c"), draft(names.DELETION_CONFIRMED, "c"), draft(names.DELETION_INTENDED, "d")], fence
    )
    other = ledger.claim("b")
    ledger.append([draft(names.DELETION_INTENDED, "e", "b"), draft(names.DELETION_CONFIRMED, "e", "b")], other)
    clock.advance(DAY.total_seconds())
    ledger.append([draft(names.DELETION_INTENDED, "late"), draft(names.DELETION_CONFIRMED, "late")], fence)
    found = count_deletions(ledger, "research", NOW + DAY / 2, NOW + 3.5 * DAY)
    assert found == {((NOW + DAY).date(), "monthly"): 1, ((NOW + 3 * DAY).date(), "weekly"): 1}


def test_the_last_sweeps_are_told_newest_first_with_how_they_ended(ledger: Ledger, clock: FakeClock) -> None:
    for sweep, end in (("s1", names.SWEEP_FINISHED), ("s2", names.SWEEP_FINISHED), ("s3", names.SWEEP_ABORTED), ("s4", None)):
        ledger.append([Draft(event=names.SWEEP_STARTED, target="research", sweep_id=sweep)])
        counts = {"outcomes": {"confirmed": 2, "failed": 0}} | ({"reason": "no network"} if end is names.SWEEP_ABORTED else {})
        if end is not None:
            ledger.append([Draft(event=end, target="research", sweep_id=sweep, fields=counts)])
        clock.advance(60)
    found = list_last_sweeps(ledger, "research", clock.now(), 3)
    assert [(each.sweep_id, each.status, each.outcomes, each.reason) for each in found] == [
        ("s4", "running", {}, ""),
        ("s3", "aborted", {"confirmed": 2}, "no network"),
        ("s2", "finished", {"confirmed": 2}, ""),
    ]
    assert [each.sweep_id for each in list_last_sweeps(ledger, "research", NOW, 3)] == ["s1"]
    assert list_last_sweeps(ledger, "other", clock.now(), 3) == ()
