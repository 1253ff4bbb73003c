"""The command line: exit codes, streams, and errors that are one message and never a traceback."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from documents import make_document
from forks import Forked, Start
from stage import POLICY, Stage

from janitor.cli import main as cli
from janitor.cli.main import COMMANDS, run

MakeStage = Callable[..., Stage]


def test_help_lists_every_command_and_names_no_other() -> None:
    shown = subprocess.run([sys.executable, "-m", "janitor", "--help"], capture_output=True, text=True, check=True).stdout
    listed = shown[shown.index("Commands:") :]
    for command in COMMANDS:
        assert f"\n  {command} " in listed
        assert run([command, "--help"]) == 0


HEAVY = ("sqlalchemy", "requests", "pydantic", "fastapi", "rich", "structlog", "apscheduler", "ruamel", "prometheus_client")


def test_help_and_version_import_nothing_heavy() -> None:
    """Neither the list of commands nor the help of one waits for what only a running command needs: one after the other."""
    every = [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
    code = (
        f"import sys; from janitor.cli.main import run; [(run(words), print('LOADED', sorted(sys.modules))) for words in {every}]"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if line.startswith("LOADED")]
    for words, loaded in zip(every, lines, strict=True):
        assert "'janitor.cli.main'" in loaded
        assert [heavy for heavy in HEAVY if f"'{heavy}'" in loaded] == [], words


@pytest.mark.parametrize("arguments", [["nonsense"], ["sweep", "--nonsense"], ["explain"], ["sweep", "--output", "xml"]])
def test_a_usage_error_is_exit_2(arguments: list[str]) -> None:
    assert run(arguments) == 2


def test_c1_a_missing_or_empty_policy_file_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "--config", str(tmp_path / "none.yaml")]) == 2
    (tmp_path / "empty.yaml").write_text("")
    assert run(["sweep", "--config", str(tmp_path / "empty.yaml")]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "policies",
    ["policies:\n", "policies: []\n", "policies: null\n", "", POLICY.replace("{phase: [completed, failed, terminated]}", "{}")]
    + [
        POLICY.replace("expire", "expyre"),
        POLICY.replace("phase", "phas"),
        POLICY.replace("7d", "0d"),
        POLICY.replace("7d", "1h"),
    ]
    + [POLICY.replace("    mode: enforce\n", "    mode: enforce\n    mode: enforce\n"), POLICY + "holds: []\n"],
)
def test_c1_c2_c3_c4_c5_c9_a_file_that_could_mean_too_much_makes_no_request(make_stage: MakeStage, policies: str) -> None:
    stage = make_stage()
    stage.write(policies)
    for command in ("sweep", "plan", "check"):
        code, out, error = stage.janitor(command)
        assert (code, out) == (2, "")
        assert f"{stage.config}:" in error
    assert stage.emulator.requests == []


def test_unknown_targets_and_policies_are_usage_errors_that_name_what_there_is(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    for option, name in (("--target", "research"), ("--policy", "weekly")):
        code, _, error = stage.janitor("sweep", option, "nonsense")
        assert (code, name in error) == (2, True)


def test_json_is_one_document_and_nothing_else_and_progress_goes_to_stderr(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write()
    code, out, error = stage.janitor("sweep", "--output", "json")
    document = json.loads(out)
    assert (code, document["version"], len(document["targets"])) == (0, 1, 1)
    lines = [json.loads(line) for line in error.splitlines()]
    assert [line["event"] for line in lines].count("sweep.finished") == 1
    assert (lines[-1]["event"], lines[-1]["confirmed"]) == ("sweep.finished", 1)
    assert lines[-1]["head"] == document["targets"][0]["head"]


def test_policy_narrows_a_sweep_without_changing_a_decision(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 60, "Completed"), make_document(now_ms, 2)])
    both = "policies:\n" + "".join(
        f"  - {{name: {name}, mode: enforce, match: {{phase: [{phase}]}}, expire: {{after: 7d}}}}\n"
        for name, phase in (("a", "failed"), ("b", "completed"))
    )
    stage.write(both)
    _, report = stage.sweep("--policy", "a")
    assert (report["verdicts"]["expired"], report["deletions"]["confirmed"], report["not_attempted"]["deferred"]) == (2, 1, 1)


def test_without_create_a_missing_ledger_is_exit_5_until_init_made_it(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 2)])
    stage.write(top="ledger: {path: ledger.db, create: false}\n")
    for arguments in ([], ["--dry-run"]):
        code, report = stage.sweep(*arguments)
        assert (code, report["error"]["code"]) == (5, "ledger_failed")
    assert stage.emulator.requests == []
    assert stage.janitor("init", "--ledger")[0] == 0
    assert stage.janitor("sweep")[0] == 0
    assert stage.janitor("init", "--ledger")[0] == 5


def test_init_writes_a_starter_that_only_observes_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "EXAMPLEKEY")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "example-secret")
    assert run(["init"]) == 0
    assert run(["check"]) == 0
    assert "nothing is deleted here: the target observes" in capsys.readouterr().out
    assert run(["init"]) == 2
    assert run(["init", "--config", str(tmp_path / "no" / "folder.yaml")]) == 2


def test_the_starter_is_the_example_of_the_repository() -> None:
    root = Path(__file__).parents[2]
    assert (root / "janitor/settings/starter.yaml").read_text() == (root / "config/janitor.yaml").read_text()


def test_it_refuses_to_start_beside_pyjanitor_and_says_why(tmp_path: Path) -> None:
    info = tmp_path / "pyjanitor-0.30.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pyjanitor\nVersion: 0.30.0\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-m", "janitor", "check"], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 2
    assert "pyjanitor 0.30.0" in ended.stderr


def test_an_unexpected_error_is_one_line_that_tells_its_place_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, said in (
        (RuntimeError("a\x1b[2Jb"), "unexpected RuntimeError at main.py:"),
        (PermissionError(13, "Permission denied", "a\x1b[2Jb"), "Permission denied a\\x1b[2Jb; please report"),
    ):

        def fail(error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(cli, "refuse_pyjanitor", fail)
        assert run(["check"]) == 1
        told = capsys.readouterr().err
        assert told.startswith("janitor: unexpected ")
        assert said in told
        assert len(told.splitlines()) == 1


def test_d3_d4_hostile_names_are_inert_in_every_output(make_stage: MakeStage, now_ms: int) -> None:
    hostile = "x\x1b[2J\u202e\u2028\nforged deletion.confirmed\u0085\x07"
    jobs = [make_document(now_ms, 60, name=hostile, user_name=hostile), make_document(now_ms, 2, name=hostile)]
    stage = make_stage(jobs=jobs)
    stage.write()
    outputs = [stage.janitor("plan"), stage.janitor("sweep"), stage.janitor("audit", "show"), stage.janitor("audit", "export")]
    outputs += [stage.janitor("explain", job["metadata"]["id"]) for job in jobs]
    for code, out, error in outputs:
        assert code == 0
        for character in "\x1b\u202e\u2028\u0085\x07":
            assert character not in out + error
    assert [event["job_name"] for event in stage.events() if "job_name" in event] == [hostile] * 3


def in_bash(stage: Stage, arguments: str, output: str) -> tuple[int, str]:
    """The exit code and standard error of a real process whose standard output goes there."""
    command = f"set -o pipefail; {sys.executable} -m janitor {arguments} --config {stage.config} {output}"
    ended = subprocess.run(["bash", "-c", command], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return ended.returncode, ended.stderr


def into(stage: Stage, arguments: str, output: int) -> tuple[int, str]:
    """The same where standard output is this file."""
    words = [*arguments.split(), "--config", str(stage.config)]
    code, _, error = Forked(words, Start(stdout=output, stderr=subprocess.PIPE)).ended()
    return code, error


def into_nobody(stage: Stage, arguments: str) -> tuple[int, str]:
    """The same where nobody reads any more."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        return into(stage, arguments, theirs)
    finally:
        os.close(theirs)


