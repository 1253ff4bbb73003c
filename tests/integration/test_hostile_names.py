"""Whatever a user names a job: nothing takes effect where it is shown, nothing is forged, no record is lost (D3-D9, D32, D33)."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from documents import make_document
from hostile import LONG, TEXTS, VERY_LONG
from markdown_it import MarkdownIt
from stage import Stage

from janitor.core.text import inert
from janitor.core.tombstone import LARGEST
from janitor.emulator.faults import Fault

MakeStage = Callable[..., Stage]
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
LONGEST_EVENT = 20_000
LONGEST_LINE = 40_000
EFFECTS = {"html_block", "html_inline", "link_open", "image", "fence", "em_open", "strong_open", "s_open", "blockquote_open"}


@pytest.fixture
def hostile(make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A job for each hostile text, which is its name, its owner and in its description; all expired but one."""
    monkeypatch.setenv("JANITOR_LOG", "json")
    named = [make_document(now_ms, 60, name=text, user_name=text, description=text) for text in TEXTS]
    endless = [make_document(now_ms, 60, name=VERY_LONG), make_document(now_ms, 60, user_name=VERY_LONG)]
    stage = make_stage(jobs=[*named, *endless, make_document(now_ms, 2, name=TEXTS[0], user_name=TEXTS[0])])
    stage.write(top="confirm_within: 60s\n")
    return stage


def ids(stage: Stage) -> list[str]:
    return [str(job["metadata"]["id"]) for job in stage.emulator.world.jobs()]


def names(stage: Stage) -> dict[str, str]:
    return {job["metadata"]["id"]: job["metadata"]["name"] for job in stage.emulator.world.jobs()}


def assert_inert(what: str, text: str, longest: int = LONGEST_LINE) -> None:
    """By the table of characters itself, not by anything of janitor."""
    bad = {letter for letter in text if unicodedata.category(letter) in HIDDEN} - {"\n"}
    assert not bad, f"{what}: {sorted(map(ascii, bad))[:5]}"
    assert max(map(len, text.split("\n"))) <= longest, what


