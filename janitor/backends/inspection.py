"""Owns what an adapter knows of its platform beyond the jobs: addresses, credentials, which routes there are, permissions.

For people only: no sweep decides by it. Nothing in it is secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Feature(StrEnum):
    """What some platforms have and others do not."""

    BATCH = "batch"
    TAGS = "tags"
    WORKSPACES = "workspaces"
    AGING = "aging"


class Found(StrEnum):
    """What was found out about a feature.

    there, absent: whether the platform has the route. on, off: how a feature is set that can be read. refused: the route is
    there, but not for these credentials. unknown: the answer does not tell. never: this kind of platform cannot have it, so
    it was not asked for.
    """

    THERE = "there"
    ABSENT = "absent"
    ON = "on"
    OFF = "off"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out, and in which words: the error's where there was one."""

    found: Found
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One service of the platform and the way to it; `ca_file` None means the built-in authorities, `proxy` is a host alone."""

    service: str
    url: str
    is_encrypted: bool
    ca_file: str | None = None
    proxy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What kind of credentials are in use and when they expire, where that is known.

    `is_renewed` says that they are renewed by themselves, `may_change` that others may take their place while they are in use,
    `came_expired` that by this machine's clock they had expired when they were handed out.
    """

    kind: str
    expires_at: datetime | None = None
    is_renewed: bool = False
    may_change: bool = False
    came_expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A permission, by the words for what it is needed for and by the platform's name for it.

    The words of a diagnosis are list, get, identity, quota, batch, tags, "tags of a job" and workspaces; any other is neither
    proven nor refused by an answer of its own.
    """

    what: str
    action: str
    deletes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What an adapter knows; a feature that is not in `features` was not asked for.

    `observe_policy` and `enforce_policy` name the narrowest permissions that are enough, for a target that observes and for
    one that enforces.
    """

    addresses: tuple[Address, ...] = ()
    credentials: Credentials | None = None
    features: Mapping[Feature, Finding] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    observe_policy: str = ""
    enforce_policy: str = ""
