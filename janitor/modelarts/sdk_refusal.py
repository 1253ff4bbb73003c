"""Owns how the vendor's SDK tells a refusal: as a dictionary, of one shape for each generation, instead of an exception."""

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

from janitor.modelarts.errors import ModelArtsError


class Outcome(TypedDict):
    """What a v1 change answers; the two texts are there exactly if it was refused (docs/modelarts-api.md, SDK calls)."""

    is_success: bool
    error_code: NotRequired[str]
    error_msg: NotRequired[str]


class Refusal(TypedDict):
    """What a v2 change answers if it was refused; `error_solution` is "" where the platform gave no advice."""

    error_msg: str
    error_code: str
    error_solution: str


def change_v1(call: Callable[[], object]) -> Outcome:
    """Make a change and tell how it went; what the platform did not refuse itself stays a ModelArtsError."""
    try:
        call()
    except ModelArtsError as error:
        return _outcome(error)
    return {"is_success": True}


def read_v1(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the platform says, or its refusal, in which `is_success` is false; what is neither stays a ModelArtsError."""
    try:
        return call()
    except ModelArtsError as error:
        return dict(_outcome(error))


def change_v2(call: Callable[[], object]) -> Refusal | None:
    """Make a change; None where it was done. What the platform did not refuse itself stays a ModelArtsError."""
    try:
        call()
    except ModelArtsError as error:
        return _refusal(error)
    return None


def read_v2(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the platform says, or its refusal, which has an `error_code`; what is neither stays a ModelArtsError."""
    try:
        return call()
    except ModelArtsError as error:
        return dict(_refusal(error))


def _outcome(error: ModelArtsError) -> Outcome:
    return {"is_success": False, "error_code": _refused(error), "error_msg": error.said or str(error)}


def _refusal(error: ModelArtsError) -> Refusal:
    return {"error_msg": error.said or str(error), "error_code": _refused(error), "error_solution": error.solution}


def _refused(error: ModelArtsError) -> str:
    """The code of a refusal: the platform said no, with a code; under a success status that is `is_success` false.

    Whatever else happened is raised again. A 5xx is no refusal, though it may have a code, and neither is a code beside a
    success: a deletion that was answered so may have been carried out.
    """
    if error.code is None or error.status is None or not 400 <= error.status < 500:
        raise error
    return error.code
