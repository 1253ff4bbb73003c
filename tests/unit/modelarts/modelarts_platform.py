"""A v2 job list in memory: offsets count pages or records, numbers mean one thing or another, jobs come and go."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unit.modelarts.modelarts_stage import PROJECT

from janitor.modelarts import (
    Call,
    ListedJobs,
    Reply,
    TrainingJobsV2,
)

PHASES = ("Completed", "Failed")


def job(number: int, **changes: Any) -> dict[str, Any]:
    """One item of a page."""
    identity = {"id": f"00000000-0000-4000-8000-{number:012d}", "create_time": 1_700_000_000_000 + number}
    return {"kind": "job", "metadata": identity, "status": {"phase": "Failed"}} | changes


def ids(numbers: range | list[int]) -> list[str]:
    return [str(job(number)["metadata"]["id"]) for number in numbers]


@dataclass
class Platform:
    """A list endpoint in memory; `edit` may change the jobs before, or the document after, a request."""

    jobs: list[dict[str, Any]]
    pages: bool = True
    total: Callable[[int, int], Any] | None = lambda matches, _: matches
    count: Callable[[int, int], Any] | None = None
    page_size: int = 50
    echo_limit: bool = True
    before: Callable[["Platform", int], None] = lambda _platform, _request: None
    after: Callable[[dict[str, Any], int], None] = lambda _document, _request: None
    offsets: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        body = json.loads(call.body)
        self.bodies.append(body)
        offset = body["offset"]
        self.offsets.append(offset)
        self.before(self, len(self.offsets))
        start = offset * self.page_size if self.pages else offset
        items = self.jobs[start : start + self.page_size]
        document: dict[str, Any] = {"items": items, "offset": offset, "workspace_id": body["workspace_id"]}
        if self.echo_limit:
            document["limit"] = self.page_size
        for name, number in (("total", self.total), ("count", self.count)):
            if number is not None:
                document[name] = number(len(self.jobs), len(items))
        self.after(document, len(self.offsets))
        return Reply(status=200, document=document, request_id=None)

    def listed(self) -> ListedJobs[dict[str, Any]]:
        return TrainingJobsV2(self, PROJECT).list_jobs("0", PHASES)

    def listed_ids(self) -> list[str]:
        return [item["metadata"]["id"] for item in self.listed().items]
