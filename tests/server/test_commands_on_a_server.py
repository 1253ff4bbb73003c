"""The command line with a ledger in a database: created once, swept with, read, verified, and refused where it is not right."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import make_document
from postgres import Postgres, shared_postgres
from stage import Stage

MakeStage = Callable[..., Stage]
OLD, YOUNG = "00000000-0000-4000-8000-0000000000cd", "00000000-0000-4000-8000-0000000000ab"


@pytest.fixture
def server() -> Postgres:
    return shared_postgres()


@pytest.fixture
def stage(make_stage: MakeStage, now_ms: int) -> Stage:
    jobs = [make_document(now_ms, 3, id=YOUNG), make_document(now_ms, 30, id=OLD), make_document(now_ms, 40)]
    return make_stage(jobs=jobs)


def on(stage: Stage, url: str, *more: str) -> None:
    """Let the ledger be at this address."""
    stage.write(top=f"ledger: {{{', '.join((f'url: {json.dumps(url)}', *more))}}}\n")


def told(stage: Stage, *command: str) -> tuple[int, str]:
    """The exit code of a command, and all that it says."""
    code, out, err = stage.janitor(*command)
    return code, out + err


def test_the_whole_story_on_a_server(stage: Stage, server: Postgres) -> None:
    name = server.database()
    on(stage, server.url(name), "create: false")
    shown = f"postgresql://janitor@/{name}"
    code, err = told(stage, "sweep")
    assert (code, f"{shown}: no ledger is there; run `janitor init --ledger`" in err) == (5, True)
    assert stage.janitor("init", "--ledger")[:2] == (0, f"{shown}: an empty ledger\n")
    code, err = told(stage, "init", "--ledger")
    assert (code, "exists already, and was left alone" in err) == (5, True)
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 2)
    assert f"{shown}: " in stage.janitor("doctor")[1]
    assert "deletion    confirmed" in stage.janitor("explain", OLD)[1]
    code, out, _ = stage.janitor("audit", "verify", "--output", "json")
    assert (code, json.loads(out)["verified"], json.loads(out)["anchors"]) == (0, True, 1)
    assert stage.janitor("hold", "add", YOUNG, "--target", "research", "--reason", "kept")[0] == 0
    assert YOUNG in stage.janitor("hold", "list")[1]
    assert stage.sweep()[1]["verdicts"]["held"] == 1
    assert not list(stage.folder.glob("*.db*"))


def test_d21_a_changed_event_is_named_by_verify_and_stops_the_next_sweep(stage: Stage, server: Postgres) -> None:
    name = server.database()
    on(stage, server.url(name))
    stage.sweep()
    server.do(
        "UPDATE events SET body = replace(body, '\"failed\"', '\"killed\"') WHERE seq = (SELECT max(seq) - 1 FROM events)", name
    )
    server.do("UPDATE events SET hash = repeat('0', 64) WHERE seq = (SELECT max(seq) FROM events)", name)
    assert stage.janitor("audit", "verify")[0] == 5
    assert stage.janitor("sweep")[0] == 5


def test_b15_a_database_that_was_put_back_is_refused_by_the_head_in_a_file(stage: Stage, server: Postgres) -> None:
    name = server.database()
    on(stage, server.url(name), "head: ledger.head")
    stage.sweep()
    assert (stage.folder / "ledger.head").read_text().count(":") == 1
    server.do("DELETE FROM events WHERE seq > 3", name)
    code, err = told(stage, "sweep")
    assert (code, "is not the one that ledger.head anchors: the ledger was cut, restored from an older copy" in err) == (5, True)


def test_d1_the_password_is_nowhere_and_a_server_that_cannot_be_reached_is_told(
    stage: Stage, server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PG_PASSWORD", "canary-of-a-password")
    url = f"postgresql+psycopg://janitor@/nowhere?host={tmp_path}"
    on(stage, url, "password: {env: PG_PASSWORD}")
    for command in (("sweep",), ("check", "--output", "json"), ("audit", "verify"), ("doctor",), ("explain", OLD)):
        code, out, err = stage.janitor(*command)
        assert "canary-of-a-password" not in out + err
        assert (code == 0) is (command[0] == "check"), (command, out, err)
    code, err = told(stage, "sweep")
    assert (code, "postgresql://janitor@/nowhere: cannot be opened" in err) == (5, True)
    assert "Traceback" not in err
