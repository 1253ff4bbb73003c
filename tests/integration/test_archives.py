"""Archives: what a policy asks to be written about a job before it goes is there, durable and right, or the job stays."""

import errno
import json
import os
import resource
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from builders import FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from documents import make_document
from scripted import ScriptedBackend, reply
from stage import POLICY, Stage

from janitor.backends.port import Answer
from janitor.core import events as names
from janitor.core.tombstone import Tombstone
from janitor.ledger.store import Ledger
from janitor.retention.planner import Pace
from janitor.retention.selector import Selector
from janitor.retention.tombstones import Archive
from janitor.sweep import archive, unarchived
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.report import TargetReport

MakeStage = Callable[..., Stage]
_ids = count(1)


def run(backend: ScriptedBackend, ledger: Ledger, clock: FakeClock, *archives: Archive | None) -> TargetReport:
    """A sweep by policies that all select every job, each with its archive."""
    policies = [make_policy(name=f"p-{number}", archive=each) for number, each in enumerate(archives)]
    tools = make_tools(clock, new_id=lambda: f"id-{next(_ids)}")
    return sweep_target(make_target(backend, rules=make_rules(*policies)), ledger, tools)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def deletions(ledger: Ledger) -> list[dict[str, object]]:
    return [event for event in (row.event() for row in ledger.rows()) if event["event"].startswith("deletion.")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.mkdir()
    return path


def test_an_archived_file_is_the_tombstone_for_its_owner_only(make_stage: MakeStage, now_ms: int, folder: Path) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 61), make_document(now_ms, 2)])
    stage.write(f"{POLICY}    archive: {{dir: archive}}\n")
    assert stage.sweep()[0] == 0
    intents = {event["intent_id"]: event for event in stage.events() if event["event"] == "deletion.intended"}
    found = {f"{event['job_id']}-{intent_id}.json": event["tombstone"] for intent_id, event in intents.items()}
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in files(folder)} == found
    assert len(found) == 2
    modes = {oct(path.stat().st_mode & 0o777) for path in files(folder)}, oct((folder / "research").stat().st_mode & 0o777)
    assert modes == ({"0o600"}, "0o700")


def test_a40_without_the_archive_that_a_policy_requires_nothing_goes(make_stage: MakeStage, now_ms: int) -> None:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 2)])
    stage.write(f"{POLICY}    archive: {{dir: kept}}\n")
    code, report = stage.sweep()
    assert (code, report["error"]["code"], report["not_attempted"]["deferred"]) == (3, "archive_failed", 1)
    code, out, _ = stage.janitor("check", "--output", "json")
    (warned,) = [each for each in json.loads(out)["warnings"] if each["code"] == "archive_missing"]
    assert (code, warned["target"], str(stage.folder / "kept") in warned["message"]) == (0, "research", True)
    assert stage.janitor("plan", "-o", str(stage.folder / "plan.json"))[0] == 3
    assert (stage.folder / "plan.json").exists()
    assert (stage.asked(), stage.deleted_in_truth()) == ([], [])
    (stage.folder / "kept").mkdir()
    assert stage.sweep()[0] == 0
    assert len(files(stage.folder / "kept")) == 1