def into_a_full_disk(stage: Stage, arguments: str) -> tuple[int, str]:
    with Path("/dev/full").open("w") as full:
        return into(stage, arguments, full.fileno())


@pytest.mark.soak
def test_a_reader_that_goes_away_changes_no_exit_code_whatever_the_size(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60) for _ in range(300)])
    stage.write()
    assert into_nobody(stage, "list --output json") == (0, "")
    assert into_nobody(stage, "check") == (0, "")
    code, error = in_bash(stage, "list --output json", "2> >(cat >&2) | head -c 10")
    assert (code, error) == (0, "")


def test_what_cannot_be_written_to_standard_output_is_one_line_that_says_where_the_sweep_is(
    make_stage: MakeStage, now_ms: int
) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60)])
    stage.write()
    said = "janitor: the result could not be written to standard output: No space left on device; "
    code, error = into_a_full_disk(stage, "plan")
    assert (code, error) == (1, f"{said}make room or write elsewhere, and run the command again\n")
    before = len(stage.emulator.requests)
    for closed in ("sweep", "hold list"):
        code, error = in_bash(stage, closed, ">&-")
        assert (code, "standard output is closed" in error) == (2, True)
    assert (len(stage.emulator.requests), stage.asked()) == (before, [])
    code, error = into_a_full_disk(stage, "sweep")
    assert (code, error.splitlines()[-1]) == (1, f"{said}the sweep itself is in the ledger: `janitor audit show`")
    assert len(stage.asked()) == 1


