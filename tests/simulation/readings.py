"""Looks: what the answers that a process got told of one job, by its id or by a list, and how old that was."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from simulation.answers import Answer, Row, answers, id_of, is_of_a_listing, read, rows_of
from simulation.routes import LOOKING

if TYPE_CHECKING:
    from simulation.wire import Request

MARK = re.compile("janitor-(?:hold|ttl)")
"""A label with this in its key or its value holds a job, or lets it live longer; no policy of a simulation reads another."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One reading of a job: from when it is, in true time and in seconds of the machine, and the document that it told."""

    at: datetime
    elapsed: float
    document: Row


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that a process was told; `has_tags` where the platform tells labels at all."""

    requests: "Sequence[Request]"
    has_tags: bool

    @cached_property
    def lists(self) -> list[Answer]:
        """The lists of jobs; a listing by phases asks for no job that it could show here, whatever is on it or missing."""
        return answers(self.requests, "list")

    @cached_property
    def searches(self) -> list[Answer]:
        """The searches for labels, and for all jobs with theirs, that came whole."""
        found = answers(self.requests, "find_by_tags")
        return [each for each in found if not is_of_a_listing(each.pages[0]) and _is_whole(each)]

    @cached_property
    def in_use(self) -> "list[tuple[Request, set[tuple[str, str]]]]":
        """When all labels in use were told, and those of them that matter."""
        found = ((each.pages[0], _labels_in_use(each)) for each in answers(self.requests, "all_tags"))
        return [(page, labels) for page, labels in found if labels is not None]

    def last_look(self, job_id: str, before: float) -> Look | None:
        """The youngest reading that was answered before a moment: by its id, or by a list and the labels told beside it."""
        looks = [*self._by_id(job_id, before), *self._by_lists(job_id, before)]
        return max((look for look in looks if look.elapsed <= before), key=lambda look: look.elapsed, default=None)

    def _by_id(self, job_id: str, before: float) -> Iterator[Look]:
        """A job of v2 tells no labels either."""
        for request in (each for each in self.requests if each.elapsed <= before):
            is_told = request.route in LOOKING and job_id in request.job_ids and request.status == 200
            document = read(request.reply) if is_told else None
            labels = None if document is None else self._beside(request, document, before)
            if document is not None and labels is not None:
                at, elapsed = min(request.at, labels.at), min(request.elapsed, labels.elapsed)
                yield Look(at=at, elapsed=elapsed, document=document)

    def _beside(self, request: "Request", document: Row, before: float) -> "Request | None":
        """What tells the labels of a job asked for by its id: another answer, unless it has none or tells them itself."""
        if request.route != "get":
            return request
        metadata = document.get("metadata")
        if not isinstance(metadata, dict):
            return None
        workspace = str(metadata.get("workspace_id") or "0")
        return self.labels_told(request.job_ids[0], workspace, before) if self.has_tags else request

    def _by_lists(self, job_id: str, before: float) -> Iterator[Look]:
        """A row tells no labels: it is as old as they are, where they are older. Rows that disagree about a job tell nothing."""
        for answer in (each for each in self.lists if each.ended <= before and job_id in each.ids):
            (page, row), *others = [(page, row) for page, row in answer.rows() if id_of(row) == job_id]
            labels = self.labels_told(job_id, answer.workspace, before) if self.has_tags else page
            if labels is not None and all(other == row for _, other in others):
                yield Look(at=min(page.at, labels.at), elapsed=min(page.elapsed, labels.elapsed), document=row)

    def labels_told(self, job_id: str, workspace: str, before: float) -> "Request | None":
        """The youngest answer that tells the labels of a job, as far as they matter.

        1. One about it alone. 2. A whole search that shows it, for labels or of all jobs. 3. One of all labels in use: a job that
        no whole search for those of them that matter shows has none of these.
        """
        own = [each for each in self.requests if each.route == "tags" and each.job_ids == (job_id,) and each.status == 200]
        told = [each for each in own if read(each.reply) is not None]
        searches = [each for each in self.searches if each.workspace == workspace and each.ended <= before]
        told += [page for each in searches for page, row in each.rows() if row.get("resource_id") == job_id]
        told += [page for page, labels in self.in_use if all(_is_searched(label, page, searches) for label in labels)]
        return max((each for each in told if each.elapsed <= before), key=lambda each: each.elapsed, default=None)


def _labels_in_use(answer: Answer) -> set[tuple[str, str]] | None:
    """The labels that matter of all jobs of the project, by key and value; None where not all are told."""
    (page, *others), asked = answer.pages, answer.asked
    document = read(page.reply)
    if document is None or not isinstance(document.get("tags"), list):
        return None
    rows = rows_of(page)
    if any(map(rows_of, others)) or len(rows) != len(document["tags"]) or len(rows) >= asked.get("limit", 0):
        return None
    labels = {(row["key"], value) for row in rows for value in row["values"]}
    return {(key, value) for key, value in labels if MARK.search(key) or MARK.search(value)}


def _is_searched(label: tuple[str, str], in_use: "Request", searches: Sequence[Answer]) -> bool:
    """Whether somebody looked, since the labels in use were told, which jobs have this one."""
    key, value = label
    for search in searches:
        asked = search.asked.get("tags") or ()
        is_for_it = any(each["key"] == key and value in each["values"] for each in asked)
        if len(asked) == 1 and is_for_it and search.pages[0].elapsed > in_use.elapsed:
            return True
    return False


def _is_whole(search: Answer) -> bool:
    """Whether a search says on each page of how many jobs it tells, and tells of so many, of each once."""
    totals = {(read(page.reply) or {}).get("total_count") for page in search.pages}
    ids = [row.get("resource_id") for _, row in search.rows()]
    return totals == {len(ids)} == {len(set(ids))}
