"""Owns the labels of ModelArts v2 jobs: their tags, and what is known of whether the platform has routes for them."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from janitor.core.errors import NotPermitted
from janitor.core.job import OF_THE_PLATFORM
from janitor.modelarts import errors as vendor
from janitor.modelarts.probes import Probes
from janitor.modelarts.tags import ReadTags, Tags

_SEARCH, _READ = "modelarts::listResourcesByTag", "modelarts:tag:list"
"""The permissions for the search of all jobs, and for the tags of one job or of the project."""


class Labels:
    """The labels of one project's jobs; what the last listing said of the tag routes holds for the looks after it.

    That the platform has none is believed only where two different routes say so, one right after the other: a single odd
    answer must not let go what tags hold.
    """

    def __init__(self, tags: Tags, probes: Probes) -> None:
        self._tags = tags
        self._probes = probes
        self._is_served: bool | None = None

    @property
    def are_told(self) -> bool:
        """Whether the platform tells labels, as far as is known."""
        return self._is_served is not False

    def forget(self) -> None:
        """Find out anew whether there are tag routes: a listing begins."""
        self._is_served = None

    def list_labels(self, workspace_id: str, listed: Collection[str] = (), *, only: bool = False) -> dict[str, ReadTags] | None:
        """The labels of all jobs of a workspace, by job id; None where the platform has no tag routes.

        Where only those of the jobs `listed` before are wanted, others may be missing. Raises RouteAbsent where it had them for
        another workspace just before, ProtocolError where its routes disagree.
        """
        if self._is_served is False:
            return None
        try:
            with _naming(_SEARCH):
                read = self._tags.list_tags(workspace_id, listed, only=only)
        except vendor.RouteAbsent:
            if self._is_served:
                raise
            self._confirm_absence(_READ, self._probes.ask_tags_of_project)
            return None
        self._is_served = True
        for job_id, tags in read.items():  # in place, as there may be a million
            if tags:
                read[job_id] = own_tags(tags)
        return read

    def get_labels(self, job_id: str, workspace_id: str) -> ReadTags:
        """The labels of one job: () where there are no tag routes, None where there are none any more.

        Raises ProtocolError where the routes disagree.
        """
        if self._is_served is False:
            return ()
        try:
            with _naming(_READ):
                tags = self._tags.get_tags(job_id)
        except vendor.RouteAbsent:
            if self._is_served:
                return None
            self._confirm_absence(_SEARCH, lambda: self._probes.ask_tag_routes(workspace_id))
            return ()
        self._is_served = True
        return own_tags(tags)

    def _confirm_absence(self, action: str, ask: Callable[[], None]) -> None:
        """Note that there are no tag routes once another one says so too; any other answer of it is an error."""
        try:
            with _naming(action):
                ask()
        except vendor.RouteAbsent:
            self._is_served = False
            return
        raise vendor.ProtocolError(
            "one route for tags says that this platform has none, and another one answers; tags may hold jobs, so nothing is "
            "deleted unread"
        )


def own_tags(tags: ReadTags) -> ReadTags:
    """The tags that people gave; those of the platform come and go with it, and mean nothing to a policy."""
    return None if tags is None else tuple(pair for pair in tags if not pair[0].startswith(OF_THE_PLATFORM))


@contextmanager
def _naming(action: str) -> Iterator[None]:
    try:
        yield
    except vendor.PermissionDenied as error:
        raise NotPermitted(f"{error}; tags may hold jobs, so nothing is deleted unread: grant the key's user {action}") from error
