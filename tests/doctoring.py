"""`janitor doctor` run on a stage, and what is true of it whatever it finds."""

import json
from typing import Any

from stage import Stage

THE_WAY = ["endpoints", "reachable", "tls", "credentials", "signed", "identity", "clock"]
JOBS = ["list", "offsets", "get"]
FEATURES = ["batch", "tags", "workspaces", "quota", "aging"]
CHECKS = [*THE_WAY, *JOBS, "delete", *FEATURES, "permissions"]
NEVER_TOLD = {"delete": "unknown", "permissions": "unknown"}
"""What stays unknown though all is well."""
ASKING = {"list", "get", "tags", "identity", "quota", "workspaces", "find_by_tags", "all_tags", "batch_delete"}


def doctor(stage: Stage, *arguments: str) -> tuple[int, dict[str, dict[str, str]], dict[str, Any]]:
    """Run it as JSON: exit code, the one target's checks by name, the ledger's; it asks for nothing that changes a job."""
    code, out, error = stage.janitor("doctor", "--output", "json", *arguments)
    assert error == ""
    document = json.loads(out)
    (target,) = document["targets"]
    assert (document["version"], [check["check"] for check in target["checks"]]) == (1, CHECKS)
    for check in [*target["checks"], document["ledger"]]:
        assert set(check) == {"check", "result", "message", "advice"}
        assert check["advice"] or check["result"] != "fault"
    assert {record.method for record in stage.emulator.requests} <= {"GET", "POST"}
    assert {record.route for record in stage.emulator.requests} <= ASKING
    assert [record.job_ids for record in stage.emulator.requests if record.route == "batch_delete" and record.job_ids] == []
    assert stage.deleted_in_truth() == []
    assert not stage.ledger_path.exists()
    return code, {check["check"]: check for check in target["checks"]}, document["ledger"]


def results(checks: dict[str, dict[str, str]]) -> str:
    """What came to something else than where all is well, but for what was skipped, and how the listing was paged."""
    found = {name: check["result"] for name, check in checks.items() if check["result"] != "skipped" and name != "offsets"}
    return " ".join(f"{name}={result}" for name, result in found.items() if result != NEVER_TOLD.get(name, "ok"))


def skipped(checks: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, check in checks.items() if check["result"] == "skipped"]
