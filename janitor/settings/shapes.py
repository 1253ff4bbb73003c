"""Owns the JSON Schema of single values: each shape stands beside the validator of its field, and admits all that it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from janitor.core.job import OF_THE_PLATFORM
from janitor.retention.keep import GROUPED_BY, LABEL
from janitor.retention.regex import LONGEST_REGEX
from janitor.settings.conditions import LONGEST_KEY, LONGEST_VALUE
from janitor.settings.patterns import LONGEST_GLOB

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])"
_PORT = "(?::[0-9]{1,5})?"
_THIS_MACHINE = r"(?:[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127(?:\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\])"
_DURATION = "".join(f"(?:[0-9]{{1,9}}{unit})?" for unit in ("w", "d", "h", "min", "s"))

_ODD = r"\x00-\x1f!-)+,:->@\[-\^`{-\x7f"
"""What of ASCII is in no job's name, and is no `*` or `?`; beyond ASCII only the loader tells letters from signs."""
_GLOB = rf"(?!.*\.\*)[^\s{_ODD}](?:[^{_ODD}]*[^\s{_ODD}])?"
_DESCRIPTION = r"(?!.*(?:\$\{|\{\{|\.\*))\S(?:[^\n\t]*\S)?"
_NOT_IN_VALUES = r"\x00-\x1f!-*,;<>?\[-\^`{-\x7f"
_NOT_IN_KEYS = rf"{_NOT_IN_VALUES}/"
"""What of ASCII is in no value, and in no key, of a tag; beyond ASCII as above."""
_VALUE_OF_A_TAG, _KEY_OF_A_TAG = (rf"[^\s{odd}](?:[^{odd}]*[^\s{odd}])?" for odd in (_NOT_IN_VALUES, _NOT_IN_KEYS))
_KEY_OF_ANY_TAG = f"(?!{OF_THE_PLATFORM}){_KEY_OF_A_TAG}"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What a value looks like, as JSON Schema; what only the loader can tell (a file that exists, say) is left to it."""

    schema: dict[str, Any]


def text(pattern: str, **more: Any) -> Shape:
    """Text that matches a pattern."""
    return Shape({"type": "string", "pattern": pattern, **more})


def words(allowed: Iterable[str]) -> Shape:
    """One of a few words."""
    return Shape({"enum": [str(word) for word in allowed]})


def one_or_many(item: Shape, **more: Any) -> Shape:
    """One value, or a list of them; a list of which any may fit, as a rule."""
    return Shape({"oneOf": [item.schema, {"type": "array", "items": item.schema, "minItems": 1, **more}]})


ANY_TEXT = text(r"\S")
LINE = text(r"^(?!.*(?:\$\{|\{\{))\S(?:[^\n\t]*\S)?$")
GLOB = text(rf"^{_GLOB}$", maxLength=LONGEST_GLOB)
NARROW_GLOB = text(rf"^(?=.*[^*?]){_GLOB}$", maxLength=LONGEST_GLOB)
DESCRIPTION = text(rf"^{_DESCRIPTION}$", maxLength=LONGEST_GLOB)
NARROW_DESCRIPTION = text(rf"^(?=.*[^*? ]){_DESCRIPTION}$", maxLength=LONGEST_GLOB)
REGEX = text(LINE.schema["pattern"], maxLength=LONGEST_REGEX, examples=["trial-[0-9]+(-v[0-9]+)?"])
WHOLE_WORD = text(r"^(?!.*(?:\$\{|\{\{))[^\s*?](?:[^\n\t*?]*[^\s*?])?$")
LABEL_VALUE = text(f"^{_VALUE_OF_A_TAG}$", maxLength=LONGEST_VALUE)
LABELS = Shape(
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{_KEY_OF_ANY_TAG}$", "maxLength": LONGEST_KEY},
        "additionalProperties": {"oneOf": [*one_or_many(LABEL_VALUE).schema["oneOf"], {"type": "null"}]},
        "minProperties": 1,
    }
)
GROUP = text(f"^(?:{'|'.join(sorted(GROUPED_BY))}|{LABEL}{_KEY_OF_ANY_TAG})$", maxLength=len(LABEL) + LONGEST_KEY)
PATH = text(r"^(?!~)[^\n]*\S[^\n]*$")
VARIABLE = text("^[A-Za-z_][A-Za-z0-9_]*$")
DURATION = text(f"^(?=.*[1-9]){_DURATION}$", examples=["30s", "15min", "36h", "7d", "2w", "1d12h"])
SHARE = text("^(?:0|[1-9][0-9]?|100)%$", examples=["25%"])
DAY = text("^20(?:1[5-9]|[2-9][0-9])-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$", format="date", examples=["2027-06-30"])
COUNT = Shape({"type": "integer", "minimum": 0})
AT_LEAST_ONE = Shape({"type": "integer", "minimum": 1})
CONCURRENCY = Shape({"type": "integer", "minimum": 1, "maximum": 4})
RATE = Shape({"type": "number", "exclusiveMinimum": 0, "maximum": 1000})
VERSION = Shape({"const": 1})
ENDPOINT = text(rf"^(?:https://{_HOST}|http://{_THIS_MACHINE}){_PORT}$")
DATABASE_URL = text(r"^postgresql\+psycopg://[!-~]+$", examples=["postgresql+psycopg://janitor@db.example:5432/janitor"])
PROXY = text(rf"^https?://{_HOST}{_PORT}$")
CRON = text(r"^\s*(?:[^@\s]\S*\s+)(?:\S+\s+)(?:\*\s+\S+\s+\S+|\S+\s+\S+\s+\*)\s*$", examples=["0 3 * * *"])
ZONE = text(r"^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*$", examples=["UTC", "Europe/Berlin"])
