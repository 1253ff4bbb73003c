"""`janitor audit show` and `export`: every condition, both formats, and what a reader may do to them."""

import csv
import io
import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from documents import make_document
from forks import Forked, Start
from hostile import TEXTS
from stage import Stage

from janitor.core.events import RECORDED
from janitor.core.text import spreadsheet_cell
from janitor.render_audit import COLUMNS, list_csv

MakeStage = Callable[..., Stage]
POLICIES = """\
policies:
  - {name: broken, mode: enforce, match: {phase: [failed]}, expire: {after: 7d}}
  - {name: done, mode: enforce, match: {phase: [completed]}, expire: {after: 7d}}
  - {name: all, mode: enforce, match: {phase: [failed, completed]}, expire: {after: 8d}}
"""


@pytest.fixture
def swept(make_stage: MakeStage, now_ms: int) -> Stage:
    """A ledger of two sweeps, of three owners and three policies."""
    phases = {"aa": "Failed", "ab": "Completed", "ac": "Failed"}
    jobs = [make_document(now_ms, 60, phase, id=f"00000000-0000-4000-8000-0000000000{end}") for end, phase in phases.items()]
    stage = make_stage(jobs=[*jobs, make_document(now_ms, 2)])
    stage.write(POLICIES, top="pace: {per_sweep: 2, per_day: 10}\n")
    assert [stage.sweep()[0], stage.sweep()[0]] == [0, 0]
    return stage


def shown(stage: Stage, *options: str) -> list[dict[str, Any]]:
    """The events that show selects; its text has a line for each of them, and its CSV a row."""
    code, out, _ = stage.janitor("audit", "show", "--output", "json", *options)
    document = json.loads(out)
    assert (code, document["version"]) == (0, 1)
    lines = stage.janitor("audit", "show", *options)[1].splitlines()
    rows = read_csv(stage.janitor("audit", "export", "--format", "csv", *options)[1])
    events: list[dict[str, Any]] = document["events"]
    assert [int(line.split()[0]) for line in lines] == [event["seq"] for event in events] == [int(row["seq"]) for row in rows]
    return events


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.soak
def test_every_condition_selects_what_it_says_and_all_have_to_hold(swept: Stage) -> None:
    everything = swept.events()
    assert shown(swept) == everything
    deletions = [event for event in everything if event["event"].startswith("deletion.")]
    one = deletions[0]
    conditions: dict[tuple[str, ...], Callable[[dict[str, Any]], bool]] = {
        ("--job", one["job_id"]): lambda event: event.get("job_id") == one["job_id"],
        ("--target", "research"): lambda event: event["target"] == "research",
        ("--sweep", one["sweep_id"]): lambda event: event["sweep_id"] == one["sweep_id"],
        ("--owner", one["owner"]): lambda event: event.get("owner") == one["owner"],
        ("--policy", "broken"): lambda event: event["event"].startswith("deletion.") and "broken" in event["policies"],
        ("--policy", "all"): lambda event: event["event"].startswith("deletion."),
        ("--actor", one["actor"]): lambda _event: True,
        ("--actor", "cli:*"): lambda _event: True,
        ("--event", "deletion.confirmed"): lambda event: event["event"] == "deletion.confirmed",
        ("--event", "deletion.*", "--event", "sweep.started"): lambda event: (
            event["event"][:4] in ("dele",) or event["event"] == "sweep.started"
        ),
        ("--since", one["at"]): lambda event: event["at"] >= one["at"],
        ("--until", one["at"]): lambda event: event["at"] <= one["at"],
        ("--since", one["at"][:10], "--until", everything[-1]["at"][:10]): lambda _event: True,
        ("--since", "1h"): lambda _event: True,
        ("--owner", one["owner"], "--event", "deletion.intended"): lambda event: (
            event["event"] == "deletion.intended" and event["owner"] == one["owner"]
        ),
    }
    for options, is_wanted in conditions.items():
        wanted = [event for event in everything if is_wanted(event)]
        assert wanted, options
        assert shown(swept, *options) == wanted, options
        assert shown(swept, *options, "--last", "2") == wanted[-2:], options
    assert shown(swept, "--last", "3") == everything[-3:]
    assert shown(swept, "--last", "999") == everything


