"""A client library for ModelArts training jobs; it knows nothing of the rest of janitor and can be imported alone.

Names load on first use, so importing the package costs neither `requests` nor `tenacity`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from janitor.modelarts.call import Call, Reply, RouteKind, Sender
    from janitor.modelarts.clock import Clock, SystemClock
    from janitor.modelarts.credentials import AccessKey, Credential, Issued, Token
    from janitor.modelarts.endpoint import Endpoint, MetadataService
    from janitor.modelarts.errors import (
        AccountBlocked,
        AuthFailed,
        BreakerOpen,
        CertificateRefused,
        ClockSkewed,
        Conflict,
        DoesNotAddUp,
        ListingIncomplete,
        Misconfigured,
        ModelArtsError,
        NotFound,
        OutcomeUnknown,
        PermissionDenied,
        ProtocolError,
        Rejected,
        RouteAbsent,
        Stopped,
        Throttled,
        TooLate,
        Unavailable,
        Unsendable,
        Unsent,
        WrongProject,
    )
    from janitor.modelarts.estimator import JOB_STATE, Estimator, TrainingJob
    from janitor.modelarts.gate import AuthGate
    from janitor.modelarts.iam import Iam
    from janitor.modelarts.identity import Identity
    from janitor.modelarts.keyring import Keyring, KeyState
    from janitor.modelarts.keyrings import Keyrings, KeyScope
    from janitor.modelarts.limits import TransportLimits
    from janitor.modelarts.meaning import Meaning, classify
    from janitor.modelarts.providers import EcsAgency, GivenKey, KeyPart, PasswordLogin, Profile, Provider, RereadKey
    from janitor.modelarts.quotas import JobQuota, Quotas
    from janitor.modelarts.session import Session
    from janitor.modelarts.signing import AccessKeySigner
    from janitor.modelarts.surroundings import Surroundings
    from janitor.modelarts.tags import Tags
    from janitor.modelarts.traffic import Traffic
    from janitor.modelarts.transport import Transport
    from janitor.modelarts.v1 import TrainingJobsV1
    from janitor.modelarts.v1_listing import Search, is_v1_job_id
    from janitor.modelarts.v2 import BATCH, DeleteAccepted, TrainingJobsV2
    from janitor.modelarts.v2_listing import ListedJobs, OffsetMode, Proof
    from janitor.modelarts.watch import Watcher
    from janitor.modelarts.workspaces import Workspaces

__all__ = [
    "BATCH",
    "JOB_STATE",
    "AccessKey",
    "AccessKeySigner",
    "AccountBlocked",
    "AuthFailed",
    "AuthGate",
    "BreakerOpen",
    "Call",
    "CertificateRefused",
    "Clock",
    "ClockSkewed",
    "Conflict",
    "Credential",
    "DeleteAccepted",
    "DoesNotAddUp",
    "EcsAgency",
    "Endpoint",
    "Estimator",
    "GivenKey",
    "Iam",
    "Identity",
    "Issued",
    "JobQuota",
    "KeyPart",
    "KeyScope",
    "KeyState",
    "Keyring",
    "Keyrings",
    "ListedJobs",
    "ListingIncomplete",
    "Meaning",
    "MetadataService",
    "Misconfigured",
    "ModelArtsError",
    "NotFound",
    "OffsetMode",
    "OutcomeUnknown",
    "PasswordLogin",
    "PermissionDenied",
    "Profile",
    "Proof",
    "ProtocolError",
    "Provider",
    "Quotas",
    "Rejected",
    "Reply",
    "RereadKey",
    "RouteAbsent",
    "RouteKind",
    "Search",
    "Sender",
    "Session",
    "Stopped",
    "Surroundings",
    "SystemClock",
    "Tags",
    "Throttled",
    "Token",
    "TooLate",
    "Traffic",
    "TrainingJob",
    "TrainingJobsV1",
    "TrainingJobsV2",
    "Transport",
    "TransportLimits",
    "Unavailable",
    "Unsendable",
    "Unsent",
    "Watcher",
    "Workspaces",
    "WrongProject",
    "classify",
    "is_v1_job_id",
]

_HOMES = {
    "call": ("Call", "Reply", "RouteKind", "Sender"),
    "clock": ("Clock", "SystemClock"),
    "credentials": ("AccessKey", "Credential", "Issued", "Token"),
    "endpoint": ("Endpoint", "MetadataService"),
    "estimator": ("JOB_STATE", "Estimator", "TrainingJob"),
    "gate": ("AuthGate",),
    "iam": ("Iam",),
    "identity": ("Identity",),
    "keyring": ("KeyState", "Keyring"),
    "keyrings": ("KeyScope", "Keyrings"),
    "limits": ("TransportLimits",),
    "meaning": ("Meaning", "classify"),
    "providers": ("EcsAgency", "GivenKey", "KeyPart", "PasswordLogin", "Profile", "Provider", "RereadKey"),
    "quotas": ("JobQuota", "Quotas"),
    "session": ("Session",),
    "signing": ("AccessKeySigner",),
    "surroundings": ("Surroundings",),
    "tags": ("Tags",),
    "traffic": ("Traffic",),
    "transport": ("Transport",),
    "v1": ("TrainingJobsV1",),
    "v1_listing": ("Search", "is_v1_job_id"),
    "v2": ("BATCH", "DeleteAccepted", "TrainingJobsV2"),
    "v2_listing": ("ListedJobs", "OffsetMode", "Proof"),
    "watch": ("Watcher",),
    "workspaces": ("Workspaces",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'errors')}"), name)
