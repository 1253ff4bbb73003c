"""What is remembered of deleted jobs, from outside: in the ledger, in the audit log, on the command line."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from typing import Any

import pytest
from documents import make_document
from documents_v1 import make_job_v1
from stage import Stage

MakeStage = Callable[..., Stage]


def rows(stage: Stage) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(stage.ledger_path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM tombstones ORDER BY job_id")]


@pytest.mark.parametrize("api", ["v2", "v1"])
def test_a_deleted_job_leaves_a_tombstone_whose_hash_every_event_of_its_intent_tells(
    make_stage: MakeStage, now_ms: int, api: str
) -> None:
    documents = [make_document(now_ms, 60), make_document(now_ms, 2)]
    jobs = [make_job_v1(now_ms, 60, (10,)), make_job_v1(now_ms, 2, (10,))]
    stage = make_stage(api=api, **({"jobs": documents} if api == "v2" else {"jobs_v1": jobs}))
    stage.write()
    assert stage.sweep()[0] == 0
    (row,) = rows(stage)
    told = [event for event in stage.events() if event["event"].startswith("deletion.")]
    assert {event["tombstone"] for event in told} == {sha256(row["document"].encode()).hexdigest()} == {row["sha256"]}
    stone = json.loads(row["document"])
    assert (stone["platform"], stone["job_id"]) == (f"modelarts/{api}", told[0]["job_id"])
    assert (stone["version"], stone["target"], stone["policy"], stone["phase"]) == (1, "research", "weekly", told[0]["phase"])
    job = stone["document"]["job"]
    if api == "v2":
        assert {key: job["metadata"][key] for key in documents[0]["metadata"]} == documents[0]["metadata"]
    else:
        assert [version["version_id"] for version in job["versions"]] == [each["version_id"] for each in jobs[0]["versions"]]
        assert stone["document"]["row"] == {"owner": "ci-bot", "workspace": "0", "description": ""}
    code, out, _ = stage.janitor("tombstone", "show", row["job_id"])
    assert (code, row["sha256"] in out, "confirmed" in out) == (0, True, True)