@pytest.mark.soak
def test_nothing_that_fits_is_said_on_standard_error_and_no_error(swept: Stage) -> None:
    for option, value in (
        ("--job", "none"),
        ("--until", "1d"),
        ("--since", "2999-01-01"),
        ("--owner", "ann' OR 1=1"),
        ("--event", "plan.refused"),
    ):
        code, out, error = swept.janitor("audit", "show", option, value)
        assert (code, out, error) == (0, "", "janitor: no event fits\n")
    code, out, _ = swept.janitor("audit", "show", "--output", "json", "--job", "none")
    assert (code, json.loads(out)) == (0, {"version": 1, "events": []})
    code, out, _ = swept.janitor("audit", "export", "--format", "csv", "--job", "none")
    assert (code, out) == (0, ",".join(COLUMNS) + "\r\n")


REFUSED = {
    ("--event", "deletion.confirmd"): 'did you mean "deletion.confirmed"?',
    ("--event", "tidying.*"): "allowed here:",
    ("--since", "2026-11-23T03:00"): "--since: '2026-11-23T03:00' names no time zone",
    ("--until", "soon"): "--until: 'soon' is no time",
    ("--last", "0"): "--last",
}


def test_a_condition_that_cannot_be_meant_is_a_usage_error(swept: Stage) -> None:
    for options, said in REFUSED.items():
        code, out, error = swept.janitor("audit", "show", *options)
        assert (code, out, said in error) == (2, "", True), options
    code, out, error = swept.janitor("audit", "export", "--event", "deletion.*")
    assert (code, out, "does not verify" in error) == (2, "", True)


@pytest.mark.soak
def test_every_event_of_the_log_may_be_asked_for_by_name(swept: Stage) -> None:
    assert {event["event"] for event in swept.events()} <= set(RECORDED)
    for name in RECORDED:
        assert swept.janitor("audit", "show", "--event", name)[0] == 0


def test_d8_rows_say_what_the_events_say(swept: Stage) -> None:
    rows, everything = read_csv(swept.janitor("audit", "export", "--format", "csv")[1]), swept.events()
    for row, event in zip(rows, everything, strict=True):
        assert tuple(row) == COLUMNS
        assert row["hash"] == event["hash"]
        assert row["policies"] == "; ".join(event.get("policies") or () if "job_id" in event else ()) or "job_id" not in event
        rest = {key: value for key, value in event.items() if key not in COLUMNS}
        assert (json.loads(row["other_fields"]) if row["other_fields"] else {}) == rest


def test_d3_d8_hostile_texts_come_back_from_the_rows_as_they_were_written_and_no_cell_is_a_formula() -> None:
    events = [
        {"seq": number, "job_name": text, "owner": f"  {text}", "policies": [text, text]} for number, text in enumerate(TEXTS)
    ]
    text = "".join(list_csv(events))
    rows = read_csv(text)
    assert len(rows) == len(events) > 40
    for row, event in zip(rows, events, strict=True):
        for key in ("job_name", "owner"):
            assert row[key] == spreadsheet_cell(str(event[key]))
            assert row[key][:1] not in tuple("=+-@\t\r")
            assert row[key].lstrip()[:1] not in tuple("=+-@")
    assert not [letter for letter in text.replace("\r\n", "") if not letter.isprintable()]


