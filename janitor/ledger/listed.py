"""Owns the questions asked of the last listings: which jobs they have, some at a time; how many of each kind; what is due when.

What they answer is what the last complete listing of each target knew, and no newer than that.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select, tuple_

from janitor.core.events import GONE
from janitor.core.text import LONGEST_TEXT, inert
from janitor.core.verdict import Verdict
from janitor.ledger.moment import Readable
from janitor.ledger.older import columns_of, has_table
from janitor.ledger.schema import intents, jobs

Row = dict[str, Any]
_ESCAPE = "/"
_GONE = tuple(sorted(name.partition(".")[2] for name in GONE))
SORTS = ("created_at", "finished_at", "eligible_at", "name", "owner")
"""The columns by which jobs may be sorted."""
EQUAL = ("target", "verdict", "policy", "owner", "phase")
"""The columns of which one value may be asked for; of the empty one, those jobs that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the order of a sort: at this job."""

    target: str
    job_id: str


class PlaceLost(ValueError):
    """The job at which a page begins or ends is not in the last listing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs: `text` is a part of the id or the name, in any case of its letters; `equal` asks columns for one value each."""

    text: str = ""
    equal: Mapping[str, str]
    sort: str = "created_at"
    is_descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs in the order that was asked for, and whether there are any before and after them."""

    rows: tuple[Row, ...]
    has_before: bool
    has_after: bool


def list_listed(ledger: Readable, wanted: Wanted, most: int, place: Place | None = None, *, is_before: bool = False) -> Page:
    """So many jobs after a place, or the last ones before it; none in a ledger of an older version. Raises PlaceLost."""
    with ledger.reading() as connection:
        columns = columns_of(connection, jobs)
        if not columns:
            return Page(rows=(), has_before=False, has_after=False)
        is_downward = wanted.is_descending is not is_before
        query: Select[Any] = cast("Select[Any]", select(*columns)).where(_condition(connection, wanted))
        if place is not None:
            given = tuple_(*map(literal, (_value_at(connection, place, wanted), place.target, place.job_id)))
            query = query.where(_keys(wanted) < given if is_downward else _keys(wanted) > given)
        found = connection.execute(_ordered(query, wanted, is_downward=is_downward).limit(most + 1)).mappings()
        rows = [dict(row) for row in found]
    is_more, rows = len(rows) > most, rows[:most]
    if is_before:
        return Page(rows=tuple(reversed(rows)), has_before=is_more, has_after=True)
    return Page(rows=tuple(rows), has_before=place is not None, has_after=is_more)


def find_gone(ledger: Readable, rows: Iterable[Row]) -> frozenset[tuple[str, str]]:
    """Of these jobs, the target and id of those that are proven gone since they were listed."""
    seen = {(row["target"], row["job_id"]): str(row["seen_at"]) for row in rows}
    is_one = intents.c.job_id.in_({job_id for _, job_id in seen}) & intents.c.state.in_(_GONE)
    with ledger.reading() as connection:
        found = connection.execute(select(intents.c.target, intents.c.job_id, intents.c.at).where(is_one))
        return frozenset((row.target, row.job_id) for row in found if row.at >= seen.get((row.target, row.job_id), "~"))


def count_listed(ledger: Readable, wanted: Wanted) -> Counter[Verdict]:
    """How many of the wanted jobs have each verdict."""
    counts = [func.count(case((jobs.c.verdict == verdict.value, 1))) for verdict in Verdict]
    with ledger.reading() as connection:
        if not has_table(connection, jobs):
            return Counter()
        numbers = connection.execute(select(*counts).where(_condition(connection, wanted))).one()
    return Counter(dict(zip(Verdict, numbers, strict=True)))


