"""`janitor test` from outside: exit codes, files and folders, and that the examples that ship keep their promises."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from janitor.cli.main import run

CONFIG = Path(__file__).parents[2] / "config"
CASES = """\
version: 1
policies: {policies}
as_of: 2026-11-23T03:00:00Z
cases:
  - name: a failed trial goes after a week
    jobs: [{{id: old, name: trial-1, phase: failed, finished: 8d ago}}]
    expect: {{old: {verdict}}}
"""


def write(folder: Path, name: str, verdict: str = "expired", policies: str = str(CONFIG / "janitor.yaml")) -> Path:
    path = folder / name
    path.write_text(CASES.format(verdict=verdict, policies=policies))
    return path


def test_the_examples_that_ship_decide_as_their_tests_say(capsys: pytest.CaptureFixture[str]) -> None:
    examples = {path.name for path in (CONFIG / "examples").glob("*.yaml")}
    tested = {path.name for path in (CONFIG / "examples/tests").glob("*.yaml")}
    assert examples <= tested
    assert run(["test", str(CONFIG / "examples/tests")]) == 0
    assert capsys.readouterr().out.endswith("all passed\n")


def test_a_failing_case_is_exit_3_and_ci_reads_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "b.yaml", "kept")
    write(tmp_path, "a.yaml")
    junit = tmp_path / "out.xml"
    assert run(["test", str(tmp_path), str(tmp_path / "b.yaml"), "--junit", str(junit), "--output", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert (document["passed"], document["failed"]) == (1, 1)
    assert [Path(each["file"]).name for each in document["files"]] == ["a.yaml", "b.yaml"]
    assert ET.parse(junit).getroot().attrib["failures"] == "1"  # noqa: S314  it is our own
    assert [path.name for path in tmp_path.iterdir() if "xml" in path.name] == ["out.xml"]


def test_config_takes_the_place_of_the_policy_file_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, other = write(tmp_path, "a.yaml"), tmp_path / "new" / "janitor.yaml"
    other.parent.mkdir()
    other.write_text((CONFIG / "janitor.yaml").read_text().replace("after: 7d", "after: 9d"))
    assert run(["test", str(path)]) == 0
    assert run(["test", str(path), "--config", str(other)]) == 3
    assert "policy failed-runs waits 9d" in capsys.readouterr().out


def test_a_bad_file_is_exit_2_whatever_the_others_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.yaml", "kept")
    write(tmp_path, "b.yaml", "kpet")
    write(tmp_path, "c.yaml", policies="nowhere.yaml")
    assert run(["test", str(tmp_path), "--junit", str(tmp_path / "out.xml")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{tmp_path}/b.yaml:7:19: cases[0].expect.old: is no verdict" in err
    assert f"{tmp_path}/nowhere.yaml: there is no such file" in err
    assert not (tmp_path / "out.xml").exists()


def test_a_folder_runs_every_file_below_it_once_whatever_leads_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.yml", "b.yaml", "deep/down/c.YML"):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / "tests", name, "kept")
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere", "d.yaml", "kept")
    (tmp_path / "tests/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "tests/deep/round").symlink_to(tmp_path / "tests")
    (tmp_path / "tests/again.yaml").symlink_to(tmp_path / "tests/b.yaml")
    assert run(["test", str(tmp_path / "tests"), str(tmp_path / "tests/deep"), "--output", "json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert [Path(each["file"]).name for each in document["files"]] == ["a.yml", "again.yaml", "c.YML", "d.yaml"]
    assert document["failed"] == 4


def test_what_is_no_regular_file_is_said_to_be_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("pipe.yaml", "/dev/null"):
        assert run(["test", str(tmp_path / name)]) == 2
        assert f"{tmp_path / name}: is no regular file" in capsys.readouterr().err
    assert run(["test", str(write(tmp_path, "a.yaml")), "--junit", "-"]) == 2


def test_a_folder_without_tests_is_not_green(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", str(tmp_path)]) == 2
    assert run(["test", str(tmp_path / "nowhere.yaml")]) == 2
    assert "there is no *.yaml or *.yml in this folder" in capsys.readouterr().err
