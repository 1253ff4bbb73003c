"""Owns the words of a hold that are given outside the policy file: they are read by the very validators of the file."""

from collections.abc import Mapping
from datetime import date

from pydantic import TypeAdapter, ValidationError

from janitor.core.text import shorten
from janitor.retention.selector import Selector
from janitor.settings.build import build_selector
from janitor.settings.explain import explain_word
from janitor.settings.fields import Day
from janitor.settings.policy_schema import SelectorSection

_DAY = TypeAdapter[date](Day)
_LONGEST_SHOWN = 120


def read_conditions(words: Mapping[str, str]) -> Selector:
    """The conditions that these fields and words say, as `match` of a hold in the file would; raises ValueError."""
    for field, word in words.items():
        try:
            SelectorSection.model_validate({field: word})
        except ValidationError as error:
            raise ValueError(f"{field}={shorten(word, _LONGEST_SHOWN)}: {explain_word(error, word)}") from None
    return build_selector(SelectorSection.model_validate(dict(words)))


def read_last_day(word: str) -> date:
    """The day that `until` of a hold in the file would be; raises ValueError with what to write instead."""
    try:
        return _DAY.validate_python(word)
    except ValidationError as error:
        raise ValueError(f"{shorten(word, _LONGEST_SHOWN)!r}: {explain_word(error, word)}") from None
