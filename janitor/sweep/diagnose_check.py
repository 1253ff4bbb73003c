"""Owns the form of a diagnosis: one check, what it came to, what was seen and what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What a check came to; only a fault asks for action."""

    OK = "ok"
    FAULT = "fault"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: what was seen, and what to do next where there is something to do."""

    check: str
    result: Result
    message: str
    advice: str = ""


def ok(check: str, message: str) -> Check:
    """All is well, or nothing can be done about it."""
    return Check(check=check, result=Result.OK, message=message)


def warning(check: str, message: str, advice: str) -> Check:
    """All is well today."""
    return Check(check=check, result=Result.OK, message=f"WARNING: {message}", advice=advice)


def fault(check: str, message: str, advice: str) -> Check:
    """Sweeps fail, or keep what should go, until somebody does something."""
    return Check(check=check, result=Result.FAULT, message=message, advice=advice)


def unknown(check: str, message: str, advice: str = "") -> Check:
    """It cannot be told."""
    return Check(check=check, result=Result.UNKNOWN, message=message, advice=advice)


def skipped(check: str, cause: str) -> Check:
    """It was not asked for, because the check `cause` failed."""
    return Check(check=check, result=Result.SKIPPED, message=f"not asked, because of {cause}")
