"""The derived tables against the chain: whatever the tables can be made to say otherwise is found and named."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from another_hand import another_hand
from builders import FakeClock

from janitor.core import events as names
from janitor.core.errors import LedgerError
from janitor.ledger.chain import Draft
from janitor.ledger.derivation import find_difference
from janitor.ledger.opening import read_ledger
from janitor.ledger.store import Ledger

CREATED = "2026-11-01T00:00:00.000000Z"


def deletion(event: str, job_id: str, attempts: int = 1, intent_id: str | None = "", **fields: Any) -> Draft:
    given = {"intent_id": f"i-{job_id}" if intent_id == "" else intent_id, "job_id": job_id, "attempts": attempts}
    return Draft(event=event, target="research", sweep_id="s1", fields=given | fields)


def hold(event: str, hold_id: str) -> Draft:
    fields = {"hold_id": hold_id, "job_ids": ["j9"], "match": None, "reason": "audited", "owner": None, "until": None}
    return Draft(event=event, target="research", fields=fields)


def mark(event: str, job_id: str, grace: int = 60, created_at: str = CREATED) -> Draft:
    fields = {"job_id": job_id, "created_at": created_at, "marked_at": "2026-11-20T00:00:00.000000Z", "grace": grace}
    return Draft(event=event, target="research", sweep_id="s1", fields=fields)


def plan(event: str, digest: str, sweep_id: str, **fields: Any) -> Draft:
    return Draft(event=event, target="research", sweep_id=sweep_id, fields={"digest": digest} | fields)


def switch(event: str, target: str | None = None) -> Draft:
    return Draft(event=event, target=target, fields={"reason": "incident"})


def acknowledgement(guard: str, target: str = "research") -> Draft:
    fields = {"guard": guard, "policy_digest": "d", "reason": "we know", "until": "2026-12-20T00:00:00.000000Z"}
    return Draft(event=names.GUARD_ACKNOWLEDGED, target=target, fields=fields)


def sweep(event: str, sweep_id: str, target: str = "research", **fields: Any) -> Draft:
    return Draft(event=event, target=target, sweep_id=sweep_id, fields=fields)


@pytest.fixture
def lived(ledger: Ledger, clock: FakeClock) -> Ledger:
    """A ledger in which every table has rows in each of their states."""
    fence = ledger.claim("research")
    ledger.append([hold(names.HOLD_ADDED, f"h-{number}") for number in range(1, 5)])
    ledger.append([deletion(names.DELETION_INTENDED, f"j{number}", attempts=0) for number in range(1, 8)], fence)
    ledger.append([mark(names.JOB_MARKED, f"j{number}") for number in (1, 5, 10, 11, 12, 13)], fence)
    ledger.append([mark(names.JOB_MARKED, "j11", 90), mark(names.JOB_UNMARKED, "j12"), mark(names.JOB_UNMARKED, "j13")], fence)
    ledger.append([mark(names.JOB_MARKED, "j13", 30), mark(names.JOB_MARKED, "j1", created_at="2026-11-02")], fence)
    clock.advance(5)
    ledger.append([deletion(names.DELETION_ACCEPTED, "j1"), deletion(names.DELETION_UNKNOWN, "j2")], fence)
    ledger.append([hold(names.HOLD_EXPIRED, "h-2"), hold(names.HOLD_EXPIRED, "h-3"), hold(names.HOLD_REMOVED, "h-3")])
    clock.advance(5)
    ledger.append([deletion(names.DELETION_SKIPPED, "j8", intent_id=None), deletion(names.DELETION_UNKNOWN, "j2", 2)], fence)
    gone = deletion(names.DELETION_CONFIRMED, "j1", created_at=CREATED)
    ledger.append([gone, deletion(names.DELETION_FAILED, "j3")], fence)
    gone = deletion(names.DELETION_ALREADY_GONE, "j5", created_at=CREATED)
    ledger.append([deletion(names.DELETION_ACCEPTED, "j4"), gone], fence)
    ledger.append([deletion(names.DELETION_SKIPPED, "j6", job_name='"event":"hold.added"')], fence)
    ledger.append([hold(names.HOLD_REMOVED, "h-4")])
    ledger.append([switch(names.SWEEPING_PAUSED, target) for target in (None, "research", None, "other")])
    ledger.append([switch(names.SWEEPING_RESUMED, "research")])
    ledger.append([acknowledgement("listing_grew"), acknowledgement("clock"), acknowledgement("clock", "other")])
    ledger.append([sweep(names.SWEEP_STARTED, "s2", kind="apply"), acknowledgement("listing_grew")])
    ledger.append([sweep(names.SWEEP_FINISHED, "s2", lifted=["clock"], outcomes={})])
    for kind, end in (("delete", names.SWEEP_FINISHED), ("sweep", names.SWEEP_ABORTED)):
        ledger.append([sweep(names.SWEEP_STARTED, f"by-{kind}", kind=kind), sweep(end, f"by-{kind}")])
    built = [plan(names.PLAN_BUILT, f"p{number}", f"s{number}", expires_at=CREATED) for number in range(1, 5)]
    ledger.append([*built, plan(names.PLAN_BUILT, "p9", "s9", expires_at=None), plan(names.PLAN_BUILT, "p8", "s8")])
    ledger.append([plan(names.PLAN_APPLIED, f"p{number}", "s5", resumed=False) for number in (2, 3)], fence)
    ledger.append([plan(names.PLAN_APPLIED, "p3", "s6", resumed=True)], fence)
    return ledger


def edit(ledger: Ledger, *statements: str) -> None:
    with another_hand(ledger) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_tables_that_follow_their_events_agree_with_them(ledger: Ledger) -> None:
    assert find_difference(ledger) is None


def test_after_every_kind_of_event_the_tables_agree(lived: Ledger) -> None:
    assert find_difference(lived) is None


def test_an_acknowledgement_is_used_up_by_a_sweep_that_began_after_it_and_passed_without_it(lived: Ledger) -> None:
    with another_hand(lived) as connection:
        found = list(connection.execute("SELECT target, guard, is_spent FROM acknowledgements ORDER BY seq"))
    grew, clocks = ("research", "listing_grew"), [("research", "clock", 0), ("other", "clock", 0)]
    assert found == [(*grew, 1), *clocks, (*grew, 0)]


@pytest.mark.some(3)
@pytest.mark.parametrize("table", ["holds", "pauses", "intents", "marks", "plans", "acknowledgements"])
def test_c26_whichever_row_is_removed_is_named(lived: Ledger, table: str) -> None:
    key = {"holds": "hold_id", "pauses": "scope", "intents": "intent_id", "marks": "job_id", "plans": "digest"}.get(table, "seq")
    with another_hand(lived) as connection:
        keys = [row[0] for row in connection.execute(f"SELECT {key} FROM {table}")]  # noqa: S608  our tables
    assert len(keys) >= 3
    for name in keys:
        edit(lived, f"CREATE TABLE kept AS SELECT * FROM {table}", f"DELETE FROM {table} WHERE {key} = '{name}'")  # noqa: S608
        wrong = find_difference(lived) or ""
        assert f"the table {table} lacks" in wrong
        assert ("every target" if name == "*" else str(name)) in wrong
        edit(lived, f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM kept", "DROP TABLE kept")  # noqa: S608
        assert find_difference(lived) is None


CHANGES = [
    ("plans", "is_used = '0'", "digest = 'p2'", "plan p2 has is_used 0, and the events say 1"),
    ("plans", "is_used = '1'", "digest = 'p1'", "plan p1 has is_used 1, and the events say 0"),
    ("plans", "sweep_id = 's5'", "digest = 'p3'", "plan p3 has sweep_id 's5', and the events say 's6'"),
    ("plans", "expires_at = '2099'", "digest = 'p1'", "plan p1 has expires_at '2099'"),
    ("plans", "target = 'other'", "digest = 'p1'", "plan p1 has target 'other'"),
    ("plans", "digest = 'p9'", "digest = 'p4'", "has plan p9, of which no event tells"),
    ("holds", "state = 'removed'", "hold_id = 'h-1'", "hold h-1 has state 'removed', and the events say 'active'"),
    ("holds", "state = 'active'", "hold_id = 'h-3'", "hold h-3 has state 'active'"),
    ("holds", "target = 'other'", "hold_id = 'h-1'", "hold h-1 has target 'other'"),
    ("holds", "seq = 1", "hold_id = 'h-2'", "hold h-2 has seq 1"),
    ("holds", "hold_id = 'h-9'", "hold_id = 'h-1'", "has hold h-9, of which no event tells"),
    ("holds", "added_seq = 2", "hold_id = 'h-1'", "the table holds"),
    ("holds", "added_seq = 'x'", "hold_id = 'h-1'", "the table holds has hold h-1"),
    ("pauses", "is_paused = '0'", "scope = '*'", "the pause of every target has is_paused 0, and the events say 1"),
    ("pauses", "is_paused = 'x'", "scope = 'other'", "the pause of other has is_paused 'x'"),
    ("pauses", "scope = 'nowhere'", "scope = 'other'", "has the pause of nowhere, of which no event tells"),
    ("intents", "is_open = '0'", "job_id = 'j4'", "intent i-j4 of job j4 has is_open 0, and the events say 1"),
    ("intents", "is_open = '1'", "job_id = 'j1'", "intent i-j1 of job j1 has is_open 1"),
    ("intents", "state = 'accepted'", "job_id = 'j2'", "intent i-j2 of job j2 has state 'accepted'"),
    ("intents", "attempts = 1", "job_id = 'j2'", "intent i-j2 of job j2 has attempts 1, and the events say 2"),
    ("intents", "job_id = 'j99'", "job_id = 'j7'", "has job_id 'j99', and the events say 'j7'"),
    ("intents", "target = 'other'", "job_id = 'j7'", "has target 'other'"),
    ("intents", "at = '2020-01-01T00:00:00.000000Z'", "job_id = 'j7'", "has at '2020-01-01"),
    ("intents", "last_at = '2020-01-01T00:00:00.000000Z'", "job_id = 'j2'", "has last_at '2020-01-01"),
    ("intents", "closed_seq = 1", "job_id = 'j7'", "has closed_seq 1, and the events say None"),
    (
        "marks",
        "marked_at = '2026-11-19T00:00:00.000000Z'",
        "job_id = 'j10'",
        "of job j10 of target research has marked_at '2026-11-19",
    ),
    ("marks", "grace = 60", "job_id = 'j11'", "of job j11 of target research has grace 60, and the events say 90"),
    ("marks", "grace = 'x'", "job_id = 'j10'", "of job j10 of target research has grace 'x'"),
    ("marks", "seq = 12", "job_id = 'j10'", "of job j10 of target research has seq 12"),
    ("marks", "target = 'other'", "job_id = 'j10'", "has the mark of job j10 of target other, of which no event tells"),
    ("marks", "job_id = 'j9'", "job_id = 'j10'", "has the mark of job j9 of target research, of which no event tells"),
    ("marks", "created_at = '2026'", "job_id = 'j10'", "has the mark of job j10 of target research, of which no event tells"),
    ("intents", "sweep_id = 's2'", "job_id = 'j7'", "has sweep_id 's2'"),
    ("acknowledgements", "is_spent = '0'", "is_spent", "has is_spent 0, and the events say 1"),
    ("acknowledgements", "policy_digest = 'e'", "target = 'other'", "has policy_digest 'e', and the events say 'd'"),
    ("acknowledgements", "guard = 'x'", "target = 'other'", "has guard 'x', and the events say 'clock'"),
    ("acknowledgements", "target = 'x'", "target = 'other'", "has target 'x', and the events say 'other'"),
    ("acknowledgements", "at = '2027'", "target = 'other'", "has at '2027', and the events say '2026"),
]
UNTYPED = frozenset({"added_seq = 'x'", "is_paused = 'x'", "grace = 'x'"})
"""What only a database without types can be made to hold."""


@pytest.mark.some(12)
@pytest.mark.parametrize(
    ("table", "change", "where", "said"),
    [
        pytest.param(*each, id=f"{each[0]}-{each[1]}", marks=[pytest.mark.on_a_file] if each[1] in UNTYPED else [])
        for each in CHANGES
    ],
)
def test_c26_whatever_is_changed_in_a_row_is_named(lived: Ledger, table: str, change: str, where: str, said: str) -> None:
    edit(lived, f"UPDATE {table} SET {change} WHERE {where}")  # noqa: S608  our tables
    assert said in (find_difference(lived) or "")


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("holds VALUES ('h-0', 'research', 'active', 0, 0)", "has hold h-0"),
        ("holds VALUES ('h-9', 'research', 'active', 3, 3)", "has hold h-9"),
        ("pauses VALUES ('more', '1', 999)", "has the pause of more"),
        ("acknowledgements VALUES (999, 'research', 'clock', 'd', '2026', '0')", "has acknowledgement 999"),
        ("marks SELECT target, 'j99', created_at, marked_at, grace, seq FROM marks LIMIT 1", "has the mark of job j99"),
        ("marks SELECT target, 'j12', created_at, marked_at, grace, seq FROM marks LIMIT 1", "has the mark of job j12"),
        (f"marks VALUES ('research', 'j1', '{CREATED}', '2026-11-20', 60, 12)", "has the mark of job j1 of"),
        (
            "intents SELECT 'i-9', target, 'j9', sweep_id, at, last_at, 0, 'intended', '1', 0, NULL FROM intents LIMIT 1",
            "i-9 of job j9",
        ),
    ],
)
def test_c26_a_row_of_which_no_event_tells_is_named(lived: Ledger, row: str, said: str) -> None:
    edit(lived, f"INSERT INTO {row}")
    assert said in (find_difference(lived) or "")


def test_c26_a_table_that_is_gone_lacks_its_rows(lived: Ledger) -> None:
    edit(lived, "DROP TABLE marks")
    assert "the table marks lacks the mark of job j" in (find_difference(lived) or "")
    edit(lived, "DROP TABLE holds")
    assert "the table holds lacks hold h-4" in (find_difference(lived) or "")


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (Draft(event=names.HOLD_ADDED, target="research"), "event 1 lacks a fact of its kind: 'hold_id'"),
        (hold(names.HOLD_REMOVED, "h-1"), "event 1 is about hold 'h-1', which no event began"),
        (Draft(event=names.GUARD_ACKNOWLEDGED, target="research"), "event 1 lacks a fact of its kind: 'guard'"),
        (Draft(event=names.JOB_MARKED, target="research"), "event 1 lacks a fact of its kind: 'job_id'"),
    ],
)
def test_events_that_do_not_fit_each_other_are_no_traceback(
    ledger: Ledger, draft: Draft, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("janitor.ledger.store.apply", lambda _connection, _event: None)
    ledger.append([draft], ledger.claim("research"))
    with pytest.raises(LedgerError, match=said):
        find_difference(ledger)


def test_a_ledger_of_version_1_has_no_holds_and_pauses_to_compare(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    old = read_ledger(path)
    assert old is not None
    with old:
        assert find_difference(old) is None
    edit(old, "UPDATE intents SET is_open = 0")
    old = read_ledger(path)
    assert old is not None
    with old:
        assert "has is_open 0" in (find_difference(old) or "")
