"""Owns what can be said of two selectors without any job: whether one fits all that the other fits, or both may fit one."""

from janitor.retention.glob import is_match
from janitor.retention.selector import RANGES, LabelConditions, Range, Selector

_OPAQUE = frozenset({"name_regex", "description"})
"""Conditions of which only that is known: the same pattern fits the same jobs."""

_SIDES = ("at_least", "at_most")


def covers(general: Selector, particular: Selector) -> bool:
    """Tell whether `general` surely fits every job that `particular` fits; False where that cannot be said."""
    return all(_covers(field, general, particular) for field in Selector.__slots__)


def excepts_all(exception: Selector, match: Selector) -> bool:
    """Tell whether some condition of `exception`, any one of which keeps, surely fits every job that `match` fits."""
    named = [field for field in Selector.__slots__ if getattr(exception, field) is not None and field != "labels"]
    each_label = [(condition,) for condition in exception.labels or ()]
    return any(_covers(field, exception, match) for field in named) or any(
        _covers_labels(condition, match.labels or ()) for condition in each_label
    )


def may_overlap(one: Selector, other: Selector) -> bool:
    """Tell whether some job may fit both; False only where none can."""
    return all(_may_overlap(field, one, other) for field in Selector.__slots__)


def covers_glob(general: str, particular: str) -> bool:
    """Tell whether every name that `particular` matches surely matches `general`.

    Reads `particular` as if it were a name, in all the places of `general` at once; what a star of its own stands for, only a
    star can take.
    """
    places = _spread({0}, general)
    for character in particular:
        places = _spread({after for place in places for after in _step(place, general, character)}, general)
    return len(general) in places


def globs_may_overlap(one: str, other: str) -> bool:
    """Tell whether some name may match both globs; False only where none can."""
    for plain, glob in ((one, other), (other, one)):
        if not {"*", "?"} & set(plain):
            return is_match(glob, plain)
    starts = [glob.partition("*")[0] for glob in (one, other)]
    ends = [glob.rpartition("*")[2][::-1] for glob in (one, other)]
    return _may_start_alike(*starts) and _may_start_alike(*ends)


def _covers(field: str, general: Selector, particular: Selector) -> bool:
    wide, narrow = getattr(general, field), getattr(particular, field)
    if wide is None or wide == narrow:
        return True
    if narrow is None:
        return False
    if field == "name":
        return all(any(covers_glob(glob, each) for glob in wide) for each in narrow)
    if field == "labels":
        return _covers_labels(wide, narrow)
    if field in RANGES:
        return _covers_range(wide, narrow)
    return frozenset(narrow) <= frozenset(wide)


def _covers_range(wide: Range, narrow: Range) -> bool:
    """No side of `narrow` is open that is closed in `wide`, and each bound of `narrow` is within `wide`."""
    is_closed = all(getattr(narrow, side) is not None for side in _SIDES if getattr(wide, side) is not None)
    return is_closed and all(wide.holds(bound) for bound in (narrow.at_least, narrow.at_most) if bound is not None)


def _covers_labels(wide: LabelConditions, narrow: LabelConditions) -> bool:
    """Each key that `wide` asks for, `narrow` asks for too, with no other values."""
    asked = dict(narrow)
    return all(key in asked and _is_within(asked[key], values) for key, values in wide)


def _is_within(narrow: frozenset[str] | None, wide: frozenset[str] | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)


def _may_overlap(field: str, one: Selector, other: Selector) -> bool:
    these, those = getattr(one, field), getattr(other, field)
    if these is None or those is None:
        return True
    if field == "name":
        return any(globs_may_overlap(this, that) for this in these for that in those)
    if field == "labels":
        others = dict(those)
        pairs = [(values, others[key]) for key, values in these if key in others]
        return not any(mine is not None and theirs is not None and mine.isdisjoint(theirs) for mine, theirs in pairs)
    if field in RANGES:
        return _ranges_may_overlap(these, those)
    return field in _OPAQUE or not these.isdisjoint(those)


def _ranges_may_overlap(one: Range, other: Range) -> bool:
    """Neither ends before the other begins."""
    return all(
        high.at_most is None or low.at_least is None or Range(at_most=high.at_most).holds(low.at_least)
        for high, low in ((one, other), (other, one))
    )


def _step(place: int, general: str, character: str) -> tuple[int, ...]:
    wanted = general[place : place + 1]
    if wanted == "*":
        return (place,)
    return (place + 1,) if character != "*" and wanted in ("?", character) else ()


def _spread(places: set[int], general: str) -> set[int]:
    """The places reached without reading on, as a star may stand for nothing."""
    reached = set(places)
    for place in places:
        rest = general[place:]
        reached.update(range(place, place + len(rest) - len(rest.lstrip("*")) + 1))
    return reached


def _may_start_alike(one: str, other: str) -> bool:
    return all(this == that or "?" in (this, that) for this, that in zip(one, other, strict=False))
