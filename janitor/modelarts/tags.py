"""Owns the reading of the tags of training jobs, of one job or of a whole workspace; says nothing about what a tag means."""

import json
from collections.abc import Collection, KeysView, Sequence
from typing import Any
from urllib.parse import quote

from janitor.modelarts.call import Call, RouteKind, Sender
from janitor.modelarts.errors import ListingIncomplete, ProtocolError
from janitor.modelarts.signing import canonical_query
from janitor.modelarts.v2 import is_workspace_id, require_project_id
from janitor.modelarts.v2_page import is_job_id

LIMIT = 1000
"""How many jobs one page of the tag search holds (docs/modelarts-api.md, tags)."""
MOST_READINGS = 3
VALUES_AT_ONCE = 10
_MOST_JOBS = 2_000_000
_SHORTEST_PAGE = 10
"""No platform cuts its pages shorter than this."""

JobTags = tuple[tuple[str, str], ...]
"""Pairs of key and value, sorted; no key twice."""
ReadTags = JobTags | None
"""None where the tags of this job cannot be understood."""

_UNREAD: JobTags = (("", ""),)
"""Stands for what no page has told yet; known by identity."""


class Tags:
    """The tags of one project's jobs. Raises RouteAbsent where JSON with a code for it says that there is no such route."""

    def __init__(self, transport: Sender, project_id: str) -> None:
        self._transport = transport
        self._project_id = require_project_id(project_id)

    def list_tags(self, workspace_id: str, listed: Collection[str] = (), *, only: bool = False) -> dict[str, ReadTags]:
        """The tags of every job of a workspace, by job id, of whatever phase and age; () for a job without any.

        Tags of one job that are not understood are None and spoil no other's. A reading counts only if the platform's own total
        is the same on every page and equals what was found. Where jobs came or went meanwhile it is read again; raises
        ListingIncomplete after a few readings, ProtocolError for a page of another shape, and any error of a page. The ids of
        jobs that were `listed` before are taken for the keys, so that a million of them are in memory once; where only these are
        wanted, it is read no further than to the page by which all of them were shown.
        """
        if not is_workspace_id(workspace_id):
            raise ValueError(f"{workspace_id!r:.100} is not a workspace id")
        for _ in range(MOST_READINGS):
            found = self._read({"workspace_id": workspace_id}, listed=listed, only=only)
            if found is not None:
                return found
        raise ListingIncomplete(
            f"the tags of the jobs of workspace {workspace_id} do not add up: {MOST_READINGS} readings show another number of "
            "jobs than the platform's total, or a job twice"
        )

    def list_tagged(self, workspace_id: str, key: str, values: Sequence[str], most: int) -> dict[str, ReadTags] | None:
        """All tags of each job of a workspace that has one of up to 10 values under a key, of whatever phase and age.

        None where these are more than `most`, or where one reading does not prove that it is whole.
        """
        if not is_workspace_id(workspace_id) or not 1 <= len(values) <= VALUES_AT_ONCE:
            raise ValueError(f"a search by a tag is in one workspace, for 1 to {VALUES_AT_ONCE} values")
        return self._read({"workspace_id": workspace_id, "tags": [{"key": key, "values": list(values)}]}, most)

    def list_few(self, workspace_id: str, most: int) -> dict[str, ReadTags] | None:
        """The tags of every job of a workspace, as above; None for more than `most`, or where no reading is proven whole."""
        readings = (self._read(_of_all(workspace_id), most) for _ in range(MOST_READINGS))
        return next((found for found in readings if found is not None), None)

    def has_none(self, workspace_id: str) -> bool:
        """Whether no job of a workspace has a tag: as many jobs as there are have none, and more than a page shows.

        A number that is that of a page says nothing of all jobs, nor does an answer with a tag. Jobs that come in between make
        it False.
        """
        rows, untagged = self._page(_of_all(workspace_id) | {"without_any_tag": True}, 0)
        _, all_jobs = self._page(_of_all(workspace_id), 0)
        return untagged == all_jobs > LIMIT and all(tags == () for tags in rows.values())

    def list_values(self, most: int) -> dict[str, tuple[str, ...]] | None:
        """The keys of all tags of the project's jobs, with their values; None where there are more than `most` keys.

        A platform may cut a page shorter than was asked for: after that many keys as it could, nothing may follow.
        """
        rows = self._page_of_values(most, 0)
        is_cut = len(rows) >= most or (len(rows) >= _SHORTEST_PAGE and not self._are_all(rows.keys(), most))
        return None if is_cut else rows

    def get_tags(self, job_id: str) -> ReadTags:
        """The tags of one job. That the platform does not find the job is no proof here that it is gone: ProtocolError."""
        if not is_job_id(job_id):
            raise ValueError(f"{job_id!r:.100} is not the id of a v2 training job (a UUID of 36 characters)")
        path = f"/v2/{self._project_id}/modelarts-training-job/{quote(job_id, safe='')}/tags"
        call = Call(kind=RouteKind.GET, method="GET", path=path, project_id=self._project_id, absent_by_code=True)
        document = self._transport.send(call).document
        if not isinstance(document, dict) or "tags" not in document:
            raise ProtocolError(f"the answer about the tags of job {job_id} has no tags")
        return _parse_tags(document["tags"])

    def _read(
        self, body: dict[str, Any], most: int = _MOST_JOBS, listed: Collection[str] = (), *, only: bool = False
    ) -> dict[str, ReadTags] | None:
        """One reading, page by page; None where it proves nothing, or there are too many."""
        found: dict[str, ReadTags] = dict.fromkeys(listed, _UNREAD)
        left, shown = set(listed) if only else set(), 0
        total: int | None = None
        while total is None or shown < total:
            rows, stated = self._page(body, shown)
            is_repeated = any(found.get(job_id, _UNREAD) is not _UNREAD for job_id in rows)
            if stated > most or total not in (None, stated) or is_repeated or (not rows and shown < stated):
                return None
            found.update(rows)
            total, shown = stated, shown + len(rows)
            left.difference_update(rows)
            if only and not left:
                return _read_of(found)
        return _read_of(found) if shown == total else None

    def _are_all(self, keys: KeysView[str], most: int) -> bool:
        """Whether offset 1 shows no other key, be it of a page or of a record; where it shows the first, it tells nothing."""
        behind = self._page_of_values(most, 1).keys()
        return behind <= keys and next(iter(keys)) not in behind

    def _page_of_values(self, most: int, offset: int) -> dict[str, tuple[str, ...]]:
        call = Call(
            kind=RouteKind.LIST,
            method="GET",
            path=f"/v2/{self._project_id}/modelarts-training-job/tags",
            query=canonical_query([("limit", most), ("offset", offset)]),
            absent_by_code=True,
            project_id=self._project_id,
        )
        return _parse_values(self._transport.send(call).document)

    def _page(self, body: dict[str, Any], offset: int) -> tuple[dict[str, ReadTags], int]:
        call = Call(
            kind=RouteKind.LIST,
            method="POST",
            path=f"/v2/{self._project_id}/modelarts-training-job/resource-instances/filter",
            query=canonical_query([("limit", LIMIT), ("offset", offset)]),
            body=json.dumps(body, separators=(",", ":")).encode(),
            project_id=self._project_id,
            absent_by_code=True,
        )
        return _parse_page(self._transport.send(call).document)


