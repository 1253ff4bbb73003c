"""A shell completes commands, options, and names from the policy file; it sees no error, and no heavy module is imported."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete
from stage import POLICY, Stage

from janitor.cli.main import COMMANDS, cli
from janitor.core.events import RECORDED

MakeStage = Callable[..., Stage]
HEAVY = ("sqlalchemy", "requests", "pydantic", "fastapi", "rich", "structlog", "apscheduler", "prometheus_client")
TWO = POLICY + POLICY.removeprefix("policies:\n").replace("weekly", "weird")
SHELLS: list[type[ShellComplete]] = [BashComplete, ZshComplete, FishComplete]


def completed(*words: str, shell: type[ShellComplete] = BashComplete) -> list[str]:
    """What click answers to a shell for these words, of which the last is being written."""
    *before, last = words
    return [item.value for item in shell(cli, {}, "janitor", "_JANITOR_COMPLETE").get_completions(list(before), last)]


@pytest.fixture
def staged(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A policy file with a target and two policies, in the folder where the shell stands; one of its secrets is missing."""
    stage = make_stage()
    stage.write(TWO)
    (stage.folder / "sk").unlink()
    monkeypatch.chdir(stage.folder)
    monkeypatch.delenv("JANITOR_CONFIG", raising=False)
    return stage


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell.name)
def test_every_shell_is_offered_commands_options_and_names(staged: Stage, shell: type[ShellComplete]) -> None:
    assert completed("", shell=shell) == list(COMMANDS)
    assert completed("d", shell=shell) == ["delete", "diff", "doctor", "demo"]
    assert completed("audit", "", shell=shell) == ["export", "show", "verify"]
    assert "--policy" in completed("sweep", "--", shell=shell)
    assert completed("sweep", "--target", "", shell=shell) == ["research"]
    assert completed("sweep", "--policy", "w", shell=shell) == ["weekly", "weird"]
    assert completed("plan", "--target", "research", "--policy", "wei", shell=shell) == ["weird"]
    assert completed("audit", "show", "--event", "sweep.", shell=shell) == ["sweep.started", "sweep.finished", "sweep.aborted"]
    assert completed("audit", "export", "--event", "", shell=shell) == list(RECORDED)
    assert completed("plan", "--format", "c", shell=shell) == ["csv"]
    assert completed("acknowledge", "listing", shell=shell) == ["listing_shrank", "listing_grew"]


def test_the_policy_file_is_the_one_that_the_command_would_take(
    staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(staged.config.read_text().replace("research", "elsewhere"))
    assert completed("sweep", "--config", str(other), "--target", "") == ["elsewhere"]
    assert completed("--config", str(other), "sweep", "--target", "") == ["elsewhere"]
    monkeypatch.setenv("JANITOR_CONFIG", str(other))
    assert completed("sweep", "--target", "") == ["elsewhere"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "targets: 5\n",
        'targets:\n  - 7\n  - name: 5\n  - name: [x]\n  - name: "a\\u001b"\n',
        "\udcff",
        "a: &x [*x]\n",
        "- - -",
        None,
    ],
    ids=range(8),
)
def test_a_file_that_cannot_be_used_offers_nothing_and_no_error(
    staged: Stage, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    staged.config.unlink()
    if content is not None:
        staged.config.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert completed("sweep", "--target", "") == []
    assert completed("sweep", "--policy", "") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.soak
@pytest.mark.some(1)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_program_itself_answers_a_shell_and_imports_nothing_heavy(staged: Stage, shell: str) -> None:
    """As the scripts of click ask it; every command is asked for its options, and one for a target."""
    code = (
        "import os, sys\nfrom janitor.cli.main import COMMANDS, run\n"
        "for words in [*(f'janitor {name} --' for name in COMMANDS), 'janitor sweep --target ']:\n"
        "    last = words.split(' ')\n"
        f"    cword = last[-1] if '{shell}' == 'fish' else str(len(last) - 1)\n"
        "    os.environ.update(COMP_WORDS=words, COMP_CWORD=cword)\n"
        "    try:\n        run([])\n    except SystemExit as ended:\n        assert not ended.code\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    environment = os.environ | {"_JANITOR_COMPLETE": f"{shell}_complete"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    *answered, loaded = ended.stdout.splitlines()
    assert (loaded, ended.stderr) == ("[]", "")
    assert [line for line in answered if "research" in line]
    assert len([line for line in answered if "--config" in line]) == len(COMMANDS) - len(
        {"audit", "hold", "schema", "emulator", "demo", "diff", "tombstone"}
    )
    source = subprocess.run(
        [sys.executable, "-m", "janitor"],
        capture_output=True,
        text=True,
        env=os.environ | {"_JANITOR_COMPLETE": f"{shell}_source"},
        check=True,
    )
    assert "_JANITOR_COMPLETE" in source.stdout


@pytest.mark.soak
def test_a_real_bash_completes(staged: Stage) -> None:
    program = staged.folder / "bin" / "janitor"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m janitor "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_JANITOR_COMPLETE=bash_source janitor)"\ncomplete -p janitor\n'
        'ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()\n_janitor_completion janitor\n'
        'echo "${COMPREPLY[*]}"; }\n'
        "ask janitor pl\nask janitor sweep --target ''\nask janitor audit show --event deletion.a\n"
    )
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, env=environment, cwd=staged.folder, check=True
    )
    declared, *answers = ended.stdout.splitlines()
    assert declared.endswith("-F _janitor_completion janitor")
    assert answers == ["plan", "research", "deletion.accepted deletion.already_gone"]
    assert ended.stderr == ""