def count_by_policy(ledger: Readable) -> Counter[tuple[str, str | None, str]]:
    """How many jobs of each target each policy decided, by verdict; None where no policy did."""
    with ledger.reading() as connection:
        return _count(connection, jobs.c.target, jobs.c.policy, jobs.c.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many jobs of each target have each verdict, and when that of its jobs was seen that was not seen for longest."""

    verdicts: Counter[tuple[str, str]]
    oldest: Mapping[str, str]


def tally(ledger: Readable) -> Tally:
    """Count all jobs of the last listings once."""
    verdicts, oldest = Counter[tuple[str, str]](), dict[str, str]()
    with ledger.reading() as connection:
        if has_table(connection, jobs):
            keys = (jobs.c.target, jobs.c.verdict)
            for row in connection.execute(select(*keys, func.count(), func.min(jobs.c.seen_at)).group_by(*keys)):
                target, verdict, number, seen = row
                verdicts[target, verdict] = number
                oldest[target] = min(seen, oldest.get(target, seen))
    return Tally(verdicts=verdicts, oldest=oldest)


def count_due(ledger: Readable, until: date, target: str | None = None) -> Counter[tuple[str, str, str]]:
    """How many kept and expiring jobs may go on each day before `until`, if nothing changes, by day (UTC), target and policy."""
    day = func.substr(jobs.c.eligible_at, 1, 10)
    where = jobs.c.verdict.in_((Verdict.KEPT.value, Verdict.EXPIRING.value)) & (jobs.c.eligible_at < until.isoformat())
    where = where if target is None else where & (jobs.c.target == target)
    with ledger.reading() as connection:
        return _count(connection, day, jobs.c.target, func.coalesce(jobs.c.policy, ""), where=where)


def count_gone(ledger: Readable, target: str, known: Tally) -> int:
    """How many listed jobs of a target are proven gone since they were listed; a narrow listing leaves what it did not list.

    Intents from before any of them was seen are not looked at: there are as many as ever were.
    """
    since = known.oldest.get(target)
    if since is None:
        return 0
    is_listed = (intents.c.target == jobs.c.target) & (intents.c.job_id == jobs.c.job_id) & (intents.c.at >= jobs.c.seen_at)
    is_since = (intents.c.target == target) & (intents.c.at >= since) & intents.c.state.in_(_GONE)
    with ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(intents).join(jobs, is_listed).where(is_since)).scalar_one()


def _count(connection: Connection, *columns: ColumnElement[Any], where: ColumnElement[bool] | None = None) -> Counter[Any]:
    if not has_table(connection, jobs):
        return Counter()
    query = select(*columns, func.count()).group_by(*columns)
    found = connection.execute(query if where is None else query.where(where))
    return Counter({tuple(row[:-1]): row[-1] for row in found})


def _condition(connection: Connection, wanted: Wanted) -> ColumnElement[bool]:
    """The jobs that are wanted; names and owners are compared as they are stored, without hidden characters."""
    parts: list[ColumnElement[bool]] = []
    for name in EQUAL:
        value, column = wanted.equal.get(name), jobs.c[name]
        if value is not None:
            parts.append(column == inert(value, LONGEST_TEXT) if value else func.coalesce(column, "") == "")
    if wanted.text:
        parts.append(or_(*(_has_part(connection, column, wanted.text) for column in (jobs.c.job_id, jobs.c.name))))
    return and_(literal(value=True), *parts)


def _has_part(connection: Connection, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """That a column has a text in it, in any case of its letters; SQLite compares so anyway, and faster when not asked to."""
    shown = inert(text, LONGEST_TEXT)
    for sign in (_ESCAPE, "%", "_"):
        shown = shown.replace(sign, _ESCAPE + sign)
    pattern = f"%{shown}%"
    is_sqlite = connection.dialect.name == "sqlite"
    return column.like(pattern, escape=_ESCAPE) if is_sqlite else column.ilike(pattern, escape=_ESCAPE)


def _value_at(connection: Connection, place: Place, wanted: Wanted) -> str:
    """By what a job is sorted: looked up, since a name can be longer than an address may be."""
    is_it = (jobs.c.target == place.target) & (jobs.c.job_id == place.job_id)
    value: str | None = connection.execute(select(_columns(wanted)[0]).where(is_it)).scalar()
    if value is None:
        raise PlaceLost(f"job {place.job_id} of target {place.target} is not in the last listing any more")
    return value


def _last_of(wanted: Wanted) -> str:
    """What stands for an unknown value, so that it comes last in either direction."""
    return "" if wanted.is_descending else "\U0010ffff"


def _columns(wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    return func.coalesce(jobs.c[wanted.sort], _last_of(wanted)), jobs.c.target, jobs.c.job_id


def _keys(wanted: Wanted) -> Any:
    return tuple_(*_columns(wanted))


def _ordered(query: Select[Any], wanted: Wanted, *, is_downward: bool) -> Select[Any]:
    return query.order_by(*(key.desc() if is_downward else key for key in _columns(wanted)))
