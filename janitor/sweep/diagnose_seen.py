"""Owns the asking: every question that a diagnosis puts to a platform, in an order in which no answer does harm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from janitor.backends.inspection import Feature, Finding, Found, Inspection
from janitor.backends.port import Listing, Quota, Traffic
from janitor.core.errors import (
    BackendError,
    CertificateRefused,
    ClockSkewed,
    CredentialsRefused,
    ListingIncomplete,
    Misconfigured,
    NotPermitted,
)
from janitor.core.job import Job
from janitor.sweep.target import Target

T = TypeVar("T")
Projects = tuple[tuple[str, str], ...]
NOTHING_MORE = ("reachable", "tls", "signed", "clock")
"""The causes after which nothing more is asked: no answer came, or refused credentials, which more requests could lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the platform answered; an error is an answer too, and None was not asked for."""

    listing: Listing | BackendError
    traffic: Traffic
    inspection: Inspection
    job: Job | BackendError | None = None
    quota: Quota | BackendError | None = None
    projects: Projects | BackendError | None = None

    @property
    def cause(self) -> str:
        """The check that tells why the listing could not be read; empty where it could."""
        return _cause(self.listing, self.traffic)

    def finding(self, feature: Feature) -> Finding | None:
        """What was found out about a feature; None where it was not asked for."""
        return self.inspection.features.get(feature)

    def is_proven(self, what: str) -> bool:
        """Whether what is needed for this was granted."""
        answer = self._answer(what)
        if not isinstance(answer, Finding):
            return not isinstance(answer, BackendError | None)
        return what != Feature.BATCH and answer.found in (Found.THERE, Found.ON, Found.OFF)

    def is_refused(self, what: str) -> bool:
        """Whether what is needed for this was refused: a refusal that names a permission is one of that alone."""
        refusals = [each for each in (self.listing, self.job) if isinstance(each, NotPermitted)]
        if any(what in self.named_in(error) for error in refusals):
            return True
        answer = self._answer(what)
        if isinstance(answer, Finding):
            return answer.found is Found.REFUSED
        return isinstance(answer, NotPermitted) and not self.named_in(answer)

    def named_in(self, error: BackendError) -> list[str]:
        """What the permissions are for that an error names."""
        return [need.what for need in self.inspection.needs if need.action in str(error)]

    def _answer(self, what: str) -> object:
        found = {feature.value: finding for feature, finding in self.inspection.features.items()}
        return (found | {"list": self.listing, "get": self.job, "quota": self.quota, "identity": self.projects}).get(what)


def _cause(listing: Listing | BackendError, traffic: Traffic) -> str:
    if isinstance(listing, Listing):
        return ""
    if isinstance(listing, ClockSkewed):
        return "clock"
    if isinstance(listing, CredentialsRefused):
        return "signed"
    if isinstance(listing, CertificateRefused):
        return "tls"
    if isinstance(listing, Misconfigured) and not any(traffic.requests.values()):
        return "reachable"
    return "list" if isinstance(listing, NotPermitted | Misconfigured | ListingIncomplete) else "reachable"


def ask_all(target: Target) -> Seen:
    """Ask for the listing, then for the rest where that can teach anything.

    Identity is asked for last: it may be another service's to tell, and a key that it refuses is not used any more.
    """
    backend = target.backend
    listing = _ask(backend.list_jobs)
    cause = _cause(listing, backend.traffic())
    if cause in NOTHING_MORE:
        return Seen(listing=listing, traffic=backend.traffic(), inspection=backend.inspect(ask=False))
    last = listing.jobs[-1] if isinstance(listing, Listing) and listing.jobs else None
    return Seen(
        listing=listing,
        job=None if last is None else _ask(lambda: backend.get_job(last.id)),
        quota=None if cause else _ask(backend.read_quota),
        inspection=backend.inspect(ask=not cause),
        projects=None if target.project_name is None else _ask(backend.list_projects),
        traffic=backend.traffic(),
    )


def _ask(question: Callable[[], T]) -> T | BackendError:
    try:
        return question()
    except BackendError as error:
        return error
