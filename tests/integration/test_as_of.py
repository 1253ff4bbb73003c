"""`--as-of TIME`: every command that only reads can decide as if it were another time; none that writes has it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, FakeClock, make_target, make_tools
from documents import make_document
from stage import Stage

from janitor.backends.memory import MemoryBackend
from janitor.cli.main import COMMANDS, run
from janitor.sweep.loop import Sweep

MakeStage = Callable[..., Stage]
DAY = timedelta(days=1)


def at(days: float) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def staged(make_stage: MakeStage, now_ms: int) -> Stage:
    """One job that is 3 days old under a policy of 7 days, and a ledger with a finished sweep."""
    stage = make_stage(jobs=[make_document(now_ms, 3)])
    stage.write()
    assert stage.sweep()[0] == 0
    return stage


@pytest.mark.some(1)
@pytest.mark.on_a_file
@pytest.mark.parametrize("command", [["list"], ["plan", "--format", "json"], ["sweep", "--dry-run"]], ids=lambda words: words[0])
def test_it_is_decided_as_if_it_were_that_time_and_nothing_is_written(staged: Stage, command: list[str]) -> None:
    before = staged.ledger_path.read_bytes()
    output = [] if command[0] == "plan" else ["--output", "json"]
    for days, verdict in ((3.9, "kept"), (4.1, "expired"), (-3.5, "undecidable")):
        code, out, error = staged.janitor(*command, *output, "--as-of", at(days))
        (report,) = json.loads(out)["targets"]
        assert (code, report["verdicts"][verdict], report["hypothetical"], report["refused"]) == (0, 1, True, None)
        assert report["as_of"] == at(days)[:10] + report["as_of"][10:]
        assert "a hypothetical time" in error
    assert "hypothetical" not in json.loads(staged.janitor(*command, *output)[1])["targets"][0]
    assert staged.ledger_path.read_bytes() == before
    assert staged.asked() == []


@pytest.mark.some(2)
@pytest.mark.parametrize("command", [["list"], ["plan"], ["plan", "--format", "md"], ["sweep", "--dry-run"]])
def test_the_head_of_the_result_says_that_the_time_is_hypothetical(staged: Stage, command: list[str]) -> None:
    code, out, _ = staged.janitor(*command, "--as-of", at(400))
    assert (code, "a hypothetical time" in out) == (0, True)
    assert "hypothetical" not in staged.janitor(*command)[1]


def test_the_pace_of_that_time_is_full_again(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 100), make_document(now_ms, 90), make_document(now_ms, 1)])
    stage.write(top="pace: {per_sweep: 1, per_day: 1}\n")
    assert stage.sweep()[1]["deletions"]["confirmed"] == 1
    planned = [stage.sweep("--dry-run", "--as-of", at(days))[1]["not_attempted"]["planned"] for days in (-0.1, 0.1, 1.1)]
    assert planned == [0, 0, 1]


def test_holds_and_cut_offs_are_those_of_that_time(make_stage: MakeStage) -> None:
    stage = make_stage()
    until = (datetime.now(UTC) + 10 * DAY).date()
    stage.write(top=f'holds:\n  - {{name: paper, match: {{name: "a*"}}, reason: r, until: {until}}}\n')
    for days, state in ((9, "active"), (12, "ended")):
        (hold,) = json.loads(stage.janitor("hold", "list", "--output", "json", "--as-of", at(days))[1])["holds"]
        checked = json.loads(stage.janitor("check", "--output", "json", "--as-of", at(days))[1])
        assert (hold["state"], checked["holds"][0]["ended"]) == (state, state == "ended")
        assert checked["as_of"][:10] == at(days)[:10]


@pytest.mark.on_a_file
def test_a_real_sweep_cannot_take_it(staged: Stage) -> None:
    before, asked = staged.ledger_path.read_bytes(), len(staged.emulator.requests)
    code, out, error = staged.janitor("sweep", "--as-of", at(30))
    assert (code, out, "add --dry-run" in error) == (2, "", True)
    assert (staged.ledger_path.read_bytes(), len(staged.emulator.requests)) == (before, asked)


READERS = {"sweep", "plan", "list", "explain", "check", "forecast", "diff", "snapshot", "report"}
"""Those that may have it; `sweep` for its dry run."""


@pytest.mark.some(4)
@pytest.mark.parametrize("command", [[name] for name in COMMANDS if name not in READERS] + [["hold", "add"], ["hold", "remove"]])
def test_no_command_that_writes_has_it(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert "--as-of" not in capsys.readouterr().out


@pytest.mark.some(2)
@pytest.mark.parametrize("text", ["tomorrow", "2026-11-23T03:00", "2026-13-01", "0001-01-01", "9999-12-31", "99999d", "0d", ""])
def test_what_is_no_time_is_exit_2_without_a_request(make_stage: MakeStage, text: str) -> None:
    stage = make_stage()
    stage.write()
    code, out, error = stage.janitor("list", "--as-of", text)
    assert (code, out, "--as-of: " in error) == (2, "", True)
    assert stage.emulator.requests == []


def test_a_clock_that_went_back_refuses_whatever_time_is_supposed(staged: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock itself is compared with the ledger; the supposed time is not, be it long before the last sweep.

    Each time it is off by less than would show against the server's.
    """
    for minutes, code in ((4, 0), (-4, 4)):
        monkeypatch.setattr("janitor.clock.SystemClock.now", lambda _, off=minutes: datetime.now(UTC) + timedelta(minutes=off))
        assert staged.sweep()[0] == code
    for time in (at(-30), at(30)):
        assert staged.sweep("--dry-run", "--as-of", time)[1]["refused"]["by"] == "clock"


def test_no_sweep_that_is_no_dry_run_can_be_given_another_time(memory: MemoryBackend, clock: FakeClock) -> None:
    """Not even by a mistake in the program."""
    with pytest.raises(ValueError, match="decided by the clock"):
        Sweep(target=make_target(memory), tools=make_tools(clock), supposed=NOW)
