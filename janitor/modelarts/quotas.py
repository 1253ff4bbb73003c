"""Owns the reading of the training-job quota; says nothing about what to do when it is nearly used up."""

from dataclasses import dataclass
from typing import Any

from janitor.modelarts.call import Call, RouteKind, Sender
from janitor.modelarts.errors import ProtocolError
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v2 import require_project_id

JOB_NUMBER = "job-num"
AGING = "job-retention-enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuota:
    """How many training jobs there may be, and how many there are."""

    limit: int
    used: int


class Quotas:
    """The quotas of one project."""

    def __init__(self, transport: Sender, project_id: str) -> None:
        self._transport = transport
        self._project_id = require_project_id(project_id)

    def read_job_quota(self) -> JobQuota:
        """Read the quota of training jobs; raises ProtocolError unless the answer states exactly one, in whole numbers.

        The route is not in every edition of the platform: where it is absent, Misconfigured says so (docs/modelarts-api.md,
        endpoint table).
        """
        row = self._read(JOB_NUMBER)
        return JobQuota(limit=_number(row, "quota"), used=_number(row, "used"))

    def read_aging(self) -> bool:
        """Whether the platform removes all the user's jobs by itself after a time; raises ProtocolError unless it says so.

        The switch is written as a quota of 0 or 1; no document promises that it can be read (docs/modelarts-api.md, endpoint
        table), so a refusal is to be expected.
        """
        value = _number(self._read(AGING), "quota")
        if value > 1:
            raise ProtocolError(f"the quota of {AGING} is {value}, neither 0 nor 1")
        return value == 1

    def _read(self, resource: str) -> dict[str, Any]:
        path, query = f"/v2/{self._project_id}/training-quotas", canonical_query([("resource", resource)])
        call = Call(kind=RouteKind.OTHER, method="GET", path=path, query=query, project_id=self._project_id)
        rows = [row for row in _rows(self._transport.send(call).document) if row.get("resource") == resource]
        if len(rows) != 1:
            raise ProtocolError(f"the answer about quotas has {len(rows)} rows of {resource}, not one")
        return rows[0]


def _rows(document: Any) -> list[dict[str, Any]]:
    rows = document.get("quotas") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError("the answer about quotas has no list of them")
    return rows


def _number(row: dict[str, Any], key: str) -> int:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ProtocolError(f"the {key} of {row['resource']} is not a whole number from 0 on")
    return value
