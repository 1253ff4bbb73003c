"""Owns what the policy file says of what is kept of deleted jobs: for how long, with which values, and where as files."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from janitor.core.redaction import ENVIRONMENT, PARAMETERS


class Values(StrEnum):
    """Values that tombstones may keep; else they stand there as `***`."""

    ENVIRONMENT = ENVIRONMENT
    PARAMETERS = PARAMETERS


@dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRules:
    """How long the ledger keeps a tombstone once its job is gone, and whose values are kept in it."""

    keep_for: timedelta = timedelta(days=90)
    keep_values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A folder that gets each job's tombstone as a file; where it is `required`, no job is deleted whose file was not written."""

    dir: Path
    required: bool = True