@pytest.mark.on_a_file
def test_a_file_is_written_whole_for_its_owner_alone_or_not_at_all(swept: Stage, tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_text("seq,at,event,actor,old")
    file.chmod(0o644)
    assert swept.janitor("audit", "export", "-o", str(file))[:2] == (0, "")
    assert file.read_text() == swept.janitor("audit", "export")[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert swept.janitor("audit", "verify", "--file", str(file))[0] == 0
    assert swept.janitor("audit", "export", "--format", "csv", "-o", str(file))[0] == 0
    assert file.read_bytes().decode() == swept.janitor("audit", "export", "--format", "csv")[1]

    with closing(sqlite3.connect(swept.ledger_path)) as connection, connection:
        connection.execute("UPDATE events SET body = '[]' WHERE seq = 5")
    before = file.read_bytes()
    assert swept.janitor("audit", "export", "-o", str(file))[0] == 5
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_d12_what_is_no_regular_file_is_never_replaced(swept: Stage, tmp_path: Path) -> None:
    (tmp_path / "aim").write_text("untouched")
    (tmp_path / "link").symlink_to(tmp_path / "aim")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "no/such/folder", ".", "a" * 300):
        code, _, error = swept.janitor("audit", "export", "-o", str(tmp_path / name))
        assert (code, len(error.splitlines()), "Traceback" in error) == (2, 1, False)
    assert (tmp_path / "aim").read_text() == "untouched"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.soak
@pytest.mark.on_a_file
def test_an_event_that_is_none_is_named_by_every_command(swept: Stage) -> None:
    for body in ("[]", "5", "{}", "no json", "[" * 100_000):
        with closing(sqlite3.connect(swept.ledger_path)) as connection, connection:
            connection.execute("UPDATE events SET body = ? WHERE seq = 5", (body,))
        for command in (("show",), ("show", "--output", "json"), ("export", "--format", "csv"), ("export",)):
            code, _, error = swept.janitor("audit", *command)
            is_object = (body, command) == ("{}", ("export",))  # for the verification to judge
            assert (code, "event 5 was changed" in error) == ((0, False) if is_object else (5, True))
            assert "Traceback" not in error


@pytest.mark.soak
@pytest.mark.on_a_file
def test_a_reader_that_goes_away_ends_it_quietly(swept: Stage) -> None:
    with closing(sqlite3.connect(swept.ledger_path)) as connection, connection:
        row = connection.execute("SELECT body, hash FROM events WHERE seq = 5").fetchone()
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", [(number, *row) for number in range(1000, 4000)])
    for command in ("show", "export --format csv"):
        words = ["audit", *command.split(), "--config", str(swept.config)]
        reader = Forked(words, Start(stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert reader.stdout is not None
        with reader.stdout as pipe:
            assert pipe.readline().endswith(b"\n")
        assert reader.ended() == (0, "", "")


def test_a_job_is_found_however_its_id_is_written_and_by_the_holds_that_name_it(swept: Stage) -> None:
    (job, other, *_) = {event["job_id"]: None for event in shown(swept, "--event", "deletion.*")}
    about = shown(swept, "--job", job)
    assert ({event["job_id"] for event in about}, shown(swept, "--job", job.upper())) == ({job}, about)
    assert job != job.upper()
    few, many = [job.upper(), other], [job, *(f"00000000-0000-4000-8000-{number:012x}" for number in range(0xA0, 0xA3))]
    named = [swept.janitor("hold", "add", *ids, "--target", "research", "--reason", "x")[1].split()[0] for ids in (few, many)]
    words = ["hold", "add", "--match", "name=rc-*", "--match", "owner=ann", "--target", "research", "--reason", "x"]
    by_match = swept.janitor(*words)[1].split()[0]
    assert swept.janitor("hold", "remove", named[0])[0] == 0
    for spelling in (job, job.upper()):
        found = shown(swept, "--job", spelling)
        assert [event["event"] for event in found[len(about) :]] == ["hold.added", "hold.added", "hold.removed"]
        assert [event["hold_id"] for event in found[len(about) :]] == [*named, named[0]]
    assert [event["hold_id"] for event in shown(swept, "--job", many[-1].upper())] == [named[1]]
    first, second, third, _ = swept.janitor("audit", "show", "--event", "hold.*")[1].splitlines()
    assert f"hold_id={named[0]} job_ids={','.join(sorted([job, other]))} " in first
    assert f"hold_id={named[1]} job_ids=(4 jobs) " in second
    assert f'hold_id={by_match} match={{"name":["rc-*"],"owner":["ann"]}} ' in third
