"""Decisions go by what the chain says of notices: of this very mark, from its first delivery on, and of nothing else (B39)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from amount import cases
from builders import NOW, FakeClock, make_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerError
from janitor.core.job import Job
from janitor.ledger import schema
from janitor.ledger.chain import Draft
from janitor.ledger.derivation import find_difference
from janitor.ledger.past import read_past
from janitor.ledger.store import Fence, Ledger
from janitor.retention.past import Mark

JOB = make_job()
DAY = timedelta(days=1)
ABOUT = {"job_id": JOB.id, "created_at": timestamp(JOB.created_at or NOW)}


def mark(
    ledger: Ledger,
    clock: FakeClock,
    grace: timedelta = 2 * DAY,
    since: Any = NOW,
    event: str = events.JOB_MARKED,
    **about: Any,
) -> None:
    fence = ledger.claim("research")
    fields = ABOUT | {"marked_at": timestamp(since), "grace": grace // timedelta(seconds=1)} | about
    ledger.append(
        [Draft(event=event, target="research", sweep_id="s", fields=fields)], Fence(target="research", epoch=fence.epoch)
    )


def tell(
    ledger: Ledger,
    since: Any = NOW,
    target: str = "research",
    event: str = events.NOTICE_DELIVERED,
    owner: str | None = None,
    **about: Any,
) -> None:
    fields = {"channel": "n", "owner": owner, "jobs": [ABOUT | {"marked_at": timestamp(since)} | about]}
    ledger.append([Draft(event=event, target=target, sweep_id="s", fields=fields)])


def found(ledger: Ledger, owners: Collection[str] = (), job: Job = JOB) -> Mark | None:
    return read_past(ledger, "research", [job], NOW, owners).mark_of(job)


def test_a_delivered_notice_counts_from_its_first_delivery_on(ledger: Ledger, clock: FakeClock) -> None:
    mark(ledger, clock)
    assert found(ledger) == Mark(since=NOW, grace=2 * DAY)
    clock.advance(3600)
    tell(ledger)
    clock.advance(3600)
    tell(ledger)
    assert found(ledger) == Mark(since=NOW, grace=2 * DAY, noticed_at=NOW + timedelta(hours=1))
    assert read_past(ledger, "research", [JOB], NOW).mark_of(JOB) == Mark(since=NOW, grace=2 * DAY)
    assert read_past(ledger, "research", [], NOW, ()).mark_of(JOB) == Mark(since=NOW, grace=2 * DAY)
    assert find_difference(ledger) is None


def test_a_mark_that_is_lengthened_keeps_its_notice(ledger: Ledger, clock: FakeClock) -> None:
    mark(ledger, clock)
    tell(ledger)
    mark(ledger, clock, grace=9 * DAY)
    assert found(ledger) == Mark(since=NOW, grace=9 * DAY, noticed_at=NOW)


def test_b39_a_mark_that_is_made_anew_has_no_notice_of_the_one_before(ledger: Ledger, clock: FakeClock) -> None:
    mark(ledger, clock)
    tell(ledger)
    mark(ledger, clock, event=events.JOB_UNMARKED)
    clock.advance(60)
    mark(ledger, clock, since=clock.now())
    assert found(ledger) == Mark(since=clock.now(), grace=2 * DAY)
    tell(ledger)  # it was sent before the job was unmarked, and recorded after
    assert found(ledger) == Mark(since=clock.now(), grace=2 * DAY)


@pytest.mark.parametrize(
    "change",
    [
        {"target": "other"},
        {"event": events.NOTICE_FAILED},
        {"job_id": make_job().id},
        {"created_at": timestamp(NOW)},
        {"marked_at": timestamp(NOW + DAY)},
    ],
)
def test_b39_what_is_no_delivered_notice_of_this_mark_counts_for_nothing(
    ledger: Ledger, clock: FakeClock, change: dict[str, Any]
) -> None:
    mark(ledger, clock)
    tell(ledger, **change)
    assert found(ledger) == Mark(since=NOW, grace=2 * DAY)


OWNERS = ("ann", "Ann", "bob", None)


@given(
    told=st.lists(st.sampled_from(OWNERS), max_size=4),
    owner=st.sampled_from(OWNERS),
    owners=st.frozensets(st.sampled_from(["ann", "Ann", "bob"])),
)
@settings(max_examples=cases(15, 300), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_b39_an_owner_with_a_channel_is_told_there_alone_and_no_edit_of_owners_makes_a_notice_count_that_counted_for_nobody(
    ledger: Ledger, clock: FakeClock, told: list[str | None], owner: str | None, owners: frozenset[str]
) -> None:
    """Whoever was told before the file named this owner's channel, and whichever owner was told of a job that was theirs then."""
    job = replace(make_job(owner=owner), created_at=JOB.created_at)
    mark(ledger, clock, job_id=job.id)
    counted = list[datetime]()
    for whom in told:
        clock.advance(3600)
        tell(ledger, owner=whom, job_id=job.id)
        if whom == owner or (whom is None and owner not in owners):
            counted.append(clock.now())
    assert found(ledger, owners, job) == Mark(since=NOW, grace=2 * DAY, noticed_at=min(counted, default=None))


def test_b39_an_owner_whose_name_is_cut_in_the_log_is_told_all_the_same(ledger: Ledger, clock: FakeClock) -> None:
    long = "x" * 2000
    mark(ledger, clock)
    tell(ledger, owner=long)
    assert found(ledger, {long}, replace(JOB, owner=long)) == Mark(since=NOW, grace=2 * DAY, noticed_at=NOW)


def test_a_name_that_reads_like_a_notice_is_none(ledger: Ledger, clock: FakeClock) -> None:
    mark(ledger, clock)
    forged = f'","event":"{events.NOTICE_DELIVERED}","x":"'
    ledger.append([Draft(event=events.HOLD_REMOVED + "x", target="research", fields={"jobs": [ABOUT], "reason": forged})])
    assert found(ledger) == Mark(since=NOW, grace=2 * DAY)


def test_b14_a_notice_that_cannot_be_read_lets_nothing_be_decided(ledger: Ledger, clock: FakeClock) -> None:
    mark(ledger, clock)
    tell(ledger, marked_at=None)
    with pytest.raises(LedgerError, match="what the ledger knows of target research cannot be read"):
        found(ledger)


def test_only_what_follows_the_first_mark_is_read(ledger: Ledger, clock: FakeClock) -> None:
    """An intent before it bounds the search: the events before that one are not even parsed."""
    tell(ledger, marked_at=None)  # it could not be read
    fence = ledger.claim("research")
    intent: dict[str, Any] = {"intent_id": "i-1", "attempts": 0, "job_id": "x", "tombstone": None, "created_at": None}
    ledger.append([Draft(event=events.DELETION_INTENDED, target="research", sweep_id="s", fields=intent)], fence)
    clock.advance(1)
    mark(ledger, clock, since=clock.now())
    tell(ledger, since=clock.now())
    assert found(ledger) == Mark(since=clock.now(), grace=2 * DAY, noticed_at=clock.now())
    with ledger.writing() as connection:
        connection.execute(update(schema.intents).values(at=timestamp(clock.now() + DAY)))
    with pytest.raises(LedgerError, match="cannot be read"):
        found(ledger)
