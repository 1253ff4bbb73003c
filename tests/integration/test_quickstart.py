"""docs/quickstart.md, step by step: every command is run, every edit made, every loop compared with its policy."""

import re
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pages
import pytest
from stage import ACCOUNT, Stage

from janitor.cli.main import run
from janitor.emulator.seeding import seed_jobs
from janitor.modelarts.clock import SystemClock

DAY = 86_400_000
blocks = partial(pages.blocks, "quickstart.md")


class Walk:
    """Follows the page in a folder of its own; what each command printed is kept by its words."""

    def __init__(self, folder: Path, emulator_url: str, capture: Any) -> None:
        self.file = folder / "janitor.yaml"
        self.url = emulator_url
        self.capture = capture
        self.codes: list[tuple[str, int]] = []
        self.printed: dict[str, list[str]] = {}

    def step(self, kind: str, body: str) -> None:
        if kind == "diff":
            self.edit(body)
        for line in body.splitlines() if kind == "sh" else ():
            if line.startswith("janitor "):
                self.command(line)

    def edit(self, diff: str) -> None:
        """Make one edit as a reader would: the lines with a minus become those with a plus; comments at line ends may differ."""
        old = [line[1:] for line in diff.splitlines() if line[:1] in "- "]
        new = [line[1:] for line in diff.splitlines() if line[:1] in "+ "]
        pattern = "".join(re.escape(line) + r"(?: *#.*)?\n" for line in old)
        text, count = re.subn(pattern, lambda _: "\n".join(new) + "\n", self.file.read_text())
        assert count == 1, f"the edit fits {count} places:\n{diff}"
        self.file.write_text(text)

    def command(self, line: str) -> None:
        words = shlex.split(line.replace("JOB_ID", self.a_planned_job()))[1:]
        self.capture.readouterr()
        self.codes.append((line, run(words)))
        self.printed.setdefault(line, []).append(self.capture.readouterr().out)
        if words == ["init"]:
            self.fill_in()

    def fill_in(self) -> None:
        """What is different for every reader: the addresses; and what only a test is in a hurry for: the rate."""
        text = self.file.read_text() + "target_defaults: {rate: {requests_per_second: 1000, concurrency: 4}}\n"
        for name in ("modelarts", "iam"):
            text = text.replace(f"https://{name}.eu-de.otc.t-systems.com", self.url)
        self.file.write_text(text.replace("0a1b2c3d4e5f60718293a4b5c6d7e8f9", ACCOUNT.project_id))

    def a_planned_job(self) -> str:
        rows = self.printed.get("janitor plan --format csv", ["\n,none"])[0].splitlines()
        return rows[1].split(",")[1]


def test_the_page_from_the_first_step_to_the_last(
    make_stage: Callable[..., Stage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage(jobs=seed_jobs(400, 7, SystemClock().now()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", ACCOUNT.access_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", ACCOUNT.secret_key)
    walk = Walk(tmp_path, stage.emulator.url, stage.capture)
    gone: list[int] = []
    for kind, body in blocks("sh", "diff"):
        walk.step(kind, body)
        gone.append(len(stage.deleted_in_truth()))

    assert [line for line, code in walk.codes if code] == []
    assert gone[-1] == 10  # two sweeps of five, then the day is spent
    assert sorted(set(gone)) == [0, 5, 10]
    sweeps = walk.printed["janitor sweep"]
    assert "observed" in sweeps[0]
    assert [re.findall(r"(?:confirmed|accepted) (\d+)", sweep) for sweep in sweeps] == [[], ["5"], ["5"], []]
    assert "deferred" in sweeps[3]
    assert "FAULT" not in walk.printed["janitor doctor"][0]
    assert "Job quota: 400 of 10000 used" in walk.printed["janitor plan --format md"][0]
    assert "verdict     expired" in walk.printed["janitor explain JOB_ID"][0]
    assert "events verified" in walk.printed["janitor audit verify"][0]


LOOPS = [
    (code, policy)
    for (_, code), (_, policy) in zip(
        blocks("python", chapter="## From a script"), blocks("yaml", chapter="## From a script"), strict=True
    )
]


@pytest.mark.some(1)
@pytest.mark.parametrize(("code", "policy"), LOOPS, ids=["failed", "nightly", "quota"])
def test_a_policy_lets_go_what_its_loop_deletes_or_says_why_not(
    make_stage: Callable[..., Stage], now_ms: int, code: str, policy: str
) -> None:
    jobs = seed_jobs(600, 11, SystemClock().now())
    stage = make_stage(jobs=jobs)
    stage.write("policies:\n" + policy.replace("    match:", "    mode: enforce\n    match:"))
    space: dict[str, Any] = {"DAY": DAY}
    exec(code, space)  # noqa: S102  the loop of the page itself
    by_loop = {job["metadata"]["id"] for job in space["doomed"](jobs, now_ms)}
    _, report = stage.sweep("--dry-run")
    by_policy = {job["id"] for job in report["jobs"]}
    assert by_policy
    assert by_policy <= by_loop
    for job in sorted(by_loop - by_policy)[:5]:
        assert re.search(r"verdict +(undecidable|kept):", stage.janitor("explain", job)[1])


def test_the_page_has_every_step_that_it_promises() -> None:
    commands = {line.split()[1] for _, body in blocks("sh") for line in body.splitlines() if line.startswith("janitor ")}
    assert commands == {"init", "check", "doctor", "sweep", "plan", "explain", "audit"}
    assert len(LOOPS) == 3
