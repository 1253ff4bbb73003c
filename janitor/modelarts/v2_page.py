"""Owns what a valid page of the v2 job list looks like; a page that differs is an error, never an empty page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from janitor.modelarts.errors import ProtocolError

LIMIT = 50
_JOB_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: `ids` beside the `items`, raw or parsed, in the platform's order; `limit` is the page size it really uses."""

    ids: tuple[str, ...]
    items: tuple[Any, ...]
    limit: int
    total: int | None
    count: int | None

    @property
    def is_short(self) -> bool:
        """Whether it holds fewer items than it could."""
        return len(self.ids) < self.limit

    def parsed(self, parse: Callable[[dict[str, Any]], Any]) -> Self:
        """The same with each raw item parsed."""
        return replace(self, items=tuple(map(parse, self.items)))


def is_job_id(value: object) -> bool:
    """Whether a value is a UUID in its usual form of 36 characters."""
    return isinstance(value, str) and _JOB_ID.fullmatch(value) is not None


def parse_page(document: Any, *, offset: int, workspace_id: str) -> Page:
    """Check one page against what was asked; raises ProtocolError (docs/modelarts-api.md, list response)."""
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ProtocolError("a page of the job list has no list of items")
    items = document["items"]
    limit = _effective_limit(document)
    if len(items) > limit:
        raise ProtocolError(f"a page of the job list holds {len(items)} items, more than its limit of {limit}")
    if document.get("offset", offset) != offset:
        raise ProtocolError(f"the page at offset {offset} of the job list says that it is another one")
    if document.get("workspace_id") and document["workspace_id"] != workspace_id:
        raise ProtocolError(f"a page of the job list is of another workspace than {workspace_id}")
    ids = tuple(_require_job(item) for item in items)
    _refuse_drift(items)
    return Page(
        ids=ids, items=tuple(items), limit=limit, total=_number(document.get("total")), count=_number(document.get("count"))
    )


def _effective_limit(document: dict[str, Any]) -> int:
    limit = document.get("limit", LIMIT)
    if _number(limit) is None or not 1 <= limit <= LIMIT:
        raise ProtocolError(f"a page of the job list has a limit other than 1 to {LIMIT}")
    return int(limit)


def _require_job(item: Any) -> str:
    """The id of an item; without an id and a phase nothing about a job can be decided."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    status = item.get("status") if isinstance(item, dict) else None
    if not isinstance(metadata, dict) or not is_job_id(metadata.get("id")):
        raise ProtocolError("an item of the job list has no job id")
    if not isinstance(status, dict) or not isinstance(status.get("phase"), str) or not status["phase"]:
        raise ProtocolError(f"job {metadata['id']} of the job list has no phase")
    return str(metadata["id"])


def _refuse_drift(items: list[dict[str, Any]]) -> None:
    """A field that one job lacks is that job's matter; one that a whole page lacks has been renamed."""
    if items and not any("kind" in item for item in items):
        raise ProtocolError("no item of a page of the job list has a kind")
    if items and not any("create_time" in item["metadata"] for item in items):
        raise ProtocolError("no item of a page of the job list has a creation time")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
