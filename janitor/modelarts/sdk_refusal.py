"""Owns how the vendor's SDK tells a refusal: as a dictionary, of one shape for each generation, instead of an exception."""

from collections.abc import Callable
from typing import Literal, TypedDict, TypeVar

from janitor.modelarts.errors import ModelArtsError

T = TypeVar("T")


class Success(TypedDict):
    """What a v1 call answers when it succeeded."""

    is_success: Literal[True]


class RefusalV1(TypedDict):
    """What a v1 call answers when the platform refused it (docs/modelarts-api.md, SDK calls)."""

    is_success: Literal[False]
    error_code: str
    error_msg: str


class RefusalV2(TypedDict):
    """What a v2 call answers when the platform refused it; `error_solution` is "" where the platform gave none."""

    error_msg: str
    error_code: str
    error_solution: str


def answer_v1(call: Callable[[], T]) -> T | RefusalV1:
    """What the call returns, or the platform's refusal; other failures stay ModelArtsErrors."""
    try:
        return call()
    except ModelArtsError as error:
        return {"is_success": False, "error_code": _refused(error), "error_msg": error.said or str(error)}


def answer_v2(call: Callable[[], T]) -> T | RefusalV2:
    """What the call returns, or the platform's refusal; other failures stay ModelArtsErrors."""
    try:
        return call()
    except ModelArtsError as error:
        return {"error_msg": error.said or str(error), "error_code": _refused(error), "error_solution": error.solution}


def _refused(error: ModelArtsError) -> str:
    """The code of a refusal: the platform answered, with a code, and below 500. Whatever else happened is raised again.

    A 5xx is no refusal, though it may have a code: a deletion that was answered so may have been carried out.
    """
    if error.code is None or error.status is None or error.status >= 500:
        raise error
    return error.code
