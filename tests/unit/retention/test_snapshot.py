"""Snapshots: nothing is lost in the file, and a file that is not as janitor wrote it is refused."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from builders import NOW, make_job

from janitor.core.secret import Scrubber, Secret
from janitor.retention.hold import Hold
from janitor.retention.past import Mark, Past, key_of
from janitor.retention.snapshot import Snapshot, read_snapshot, write_snapshot

SECRET = "SK-canary-9876543210"


def unchanged(value: Any) -> Any:
    return value


def make_snapshot(**changes: Any) -> Snapshot:
    jobs = [make_job(id="a"), make_job(id="b", never_started=True), make_job(id="c", labels=None, name="\u202e\ud800")]
    fields: dict[str, Any] = {
        "target": "research",
        "api": "v2",
        "project_id": "p-1",
        "as_of": NOW,
        "workspaces": ("0", "w-1"),
        "has_labels": True,
        "holds": (Hold(name="h-1", reason="audited", job_ids=frozenset({"a"})),),
        "jobs": jobs,
        "past": Past(
            first_seen={key_of(jobs[1]): NOW - timedelta(days=3)},
            marks={
                key_of(jobs[2]): Mark(since=NOW - timedelta(hours=1), grace=timedelta(hours=48)),
                key_of(jobs[1]): Mark(since=NOW - timedelta(hours=9), grace=timedelta(hours=48), noticed_at=NOW),
            },
        ),
    }
    return Snapshot(**(fields | changes))


@pytest.mark.parametrize("snapshot", [make_snapshot(), make_snapshot(jobs=[], past=Past(), holds=(), has_labels=False)])
def test_a_snapshot_comes_back_as_it_was_and_is_one_json_document(snapshot: Snapshot) -> None:
    lines = list(write_snapshot(snapshot, unchanged))
    assert read_snapshot(lines) == snapshot
    document = json.loads("".join(lines))
    assert [job["id"] for job in document["jobs"]] == [job.id for job in snapshot.jobs]
    assert document["digest"] == sha256("".join(lines[:-1]).encode()).hexdigest()  # as `head -n -1 FILE | sha256sum` says


def test_only_the_past_of_listed_jobs_is_written() -> None:
    gone = make_job(id="gone")
    past = Past(first_seen={key_of(gone): NOW}, marks={key_of(gone): Mark(since=NOW, grace=timedelta(0))})
    assert read_snapshot(write_snapshot(make_snapshot(past=past), unchanged)).past == Past()


def test_a_grace_period_is_never_written_shorter_than_it_is() -> None:
    job = make_job()
    past = Past(marks={key_of(job): Mark(since=NOW, grace=timedelta(seconds=10, microseconds=1))})
    read = read_snapshot(write_snapshot(make_snapshot(jobs=[job], past=past), unchanged))
    assert read.past.marks[key_of(job)].grace == timedelta(seconds=11)


def test_d2_no_secret_is_written() -> None:
    hold = Hold(name="h", reason=f"see {SECRET}", job_ids=frozenset({"a"}))
    job = make_job(name=f"x-{SECRET}", description=f"key {SECRET}", labels=(("team", SECRET),), outputs=(f"s3://{SECRET}/",))
    text = "".join(write_snapshot(make_snapshot(jobs=[job], holds=(hold,)), Scrubber((Secret(SECRET),)).scrub))
    assert SECRET not in text
    assert text.count("***") == 5


LINES = list(write_snapshot(make_snapshot(), unchanged))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is no snapshot of janitor"),
        (["{}\n"], "is no snapshot of janitor"),
        (["[" * 100_000 + ', "jobs": [\n'], "is no snapshot of janitor"),
        (['[1, "jobs": [\n'], "is no snapshot of janitor"),
        ([LINES[0].replace("janitor snapshot", "snapshot"), *LINES[1:]], "is no snapshot of janitor"),
        ([json.dumps(json.loads("".join(LINES))) + "\n"], "is no snapshot of janitor"),
        ([LINES[0].replace('"version": 1', '"version": 2'), *LINES[1:]], "another version of janitor"),
        (LINES[:-1], "was changed"),
        ([*LINES[:-2], LINES[-1]], "was changed"),
        ([*LINES, "\n"], "was changed"),
        ([LINES[0], LINES[2], LINES[1], *LINES[3:]], "was changed"),
        ([LINES[0], LINES[1].replace("ci-bot", "ann"), *LINES[2:]], "was changed"),
        ([LINES[0], LINES[1].replace('"never_started": false', '"never_started": 0'), *LINES[2:]], "was changed"),
        ([LINES[0], "[]\n", *LINES[2:]], "was changed"),
        ([LINES[0], "{}\n", *LINES[2:]], "was changed"),
        ([LINES[0], "x\n", *LINES[2:]], "was changed"),
        ([LINES[0].replace("research", "prod"), *LINES[1:]], "was changed"),
    ],
)
def test_what_janitor_did_not_write_so_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_snapshot(lines)


def sealed(*lines: str) -> list[str]:
    """These lines, and a digest that is right."""
    digest = sha256("".join(lines).encode()).hexdigest()
    return [*lines, f'], "digest": "{digest}"}}\n']


HEAD, JOB, *REST = LINES[:-1]
HOLD = '"job_ids": ["a"]'
MARK = '"grace_s": 172800'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"workspaces": ["0", "w-1"], ', ""),
        ('"workspaces": ["0", "w-1"]', '"workspaces": "0w"'),
        ('"workspaces": ["0", "w-1"]', '"workspaces": ["0", 1]'),
        ('"has_labels": true', '"has_labels": 1'),
        ('"has_labels": true', '"has_labels": true, "more": 1'),
        ('"target": "research"', '"target": ["research"]'),
        ('"version": 1', '"version": true'),
        (HOLD, '"job_ids": "a"'),
        ('"reason": "audited"', '"reason": null'),
        (HEAD[HEAD.index('"as_of": ') :][:38], '"as_of": "0001-01-01T00:00:00.000000Z"'),
        (MARK, '"grace_s": 1e308'),
        (MARK, '"grace_s": -1'),
        (MARK, '"grace_s": true'),
        (MARK, f'{MARK}, "more": 1'),
        (MARK, f'"grace_s": {36_500 * 86_400 + 1}'),
        (JOB[JOB.index('"finished_at": ') :][:44], '"finished_at": "9999-12-31T23:59:59.000000Z"'),
        ('"id": "b"', '"id": "a"'),
    ],
)
def test_a_file_made_to_look_right_is_read_as_strictly(old: str, new: str) -> None:
    assert len(read_snapshot(sealed(HEAD, JOB, *REST)).jobs) == 3
    text = "".join([HEAD, JOB, *REST])
    assert old in text
    assert json.loads("".join(sealed(*text.replace(old, new, 1).splitlines(keepends=True))))  # so it is whole
    with pytest.raises(ValueError, match=r"changed|another version"):
        read_snapshot(sealed(*text.replace(old, new, 1).splitlines(keepends=True)))
