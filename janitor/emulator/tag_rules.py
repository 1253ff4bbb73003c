"""Owns what a tag may look like, in a body and as a condition of a search (modelarts-api.md §1.3.5, §1.5)."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_VALUES = 10
MAX_TAGS = 10
_KEY = re.compile(r"[\w .:=+\-@]{1,128}")
_VALUE = re.compile(r"[\w .:/=+\-@]{0,255}")
_EXAMPLES = {"examples": ["keep", "team"], "pattern": "^[A-Za-z]{1,12}$"}


def is_key(text: str) -> bool:
    """Whether a text can be a tag's key: 1 to 128 letters, digits, spaces within, and a few signs; no `_sys_` at its start."""
    return bool(_KEY.fullmatch(text)) and text == text.strip() and not text.startswith("_sys_")


def is_value(text: str) -> bool:
    """Whether a text can be a tag's value."""
    return bool(_VALUE.fullmatch(text))


def _check_key(text: str) -> str:
    if not is_key(text):
        raise ValueError("no key of a tag")
    return text


def _check_value(text: str) -> str:
    if not is_value(text):
        raise ValueError("no value of a tag")
    return text


Key = Annotated[str, AfterValidator(_check_key), Field(json_schema_extra={**_EXAMPLES})]
Value = Annotated[str, AfterValidator(_check_value), Field(json_schema_extra={"pattern": "^[A-Za-z]{0,12}$"})]


class Pair(BaseModel):
    """One tag."""

    model_config = ConfigDict(strict=True)
    key: Key
    value: Value | None = None


class Pairs(BaseModel):
    """The body with which tags are added or removed, and the answer that shows them."""

    model_config = ConfigDict(strict=True)
    tags: list[Pair] = Field(min_length=1, max_length=100)


class TagFilter(BaseModel):
    """One condition: the key, with one of the values; none means any."""

    model_config = ConfigDict(strict=True)
    key: Key
    values: list[Value] = Field(default=[], max_length=MAX_VALUES)
