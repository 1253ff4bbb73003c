"""Owns the adapter to ModelArts v2: its documents become jobs, its errors become janitor's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from janitor.backends.inspection import Feature, Finding
from janitor.backends.modelarts_document import PHASES, parse_job
from janitor.backends.modelarts_errors import BATCH_FATES, FATES, reply_to, translated
from janitor.backends.modelarts_inspection import ROUTES_V2, find_aging, find_batch, find_tags
from janitor.backends.modelarts_labels import Labels
from janitor.backends.modelarts_narrow import NarrowV2
from janitor.backends.modelarts_project import ModelArtsProject, Scope
from janitor.backends.modelarts_span import Spanned, list_spanned
from janitor.backends.narrow import Narrow
from janitor.backends.port import Answer, Listing, Reply, is_found
from janitor.core.job import Job
from janitor.core.phase import TERMINAL
from janitor.core.seams import Spawner
from janitor.core.span import Span
from janitor.modelarts import errors as vendor
from janitor.modelarts.probes import Probes
from janitor.modelarts.tags import Tags
from janitor.modelarts.transport import Transport
from janitor.modelarts.v2 import BATCH, DeleteAccepted, TrainingJobsV2
from janitor.modelarts.v2_listing import OffsetMode, one_by_one
from janitor.modelarts.workspaces import DEFAULT_WORKSPACE

TERMINAL_PHASES = tuple(name for name, phase in PHASES.items() if phase in TERMINAL)


class ModelArtsV2(ModelArtsProject):
    """The v2 training jobs of one project as a Backend."""

    routes: ClassVar = ROUTES_V2

    def __init__(
        self, transport: Transport, iam_transport: Transport | None, scope: Scope, spawner: Spawner | None = None
    ) -> None:
        super().__init__(transport, iam_transport, scope)
        self._jobs = TrainingJobsV2(transport, scope.project_id, one_by_one if spawner is None else spawner.run_all)
        self._probes = Probes(transport, scope.project_id)
        tags = Tags(transport, scope.project_id)
        self._labels = Labels(tags, self._probes)
        self._narrow = NarrowV2(self._jobs, tags, self._labels)
        self._has_batch = True

    @property
    def most_at_once(self) -> int:
        """As many as the platform takes, until it has said that it has no such route, or not for these credentials."""
        return BATCH if self._has_batch else 1

    @property
    def has_labels(self) -> bool:
        """Whether there are routes for tags, as far as is known."""
        return self._labels.are_told

    @property
    def narrow(self) -> Narrow:
        """The list takes filters by id and by creation."""
        return self._narrow

    def list_jobs(self) -> Listing:
        """List the terminal jobs of every workspace in scope, then their tags; a job shown for two workspaces counts once."""
        return self._list_all(None)

    def list_created(self, span: Span) -> Listing:
        """The same of those created by the end of the span; of tags no more is read than shows theirs."""
        return self._list_all(span)

    def _list_all(self, span: Span | None) -> Listing:
        with translated():
            workspaces = self.list_workspaces()
            self._labels.forget()
            self._narrow.forget()
            found: list[Job] = []
            offsets: str | None = None
            for workspace in workspaces:
                listed = self._list(workspace, span)
                offsets = None if listed.offsets is OffsetMode.UNKNOWN else listed.offsets.value
                span = span if span is None or listed.first is None else replace(span, first=min(listed.first, span.first))
                jobs = [job for job in listed.jobs if job.workspace in (None, workspace)]
                del listed  # or each of its jobs were there twice, without labels and with them
                labels = self._labels.list_labels(workspace, [job.id for job in jobs], only=span is not None)
                for place, job in enumerate(jobs):
                    jobs[place] = replace(job, labels=() if labels is None else labels.get(job.id))
                self._narrow.note(workspace, jobs)
                found = _each_once([*found, *jobs]) if found else jobs
        has_labels = self._labels.are_told
        return Listing(jobs=tuple(found), workspaces=tuple(workspaces), offsets=offsets, has_labels=has_labels, span=span)

    def _list(self, workspace: str, span: Span | None) -> Spanned:
        if span is not None:
            return list_spanned(self._jobs, workspace, TERMINAL_PHASES, span)
        listed = self._jobs.list_jobs(workspace, TERMINAL_PHASES, parse_job)
        return Spanned(jobs=listed.items, offsets=listed.offsets)

    def get_job(self, job_id: str) -> Job:
        """Look at one job, then at its tags."""
        document = self._read(job_id)
        job = parse_job(document)
        with translated():
            labels = self._labels.get_labels(job_id, job.workspace or DEFAULT_WORKSPACE)
        return replace(job, labels=labels, document={"job": document, "labels": None if labels is None else dict(labels)})

    def has_job(self, job_id: str) -> bool:
        """Whether a look finds the job, whatever its tags are."""
        return is_found(lambda: self._read(job_id))

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        """Ask for the deletion of one job, or of several by the batch route; the answer says what is certain."""
        fates = FATES if len(jobs) == 1 else BATCH_FATES
        try:
            accepted = self._send_deletion(jobs, not_after)
        except vendor.ModelArtsError as error:
            self._has_batch = self._has_batch and not (len(jobs) > 1 and _denies_batches(error))
            return reply_to(error, fates)
        return Reply(answer=Answer.ACCEPTED, request_id=accepted.request_id)

    def questions(self) -> dict[Feature, Callable[[], Finding]]:
        """What every project can have, and what only v2 can have; tags are asked of the first workspace in scope."""
        workspace = (self._scope.workspaces or (DEFAULT_WORKSPACE,))[0]
        return super().questions() | {
            Feature.BATCH: lambda: find_batch(self._probes),
            Feature.TAGS: lambda: find_tags(self._probes, workspace),
            Feature.AGING: lambda: find_aging(self._quotas),
        }

    def _read(self, job_id: str) -> dict[str, Any]:
        with translated():
            return self._jobs.get_job(job_id)

    def _send_deletion(self, jobs: Sequence[Job], not_after: float) -> DeleteAccepted:
        if len(jobs) == 1:
            return self._jobs.delete_job(jobs[0].id, not_after=not_after)
        return self._jobs.delete_jobs([(job.kind or "", job.id) for job in jobs], not_after=not_after)


def _each_once(jobs: Iterable[Job]) -> list[Job]:
    """The first of each id, in their order."""
    found: dict[str, Job] = {}
    for job in jobs:
        found.setdefault(job.id, job)
    return list(found.values())


def _denies_batches(error: vendor.ModelArtsError) -> bool:
    """Whether to ask singly from now on: there is no batch route, or no permission for it, which is one of its own."""
    return isinstance(error, vendor.RouteAbsent) or error.status == 403