def test_s27_a_required_archive_is_written_synced_and_read_back_before_the_intent(
    ledger: Ledger, clock: FakeClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = list[str]()

    def note(name: str) -> None:
        real = getattr(archive, name)

        def noting(*arguments: object) -> object:
            order.append(name)
            return real(*arguments)

        monkeypatch.setattr(archive, name, noting)

    note("_write")
    note("_check")
    append, fsync = Ledger.append, os.fsync

    def syncing(handle: int) -> None:
        order.append("fsync")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", syncing)

    def appending(self: Ledger, drafts: list[object], *more: object, **named: object) -> object:
        order.extend("intent" for draft in drafts if getattr(draft, "event", "") == names.DELETION_INTENDED)
        return append(self, drafts, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Ledger, "append", appending)
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    backend.before_delete = lambda _job_id: order.append("request")
    run(backend, ledger, clock, Archive(dir=folder))
    written = order.index("_write")
    steps = [step for step in order[written : order.index("request") + 1] if step != "fsync"]
    assert steps == ["_write", "_check", "intent", "request"]
    assert order[written : order.index("_check")].count("fsync") >= 2


def flawed(folder: Path, kind: str) -> Path:
    """A folder that does not take the files, for this reason."""
    if kind == "missing":
        return folder / "not-mounted"
    if kind == "file":
        (folder / "plain").write_text("")
        return folder / "plain"
    if kind == "read-only file system":
        return Path("/proc")
    if kind == "link in place":
        (folder / "elsewhere").mkdir()
        (folder / "research").symlink_to(folder / "elsewhere")
    if kind == "others write":
        (folder / "research").mkdir()
        (folder / "research").chmod(0o777)
    if kind == "open to all":
        folder.chmod(0o777)
    return folder


FLAWS = ("missing", "file", "read-only file system", "link in place", "others write", "open to all")


@pytest.mark.parametrize("kind", FLAWS)
def test_a40_d12_s27_no_job_goes_whose_required_archive_failed(ledger: Ledger, clock: FakeClock, folder: Path, kind: str) -> None:
    bad = flawed(folder, kind)
    backend = ScriptedBackend.holding(make_job(), make_job(), make_job(days_ago=1))
    report = run(backend, ledger, clock, None, Archive(dir=bad))
    counts, events = report.outcomes(), deletions(ledger)
    assert (counts["deferred"] + counts["skipped"], report.exit_code, backend.asked) == (2, 3, [])
    assert report.trouble is not None
    assert report.trouble.code == "archive_failed"
    assert [(event["reason_code"], event["intent_id"]) for event in events] == [("archive_failed", None)] * counts["skipped"]
    assert [path for path in files(folder) if path.suffix == ".json"] == []


def test_a40_an_archive_that_fails_only_when_it_is_written_keeps_the_job_too(
    ledger: Ledger, clock: FakeClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a look at the folder tells is not relied on: it is asked for before each intent, and one policy can require it."""
    monkeypatch.setattr(unarchived, "find_flaw", lambda _folder, _target: None)
    backend, bad = ScriptedBackend.holding(make_job(), make_job(days_ago=1)), flawed(folder, "missing")
    report = run(backend, ledger, clock, Archive(dir=bad), Archive(dir=bad, required=False))
    assert (report.outcomes()["skipped"], report.exit_code, backend.asked) == (1, 3, [])
    assert [event["reason_code"] for event in deletions(ledger)] == ["archive_failed"]


def test_a40_jobs_that_wait_for_an_archive_leave_the_pace_to_the_others(ledger: Ledger, clock: FakeClock, folder: Path) -> None:
    """And a preview says so with the same code; nothing is written where the archive is looked at."""
    old, young = make_job(name="old-1", days_ago=90), make_job(name="young-1", days_ago=60)
    backend = ScriptedBackend.holding(old, young, make_job(days_ago=1))
    archived = make_policy(name="archived", match=Selector(name=("old-*",)), archive=Archive(dir=folder / "not-mounted"))
    good = make_policy(name="good", match=Selector(name=("young-*",)), archive=Archive(dir=folder))
    target = make_target(backend, rules=make_rules(archived, good), pace=Pace(per_sweep=1))
    preview = preview_target(target, ledger, make_tools(clock))
    assert (preview.outcomes()["planned"], preview.exit_code, list(folder.iterdir())) == (1, 3, [])
    report = sweep_target(target, ledger, make_tools(clock))
    assert (backend.asked, report.exit_code, report.trouble and report.trouble.code) == ([young.id], 3, "archive_failed")
    assert [entry.reason.code for entry in report.entries if entry.decision.job == old] == ["archive_failed"]


@pytest.mark.parametrize("kind", ["missing", "link in place"])
def test_a_job_goes_whose_archive_failed_and_is_not_required(ledger: Ledger, clock: FakeClock, folder: Path, kind: str) -> None:
    said = list[tuple[str, str]]()
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    policy = make_policy(archive=Archive(dir=flawed(folder, kind), required=False))
    tools = make_tools(clock, say=lambda event, **fields: said.append((event, str(fields.get("reason")))))
    report = sweep_target(make_target(backend, rules=make_rules(policy)), ledger, tools)
    assert (report.outcomes()["confirmed"], report.exit_code) == (1, 0)
    assert [event for event, _ in said].count(names.ARCHIVE_FAILED) == 1


def test_every_selecting_policy_gets_its_file_and_one_that_requires_it_is_enough(
    ledger: Ledger, clock: FakeClock, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    missing = folder / "missing"
    report = run(
        backend,
        ledger,
        clock,
        Archive(dir=folder),
        Archive(dir=other),
        Archive(dir=missing),
        Archive(dir=missing, required=False),
    )
    assert (report.outcomes()["deferred"], report.exit_code) == (1, 3)
    assert files(folder) == files(other) == []
    missing.mkdir()
    report = run(backend, ledger, clock, Archive(dir=folder), Archive(dir=other), Archive(dir=missing))
    assert report.outcomes()["confirmed"] == 1
    (one,), (two,), (three,) = files(folder / "research"), files(other), files(missing)
    assert one.read_bytes() == two.read_bytes() == three.read_bytes()
    assert json.loads(one.read_text())["policies"] == ["p-0", "p-1", "p-2"]


def test_two_spellings_of_one_folder_are_one(ledger: Ledger, clock: FakeClock, folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    report = run(backend, ledger, clock, Archive(dir=folder), Archive(dir=link), Archive(dir=folder / ".." / folder.name))
    assert (report.outcomes()["confirmed"], report.exit_code, len(files(folder / "research"))) == (1, 0, 1)


def test_a40_a_document_too_large_for_a_tombstone_keeps_the_job_only_where_an_archive_is_required(
    ledger: Ledger, clock: FakeClock, folder: Path
) -> None:
    large = make_job(document={"job": {"command": "x" * 1_100_000}})
    backend = ScriptedBackend.holding(large, make_job(days_ago=1))
    report = run(backend, ledger, clock, Archive(dir=folder))
    assert (report.outcomes()["skipped"], report.exit_code, backend.asked) == (1, 3, [])
    assert run(backend, ledger, clock, Archive(dir=folder, required=False)).outcomes()["confirmed"] == 1
    assert files(folder) == []


def test_what_was_archived_of_a_job_that_got_no_intent_is_removed_and_else_it_stays(
    ledger: Ledger, clock: FakeClock, folder: Path
) -> None:
    """A STOP that appears once the file is there; then a platform that refuses."""
    backend = ScriptedBackend.holding(make_job(), make_job(days_ago=1))
    target = make_target(backend, rules=make_rules(make_policy(archive=Archive(dir=folder))))
    halted = list[bool]()

    def halt() -> str | None:
        halted.append(bool(files(folder)))
        return "STOP" if halted[-1] else None

    report = sweep_target(target, ledger, make_tools(clock, halted=halt))
    assert (backend.asked, report.outcomes()["skipped"], halted[-1]) == ([], 1, True)
    assert files(folder) == []
    backend.script[next(iter(backend.jobs))] = [reply(Answer.REFUSED)]
    assert run(backend, ledger, clock, Archive(dir=folder)).outcomes()["failed"] == 1
    assert len(files(folder)) == 1


HOSTILE = ("../../etc/passwd", "/etc/passwd", "a/b", "nul\0", "x" * 300, "CON", "con", "Ünïcode", "", ".", "..", "-rf", "a b")


def test_d10_whatever_the_id_of_a_job_its_file_stays_in_its_folder_and_takes_no_other_s_place(folder: Path) -> None:
    stone = Tombstone(body="{}", sha256=sha256(b"{}").hexdigest(), owner=None, outputs=())
    found = {archive.name_of(job_id, "intent-1"): stone for job_id in HOSTILE}
    assert len(found) == len(HOSTILE)
    assert archive.write_files(folder, "../x", found) == {}
    (place,) = folder.iterdir()
    assert {path.name for path in files(folder)} == set(found)
    assert {path.parent for path in files(folder)} == {place}
    assert all(len(path.name) < 150 and path.name.isascii() and "/" not in path.name for path in files(folder))


def test_d12_a_file_or_link_in_the_place_of_one_is_never_written_or_removed(folder: Path, tmp_path: Path) -> None:
    stone = Tombstone(body="{}", sha256=sha256(b"{}").hexdigest(), owner=None, outputs=())
    (folder / "research").mkdir(mode=0o700)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / "research" / "a.json").symlink_to(victim)
    (folder / "research" / "b.json").write_text("there before")
    flaws = archive.write_files(folder, "research", dict.fromkeys(("a.json", "b.json", "c.json"), stone))
    assert set(flaws) == {"a.json", "b.json"}
    assert (victim.read_text(), (folder / "research" / "b.json").read_text()) == ("precious", "there before")
    assert (folder / "research" / "c.json").read_text() == "{}"


@pytest.mark.parametrize("failing", ["file", "folder", "content"])
def test_a40_a_failing_disk_leaves_no_file_that_looks_good(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """The sync of a file fails, that of the folder does, or something else is read back."""
    stone = Tombstone(body="{}", sha256=sha256(b"{}").hexdigest(), owner=None, outputs=())
    if failing == "content":
        stone = Tombstone(body="{}", sha256="0" * 64, owner=None, outputs=())
    else:
        real, synced = os.fsync, list[int]()

        def fsync(handle: int) -> None:
            synced.append(handle)
            if len(synced) == (2 if failing == "file" else 3):
                raise OSError(errno.ENOSPC, "No space left on device")
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
    flaws = archive.write_files(folder, "research", {"a.json": stone})
    assert flaws == {
        "a.json": "what was read back is not what was written" if failing == "content" else "No space left on device"
    }
    assert files(folder) == []


def test_a40_a_file_that_the_disk_cuts_short_is_removed(folder: Path) -> None:
    """A limit of the system on the size of files, as a full disk or a quota is one."""
    body = "x" * 100_000
    stone = Tombstone(body=body, sha256=sha256(body.encode()).hexdigest(), owner=None, outputs=())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        flaws = archive.write_files(folder, "research", {"a.json": stone})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert flaws == {"a.json": "File too large"}
    assert files(folder) == []
