"""Owns the digest of a sweep: which lines it has, in which order, never more than fifteen; each channel's form renders them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from janitor.core.plan import Outcome
from janitor.notify.harmless import LONGEST_NAME, LONGEST_SENTENCE
from janitor.notify.news import Named, News, Stop
from janitor.retention.history import LIFTABLE

MOST_LINES = 15
MOST_OWNERS = 5
MOST_NAMED = 3
_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_RESUME = re.compile(r".*`(janitor resume(?: --target [a-z0-9-]+)?)` lifts it", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """A text from outside: each form makes it harmless."""

    text: str
    longest: int = LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Command:
    """A line to copy; nothing from outside stands in it."""

    text: str


Part = str | Told | Command
"""What a line is made of; plain text is our own."""
Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A title, which has our own words alone, since it becomes a header of a mail; and the lines."""

    title: str
    lines: tuple[Line, ...]


def build_digest(news: News) -> Digest:
    """Say what a sweep came to: outcomes, owners, marks, the coming days, the quota, what went wrong, and what to do."""
    ending = "refused" if news.refusal else "ended early" if news.trouble else "swept"
    title = f"janitor: {news.target} {ending}" + (", your jobs" if news.owner is not None else "")
    lines = (
        _heading(news, ending),
        _outcomes(news),
        *_owners(news),
        *_marked(news),
        *_observed(news),
        *_coming(news),
        *_quota(news),
        *_refusal(news),
        *_trouble(news.trouble),
        *_failures(news),
        _hold(news),
    )
    return Digest(title=title, lines=lines)


def _heading(news: News, ending: str) -> Line:
    about: Line = () if news.owner is None else (", the jobs of ", Told(news.owner))
    return (f"{news.target} ({news.mode}): {ending} {_instant(news.as_of)}", *about)


def _outcomes(news: News) -> Line:
    counts = {Outcome(word): number for word, number in news.outcomes.items()}
    gone = counts.get(Outcome.CONFIRMED, 0) + counts.get(Outcome.ALREADY_GONE, 0)
    told = [f"deleted {gone}", *(f"{word} {counts.get(word, 0)}" for word in _ALWAYS)]
    told += [f"{word} {counts[word]}" for word in _SOMETIMES if counts.get(word)]
    return (f"Jobs: {', '.join(told)}",)


def _owners(news: News) -> Iterator[Line]:
    if news.owner is not None or not news.owners:
        return
    parts: list[Part] = ["By owner: "]
    for place, (owner, number) in enumerate(news.owners[:MOST_OWNERS]):
        parts += [", "] if place else []
        parts += ["(none)" if owner is None else Told(owner), f" {number}"]
    more = len(news.owners) - MOST_OWNERS
    yield (*parts, *([f", and {more} more"] if more > 0 else []))


def _marked(news: News) -> Iterator[Line]:
    marked = news.marked
    if marked is None:
        return
    shown = marked.first[:MOST_NAMED]
    yield (f"Marked to go: {marked.count}, from {_instant(marked.from_)} on: ", *_names(shown, marked.count))


def _observed(news: News) -> Iterator[Line]:
    if news.observed:
        yield (f"Marked, but only observed, so they stay: {news.observed}",)


def _names(shown: Sequence[Named], count: int) -> Iterator[Part]:
    for place, job in enumerate(shown):
        yield from ([", "] if place else [])
        yield "(no name)" if job.name is None else Told(job.name)
    if count > len(shown):
        yield f" and {count - len(shown)} more"


def _coming(news: News) -> Iterator[Line]:
    if news.coming is None:
        return
    days = [f"{day:%a %d %b} {number}" for day, number in news.coming if number]
    yield (f"Next 7 days: {sum(number for _, number in news.coming)} expire" + (f" ({', '.join(days)})" if days else ""),)


def _quota(news: News) -> Iterator[Line]:
    if news.quota is not None:
        used, limit = news.quota
        share = f" ({used * 100 // limit} %)" if limit else ""
        yield (f"Quota: {used} of {limit} jobs{share}",)


def _refusal(news: News) -> Iterator[Line]:
    if news.refusal is not None:
        yield (f"Refused by {news.refusal.by}, nothing was deleted: ", Told(news.refusal.text, LONGEST_SENTENCE))
        yield from [] if news.owner is not None else [("Run next: ", *_next(news.refusal, quote(news.target)))]


def _next(refusal: Stop, target: str) -> Line:
    """What to run after a refusal: where a guard can be lifted, look first, then say so."""
    lifts = _RESUME.fullmatch(refusal.text)
    if lifts is not None:
        return (Command(lifts[1]),)
    if refusal.by in _ASK_DOCTOR:
        return (Command(f"janitor doctor --target {target}"),)
    look = Command(f"janitor plan --target {target}")
    if refusal.by not in LIFTABLE:
        return (look,)
    return (look, ", and if all is right ", Command(f"janitor acknowledge {refusal.by} --target {target} --reason TEXT"))


def _trouble(trouble: Stop | None) -> Iterator[Line]:
    if trouble is not None:
        yield (f"Trouble: {trouble.by}: ", Told(trouble.text, LONGEST_SENTENCE))


def _failures(news: News) -> Iterator[Line]:
    if news.failures:
        yield ("Not deleted: ", *_names(news.failures[:MOST_NAMED], len(news.failures)))


def _hold(news: News) -> Line:
    ids = [job.id for job in news.marked.first if _ID.fullmatch(job.id)] if news.marked else []
    return (
        "Keep a job: ",
        Command(f"janitor hold add {ids[0] if ids else 'JOB_ID'} --target {quote(news.target)} --reason TEXT"),
    )


def _instant(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%MZ}"


_ALWAYS = (Outcome.ACCEPTED, Outcome.FAILED, Outcome.DEFERRED)
_SOMETIMES = (Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.OBSERVED, Outcome.REFUSED)
_ASK_DOCTOR = frozenset({"clock", "identity", "labels_unavailable"})
