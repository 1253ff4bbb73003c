"""Owns what the browser looks at: a ledger that real commands wrote, against an emulator with a team's jobs and hostile names."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from documents import make_document
from stage import Stage

from janitor.console.tokens import digest_of
from janitor.emulator.account import Account
from janitor.emulator.seeding import seed_jobs
from janitor.emulator.server import Emulator
from janitor.emulator.switches import Switches

TOKEN = "janitor_" + "t" * 43
VISION, SPEECH, NEW = "1" * 32, "2" * 32, "3" * 32
JOBS = 150
STUCK = "stuck-checkpoint-0001"
PROBE = "window.struck = (window.struck || 0) + 1; alert(1)"
HOSTILE = (
    f"<script>{PROBE}</script>",
    f"<img src=x onerror='{PROBE}'><svg/onload='{PROBE}'>",
    f'"><iframe srcdoc="<script>{PROBE}</script>"></iframe>',
    f"' autofocus onfocus='{PROBE}' x='\" onmouseover=\"{PROBE}",
    f"javascript:{PROBE}",
    "</title></style></textarea><meta http-equiv=refresh content='0;url=https://evil.example/'><base href=https://evil.example/>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "\x1b[2J\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\\x9b31m\x08",
    'x\n{"event": "deletion.confirmed"}\u2028forged\u0085forged',
    "lone \ud800 surrogate",
    "safe\u202egnp.exe\u202c \u2066left\u2069 zero\u200bwidth",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "x" * 1500,
)
POLICIES = """\
policies:
  - name: failed-runs
    description: Failed experiments lose their value in a week.
    mode: enforce
    match: {phase: [failed, terminated]}
    except: {name: "*-baseline*"}
    expire: {after: 7d}
  - name: nightly
    mode: enforce
    match: {name: "nightly-*", phase: [completed]}
    expire: {after: 30d}
    grace: 2d
  - name: everything-else
    description: Watched for now, so that the team can object.
    fallback: true
    match: {phase: [completed, failed, terminated]}
    expire: {after: 90d}
"""
HOLD = """\
holds:
  - {name: candidates, match: {name: "rc-*"}, reason: "audited models <b>never</b> go", until: 2099-06-30, owner: ml-audit}
"""
_TARGET = """\
  - name: {name}
    mode: {mode}
    endpoint: {url}
    project_id: {project}
    workspaces: ["{workspace}"]
    credentials: {{access_key: {{file: ak}}, secret_key: {{file: sk}}}}
"""
_TOP = "pace: {per_sweep: 12, per_day: 60}\nquiet_period: 1s\nschedule: {every: 6h}\n"


@dataclass(kw_only=True)
class Told:
    """Standard output and error of the commands so far, taken once."""

    out: StringIO = field(default_factory=StringIO)
    err: StringIO = field(default_factory=StringIO)

    def readouterr(self) -> tuple[str, str]:
        found = (self.out.getvalue(), self.err.getvalue())
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return found


@dataclass(kw_only=True)
class World:
    """The policy file of the ledger, the same with a login, and ids worth a look."""

    stage: Stage
    locked: Path
    deleted: str
    failed: str


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    """Make the ledger: sweeps, marks, a hold, a failed deletion, a refusal, a pause; the emulator runs while the block does."""
    jobs = _jobs()
    stuck = next(job["metadata"]["id"] for job in jobs if job["metadata"]["name"] == STUCK)
    told = Told()
    with (
        redirect_stdout(told.out),
        redirect_stderr(told.err),
        Emulator(jobs=jobs, switches=Switches(forbidden_ids=frozenset({stuck}))) as emulator,
    ):
        stage = Stage(folder=folder, emulator=emulator, capture=told)
        _live(stage, jobs)
        confirmed = [job_id for job_id, outcome in stage.closings().items() if outcome == "confirmed"]
        world = World(stage=stage, locked=folder / "locked.yaml", deleted=confirmed[0], failed=stuck)
        line = f"console: {{tokens: [{{name: alice, sha256: {digest_of(TOKEN)}}}]}}\n"
        world.locked.write_text(stage.config.read_text() + line)
        yield world


def _jobs() -> list[dict[str, Any]]:
    """A team's jobs, one that cannot be deleted, and one of each hostile name that stays and that goes."""
    now = datetime.now(UTC)
    now_ms = round(now.timestamp() * 1000)
    jobs = seed_jobs(JOBS, 7, now, ("0", "0", VISION, SPEECH))
    jobs.append(make_document(now_ms, 196, name=STUCK))
    jobs += [make_document(now_ms, 40, name=f"trial-whisper-old-{number:04d}", workspace_id=SPEECH) for number in range(12)]
    for name in HOSTILE:
        for days in (1, 190):
            jobs.append(make_document(now_ms, days, name=name, user_name=name[:60], description=name))
    return jobs


def _live(stage: Stage, jobs: list[dict[str, Any]]) -> None:
    """1. three targets 2. sweeps 3. a hold 4. a plan that is refused 5. a pause."""
    others = "".join(
        _TARGET.format(name=name, mode=mode, url=stage.emulator.url, project=Account().project_id, workspace=workspace)
        for name, mode, workspace in (
            ("vision", "observe", VISION),
            ("speech", "enforce", SPEECH),
            ("new-region", "observe", NEW),
        )
    )
    for workspace in (VISION, SPEECH, NEW):
        stage.emulator.world.open_workspace(workspace)
    _write(stage, others, "limits: {max_share: 100%}\n")
    kept = next(job["metadata"]["id"] for job in jobs if job["metadata"]["name"].startswith("trial-unet-0"))
    _run(stage, 0, "hold", "add", kept, "--target", "research", "--reason", "compared in the paper")
    for _ in range(3):
        _run(stage, None, "sweep", "--target", "research")
    _run(stage, 0, "sweep", "--target", "vision")
    _run(stage, 0, "pause", "--target", "vision", "--reason", "moving to the new region")
    _write(stage, others, "limits: {max_share: 1%}\n")
    _run(stage, None, "sweep", "--target", "speech")


def _write(stage: Stage, others: str, limits: str) -> None:
    stage.write(HOLD + POLICIES, target='workspaces: ["0"]\n', top=_TOP + limits)
    text = stage.config.read_text()
    assert text.count(HOLD) == 1
    stage.config.write_text(text.replace(HOLD, others + HOLD))


def _run(stage: Stage, expected: int | None, *words: str) -> None:
    code, out, err = stage.janitor(*words)
    assert expected is None or code == expected, (words, code, out, err[-2000:])
