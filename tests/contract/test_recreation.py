"""What `janitor recreate` prints: the emulator makes an equal job of it, and the vendor's SDK knows every field."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from emulator_probe import JOBS, Probe
from huaweicloudsdkmodelarts import v1 as sdk
from stage import Stage

from janitor.emulator.document import edit

MakeStage = Callable[..., Stage]
DAY_MS = 86_400_000
KEEPING = "tombstones: {keep_values: [environment, parameters]}\n"
BODY: dict[str, Any] = {
    "kind": "job",
    "metadata": {
        "name": "nightly-0007",
        "workspace_id": "0",
        "description": "nightly regression",
        "annotations": {"fault-tolerance/job-retry-num": "3"},
        "training_experiment_reference": {"id": "e-1", "name": "depth"},
    },
    "algorithm": {
        "code_dir": "obs://team-bkt/code/",
        "boot_file": "obs://team-bkt/code/train.py",
        "command": "python train.py --epochs 3",
        "local_code_dir": "/home/ma-user/code",
        "working_dir": "/home/ma-user/code",
        "engine": {"engine_id": "pytorch_1.8.0", "engine_name": "PyTorch", "engine_version": "pytorch_1.8.0-x"},
        "parameters": [{"name": "lr", "value": "0.1"}],
        "environments": {"WANDB_MODE": "offline"},
        "inputs": [{"name": "data_url", "remote": {"obs": {"obs_url": "/team-bkt/data/"}}}],
        "outputs": [{"name": "train_url", "remote": {"obs": {"obs_url": "/team-bkt/out/"}}}],
    },
    "spec": {
        "resource": {"flavor_id": "modelarts.vm.gpu.v100", "node_count": 2, "pool_id": "pool-nightly"},
        "log_export_path": {"obs_url": "/team-bkt/log/"},
        "schedule_policy": {"priority": 2},
    },
}


def deleted(make_stage: MakeStage, now_ms: int, top: str = "", body: dict[str, Any] = BODY) -> tuple[Stage, dict[str, Any]]:
    """A stage whose job was created by this request, ran long ago and was deleted by janitor; and the job as it was created."""
    birth = make_stage().emulator
    created = Probe(emulator=birth).send("POST", JOBS, body).json
    ended = now_ms - 60 * DAY_MS
    facts = {"create_time": ended - 7_200_000, "start_time": ended - 3_600_000, "duration": 3_600_000, "phase": "Completed"}
    stage = make_stage(jobs=[edit(created, facts)])
    stage.write(top=top)
    code, report = stage.sweep()
    assert (code, report["deletions"]["confirmed"]) == (0, 1)
    return stage, created


def recreated(stage: Stage, job: dict[str, Any]) -> tuple[dict[str, Any], str]:
    code, out, error = stage.janitor("recreate", job["metadata"]["id"])
    assert (code, "nothing was sent" in error) == (0, True)
    return json.loads(out), error


def lasting(job: dict[str, Any]) -> dict[str, Any]:
    """A job without what is of one creation alone: its id, its time, its state."""
    metadata = {key: value for key, value in job["metadata"].items() if key not in ("id", "create_time")}
    return {key: value for key, value in job.items() if key != "status"} | {"metadata": metadata}


def test_the_request_makes_an_equal_job(make_stage: MakeStage, now_ms: int) -> None:
    stage, original = deleted(make_stage, now_ms, KEEPING)
    request, error = recreated(stage, original)
    assert "fill in" not in error
    probe = Probe(emulator=stage.emulator)
    answer = probe.send(request["method"], request["path"], request["body"])
    assert answer.status == 201
    again = probe.get(answer.json["metadata"]["id"]).json
    assert again["metadata"]["id"] != original["metadata"]["id"]
    assert lasting(again) == lasting(original)


def test_masked_values_are_named_and_stand_there_as_stars(make_stage: MakeStage, now_ms: int) -> None:
    stage, original = deleted(make_stage, now_ms)
    request, error = recreated(stage, original)
    algorithm = request["body"]["algorithm"]
    assert (algorithm["environments"], algorithm["parameters"]) == ({"WANDB_MODE": "***"}, [{"name": "lr", "value": "***"}])
    assert re.findall("fill in ([^,]*)", error) == ["algorithm.parameters.0.value", "algorithm.environments.WANDB_MODE"]
    assert len(stage.emulator.requests) == len([each for each in stage.emulator.requests if each.route != "create"])


def unknown_fields(value: Any, kind: str, path: str = "") -> list[str]:
    """The fields that the vendor's model of a request does not have."""
    inner = re.fullmatch(r"list\[(.*)\]", kind)
    if inner:
        return [found for each in value for found in unknown_fields(each, inner[1], path)]
    model = getattr(sdk, kind, None)
    if model is None or not isinstance(value, dict):
        return []
    known = model.openapi_types
    odd = [f"{path}.{key}" for key in value if key not in known]
    return odd + [
        found for key, each in value.items() if key in known for found in unknown_fields(each, known[key], f"{path}.{key}")
    ]


@pytest.mark.parametrize("shape", ["job", "answer"])
def test_the_vendor_s_sdk_knows_every_field_of_the_request(make_stage: MakeStage, now_ms: int, shape: str) -> None:
    """Of a job as it was asked for, and of one as answers tell it: variables as a list, endpoints with tokens."""
    body = json.loads(json.dumps(BODY))
    if shape == "answer":
        body["algorithm"]["environments"] = [{"A": "1"}, {"B": "2"}]
        body["endpoints"] = {"ssh": {"key_pair_names": ["k"], "task_urls": []}, "jupyter_lab": {"url": "https://x", "token": "t"}}
        body["tasks"] = [
            {"role": "main", "algorithm": {"environments": [{"A": "1"}]}, "task_resource": {"flavor_id": "f", "max_num": 1}}
        ]
    stage, original = deleted(make_stage, now_ms, KEEPING, body)
    request, _ = recreated(stage, original)
    assert unknown_fields(BODY, "Job") == []
    assert unknown_fields(request["body"], "Job") == []
    assert request["body"]["algorithm"]["environments"] == (
        {"A": "1", "B": "2"} if shape == "answer" else {"WANDB_MODE": "offline"}
    )
    assert unknown_fields(original, "Job") != []
