"""Owns JSON parsing that refuses what two readers could understand differently; knows no schema."""

import json
import math
from typing import Any


class Unparsable(ValueError):
    """The bytes are not JSON that can be trusted; the message holds none of them."""


def parse(body: bytes) -> Any:
    """Read one JSON document in UTF-8; raises Unparsable for NaN, infinities, duplicate keys, absurd nesting or numbers."""
    try:
        text = body.decode("utf-8")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except Unparsable as error:
        flaw = str(error)
    except UnicodeDecodeError:
        flaw = "it is not UTF-8"
    except json.JSONDecodeError as error:
        flaw = f"it is not JSON at character {error.pos}"
    except RecursionError:
        flaw = "it is nested too deeply"
    except ValueError:
        flaw = "it holds a number with too many digits"
    raise Unparsable(flaw)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise Unparsable("an object has the same key twice")
    return record


def _refuse(_constant: str) -> Any:
    raise Unparsable("it holds NaN or an infinity")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Unparsable("it holds a number too large to represent")
    return number
