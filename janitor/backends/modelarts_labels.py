"""Owns the labels of ModelArts v2 jobs: their tags, and what is known of whether the platform has routes for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from janitor.core.errors import NotPermitted
from janitor.modelarts import errors as vendor
from janitor.modelarts.tags import JobTags, Tags

OF_THE_PLATFORM = "_sys_"
"""How the keys of the platform's own tags begin; no search may name them (docs/modelarts-api.md, tags)."""


class Labels:
    """The labels of one project's jobs; what the last listing said of the tag routes holds for the looks after it."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags
        self._is_served: bool | None = None

    @property
    def are_told(self) -> bool:
        """Whether the platform tells labels, as far as is known."""
        return self._is_served is not False

    def forget(self) -> None:
        """Find out anew whether there are tag routes: a listing begins."""
        self._is_served = None

    def list_labels(self, workspace_id: str) -> dict[str, JobTags] | None:
        """The labels of all jobs of a workspace, by job id; None where the platform has no tag routes.

        That it has none is believed only of its first answer in a listing: raises RouteAbsent where it had them just before.
        """
        if self._is_served is False:
            return None
        try:
            with _naming("modelarts::listResourcesByTag"):
                listed = self._tags.list_tags(workspace_id)
        except vendor.RouteAbsent:
            if self._is_served:
                raise
            self._is_served = False
            return None
        self._is_served = True
        return {job_id: _own(tags) for job_id, tags in listed.items()}

    def get_labels(self, job_id: str) -> JobTags | None:
        """The labels of one job: () where there are no tag routes, None where there are none any more."""
        if self._is_served is False:
            return ()
        try:
            with _naming("modelarts:tag:list"):
                tags = self._tags.get_tags(job_id)
        except vendor.RouteAbsent:
            if self._is_served:
                return None
            self._is_served = False
            return ()
        self._is_served = True
        return _own(tags)


def _own(tags: JobTags) -> JobTags:
    """The tags that people gave; those of the platform come and go with it, and mean nothing to a policy."""
    return tuple(pair for pair in tags if not pair[0].startswith(OF_THE_PLATFORM))


@contextmanager
def _naming(action: str) -> Iterator[None]:
    try:
        yield
    except vendor.PermissionDenied as error:
        raise NotPermitted(f"{error}; tags may hold jobs, so nothing is deleted unread: grant the key's user {action}") from error
