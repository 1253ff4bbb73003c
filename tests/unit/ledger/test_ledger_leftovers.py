"""What the ledger knows of the storage that deleted jobs left behind."""

import json
from datetime import timedelta
from typing import Any

import pytest
from again import read_again
from builders import NOW, FakeClock
from sqlalchemy import insert, text

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Draft
from janitor.ledger.leftovers import Left, list_left
from janitor.ledger.schema import tombstones
from janitor.ledger.store import Fence, Ledger

DAY = timedelta(days=1)


def delete(ledger: Ledger, fence: Fence, job: str, end: str | None, outputs: str | None = "[]") -> None:
    """One intent, what became of it, and its tombstone."""
    fields: dict[str, Any] = {"intent_id": f"i-{job}", "job_id": job, "attempts": 1, "owner": job[0]}
    drafts = [
        Draft(event=event, target=fence.target, sweep_id="s1", fields=fields) for event in (names.DELETION_INTENDED, end) if event
    ]
    ledger.append(drafts, fence)
    if outputs is not None:
        row = {"intent_id": f"i-{job}", "target": fence.target, "job_id": job, "at": "2026", "sha256": "0" * 64, "document": "{}"}
        with ledger.writing() as connection:
            connection.execute(insert(tombstones).values(**row, outputs=outputs))


def left(ledger: Ledger, target: str = "research") -> list[Left]:
    return list(list_left(ledger, target, NOW - DAY, NOW + DAY))


def test_owner_and_addresses_of_what_was_deleted_or_accepted_are_told_and_of_nothing_else(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    delete(ledger, fence, "ann-1", names.DELETION_CONFIRMED, json.dumps(["/bkt/a/", "/bkt/\ud800/"]))
    delete(ledger, fence, "bob-1", names.DELETION_ACCEPTED, '["/bkt/b/"]')
    for number, end in enumerate(
        (names.DELETION_FAILED, names.DELETION_SKIPPED, names.DELETION_ALREADY_GONE, names.DELETION_UNKNOWN, None)
    ):
        delete(ledger, fence, f"kept-{number}", end, '["/bkt/kept/"]')
    delete(ledger, ledger.claim("b"), "zoe-1", names.DELETION_CONFIRMED, '["/bkt/z/"]')
    assert left(ledger) == [("a", ("/bkt/a/", "/bkt/\ud800/")), ("b", ("/bkt/b/",))]
    assert left(ledger, "b") == [("z", ("/bkt/z/",))]


def test_only_what_was_intended_in_the_time_is_told(ledger: Ledger, clock: FakeClock) -> None:
    fence = ledger.claim("research")
    for job in ("early", "x-1", "y-1", "late"):
        clock.time = NOW + {"early": -2, "x-1": -1, "y-1": 1, "late": 2}[job] * DAY
        delete(ledger, fence, job, names.DELETION_CONFIRMED)
    assert left(ledger) == [("x", ()), ("y", ())]


def test_without_a_tombstone_or_a_word_in_it_no_address_is_known(ledger: Ledger) -> None:
    fence = ledger.claim("research")
    delete(ledger, fence, "ann-1", names.DELETION_CONFIRMED, outputs=None)
    delete(ledger, fence, "bob-1", names.DELETION_CONFIRMED, outputs="null")
    assert left(ledger) == [("a", None), ("b", None)]


def test_a_ledger_of_the_version_before_tombstones_is_read_as_it_is(ledger: Ledger) -> None:
    delete(ledger, ledger.claim("research"), "ann-1", names.DELETION_CONFIRMED, outputs=None)
    with ledger.writing() as connection:
        connection.execute(text("DROP TABLE tombstones"))
        connection.execute(text("UPDATE meta SET value = '3' WHERE key = 'schema'"))
    ledger.close()
    with read_again(ledger) as opened:
        assert left(opened) == [("a", None)]


@pytest.mark.parametrize("outputs", ["", "{", "{}", '"/bkt/"', "[1]", '[["/bkt/"]]', "7"])
def test_a_tombstone_that_says_no_list_of_addresses_is_an_error_that_names_the_job(ledger: Ledger, outputs: str) -> None:
    delete(ledger, ledger.claim("research"), "ann-1", names.DELETION_CONFIRMED, outputs)
    with pytest.raises(LedgerError, match=r"tombstone of job ann-1 .* run `janitor audit verify`"):
        left(ledger)
