"""A ledger that grew for years: a sweep starts as soon on it, and reads it from its end if at all (fault B37)."""

import time
from pathlib import Path
from typing import Any

from amount import cases
from small_sweep import SmallSweep
from sqlalchemy import event as sql

from janitor.ledger.anchor import write_anchor
from janitor.ledger.store import Ledger

STARTS_WITHIN_S = 5.0
"""With a million events, which is what `make soak` tries."""
GROW = """
WITH RECURSIVE number(n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1 + ?2)
INSERT INTO events SELECT n, '{"event":"deletion.confirmed","sweep_id":"s-' || n || '","target":"other"' || ?3 || '}', ?4
FROM number
"""


def grow(ledger: Ledger, events: int) -> None:
    """Append so many events of another target, and anchor the last: nothing walks what lies before."""
    given = (ledger.head().seq, events, f',"padding":"{"x" * 400}"', "a" * 64)
    with ledger.writing() as connection:
        connection.exec_driver_sql(GROW, given)
    write_anchor(ledger)


def plans(ledger: Ledger, statements: dict[str, Any]) -> list[tuple[str, str]]:
    """How SQLite carries out each query, a line a step."""
    with ledger.reading() as connection:
        return [
            (statement, step[3])
            for statement, given in list(statements.items())
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
        ]


def test_b37_v10_no_query_of_a_sweep_reads_the_events_from_their_beginning(tmp_path: Path) -> None:
    """Not the one of a sweep that deletes, nor of the next: the newest events are found from the end, others by their number."""
    small, statements = SmallSweep.begin(tmp_path), dict[str, Any]()

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, is_many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            statements.setdefault(statement, given[0] if is_many else given)

    with small.open() as ledger:
        sql.listen(ledger.storage.engine, "before_cursor_execute", note)
        assert [small.sweep(ledger).exit_code for _ in range(2)] == [0, 0]
        steps = plans(ledger, statements)
    assert (len(small.backend.deleted), len(statements) > 20) == (3, True)
    walks = [statement for statement, step in steps if step.startswith("SCAN events")]
    assert all("ORDER BY events.seq DESC" in statement for statement in walks), walks
    grown = [(statement, step) for statement, step in steps if step.startswith(("SCAN intents", "SCAN sweeps", "SCAN marks"))]
    assert grown == []


def test_b37_v10_a_sweep_starts_soon_on_a_ledger_of_years(tmp_path: Path) -> None:
    """Also the first sweep of a target among a million events of others."""
    small = SmallSweep.begin(tmp_path)
    with small.open() as ledger:
        grow(ledger, cases(50_000, 1_000_000))
        assert small.sweep(ledger).exit_code == 0
    began = time.perf_counter()
    with small.open() as ledger:
        report = small.sweep(ledger)
    took = time.perf_counter() - began
    print(f"{took:.2f} s")
    assert (report.exit_code, report.trouble, took < STARTS_WITHIN_S) == (0, None, True)
