"""Owns how a list of v1 training jobs (integer ids) is asked for and what a valid page of it looks like; sends nothing itself."""

import re
from dataclasses import dataclass
from typing import Any

from janitor.modelarts.errors import ProtocolError
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v2_page import Page

PER_PAGE = 1000
"""The most that one page may hold (docs/modelarts-api.md, v1 routes)."""
_MOST_ID = 2**63 - 1
_DECIMAL = re.compile(r"[1-9][0-9]{0,18}")
MOST_PAGE = 65_535
LONGEST_SEARCH = 64
"""Of the documented figures the smaller one; what lies between it and the SDK page's is the platform's to refuse."""
_LONGEST_ON_THE_SDK_PAGE = 100
SORTS = ("job_name", "job_desc", "status", "duration", "version_count", "engine_type", "create_time")
_EVERY_ROW_HAS = ("job_name", "create_time", "version_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One page of the job list, as it is asked for; pages count from 1, an empty `search_content` finds every name."""

    workspace_id: str = "0"
    status: int | None = None
    page: int = 1
    per_page: int = PER_PAGE
    sort_by: str = "create_time"
    order: str = "asc"
    search_content: str = ""

    def query(self) -> str:
        """The query, with nothing left to the platform's defaults; raises ValueError for what the route does not take."""
        if not 1 <= self.page <= MOST_PAGE or not 1 <= self.per_page <= PER_PAGE:
            raise ValueError(f"a page is 1 to {MOST_PAGE}, and holds 1 to {PER_PAGE} jobs")
        if self.sort_by not in SORTS or self.order not in ("asc", "desc"):
            raise ValueError(f"a list is sorted by one of {', '.join(SORTS)}, asc or desc")
        if len(self.search_content) > _LONGEST_ON_THE_SDK_PAGE:
            raise ValueError(f"a name is searched for by at most {_LONGEST_ON_THE_SDK_PAGE} characters")
        wanted: list[tuple[str, str | int]] = [
            ("workspace_id", self.workspace_id),
            ("page", self.page),
            ("per_page", self.per_page),
            ("sortBy", self.sort_by),
            ("order", self.order),
        ]
        wanted += [("search_content", self.search_content)] if self.search_content else []
        wanted += [] if self.status is None else [("status", str(self.status))]
        return canonical_query(wanted)


def is_v1_job_id(value: object) -> bool:
    """Whether a value is the id of a v1 job: a whole number from 1 on, or exactly that written in decimal."""
    if isinstance(value, str):
        return _DECIMAL.fullmatch(value) is not None and is_v1_job_id(int(value))
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_ID


def is_number(value: object) -> bool:
    """Whether a value of a document is an id: a number, never its text."""
    return not isinstance(value, str) and is_v1_job_id(value)


def parse_rows(document: Any) -> tuple[dict[str, Any], ...]:
    """The rows of one page, each with the id and the status of a job; raises ProtocolError."""
    rows = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError("a page of the job list has no list of jobs")
    for row in rows:
        if not is_number(row.get("job_id")):
            raise ProtocolError("a row of the job list has no job id")
        if "status" not in row:
            raise ProtocolError(f"job {row['job_id']} of the job list has no status")
    return tuple(rows)


def parse_page(document: Any, *, workspace_id: str) -> Page:
    """Check one page of a whole reading; raises ProtocolError for a field that no row of it has: it has been renamed."""
    rows = parse_rows(document)
    if len(rows) > PER_PAGE:
        raise ProtocolError(f"a page of the job list holds {len(rows)} jobs, more than the {PER_PAGE} asked for")
    if document.get("workspace_id") not in (None, "", workspace_id):
        raise ProtocolError(f"a page of the job list is of another workspace than {workspace_id}")
    for name in _EVERY_ROW_HAS:
        if rows and not any(name in row for row in rows):
            raise ProtocolError(f"no row of a page of the job list has a {name}")
    total = document.get("job_total_count")
    is_total = isinstance(total, int) and not isinstance(total, bool) and total >= 0
    ids = tuple(str(row["job_id"]) for row in rows)
    return Page(ids=ids, items=rows, limit=PER_PAGE, total=total if is_total else None, count=None)
