"""Owns the JSON Schema of the policy file, written from the very sections and shapes that the loader checks with."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from janitor.core.duration import format_duration
from janitor.retention.keep import BUCKETS, Keep
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode, Since
from janitor.retention.tombstones import TombstoneRules
from janitor.settings.meaning import meaning_of
from janitor.settings.model import ConsoleSettings, Schedule, Settings, TargetSettings
from janitor.settings.schema import PolicyFile
from janitor.settings.section import Section
from janitor.settings.shapes import Shape

_TARGET: dict[str, Any] = {field.name: field.default for field in fields(TargetSettings)}
_FILE: dict[str, Any] = {field.name: field.default for field in fields(Settings)}
_DEFAULTS: dict[tuple[str, str], Any] = {
    ("PolicyFile", "timezone"): Schedule().timezone,
    ("PolicyFile", "confirm_within"): format_duration(_FILE["confirm_within"]),
    ("PolicyFile", "max_duration"): format_duration(_FILE["max_duration"]),
    ("PolicyFile", "quiet_period"): format_duration(_FILE["quiet_period"]),
    ("TombstonesSection", "keep_for"): format_duration(TombstoneRules().keep_for),
    ("ConsoleSection", "listen"): str(ConsoleSettings().listen),
    ("PaceSection", "per_sweep"): Pace().per_sweep,
    ("PaceSection", "per_day"): Pace().per_day,
    ("LimitsSection", "max_share"): f"{Limits().max_share_percent}%",
    ("LimitsSection", "min_age"): format_duration(Limits().min_age),
    ("RateSection", "requests_per_second"): _TARGET["requests_per_second"],
    ("RateSection", "concurrency"): _TARGET["concurrency"],
    ("TargetSection", "mode"): str(Mode.OBSERVE),
    ("TargetSection", "backend"): _TARGET["backend"],
    ("TargetSection", "api"): _TARGET["api"],
    ("TargetSection", "listing"): _TARGET["listing"],
    ("TargetSection", "looks"): _TARGET["looks"],
    ("TargetSection", "workspaces"): list(_TARGET["workspaces"]),
    ("PolicySection", "mode"): str(Mode.OBSERVE),
    ("ExpireSection", "since"): str(Since.FINISHED),
    **{("KeepSection", word): getattr(Keep(), word) for word in ("last", *BUCKETS)},
}
"""What a field that is left out comes to, read off the values that the loader builds."""


def render_schema() -> str:
    """The schema as a file, draft 2020-12; the same text in every run."""
    return json.dumps(build_schema(), indent=2) + "\n"


def build_schema() -> dict[str, Any]:
    """The schema: one definition a kind of mapping, each field with its sentence, its shape and its default."""
    definitions: dict[str, Any] = {}
    whole = _section(PolicyFile, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The policy file of janitor",
        "description": "Which training jobs expire, and where; see `janitor check` for the file as understood.",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }


def _section(section: type[Section], definitions: dict[str, Any]) -> dict[str, Any]:
    """A mapping: no other fields, never empty."""
    named = {field.alias or name: field for name, field in section.model_fields.items()}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {word: _field(section, word, field, definitions) for word, field in named.items()},
        "required": [word for word, field in named.items() if field.is_required()],
        "minProperties": 1,
        "additionalProperties": False,
    }
    if section.one_of:
        schema["oneOf"] = [{"required": list(words)} for words in section.one_of]
    if section.only_with:
        schema["dependentRequired"] = {word: list(others) for word, others in section.only_with.items()}
    return schema if schema["required"] else {key: value for key, value in schema.items() if key != "required"}


def _field(section: type[Section], word: str, field: FieldInfo, definitions: dict[str, Any]) -> dict[str, Any]:
    names = tuple(each.__name__ for each in section.__mro__)
    known = {"default": field.default} if isinstance(field.default, bool) else {}
    if (names[0], word) in _DEFAULTS:
        known = {"default": _DEFAULTS[names[0], word]}
    shape = _shape(field.annotation, field.metadata, definitions)
    return {"description": meaning_of(names, word), **shape, **known}


def _shape(annotation: Any, metadata: Iterable[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The shape beside the validator, else what the type itself says; a type that says nothing is a TypeError."""
    for mark in metadata:
        if isinstance(mark, Shape):
            return mark.schema
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(inner[0], inner[1:], definitions)
    if origin in {Union, UnionType}:
        ways = [_shape(each, (), definitions) for each in inner if each is not NoneType]
        return ways[0] if len(ways) == 1 else {"oneOf": ways}
    if origin in {list, dict}:
        return _many([_shape(each, (), definitions) for each in inner])
    if annotation is bool:
        return {"type": "boolean"}
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return _reference(annotation, definitions)
    raise TypeError(f"{annotation} has no shape")


def _many(inner: list[dict[str, Any]]) -> dict[str, Any]:
    """A list of items, or a mapping of names to values; neither is ever empty."""
    if len(inner) == 1:
        return {"type": "array", "items": inner[0], "minItems": 1}
    names, values = inner
    return {"type": "object", "propertyNames": names, "additionalProperties": values, "minProperties": 1}


def _reference(section: type[Section], definitions: dict[str, Any]) -> dict[str, Any]:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", section.__name__.removesuffix("Section")).lower()
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _section(section, definitions)
    return {"$ref": f"#/$defs/{name}"}