def asked(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """What every command that only reads prints: its words, standard output and standard error."""
    few = [*ids(stage)[:6], *ids(stage)[-len(LONG) - 3 :]]
    commands = [["doctor"], ["doctor", "--output", "json"], ["check"], ["sweep", "--dry-run"], *(["explain", job] for job in few)]
    commands += [["plan", "--format", each] for each in ("text", "json", "md", "csv")]
    for command in commands:
        code, out, error = stage.janitor(*command)
        assert code == 0, error
        yield " ".join(command), out, error


@pytest.mark.soak
def test_d3_d4_d33_every_command_that_reads_shows_hostile_names_without_effect(hostile: Stage) -> None:
    for command, out, error in asked(hostile):
        assert_inert(command, out.replace("\r\n", "\n") if command.endswith("csv") else out)
        assert_inert(command, error)
        for line in error.splitlines():
            json.loads(line)


def test_d3_d4_d5_d33_s25_every_job_gets_its_records_each_one_line_and_none_endless(hostile: Stage) -> None:
    doomed = set(ids(hostile)) - {ids(hostile)[-1]}
    code, out, error = hostile.janitor("sweep", "--output", "json")
    assert code == 0
    assert_inert("sweep", out)
    assert_inert("log", error)
    report = json.loads(out)["targets"][0]
    assert {job["id"]: job["outcome"] for job in report["jobs"]} == dict.fromkeys(doomed, "confirmed")
    assert set(hostile.deleted_in_truth()) == doomed
    assert hostile.closings() == dict.fromkeys(doomed, "confirmed")
    logged = [json.loads(line) for line in error.splitlines()]
    assert {line["job_id"] for line in logged if line["event"] == "deletion.confirmed"} == doomed
    assert_log_is_inert(hostile)
    kept = [event for event in hostile.events() if "characters, SHA-256 " in (event.get("job_name") or "")]
    assert {event["event"] for event in kept} == {"deletion.intended", "deletion.accepted", "deletion.confirmed"}
    assert {len(event["job_name"]) for event in kept} == {1000}
    assert len({event["job_name"] for event in kept}) == len(LONG) + 1


def assert_log_is_inert(stage: Stage) -> None:
    """The audit log in every form, and the bytes of the ledger."""
    everything = stage.events()
    _, out, _ = stage.janitor("audit", "show")
    assert len(out.splitlines()) == len(everything)
    assert_inert("audit show", out)
    _, out, _ = stage.janitor("audit", "export")
    assert [json.loads(line) for line in out.split("\n")[:-1]] == everything
    assert_inert("audit export", out, LONGEST_EVENT)
    assert out.isascii()
    _, out, _ = stage.janitor("audit", "show", "--output", "json")
    assert json.loads(out)["events"] == everything
    assert_inert("audit show as json", out, LONGEST_EVENT)
    _, out, _ = stage.janitor("audit", "export", "--format", "csv")
    assert len(list(csv.reader(io.StringIO(out, newline=""), strict=True))) == len(everything) + 1
    assert_inert("audit export as csv", out.replace("\r\n", "\n"))
    for table, text in texts_of(stage):
        assert text.isascii() or table in ("jobs", "tombstones")  # what the last listing showed, for people
        assert text.isprintable()
        assert len(text) <= (LARGEST if table == "tombstones" else LONGEST_EVENT)


def texts_of(stage: Stage) -> Iterator[tuple[str, str]]:
    """Every text in every table of the ledger, with the table's name."""
    with closing(sqlite3.connect(stage.ledger_path)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608  a name from the schema
                yield from ((table, value) for value in row if isinstance(value, str))


def test_d33_the_look_compares_the_whole_of_a_long_name(make_stage: MakeStage, now_ms: int) -> None:
    """Two names that are the same in an event are not the same job's."""
    job = make_document(now_ms, 60, name=LONG[0])
    stage = make_stage(jobs=[job, make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    job_id, other = job["metadata"]["id"], LONG[0][:-1] + "y"
    stage.emulator.faults.add(Fault("get", "before", job_id=job_id, change=lambda world: world.rename(job_id, other)))
    _, report = stage.sweep()
    assert {job["id"]: job["reason"] for job in report["jobs"]}[job_id] == "since it was listed, its name changed"
    assert job_id not in stage.deleted_in_truth()
    assert len(stage.deleted_in_truth()) == 1


@pytest.mark.soak
def test_d6_a_name_never_stands_without_the_id_of_its_job(hostile: Stage) -> None:
    known = ids(hostile)
    plan = dict(
        zip(("text", "md", "csv"), (hostile.janitor("plan", "--format", each)[1] for each in ("text", "md", "csv")), strict=True)
    )
    shown = [line for line in plan["text"].splitlines() if line.startswith("planned ")]
    assert [line.split()[1] for line in shown] == known[:-1]
    assert [row["id"] for row in csv.DictReader(io.StringIO(plan["csv"], newline=""))] == known[:-1]
    assert hostile.janitor("explain", known[0])[1].startswith(known[0])
    lookalikes = {"trial-1", "trial\u200b-1", "trial-1\ufe0f", "\u202etrial-1", "trial\u3164-1", "trial-1\x00"}
    assert len({inert(name) for name in lookalikes}) == len(lookalikes)


def test_d7_d9_no_markup_in_a_name_takes_effect_on_the_page_for_the_team(hostile: Stage) -> None:
    page = hostile.janitor("plan", "--format", "md")[1]
    tokens = list(walk(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)))
    spans = "".join(token.content for token in tokens if token.type == "code_inline")
    plain = "".join(token.content for token in tokens if token.type == "text")
    for effect in ("@everyone", "@channel", "https://evil.example", "#1", "<script>", "<img"):
        assert effect in spans
        assert effect not in plain
    assert {token.type for token in tokens}.isdisjoint(EFFECTS)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h3"]


def walk(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from walk(token.children or [])


@pytest.mark.soak
def test_d32_what_the_platform_answers_is_as_inert_as_what_users_write(
    make_stage: MakeStage, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANITOR_LOG", "json")
    said = "".join(TEXTS[:200])
    for route in ("list", "delete", "get", "identity"):
        stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
        stage.write(top="confirm_within: 1s\n")
        stage.ledger_path.unlink(missing_ok=True)
        stage.ledger_path.with_name("ledger.db.head").unlink(missing_ok=True)
        body = json.dumps({"error_code": said, "error_msg": said, "request_id": said})
        scripted = stage.emulator.faults.add(Fault(route, "body", status=400, body=body, times=None))
        for command in (["doctor"], ["sweep"], ["plan", "--format", "md"]):
            _, out, error = stage.janitor(*command)
            assert_inert(f"{route} {command}", out.replace("\r\n", "\n"))
            assert_inert(f"{route} {command}", error)
        assert scripted.struck
        assert_log_is_inert(stage)


@pytest.mark.soak
def test_d5_a_terminal_whose_encoding_lacks_a_letter_shows_its_number(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60, name="模型\ud800", user_name="模"), make_document(now_ms, 2)])
    stage.write()
    command = [sys.executable, "-m", "janitor", "plan", "--config", str(stage.config)]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    ended = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (ended.returncode, b"\\u6a21\\u578b\\ud800" in ended.stdout) == (0, True), ended.stderr
