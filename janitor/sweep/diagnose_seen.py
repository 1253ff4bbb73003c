"""Owns the asking: every question that a diagnosis puts to a platform, in an order in which no answer does harm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from janitor.backends.inspection import Feature, Finding, Found, Inspection, Need
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

TAGS_OF_A_JOB = "tags of a job"


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
        """Whether what is needed for this was granted; a look reads the job's tags where there are any."""
        has_tags = self.finding(Feature.TAGS) == Finding(found=Found.THERE)
        answer = self.job if what == TAGS_OF_A_JOB and has_tags else self._answer(what)
        if not isinstance(answer, Finding):
            return not isinstance(answer, BackendError | None)
        return what != Feature.BATCH and answer.found in (Found.THERE, Found.ON, Found.OFF)

    def is_refused(self, what: str) -> bool:
        """Whether what is needed for this was refused: by its own answer, or by another that names the permission."""
        answer = self._answer(what)
        if isinstance(answer, Finding):
            return answer.found is Found.REFUSED
        refusals = [each for each in (self.listing, self.job) if isinstance(each, NotPermitted)]
        named = [need for each in refusals for need in self.needs_named(each)]
        is_own = isinstance(answer, NotPermitted) and not self.needs_named(answer)
        return is_own or what in [need.what for need in named]

    def needs_named(self, error: BackendError) -> list[Need]:
        """The permissions that an error names."""
        return [need for need in self.inspection.needs if need.action in str(error)]

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

    Identity is asked for last: it may be another service's to tell, and a key that it refuses is not used any more. Credentials
    that may be renewed need it too: after each renewal their project is compared.
    """
    backend = target.backend
    listing = _ask(backend.list_jobs)
    cause = _cause(listing, backend.traffic())
    if cause in NOTHING_MORE:
        return Seen(listing=listing, traffic=backend.traffic(), inspection=backend.inspect(ask=False))
    inspection = backend.inspect(ask=not cause)
    may_change = inspection.credentials is not None and inspection.credentials.may_change
    last = listing.jobs[-1] if isinstance(listing, Listing) and listing.jobs else None
    return Seen(
        listing=listing,
        job=None if last is None else _ask(lambda: backend.get_job(last.id)),
        quota=None if cause else _ask(backend.read_quota),
        inspection=inspection,
        projects=_ask(backend.list_projects) if target.project_name is not None or may_change else None,
        traffic=backend.traffic(),
    )


def _ask(question: Callable[[], T]) -> T | BackendError:
    try:
        return question()
    except BackendError as error:
        return error
