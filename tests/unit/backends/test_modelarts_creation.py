"""The request that creates a deleted job anew: nothing in it but what a request may hold, whatever the document looks like."""

from typing import Any

import pytest
from documents_v1 import make_job_v1

from janitor.backends.modelarts_creation import Creation, build_creation
from janitor.core.errors import UsageError


def build(document: Any, platform: str = "modelarts/v1") -> Creation:
    return build_creation({"platform": platform, "project_id": "p-1", "job_id": "7", "document": document})


def test_of_a_v1_job_the_newest_version_is_created_with_its_name_description_and_workspace(now_ms: int) -> None:
    job = make_job_v1(now_ms, 60, (11, 10), job_id=7, name="lenet", description="tmp", pool="pool-a", workers=2)
    made = build({"job": job, "row": {"owner": "ann", "workspace": "0", "description": "tmp"}})
    newest = job["versions"][-1]
    wanted = (
        "worker_server_num",
        "app_url",
        "boot_file_url",
        "parameter",
        "spec_id",
        "data_url",
        "engine_id",
        "train_url",
        "log_url",
    )
    assert (made.method, made.path) == ("POST", "/v1/p-1/training-jobs")
    assert made.body == {
        "job_name": "lenet",
        "job_desc": "tmp",
        "workspace_id": "0",
        "config": {word: newest[word] for word in (*wanted, "pool_id")},
    }
    assert made.notes == ("of its 2 versions this is the newest; `janitor tombstone show` has all",)
    assert build({"job": job | {"versions": job["versions"][:1]}, "row": {}}).notes == ()


def test_masked_values_and_tags_are_named() -> None:
    algorithm = {"environments": [{"A": "***"}, "odd"], "parameters": [{"name": "lr", "value": "***"}]}
    made = build({"job": {"kind": "job", "algorithm": algorithm}, "labels": {"team": "nlp", "a": "b"}}, "modelarts/v2")
    assert made.body == {"kind": "job", "algorithm": {"parameters": algorithm["parameters"], "environments": {"A": "***"}}}
    assert made.masked == ("algorithm.parameters.0.value", "algorithm.environments.A")
    assert made.notes == ("its tags are no part of it, and are added once the job is there: a=b, team=nlp",)
    assert build({"job": {}, "labels": None}, "modelarts/v2").notes == ("its tags were not known when it was deleted",)
    assert build({"job": {}, "labels": {}}, "modelarts/v2").notes == ()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"job": None, "row": 5, "labels": []},
        {"job": [], "labels": {}},
        {
            "job": {"versions": [5, {"version_id": "x"}], "algorithm": "x", "tasks": {"a": 1}, "spec": None, "metadata": [5]},
            "labels": {},
        },
        {"job": {"tasks": [5, {"algorithm": 5}], "versions": {}}, "labels": {}},
    ],
)
@pytest.mark.parametrize("platform", ["modelarts/v1", "modelarts/v2"])
def test_whatever_stands_in_a_document_there_is_a_request_and_no_traceback(document: Any, platform: str) -> None:
    assert build(document, platform).method == "POST"


def test_what_cannot_be_created_anew_is_said() -> None:
    with pytest.raises(UsageError, match="platform memory: nothing is known"):
        build({}, "memory")
    with pytest.raises(UsageError, match="too large"):
        build(None)
