"""Owns the phases of a training job and what each allows; knows no platform's own names."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a job stands in its life; `unknown` counts as active everywhere."""

    CREATING = "creating"
    PENDING = "pending"
    RUNNING = "running"
    TERMINATING = "terminating"
    COMPLETED = "completed"
    FAILED = "failed"
    TERMINATED = "terminated"
    ABNORMAL = "abnormal"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__
    """As of the word itself: an enum's own is written in Python, and every job is looked up by its phase several times."""


TERMINAL = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED, Phase.ABNORMAL})
"""The only phases in which a job may ever be deleted."""

GOVERNED_BY_DEFAULT = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.TERMINATED})
"""What a policy governs that names no phase: `abnormal` may still hold resources, so it must be named."""