def _read_of(found: dict[str, ReadTags]) -> dict[str, ReadTags]:
    """The same, in place, without what was not read."""
    for job_id in [job_id for job_id, tags in found.items() if tags is _UNREAD]:
        del found[job_id]
    return found


def _of_all(workspace_id: str) -> dict[str, Any]:
    """What asks for all jobs of a workspace, in other words than those of a listing."""
    if not is_workspace_id(workspace_id):
        raise ValueError(f"{workspace_id!r:.100} is not a workspace id")
    return {"workspace_id": workspace_id, "without_any_tag": False}


def _parse_page(document: Any) -> tuple[dict[str, ReadTags], int]:
    """The rows of a page and the total that it states; raises ProtocolError (docs/modelarts-api.md, tags)."""
    rows = document.get("resources") if isinstance(document, dict) else None
    if not isinstance(rows, list) or len(rows) > LIMIT:
        raise ProtocolError(f"a page of the tags of jobs has no list of at most {LIMIT} resources")
    total = document.get("total_count")
    if not isinstance(total, int) or isinstance(total, bool) or not 0 <= total <= _MOST_JOBS:
        raise ProtocolError(f"a page of the tags of jobs has no total from 0 to {_MOST_JOBS}")
    found: dict[str, ReadTags] = {}
    for row in rows:
        job_id = row.get("resource_id") if isinstance(row, dict) else None
        if not is_job_id(job_id):
            raise ProtocolError("a resource of the tags of jobs has no job id")
        if job_id in found:
            raise ProtocolError(f"a page of the tags of jobs shows job {job_id} twice")
        found[str(job_id)] = _parse_tags(row.get("tags"))
    return found, total


def _parse_values(document: Any) -> dict[str, tuple[str, ...]]:
    """The keys in use, each with its values; raises ProtocolError for any other shape (docs/modelarts-api.md, row 14)."""
    rows = document.get("tags") if isinstance(document, dict) else None
    found: dict[str, tuple[str, ...]] = {}
    for row in rows if isinstance(rows, list) else [None]:
        key, values = (row.get("key"), row.get("values")) if isinstance(row, dict) else (None, None)
        if not isinstance(key, str) or not isinstance(values, list) or key in found or not _are_texts(values):
            raise ProtocolError("the tags in use of the project are not told as keys with their values")
        found[key] = tuple(values)
    return found


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _parse_tags(tags: Any) -> ReadTags:
    """The tags of one job; None for anything but a list of tags with a key each, none of them twice."""
    pairs = [_parse_tag(tag) for tag in tags] if isinstance(tags, list) else [None]
    known = {pair[0]: pair for pair in pairs if pair is not None}
    return tuple(sorted(known.values())) if len(known) == len(pairs) else None


def _parse_tag(tag: Any) -> tuple[str, str] | None:
    """One tag; a value may be left out, or null (docs/modelarts-api.md, tags)."""
    key, value = (tag.get("key"), tag.get("value")) if isinstance(tag, dict) else (None, None)
    value = "" if value is None else value
    return (key, value) if isinstance(key, str) and key and isinstance(value, str) else None