@pytest.fixture(scope="module")
def told() -> str:
    """What the demo prints."""
    with redirect_stdout(io.StringIO()) as out:
        assert run(["demo"]) == 0
    return out.getvalue()


def test_the_demo_tells_its_story_to_the_end(told: str) -> None:
    for part in ("$ janitor plan", "$ janitor sweep", "its phase", "confirmed at", "event", "was changed", "own record agrees"):
        assert part in told


def commands_of(text: str) -> list[str]:
    """The command lines of a demo, without what differs from run to run."""
    lines = [line.rstrip() for line in text.splitlines() if line.startswith("$ ")]
    return [re.sub(r"[0-9a-f-]{36}", "JOB_ID", re.sub(r"\S+/janitor-demo-\w+", "FOLDER", line)) for line in lines]


SVG = "{http://www.w3.org/2000/svg}"
PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"


def test_the_picture_of_the_demo_shows_the_commands_that_it_runs_today(told: str) -> None:
    """`make picture` draws it anew."""
    lines: dict[float, str] = {}
    for text in ET.parse(PICTURE).iter(f"{SVG}text"):  # noqa: S314  our own file
        place = float(text.attrib["y"])
        lines[place] = lines.get(place, "") + (text.text or "").replace("\xa0", " ").replace("\n", "")
    shown = commands_of("\n".join(lines[place] for place in sorted(lines)))
    assert shown == ["$ janitor demo", *commands_of(told)]
    assert len(shown) > 5


def test_the_picture_of_the_demo_runs_nothing_and_asks_no_other_host() -> None:
    content = PICTURE.read_text()
    assert len(content) < 200_000
    for element in ET.fromstring(content).iter():  # noqa: S314
        assert element.tag.removeprefix(SVG) in {"svg", "style", "defs", "clipPath", "rect", "text", "g", "circle"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert re.sub(r"url\(#[\w-]+\)", "", value).find("url(") < 0
        if element.tag == f"{SVG}style":
            assert not re.search(r"url\(|@import|@font-face|//", element.text or "")


def test_check_warns_where_two_targets_see_the_same_jobs(make_stage: MakeStage) -> None:
    stage = make_stage()
    text = stage.write().read_text()
    start, end = text.index("  - name: research"), text.index("policies:")
    stage.config.write_text(text[:end] + text[start:end].replace("research", "again") + text[end:])
    code, out, _ = stage.janitor("check")
    assert (code, "targets research and again see the same jobs" in out) == (0, True)
    other = text[start:end].replace("research", "again").replace('["0"]', '["w1"]')
    stage.config.write_text(text[:end] + other + text[end:])
    assert "WARNING" not in stage.janitor("check")[1]


def test_check_prints_one_json_document_and_asks_nobody(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write(top='schedule: {cron: "0 3 * * *"}\n')
    code, out, error = stage.janitor("check", "--output", "json")
    document = json.loads(out)
    assert (code, error, document["version"], document["warnings"]) == (0, "", 1, [])
    assert len(document["targets"][0]["schedule"]["next"]) == 5
    stage.write("policies: []\n")
    code, out, error = stage.janitor("check", "--output", "json")
    assert (code, out) == (2, "")
    assert f"{stage.config}:" in error
    assert stage.emulator.requests == []


def test_of_two_targets_each_has_its_own_report_and_the_gravest_code_wins(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    text = stage.write().read_text()
    start, end = text.index("  - name: research"), text.index("policies:")
    broken = text[start:end].replace("research", "nowhere").replace(stage.emulator.url, "http://127.0.0.1:9")
    stage.config.write_text(text[:end] + broken + text[end:])
    code, out, _ = stage.janitor("sweep", "--output", "json")
    good, bad = json.loads(out)["targets"]
    assert (code, good["deletions"]["confirmed"], bad["error"]["code"]) == (6, 1, "unreachable")
    assert stage.janitor("sweep", "--target", "research", "--target", "research")[0] == 0


def test_the_policy_file_may_be_named_before_or_after_the_command(make_stage: MakeStage, tmp_path: Path) -> None:
    stage = make_stage()
    config = str(stage.write())
    assert run(["check", "--config", config]) == 0
    assert run(["--config", config, "check"]) == 0
    assert run(["--config", config, "audit", "verify", "--config", str(tmp_path / "none.yaml")]) == 2
