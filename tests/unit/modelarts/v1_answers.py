"""Owns the answers of the v1 routes for the tests of the v1 client, and the client itself."""

from typing import Any

from unit.modelarts.modelarts_stage import PROJECT, Act, ScriptedServer, Stage, answer

from janitor.modelarts import (
    TrainingJobsV1,
)

JOB = 155500
VERSION = 278813


def client(stage: Stage, server: ScriptedServer, **limits: Any) -> TrainingJobsV1:
    return TrainingJobsV1(stage.transport(server, **limits), PROJECT)


def denied(code: str | None, status: int = 200, **text: str) -> Act:
    """A refusal in the words of v1."""
    return answer(status, {"is_success": False, **({} if code is None else {"error_code": code}), **text})


def version(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "version_id": number,
        "status": 10,
        "create_time": 1767949200000,
        "start_time": 1767949300000,
        "duration": 60000,
    } | changes


def versions(*numbers: int, job_id: object = JOB, count: object = None) -> dict[str, Any]:
    found = [version(number) for number in numbers]
    return {"is_success": True, "job_id": job_id, "version_count": len(found) if count is None else count, "versions": found}


def row(job_id: object, **changes: Any) -> dict[str, Any]:
    return {"job_id": job_id, "job_name": f"job-{job_id}", "status": 10, "create_time": 1, "version_count": 1} | changes


def page(*rows: Any, total: object = None) -> Act:
    return answer(200, {"is_success": True, "job_total_count": len(rows) if total is None else total, "jobs": list(rows)})


def of_page(job_ids: range, total: object) -> Act:
    return page(*map(row, job_ids), total=total)
