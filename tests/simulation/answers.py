"""What a process was told by lists, read anew from the words that it sent and the bytes that came back."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from simulation.wire import Request

Row = dict[str, Any]
A_SECOND_MS = 1000
IN_ROWS = {"list": "items", "find_by_tags": "resources", "all_tags": "tags"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The pages of one list, asked for one after the other from the first on; `words` are all that was asked but the offset."""

    route: str
    words: str
    pages: "tuple[Request, ...]"

    @cached_property
    def asked(self) -> Row:
        found: Row = json.loads(self.words)
        return found

    @property
    def workspace(self) -> str:
        return str(self.asked.get("workspace_id", "0"))

    @property
    def ended(self) -> float:
        """When all of it was there."""
        return self.pages[-1].elapsed

    def rows(self) -> "Iterator[tuple[Request, Row]]":
        """Every row, and the page that it is on."""
        for page in self.pages:
            yield from ((page, row) for row in rows_of(page))

    @cached_property
    def ids(self) -> frozenset[str]:
        """The jobs that it shows, as they were asked for."""
        found = ((id_of(row), row) for _, row in self.rows())
        return frozenset(job_id for job_id, row in found if job_id is not None and self.asks_for(row))

    def asks_for(self, row: Row) -> bool:
        """Whether a job like this was asked for, in whatever phase it is; what a listing by phases shows was not."""
        metadata = row["metadata"]
        is_here = (metadata.get("workspace_id") or "0") == self.workspace
        return is_here and all(_lets_through(each, metadata) for each in self.asked["filters"])


def is_of_a_listing(request: "Request") -> bool:
    """Whether it asks for jobs by their phases, or for all labels in a listing's words: what a plan is made of, no look."""
    asked = read(request.asked[1]) or {}
    if request.route == "find_by_tags":
        return not asked.get("tags") and "without_any_tag" not in asked
    return any(each.get("key") == "phase" for each in asked.get("filters") or [{"key": "phase"}])


def answers(requests: "Sequence[Request]", route: str) -> list[Answer]:
    """What was asked of a list, and told whole; a page that is not the first goes on with the same words."""
    found = list[Answer]()
    for request in requests:
        if request.route != route or request.status != 200 or read(request.reply) is None:
            continue
        words, offset = _words(request)
        if offset and found and found[-1].words == words:
            found[-1] = Answer(route=route, words=words, pages=(*found[-1].pages, request))
        else:
            found.append(Answer(route=route, words=words, pages=(request,)))
    return found


def _words(request: "Request") -> tuple[str, int]:
    query, body = request.asked
    asked = json.loads(body or b"{}")
    numbers = {name: int(values[0]) for name, values in parse_qs(query).items()}
    offset = numbers.pop("offset", 0) or asked.pop("offset", 0)
    return json.dumps(asked | numbers, sort_keys=True), offset


def _lets_through(condition: dict[str, Any], metadata: dict[str, Any]) -> bool:
    """Whether a filter lets a job through; of a time of creation nobody documents whether its ends belong to it."""
    if condition["key"] == "id":
        return metadata.get("id") in condition["value"]
    if condition["key"] != "create_time":
        return False
    first, last = (datetime.fromisoformat(text).timestamp() * 1000 for text in condition["value"])
    return isinstance(metadata.get("create_time"), int) and first <= metadata["create_time"] <= last + A_SECOND_MS


@lru_cache(maxsize=512)
def read(reply: bytes) -> Row | None:
    """The object that a reply is; None for anything else."""
    try:
        found = json.loads(reply)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def rows_of(request: "Request") -> list[Row]:
    """The rows of a page; none where it is no page."""
    rows = (read(request.reply) or {}).get(IN_ROWS[request.route])
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def id_of(row: Row) -> str | None:
    """The job of a row of the list of jobs."""
    metadata = row.get("metadata")
    return metadata.get("id") if isinstance(metadata, dict) else None
