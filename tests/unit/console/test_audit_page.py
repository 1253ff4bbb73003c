"""The log: every event is reached, filters show exactly what fits, a broken chain shows, exports are the command line's."""

import csv
import io
from collections.abc import Callable
from shlex import quote
from urllib.parse import urlencode

import pytest
from builders import make_job
from console_stage import ConsoleStage

from janitor.console import audit
from janitor.core import events as names
from janitor.ledger import tail
from janitor.ledger.chain import Draft
from janitor.ledger.export import write_export
from janitor.ledger.store import Ledger


def numbers(stage: ConsoleStage, query: str = "") -> list[int]:
    """The numbers of all events that are reached from an address by its links."""
    found, link = list[int](), f"/audit?{query}"
    while link:
        page = stage.get(link).page
        found += [int(row[0]) for row in page.rows[1:]]
        link = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
    return found


@pytest.fixture(params=[(3, 5), (9, 5)], ids=["full pages", "cut short"])
def small_steps(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    at_once, most_read = request.param
    monkeypatch.setattr(audit, "AT_ONCE", at_once)
    monkeypatch.setattr(tail, "MOST_READ", most_read)


@pytest.mark.usefixtures("small_steps")
def test_walking_to_older_events_reaches_every_event_once_newest_first(stage: ConsoleStage) -> None:
    stage.sweep(make_job(), make_job())
    assert numbers(stage) == list(range(stage.ledger.head().seq, 0, -1))


@pytest.mark.some(1)
@pytest.mark.usefixtures("small_steps")
def test_a_filter_finds_exactly_what_fits_however_far_down_it_is(stage: ConsoleStage) -> None:
    first, second = make_job(), make_job()
    stage.sweep(first)
    for _ in range(9):
        stage.clock.advance(3600)
        stage.ledger.append([Draft(event=names.SWEEPING_PAUSED, target="other", fields={"reason": "x"})])
    stage.sweep(second)
    with_hash = [row.event() for row in stage.ledger.rows()]
    fits: dict[str, Callable[[dict[str, object]], bool]] = {
        f"job={first.id.upper()}": lambda event: event.get("job_id") == first.id,
        "event=sweep.started": lambda event: event["event"] == "sweep.started",
        "target=other": lambda event: event["target"] == "other",
        "sweep=s2-id-1": lambda event: event["sweep_id"] == "s2-id-1",
        "since=2h": lambda event: str(event["at"]) >= "2026-11-23T10:00:02",
        "until=2026-11-23T05:30Z": lambda event: str(event["at"]) <= "2026-11-23T05:30:00",
        "target=other&until=2026-11-23T05:30Z": lambda e: e["target"] == "other" and str(e["at"]) <= "2026-11-23T05:30:00",
    }
    for query, is_wanted in fits.items():
        assert numbers(stage, query) == [event["seq"] for event in with_hash if is_wanted(event)][::-1], query


def test_the_command_that_reads_on_asks_for_all_that_the_page_was_asked_for(stage: ConsoleStage) -> None:
    stage.sweep(make_job())
    asked = {
        "event": "sweep.started",
        "target": "research",
        "actor": "test@*",
        "job": "j",
        "sweep": "s",
        "since": "7d",
        "until": "2026-11-23",
    }
    page = stage.get(f"/audit?{urlencode(asked)}").page
    words = " ".join(f"--{name} {quote(value)}" for name, value in asked.items())
    assert f"janitor audit show {words}" in page.text
    fields = {each["name"]: each.get("value") for each in page.all("input") if "name" in each}
    assert fields == {name: value for name, value in asked.items() if name != "event"}, "another look forgets nothing of it"


def test_the_head_and_the_anchor_are_shown_and_that_the_newest_follow_each_other(stage: ConsoleStage) -> None:
    stage.sweep(make_job())
    text = stage.get("/audit").page.text
    head = str(stage.ledger.head())
    assert text.count(head) >= 2
    assert f"the newest {stage.ledger.head().seq} events follow each other" in text
    assert "janitor audit verify" in text


def test_a_changed_event_among_the_newest_is_an_alarm(stage: ConsoleStage, ledger: Ledger) -> None:
    stage.sweep(make_job())
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET body = replace(body, 'trial', 'truth') WHERE seq = 5")
    text = stage.get("/audit").page.text
    assert "untrusted Among the newest" in text
    assert "event 5 was changed" in text


def test_an_empty_log_says_how_it_begins(stage: ConsoleStage) -> None:
    assert "The log is empty" in stage.get("/audit").page.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("event=x", "event is 'x', and can be sweep.started"),
        ("since=yesterday", "since: 'yesterday' is no time"),
        ("until=2026-13-01", "until: '2026-13-01' is in no calendar"),
        ("before=0", "before is '0', which is no number from 1 on"),
        ("before=%C2%B2", "which is no number"),
    ],
)
def test_what_cannot_be_asked_is_told(stage: ConsoleStage, query: str, told: str) -> None:
    assert told in stage.get(f"/audit?{query}", status=400).page.text


def test_the_export_is_byte_for_byte_that_of_the_command_line(stage: ConsoleStage) -> None:
    stage.sweep(make_job(name="a,b\n=1"))
    reply = stage.get("/audit/export.jsonl")
    assert reply.text == "".join(write_export(stage.ledger))
    assert reply.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    assert reply.headers["cache-control"] == "no-store"


def test_the_rows_for_a_spreadsheet_are_what_was_asked_for(stage: ConsoleStage) -> None:
    stage.sweep(make_job())
    stage.sweep(make_job())
    rows = list(csv.DictReader(io.StringIO(stage.get("/audit/export.csv?event=deletion.confirmed&sweep=s2-id-1").text)))
    assert [(row["event"], row["sweep_id"]) for row in rows] == [("deletion.confirmed", "s2-id-1")]
    assert "event is 'x'" in stage.get("/audit/export.csv?event=x", status=400).page.text
