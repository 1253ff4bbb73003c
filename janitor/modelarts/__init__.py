"""A client library for ModelArts training jobs; it knows nothing of the rest of janitor and can be imported alone.

Names load on first use, so importing the package costs neither `requests` nor `tenacity`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from janitor.modelarts.call import Call, Reply, RouteKind, Sender
    from janitor.modelarts.clock import Clock, SystemClock
    from janitor.modelarts.credentials import AccessKey
    from janitor.modelarts.endpoint import Endpoint
    from janitor.modelarts.errors import (
        AccountBlocked,
        AuthFailed,
        BreakerOpen,
        ClockSkewed,
        Conflict,
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
        Unsent,
        WrongProject,
    )
    from janitor.modelarts.gate import AuthGate, Gates
    from janitor.modelarts.iam import Iam
    from janitor.modelarts.limits import TransportLimits
    from janitor.modelarts.meaning import Meaning, classify
    from janitor.modelarts.quotas import JobQuota, Quotas
    from janitor.modelarts.signing import AccessKeySigner
    from janitor.modelarts.tags import JobTags, Tags
    from janitor.modelarts.traffic import Traffic
    from janitor.modelarts.transport import Surroundings, Transport
    from janitor.modelarts.v2 import BATCH, DeleteAccepted, TrainingJobsV2
    from janitor.modelarts.v2_listing import ListedJobs, OffsetMode, Proof
    from janitor.modelarts.watch import Watcher
    from janitor.modelarts.workspaces import Workspaces

__all__ = [
    "BATCH",
    "AccessKey",
    "AccessKeySigner",
    "AccountBlocked",
    "AuthFailed",
    "AuthGate",
    "BreakerOpen",
    "Call",
    "Clock",
    "ClockSkewed",
    "Conflict",
    "DeleteAccepted",
    "Endpoint",
    "Gates",
    "Iam",
    "JobQuota",
    "JobTags",
    "ListedJobs",
    "ListingIncomplete",
    "Meaning",
    "Misconfigured",
    "ModelArtsError",
    "NotFound",
    "OffsetMode",
    "OutcomeUnknown",
    "PermissionDenied",
    "Proof",
    "ProtocolError",
    "Quotas",
    "Rejected",
    "Reply",
    "RouteAbsent",
    "RouteKind",
    "Sender",
    "Stopped",
    "Surroundings",
    "SystemClock",
    "Tags",
    "Throttled",
    "TooLate",
    "Traffic",
    "TrainingJobsV2",
    "Transport",
    "TransportLimits",
    "Unavailable",
    "Unsent",
    "Watcher",
    "Workspaces",
    "WrongProject",
    "classify",
]

_HOMES = {
    "call": ("Call", "Reply", "RouteKind", "Sender"),
    "clock": ("Clock", "SystemClock"),
    "credentials": ("AccessKey",),
    "endpoint": ("Endpoint",),
    "gate": ("AuthGate", "Gates"),
    "iam": ("Iam",),
    "limits": ("TransportLimits",),
    "meaning": ("Meaning", "classify"),
    "quotas": ("JobQuota", "Quotas"),
    "signing": ("AccessKeySigner",),
    "tags": ("JobTags", "Tags"),
    "traffic": ("Traffic",),
    "transport": ("Surroundings", "Transport"),
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
