"""deploy/systemd: the units verify, their command lines are janitor's, and they are hardened."""

import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from janitor.cli.main import cli

UNITS = sorted(path for path in (Path(__file__).parents[2] / "deploy" / "systemd").iterdir() if path.suffix != ".conf")
PROGRAM = "/opt/janitor/bin/janitor"


def service(name: str) -> dict[str, str]:
    """The [Service] section of a unit."""
    return section(name, "Service")


def section(name: str, title: str) -> dict[str, str]:
    """A section of a unit; of a word that is written several times the last one."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys keep their case
    parser.read([path for path in UNITS if path.name == name])
    return dict(parser[title])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="NO systemd-analyze: the units were NOT verified")
def test_the_units_verify(tmp_path: Path) -> None:
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", *[str(tmp_path / path.name) for path in UNITS]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["janitor.service", "janitor-sweep.service"])
def test_the_command_line_is_one(name: str) -> None:
    program, word, *rest = shlex.split(service(name)["ExecStart"])
    assert program == PROGRAM
    command = cli.get_command(None, word)  # type: ignore[arg-type]  # the lazy group needs no context
    assert command is not None
    command.make_context(word, rest)


@pytest.mark.parametrize("name", ["janitor.service", "janitor-sweep.service"])
def test_a_unit_is_hardened(name: str) -> None:
    found = service(name)
    for word in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute", "LockPersonality"):
        assert found[word] == "yes", word
    assert (found["ProtectSystem"], found["CapabilityBoundingSet"], found["UMask"]) == ("strict", "", "0077")
    assert found["User"] == "janitor"
    assert int(found["TimeoutStopSec"]) >= 120


def test_a_sweep_by_the_timer_has_time_for_more_than_one_target_and_ends_before_the_next() -> None:
    assert service("janitor-sweep.service")["TimeoutStartSec"] == "23h"


def test_a_daemon_that_ended_is_started_again_for_months_whatever_kept_it_from_working() -> None:
    """A key file, a volume or a database that came too late must not keep it down for good; a stop on purpose is exit 0."""
    found = service("janitor.service")
    assert (found["Restart"], "RestartPreventExitStatus" in found, "SuccessExitStatus" in found) == ("on-failure", False, False)
    assert int(found["RestartSec"]) >= 10
    assert section("janitor.service", "Unit")["StartLimitIntervalSec"] == "0"
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
