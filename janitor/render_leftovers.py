"""Owns how it is told what deleted jobs leave behind in object storage; what is not known is never shown as none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from janitor.core.plan import Outcome
from janitor.core.text import inert
from janitor.retention.leftovers import Leftovers, Share, sum_leftovers
from janitor.sweep.book import Entry

MOST_SHARES = 10
MOST_NAMED = 5
LONGEST_NAME = 128
BY_OWNER = ("owner", "jobs", "without a known address", "addresses")
BY_BUCKET = ("bucket", "jobs", "addresses")
QUOTA_ONLY = "Deleting a job frees its place in the quota, not storage; how much is stored, the platform does not tell."
_DELETED = frozenset({Outcome.CONFIRMED, Outcome.ACCEPTED})
_INDENT = " " * 14


def leftovers_of(entries: Iterable[Entry]) -> Leftovers:
    """What the jobs of these entries leave behind, each once it is deleted."""
    return sum_leftovers((entry.decision.job.owner, entry.decision.job.outputs) for entry in entries)


def tell_total(left: Leftovers, kind: str) -> str:
    """How many addresses of how many jobs of this kind stay, and of how many none is known."""
    told, untold = left.total.jobs - left.total.untold, left.total.untold
    if not told:
        return f"of {_count(untold, f'{kind} job', f'{kind} jobs')} no address is known"
    jobs, stays = _count(told, f"{kind} job", f"{kind} jobs"), "stays" if left.total.addresses == 1 else "stay"
    text = f"{_count(left.total.addresses, 'address', 'addresses')} of {jobs} {stays}"
    return f"{text}; of {untold} more no address is known" if untold else text


def owner_rows(left: Leftovers, quote: Callable[[str], str] = str) -> Iterator[list[object]]:
    """The first owners, each with its jobs and addresses, and a row that says how many more there are."""
    for name, share in _first(left.owners, MOST_SHARES):
        yield [quote(name) if name else "(none)", share.jobs, share.untold, share.addresses or "not known"]
    yield from _more(left.owners, len(BY_OWNER))


def bucket_rows(left: Leftovers, quote: Callable[[str], str] = str) -> Iterator[list[object]]:
    """The first buckets, each with its jobs and addresses, and a row that says how many more there are."""
    for name, share in _first(left.buckets, MOST_SHARES):
        yield [quote(name) if name else "(not told)", share.jobs, share.addresses]
    yield from _more(left.buckets, len(BY_BUCKET))


def deleted_lines(entries: Sequence[Entry]) -> list[str]:
    """What stays of the jobs that a sweep deleted, or whose deletion was accepted; nothing where there are none."""
    left = leftovers_of(entry for entry in entries if entry.outcome in _DELETED)
    if not left.total.jobs:
        return []
    return [
        f"  in storage  {tell_total(left, 'deleted')}; sizes are not known",
        f"{_INDENT}by owner: {_tell_owners(left)}",
        f"{_INDENT}each: `janitor tombstone show JOB_ID`; sums: `janitor report --html FILE`",
    ]


def expired_lines(entries: Sequence[Entry]) -> list[str]:
    """What would stay of the expired jobs once they are deleted; nothing where there are none."""
    left = leftovers_of(entries)
    if not left.total.jobs:
        return []
    return [
        f"in storage once they are deleted: {tell_total(left, 'expired')}",
        f"by owner: {_tell_owners(left)}",
        f"{QUOTA_ONLY} Each address: `janitor plan --format csv`.",
    ]


def _tell_owners(left: Leftovers) -> str:
    named = [f"{_name(name)} {_tell(share)}" for name, share in _first(left.owners, MOST_NAMED)]
    more = len(left.owners) - len(named)
    return ", ".join([*named, *([f"and {more} more"] if more else [])])


def _name(owner: str | None) -> str:
    return inert(owner, LONGEST_NAME) if owner else "(none)"


def _tell(share: Share) -> str:
    if not share.addresses:
        return "not known"
    return f"at least {share.addresses}" if share.untold else f"{share.addresses}"


def _first(shares: Mapping[str | None, Share], most: int) -> list[tuple[str | None, Share]]:
    return list(shares.items())[:most]


def _more(shares: Mapping[str | None, Share], width: int) -> list[list[object]]:
    return [[f"and {len(shares) - MOST_SHARES} more", *[""] * (width - 1)]] if len(shares) > MOST_SHARES else []


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
