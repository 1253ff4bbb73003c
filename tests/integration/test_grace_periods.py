"""Mark first, delete after: what the commands do with a job whose grace period runs, and what they say of it."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from documents import make_document
from stage import POLICY, Stage

MakeStage = Callable[..., Stage]
GRACE_S = 3


def wait_for(stage: Stage) -> None:
    """Until every grace period is over."""
    (deadline,) = {event["deadline"] for event in stage.events() if event["event"] == "job.marked"}
    while f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.000000Z" <= deadline:
        time.sleep(0.1)


def edit(stage: Stage, statement: str) -> None:
    with closing(sqlite3.connect(stage.ledger_path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_job_is_marked_by_one_sweep_and_deleted_by_a_later_one(make_stage: MakeStage, now_ms: int) -> None:
    documents = [make_document(now_ms, 60), make_document(now_ms, 50), make_document(now_ms, 1)]
    waits, other, _ = (document["metadata"]["id"] for document in documents)
    stage = make_stage(jobs=documents)
    stage.write(POLICY + f"    grace: {GRACE_S}s\n")
    planned = stage.sweep("--dry-run")[1]["verdicts"]
    assert (planned["expiring"], stage.ledger_path.exists()) == (2, False)
    code, report = stage.sweep()
    assert (code, report["verdicts"], report["jobs"]) == (0, planned, [])
    listed = json.loads(stage.janitor("list", "--verdict", "expiring", "--output", "json")[1])["targets"][0]["jobs"]
    assert [job["id"] for job in listed] == [waits, other]
    assert all("it may go from" in job["reason"] for job in listed)
    code, _, _ = stage.janitor("delete", other, "--target", "research", "--reason", "a mistake", "--yes")
    assert (code, stage.deleted_in_truth()) == (0, [other]), "a person who names it does not wait"
    wait_for(stage)
    assert stage.sweep("--dry-run")[1]["jobs"][0]["outcome"] == "planned"
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"], stage.deleted_in_truth()) == (0, 1, [other, waits])
    found = [(event["event"], event["job_id"]) for event in stage.events() if event["event"].startswith("job.")]
    assert found == [("job.marked", waits), ("job.marked", other)]
    assert stage.janitor("audit", "verify")[0] == 0


@pytest.mark.on_a_file
def test_c26_a_mark_that_somebody_made_older_lets_nothing_go_early_and_is_named(make_stage: MakeStage, now_ms: int) -> None:
    document = make_document(now_ms, 60)
    stage = make_stage(jobs=[document])
    stage.write(POLICY + "    grace: 1d\n")
    assert stage.sweep()[0] == 0
    edit(stage, "UPDATE marks SET marked_at = '2020-01-01T00:00:00.000000Z', grace = 1")
    assert stage.sweep()[1]["verdicts"]["expiring"] == 1
    code, _, err = stage.janitor("audit", "verify")
    assert code == 5
    assert f"the mark of job {document['metadata']['id']} of target research has marked_at '2020-01-01" in err
    edit(stage, "UPDATE marks SET seq = 1")
    code, report = stage.sweep()
    assert (code, report["error"]["code"], stage.asked()) == (5, "ledger_failed", [])
