"""Owns what a reader may ask a page for, in its address; what is none of it is told, and never guessed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from janitor.console.words import Facts, Whole
from janitor.core.canonical import timestamp
from janitor.core.moment import parse_moment
from janitor.ledger.jobs import storable

LONGEST = 300
"""Characters of one value."""
_LARGEST = 10**15


class BadQuestion(ValueError):
    """The address asks for something that no page can answer; the message says what, and what to write instead."""


class Asked:
    """The values of one address; blank ones were not given."""

    def __init__(self, params: QueryParams) -> None:
        self._params = params

    def text(self, name: str) -> str | None:
        """A text, without blanks around it; None where none is given."""
        return None if (value := self.exact(name)) is None else value.strip()

    def exact(self, name: str) -> str | None:
        """A text to the letter, as an id or a name is; None where none is given, or nothing but blanks."""
        value = storable(self._params.get(name, ""))
        if len(value) > LONGEST:
            raise BadQuestion(f"{name} has {len(value)} characters, and {LONGEST} are the most; ask for less")
        return value if value.strip() else None

    def value_of(self, name: str) -> str | None:
        """The same of a column; the empty text asks for what has none."""
        return "" if (value := self.exact(name)) == NONE else value

    def choice(self, name: str, choices: Iterable[str]) -> str | None:
        """One of these words."""
        value, known = self.text(name), tuple(choices)
        if value is not None and value not in known:
            raise BadQuestion(f"{name} is {value!r}, and can be {', '.join(known)}")
        return value

    def number(self, name: str) -> int | None:
        """A whole number from 1 on."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and 0 < int(value) < _LARGEST):
            raise BadQuestion(f"{name} is {value!r}, which is no number from 1 on")
        return int(value)

    def time(self, name: str, now: datetime, *, is_end: bool = False) -> str | None:
        """A time as events have it, from what the command line takes as one: a time with its zone, a day, how long ago."""
        value = self.text(name)
        try:
            return None if value is None else timestamp(parse_moment(value, now, is_end=is_end))
        except (ValueError, OverflowError) as error:
            raise BadQuestion(f"{name}: {error}") from error

    def several(self, name: str, number: int) -> tuple[str, ...] | None:
        """So many texts under one name, blank ones too; None where there is none."""
        values = tuple(storable(value) for value in self._params.getlist(name))
        if values and (len(values) != number or max(map(len, values)) > LONGEST * 4):
            raise BadQuestion(f"{name} must be given {number} times, as the links of this page do")
        return values or None

    def given(self, *names: str) -> Facts:
        """What was given of these, for links and fields that keep it."""
        return Facts({name: value for name in names if (value := self.exact(name)) is not None})


NONE = "(none)"
"""What stands in an address for jobs that have no owner or no policy."""


def address(path: str, /, **values: object) -> Whole:
    """An address of ours with these values; None and blanks are left out, a tuple is given several times."""
    given = [(name, each) for name, value in values.items() for each in (value if isinstance(value, tuple) else (value,))]
    texts = [(name, storable(str(each))) for name, each in given if each is not None and (each != "" or name in _PLACES)]
    return Whole(f"{path}?{urlencode(texts, quote_via=quote)}" if texts else path)


def without(values: Mapping[str, str], *names: str) -> Facts:
    """The values but these."""
    return Facts({name: value for name, value in values.items() if name not in names})


_PLACES = ("after", "before")
"""Here a blank is a value."""
