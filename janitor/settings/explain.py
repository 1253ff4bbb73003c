"""Owns the wording of what the schema refuses: one problem each, at its place in the file."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from janitor.settings.document import Document
from janitor.settings.problem import Path, Problem
from janitor.settings.words import refuse_word

_TEXTS: Mapping[str, str] = {
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "list_type": "must be a list",
    "model_type": "must be a mapping of fields",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def explain_words(error: ValidationError, document: Document, refuse: Callable[[Path], str] = refuse_word) -> Iterator[Problem]:
    """The fields that may not stand where they stand."""
    for detail in _details(error):
        if detail["type"] == "extra_forbidden":
            path = detail["loc"]
            yield Problem(mark=document.keys[path], path=path, text=refuse(path))


def explain_values(error: ValidationError, document: Document) -> Iterator[Problem]:
    """The fields that are missing, and the values that are not what their field takes."""
    for detail in _details(error):
        known, mark = document.place_of(detail["loc"])
        if detail["type"] == "missing":
            yield Problem(mark=mark, path=detail["loc"], text="is required")
        elif detail["type"] != "extra_forbidden":
            text = _text(detail["type"], detail.get("ctx", {}), document.value_at(known))
            yield Problem(mark=mark, path=known, text=text)


def explain_word(error: ValidationError, word: str) -> str:
    """What is wrong with a single word that stands in no file."""
    detail = _details(error)[0]
    return _text(detail["type"], detail.get("ctx", {}), word)


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _text(kind: str, context: Mapping[str, Any], value: Any) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type" and isinstance(value, dict | list):
        return "must be text"
    return _TEXTS.get(kind, "is not understood").format(**context)
