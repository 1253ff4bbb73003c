"""docs/audit-format.md lists every field of every event: what real sweeps write is compared with it."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pages
import pytest
from channel import IMPORTING_APPRISE, PlayedChannel
from documents import make_document
from stage import ACCOUNT, POLICY, Stage

from janitor.core.events import CLOSING, RECORDED
from janitor.emulator.faults import Fault
from janitor.emulator.switches import Switches
from janitor.ledger.opening import open_ledger
from janitor.ledger.standing_changes import add_hold
from janitor.ledger.store import Pen
from janitor.render_audit import COLUMNS
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector

pytestmark = pytest.mark.filterwarnings(IMPORTING_APPRISE)
MakeStage = Callable[..., Stage]
PAGE = "audit-format.md"
COMMON = {name for row in pages.rows(PAGE, "field") for name in pages.names(row[0])}
DELETION = {name for row in pages.rows(PAGE, "field of a deletion") for name in pages.names(row[0])}
MARK = {name for row in pages.rows(PAGE, "field of a mark") for name in pages.names(row[0])}
NAMED = {"those of a deletion": DELETION, "those of a mark": MARK}
DOCUMENTED = {
    name: NAMED.get(row[2]) or set(pages.names(row[2])) for row in pages.rows(PAGE, "event") for name in pages.names(row[0])
}


def troubles(stage: Stage, ids: list[str]) -> Iterator[Fault]:
    """One job is lost on the way, one starts again, one is refused; the first goes as it should."""
    yield Fault("delete", "reset_after", job_id=ids[1])
    yield Fault("get", "before", job_id=ids[2], change=lambda world: world.set_phase(ids[2], "Running"))
    yield Fault("delete", "status", job_id=ids[3], status=400, code="ModelArts.2807")


def hold_and_pause(stage: Stage) -> None:
    """A hold that is removed, one that ended, a pause that is lifted."""
    ended = Hold(name="h-1", reason="a paper", match=Selector(name=("rc-*",)), until=date(2020, 1, 1))
    with open_ledger(stage.ledger_path, Pen(now=lambda: datetime.now(UTC), actor="cli:ann@host"), create=True) as ledger:
        add_hold(ledger, "research", ended)
        add_hold(ledger, "research", replace(ended, name="h-2", until=None))
    lift = "acknowledge clock --target research --reason known"
    commands = ("hold remove h-2", "pause --reason incident", "resume", lift)
    assert [stage.janitor(*command.split())[0] for command in commands] == [0, 0, 0, 0]


def mark_and_unmark(stage: Stage) -> None:
    """Every job gets a mark, and loses it as the policy asks for a greater age."""
    for policies in (POLICY + "    grace: 1w\n", POLICY.replace("7d", "90d")):
        stage.write(policies)
        assert stage.sweep()[0] == 0


def freeze_and_apply(stage: Stage) -> None:
    """A plan in which nothing is: what is written of it has the same fields."""
    path = str(stage.folder / "plan.json")
    assert [stage.janitor(*command)[0] for command in (["plan", "-o", path], ["apply", path])] == [0, 0]


def tell(stage: Stage) -> None:
    """One digest that arrives, and tells of marks, and one that does not."""
    with PlayedChannel(answers=[200, 500]) as channel:
        (stage.folder / "channel").write_text(channel.url)
        for days in ("30d", "20d"):
            policies = POLICY.replace("7d", days) + "    grace: 1w\n"
            stage.write(policies, top="notify: [{url: {file: channel}, on: [sweep.finished]}]\n")
            assert stage.sweep()[0] == 0


@pytest.fixture
def written(make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events of nine sweeps, and of holds and pauses around them.

    Two that tell a channel of marks, two that mark and unmark jobs, one with every trouble a job can have, one refused, one that
    cannot list, one that purges, one interrupted.
    """
    jobs = [make_document(now_ms, 60 - number) for number in range(4)]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)], switches=Switches(batch_mode="absent"))
    monkeypatch.setattr("janitor.notify.courier.ATTEMPTS", 1)
    tell(stage)
    mark_and_unmark(stage)
    freeze_and_apply(stage)
    stage.write()
    hold_and_pause(stage)
    for fault in troubles(stage, [job["metadata"]["id"] for job in jobs]):
        stage.emulator.faults.add(fault)
    assert stage.sweep()[0] == 3
    stage.write(target="project_name: elsewhere\n")
    assert stage.sweep()[0] == 4
    stage.write()
    stage.emulator.faults.add(Fault("list", "status", status=403, code="ModelArts.0108", times=None))
    assert stage.sweep()[0] == 6
    stage.emulator.faults.clear()
    stage.write(POLICY.replace("7d", "90d"), top="tombstones: {keep_for: 1s}\n")
    assert stage.sweep()[0] == 0
    stage.write()
    stage.emulator.faults.add(Fault("list", "status", status=503, times=None))
    stage.emulator.faults.add(Fault("list", "before", change=lambda _: os.kill(os.getpid(), signal.SIGTERM)))
    assert stage.sweep()[0] == 130
    assert len(stage.deleted_in_truth()) == 2
    return stage.events()


@pytest.mark.soak
@pytest.mark.on_a_file
def test_every_event_has_exactly_the_fields_that_the_document_lists(written: list[dict[str, Any]]) -> None:
    for event in written:
        assert set(event) - COMMON - {"hash"} == DOCUMENTED[event["event"]], event["event"]
        assert set(event) >= COMMON
    seen = {event["event"] for event in written}
    assert seen == set(DOCUMENTED), "of some events nothing was compared"


def test_the_document_lists_every_event_and_says_which_close_an_intent() -> None:
    assert list(DOCUMENTED) == [name for name in DOCUMENTED if name in RECORDED]
    assert set(DOCUMENTED) == set(RECORDED)
    closing_words = {name for row in pages.rows(PAGE, "event") for name in pages.names(row[0]) if "closes the intent" in row[1]}
    assert closing_words == CLOSING


def test_the_columns_of_the_spreadsheet_are_what_every_event_and_every_deletion_has() -> None:
    assert set(COLUMNS) == COMMON | DELETION | {"hash", "other_fields"}
    assert len(COLUMNS) == len(set(COLUMNS))


@pytest.mark.soak
@pytest.mark.on_a_file
def test_the_ledger_stores_what_the_document_says(written: list[dict[str, Any]], make_stage: MakeStage) -> None:
    stage = make_stage()
    assert ACCOUNT.project_id in {event.get("project_id") for event in written}
    with closing(sqlite3.connect(stage.ledger_path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
        remembered = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        past = [row[1] for row in connection.execute("PRAGMA table_info(sweeps)")]
        stones = [row[1] for row in connection.execute("PRAGMA table_info(tombstones)")]
    assert columns == ["seq", "body", "hash"]
    assert sorted(stones) == sorted(name for row in pages.rows(PAGE, "column of a tombstone") for name in pages.names(row[0]))
    assert sorted(past) == sorted(name for row in pages.rows(PAGE, "column of a sweep") for name in pages.names(row[0]))
    assert sorted(remembered) == sorted(name for row in pages.rows(PAGE, "column") for name in pages.names(row[0]))
