"""Exports: they keep no page waiting, nothing is promised that is not there, and each gives its place back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from builders import FakeClock, make_job
from console_client import Console, Desk
from console_stage import ConsoleStage
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import ClientDisconnect

from janitor.console import audit, exports
from janitor.core.errors import LedgerDoubted, LedgerError
from janitor.ledger.export import write_export


def test_an_export_is_read_in_parts_and_holds_no_connection_between_them(
    stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is a whole number of parts, of one more and of fewer."""
    stage.sweep(make_job())
    whole, last = "".join(write_export(stage.ledger)), stage.ledger.head().seq
    out: list[int] = [0]
    event.listen(stage.ledger.storage.engine, "checkout", lambda *_: out.append(out[-1] + 1))
    event.listen(stage.ledger.storage.engine, "checkin", lambda *_: out.append(out[-1] - 1))
    for at_once in (1, last - 1, last, last + 1):
        monkeypatch.setattr(audit, "LINES_AT_ONCE", at_once)
        found = list[str]()
        for block in audit.export_jsonl(stage.desk):
            assert out[-1] == 0
            found.append(block)
        assert "".join(found) == whole
    assert len(out) > 2 * last


def test_only_so_many_are_handed_out_at_once_and_each_gives_its_place_back(
    stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.sweep(make_job())
    monkeypatch.setattr(exports, "MOST_AT_ONCE", 1)
    console = Console(desk=stage.desk)
    for _ in range(2):
        assert console.get("/audit/export.jsonl").status == 200
    monkeypatch.setattr(exports, "MOST_AT_ONCE", 0)
    reply = Console(desk=stage.desk).get("/audit/export.csv")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert "nothing is deleted" not in reply.text


def test_an_export_without_a_ledger_is_no_empty_file(clock: FakeClock) -> None:
    for name in ("jsonl", "csv"):
        assert Console(desk=Desk(ledger=None, clock=clock)).get(f"/audit/export.{name}").status == 404


@pytest.mark.parametrize(
    ("error", "told"),
    [(LedgerDoubted("it was cut"), "nothing is deleted"), (LedgerError("it cannot be read"), "janitor audit verify")],
)
def test_that_nothing_is_deleted_is_said_only_where_it_is_known(
    stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch, error: LedgerError, told: str
) -> None:
    def fail(_: Desk) -> None:
        raise error

    monkeypatch.setattr(Desk, "reading", fail)
    for address in ("/", "/audit/export.jsonl"):
        text = stage.get(address, status=503).text
        assert told in text
        assert ("nothing is deleted" in text) == isinstance(error, LedgerDoubted)


def test_a_ledger_of_which_too_much_is_asked_is_busy(stage: ConsoleStage, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*_: object, **__: object) -> None:
        raise PoolTimeout

    monkeypatch.setattr(stage.ledger.storage, "reading", wait)
    for address in ("/", "/audit/export.jsonl"):
        reply = stage.get(address, status=503)
        assert reply.headers["retry-after"] == "5"
        assert "try again in a moment" in reply.text
        assert "nothing is deleted" not in reply.text


async def wait(*_: object) -> Any:
    """Somebody who neither leaves nor reads."""
    await asyncio.Event().wait()


async def take(*_: object) -> None:
    """Somebody who reads."""


def test_every_way_to_end_gives_the_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble at first is told before anything is promised, later it cuts the file short; who does not read is dropped."""
    monkeypatch.setattr(exports, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(exports, "TAKEN_WITHIN_S", 0.01)
    given, scope = exports.Exports(), {"type": "http", "path": "/x"}

    def blocks(*good: str) -> Iterator[str]:
        yield from good
        raise LedgerError("event 2 was changed")

    for _ in range(2):
        with pytest.raises(LedgerError, match="event 2"):
            given.begin(blocks(), "text/plain", {})
        with pytest.raises(exports.CutShort, match="/x was cut short: event 2"):
            asyncio.run(given.begin(blocks("a"), "text/plain", {})(scope, wait, take))
        with pytest.raises(ClientDisconnect):
            asyncio.run(given.begin(blocks("a"), "text/plain", {})(scope, wait, wait))
