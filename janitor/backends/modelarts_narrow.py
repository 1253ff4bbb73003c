"""Owns narrow readings of ModelArts v2: by ids or by creation, whichever takes fewer requests, and the labels that matter."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from janitor.backends.modelarts_document import parse_job
from janitor.backends.modelarts_errors import translated
from janitor.backends.modelarts_labels import Labels, own_tags
from janitor.backends.narrow import Group, Matters, Query, Shown, Told
from janitor.backends.narrow import Labels as JobLabels
from janitor.core.errors import JobNotFound
from janitor.core.job import Job
from janitor.modelarts import errors as vendor
from janitor.modelarts.tags import VALUES_AT_ONCE, ReadTags, Tags
from janitor.modelarts.v2 import TrainingJobsV2
from janitor.modelarts.v2_narrow import IDS_AT_ONCE, LONGEST_WINDOW, by_creation, by_ids
from janitor.modelarts.v2_page import LIMIT

MOST_SEARCHES, MOST_TAGGED, MOST_KEYS = 4, 1000, 1000
"""Labels are read together by so many requests at most; where it takes more, each job is asked for its own."""
MOST_READ, REMEMBERED = 1000, 10
"""The tags of so many jobs are all read where no label is known that a search has to show; of a key so many jobs are known."""
_Search = tuple[str, list[str]]
_PARTS = ("metadata", "status", "spec")
_ALWAYS_NEEDED = {"metadata": {"description"}, "status": set[str](), "spec": set[str]()}
_LONGEST = LONGEST_WINDOW - timedelta(seconds=2)
_UNTOLD = (vendor.RouteAbsent, vendor.PermissionDenied, vendor.Rejected, vendor.ProtocolError)


class NarrowV2:
    """The narrow readings of one project's jobs; the last listing tells how many jobs were created when."""

    def __init__(self, jobs: TrainingJobsV2, tags: Tags, labels: Labels) -> None:
        self._jobs = jobs
        self._tags = tags
        self._labels = labels
        self._created: dict[str, array[int]] = {}
        self._keys: set[str] = set()
        self._labelled: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._needed: dict[str, set[str]] | None = None

    @property
    def at_once(self) -> int:
        """One less than a filter takes."""
        return IDS_AT_ONCE - 1

    def forget(self) -> None:
        """A listing begins."""
        self._created, self._keys, self._labelled, self._needed = {}, set(), {}, None

    def note(self, workspace: str, jobs: Iterable[Job]) -> None:
        """Take over what a listing of a workspace showed."""
        times, labelled = array("q"), dict[str, list[tuple[str, str]]]()
        for job in jobs:
            if job.created_at is not None:
                times.append(_ms(job.created_at))
            for key, value in job.labels or ():
                some = labelled.setdefault(key, [])
                some += [(job.id, value)] if len(some) < REMEMBERED else []
        self._keys.update(labelled)
        self._labelled[workspace] = labelled
        self._created[workspace] = array("q", sorted(times))

    def group(self, jobs: Sequence[Job], beside: Mapping[str, Job]) -> tuple[Group, ...]:
        """Of each workspace: neighbours in time by a window of creation, others by nine of their ids and one beside."""
        found = list[Group]()
        for workspace in sorted({job.workspace for job in jobs if job.workspace}):
            some = [job for job in jobs if job.workspace == workspace]
            dated = sorted((job for job in some if job.created_at is not None), key=_created)
            undated = [job for job in some if job.created_at is None]
            left, at_once = list(undated), IDS_AT_ONCE - (workspace in beside)
            for window in _windows(dated):
                first, last = _created(window[0]), _created(window[-1])
                if self._pages(workspace, first, last) * at_once <= len(window):
                    found.append(Group(query=Query(workspace=workspace, created=(first, last)), jobs=tuple(window)))
                else:
                    left += window
            found += _by_ids(workspace, left, beside.get(workspace))
        return tuple(group for group in found if len(group.jobs) > 1)

    def show(self, query: Query) -> Shown:
        """One list, of a page or a few; a row that was not asked for spoils it.

        The answer may be that to another query, or to one of long ago: nothing that it shows, or does not show, is believed.
        """
        few = by_creation(*query.created) if query.created is not None else by_ids(query.job_ids)
        with translated():
            listed = self._jobs.list_few(query.workspace, few, _parse)
        is_ours = all(_is_asked_for(job, query) for job in listed.items)
        return Shown(jobs={job.id: job for job in listed.items} if is_ours else {}, is_complete=listed.is_complete and is_ours)

    def list_labels(self, workspace: str, matters: Matters, going: Collection[str] = ()) -> Told | None:
        """The jobs that have a label that matters, found by what the listing showed: an empty answer may be a wrong one.

        1. Where it showed such jobs, a search, which has to show those that stay as well, or one where all go. 2. Else, of few
        jobs, the tags of each, where these explain all in use that matter. 3. Else none has any, if no key in use matters, and
        either these keys are those of the listing, or no job has a tag at all.
        Nothing is told of a workspace that no listing of this process showed.
        """
        if workspace not in self._created:
            return None
        if not self._labels.are_told:
            return Told(labels={})
        with translated():
            try:
                return self._list_labels(workspace, matters, going)
            except _UNTOLD:
                return None

    def calibrate(self, jobs: Sequence[Job]) -> list[Job]:
        """Note what the documents of these jobs have under metadata, status or spec, beside what others had before."""
        needed = {part: set(fields) for part, fields in (self._needed or _ALWAYS_NEEDED).items()}
        looked = list[Job]()
        for job in jobs:
            try:
                with translated():
                    document = self._jobs.get_job(job.id)
            except JobNotFound:
                continue
            for part in _PARTS:
                needed[part].update(_fields(document, part))
            looked.append(_parse(document))
        self._needed = needed if looked else self._needed  # threads that read the one before go on with it
        return looked

    def tells_enough(self, job: Job) -> bool:
        """A row may leave out what a GET tells, as a description with a mark, and a job has what its row does not tell."""
        row, needed = (job.document or {}).get("job"), self._needed
        return needed is not None and all(needed[part] <= _fields(row, part) for part in _PARTS)

    def with_labels(self, job: Job, labels: JobLabels) -> Job:
        """A job that was shown, as a look tells it."""
        document = {**(job.document or {}), "labels": None if labels is None else dict(labels)}
        return replace(job, labels=labels, document=document)

    def _list_labels(self, workspace: str, matters: Matters, going: Collection[str]) -> Told | None:
        labelled = self._labelled[workspace].items()
        expected = {job_id for key, some in labelled for job_id, value in some if matters(key, value)}
        in_use = self._read_in_use()
        if not expected and len(self._created[workspace]) <= MOST_READ:
            return None if in_use is None else self._tell_all(workspace, matters, in_use)
        searches = None if in_use is None else _searches(in_use, matters)
        if not expected:
            return Told(labels={}) if searches == [] and (in_use or self._tags.has_none(workspace)) else None
        found = self._search(workspace, searches or [])
        missing = {job_id for job_id in expected if not any(matters(*pair) for pair in found.get(job_id) or ())}
        return Told(labels=found) if missing < expected and missing.issubset(going) else None

    def _tell_all(self, workspace: str, matters: Matters, in_use: Mapping[str, Sequence[str]]) -> Told | None:
        """The tags of each job; None where one in use that matters is on none of them, nor was on a job of another workspace.

        They are read as the listing read them: without another witness nobody would miss what that way does not tell.
        """
        rows = self._tags.list_few(workspace, 2 * MOST_READ)  # jobs that have not ended are among them
        if rows is None:
            return None
        told = _own(rows)
        shown = {pair for pairs in told.values() for pair in pairs or ()}
        shown |= {(key, value) for labelled in self._labelled.values() for key, some in labelled.items() for _, value in some}
        is_explained = all(pair in shown for pair in _pairs(in_use) if matters(*pair))
        return Told(labels=told, are_all=True) if is_explained else None

    def _read_in_use(self) -> Mapping[str, Sequence[str]] | None:
        """The keys in use with their values; None unless those that the listing showed are among them."""
        in_use = self._tags.list_values(MOST_KEYS)
        is_believed = in_use is not None and self._keys <= in_use.keys() and all(in_use.values())
        return in_use if is_believed else None

    def _search(self, workspace: str, searches: Sequence[_Search]) -> dict[str, JobLabels]:
        """What these searches show together; nothing where one does not show all that it could, or what it was not asked for.

        Each tells all tags of a job, so two that tell of one have to agree.
        """
        found = dict[str, JobLabels]()
        for key, values in searches if len(searches) <= MOST_SEARCHES else ():
            rows = self._tags.list_tagged(workspace, key, values, MOST_TAGGED)
            own = {} if rows is None else _own(rows)
            if (
                rows is None
                or not _are_found_by(key, values, rows)
                or any(found.get(each, own[each]) != own[each] for each in own)
            ):
                return {}
            found |= own
        return found

    def _pages(self, workspace: str, first: datetime, last: datetime) -> int:
        """How many pages a window takes, by what the listing showed of it."""
        times = self._created.get(workspace, array("q"))
        rows = bisect_right(times, _ms(last) // 1000 * 1000 + 999) - bisect_left(times, _ms(first) // 1000 * 1000)
        return max(1, -(-rows // LIMIT))


def _searches(in_use: Mapping[str, Sequence[str]], matters: Matters) -> list[_Search]:
    """Key by key the values that may matter, as many as a search takes; the empty one too, which may not be told as in use."""
    searches = list[_Search]()
    for key, values in in_use.items():
        chosen = [value for value in values if matters(key, value)]
        chosen += [""] if "" not in chosen and (chosen or matters(key, "")) else []
        searches += [(key, chosen[start : start + VALUES_AT_ONCE]) for start in range(0, len(chosen), VALUES_AT_ONCE)]
    return searches


def _pairs(in_use: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((key, value) for key, values in in_use.items() for value in values)


def _are_found_by(key: str, values: Sequence[str], rows: Mapping[str, ReadTags]) -> bool:
    """Whether a search for these values of a key lets each of these jobs through, as far as their tags are understood."""
    return all(tags is None or any(name == key and value in values for name, value in tags) for tags in rows.values())


def _own(rows: Mapping[str, ReadTags]) -> dict[str, JobLabels]:
    return {job_id: own_tags(tags) for job_id, tags in rows.items()}


def _fields(document: Any, part: str) -> AbstractSet[str]:
    """The names of what a document has in one of its parts."""
    found = document.get(part) if isinstance(document, dict) else None
    return found.keys() if isinstance(found, dict) else frozenset()


def _windows(dated: Sequence[Job]) -> Iterator[list[Job]]:
    """Cut jobs in the order of their creation into windows as long as a filter takes."""
    window = list[Job]()
    for job in dated:
        if window and _created(job) - _created(window[0]) > _LONGEST:
            yield window
            window = []
        window.append(job)
    if window:
        yield window


def _queries(count: int, beside: Job | None) -> int:
    """How many queries by ids so many jobs take."""
    return -(-count // (IDS_AT_ONCE if beside is None else IDS_AT_ONCE - 1))


def _by_ids(workspace: str, jobs: Sequence[Job], beside: Job | None) -> Iterator[Group]:
    """As few queries as that takes, of much the same size."""
    count = _queries(len(jobs), beside)
    for number in range(count):
        some = tuple(jobs[number::count])
        ids = [job.id for job in some] + ([] if beside is None else [beside.id])
        yield Group(query=Query(workspace=workspace, job_ids=tuple(ids)), jobs=some)


def _parse(document: dict[str, Any]) -> Job:
    return replace(parse_job(document), document={"job": document})


def _is_asked_for(job: Job, query: Query) -> bool:
    """Whether a query lets a job through; a window is widened to whole seconds on the wire."""
    if job.workspace not in (None, query.workspace):
        return False
    if query.created is None:
        return job.id in query.job_ids
    first, last = query.created
    return job.created_at is not None and _second(first) <= _second(job.created_at) <= _second(last) + 1


def _second(time: datetime) -> int:
    return _ms(time) // 1000


def _created(job: Job) -> datetime:
    if job.created_at is None:
        raise ValueError(f"nobody knows when job {job.id} was created")
    return job.created_at


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
