"""Owns the proof that absence means anything: something that must be visible still is, with the same credentials."""

from dataclasses import dataclass

from janitor.backends.port import Backend
from janitor.core.errors import TURNED_AWAY, BackendError, Interrupted
from janitor.retention.guards import check_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """Jobs that no plan touches; where there are none, the project's identity."""

    backend: Backend
    job_ids: tuple[str, ...]
    project_id: str
    project_name: str | None

    def is_visible(self) -> bool:
        """Tell whether a canary job, or without any the project, is still shown; any trouble is a no."""
        try:
            return self.is_shown()
        except TURNED_AWAY:
            return False

    def is_shown(self) -> bool:
        """The same, but raises CredentialsRefused and IdentityDiffers: after these nothing will be visible any more."""
        try:
            if self.job_ids:
                return any(self._is_shown(job_id) for job_id in self.job_ids)
            return check_identity(self.project_id, self.project_name, self.backend.list_projects()) is None
        except TURNED_AWAY:
            raise
        except (BackendError, Interrupted):
            return False

    def _is_shown(self, job_id: str) -> bool:
        try:
            return self.backend.has_job(job_id)
        except ValueError:  # no id of this platform, from a target that changed its backend
            return False
