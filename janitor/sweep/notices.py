"""Owns the notices of a sweep, once it is over: who is told what, and what the audit log says of it; no deletion waits for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.channel import Channel
from janitor.core.errors import JanitorError
from janitor.ledger.chain import Draft
from janitor.ledger.store import Ledger
from janitor.notify.courier import Courier, Delivery
from janitor.notify.digest import build_digest
from janitor.notify.forms import Message, render_digest
from janitor.notify.news import News
from janitor.sweep.news import Gathered, Untold, gather, read_quota
from janitor.sweep.report import TargetReport
from janitor.sweep.target import Target, Tools, unheard

AT_ONCE = 500
"""Jobs that one event names at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message for a channel, and the marks whose grace period its delivery begins."""

    channel: Channel
    message: Message
    marks: Sequence[Untold]


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Tells the channels of a policy file what a sweep came to; raises nothing, and changes nothing about the sweep."""

    channels: tuple[Channel, ...]
    courier: Courier

    def tell(self, target: Target, ledger: Ledger, tools: Tools, report: TargetReport) -> tuple[Delivery, ...]:
        """Write and send what each channel is to be told, then record what became of it, in the ledger and the log.

        A job's own owner is who must be told of its mark, where that owner has a channel; else any general channel that is told
        of marks. What was sent and could not be recorded counts as not told.
        """
        say = unheard(tools.say)
        if report.dry_run or not self.channels:
            return ()
        try:
            letters, until = list(self._write(target, ledger, report)), self.courier.until()
            deliveries = tools.spawner.run_all(
                lambda letter: self.courier.deliver(letter.channel, letter.message, tools.stop, until), letters
            )
            if tools.clock.now() < report.as_of:  # by a clock that was set back, the wait would have begun before its mark
                letters = [replace(letter, marks=()) for letter in letters]
            drafts = [draft for pair in zip(letters, deliveries, strict=True) for draft in _drafts(report, *pair)]
            for draft in drafts:
                say(draft.event, target=draft.target, sweep_id=draft.sweep_id, **_brief(draft))
            ledger.append(drafts)
            return tuple(deliveries)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  the sweep is over, and its result stands
            reason = str(error) if isinstance(error, JanitorError) else f"unexpected {type(error).__name__}"
            say(events.NOTICE_FAILED, target=report.target, sweep_id=report.sweep_id, channel=None, reason=reason)
            return ()

    def _write(self, target: Target, ledger: Ledger, report: TargetReport) -> Iterator[Letter]:
        gathered = gather(target, ledger, report)
        occasions, owners = gathered.occasions(), frozenset(each.owner for each in self.channels)
        asking = [channel for channel in self.channels if channel.owner is None and not channel.on.isdisjoint(occasions)]
        if asking:
            news = gathered.news(read_quota(target, report))
            general = [each for each in gathered.untold if each.job.owner is None or each.job.owner not in owners]
            yield from (_letter(channel, news, general if channel.tells_marks else ()) for channel in asking)
        yield from self._write_owners(gathered)

    def _write_owners(self, gathered: Gathered) -> Iterator[Letter]:
        """In another order after each sweep: where there is no time for all of them, it is not always the same ones that miss."""
        sweep_id = gathered.report.sweep_id
        for channel in sorted(self.channels, key=lambda each: sha256(f"{sweep_id} {each.name}".encode()).digest()):
            news = None if channel.owner is None else gathered.news_of(channel.owner)
            if news is not None:
                yield _letter(channel, news, gathered.untold_of(channel.owner))


def _letter(channel: Channel, news: News, marks: Sequence[Untold]) -> Letter:
    return Letter(channel=channel, message=render_digest(build_digest(news), channel.kind.form), marks=marks)


def _drafts(report: TargetReport, letter: Letter, delivery: Delivery) -> Iterator[Draft]:
    """One event, or of a delivery that told of very many marks several; of one that failed the first marks are enough."""
    event = events.NOTICE_DELIVERED if delivery.is_delivered else events.NOTICE_FAILED
    fields = {
        "channel": letter.channel.name,
        "kind": letter.channel.kind.schema,
        "owner": letter.channel.owner,
        "digest": letter.message.sha256,
        "attempts": delivery.attempts,
        "reason": None if delivery.is_delivered else delivery.result,
        "marks": len(letter.marks),
    }
    last = len(letter.marks) if delivery.is_delivered else 1
    for first in range(0, max(last, 1), AT_ONCE):
        jobs = [_job(each) for each in letter.marks[first : first + AT_ONCE]]
        yield Draft(event=event, target=report.target, sweep_id=report.sweep_id, fields=fields | {"jobs": jobs})


def _job(untold: Untold) -> dict[str, str | None]:
    job = untold.job
    created = None if job.created_at is None else timestamp(job.created_at)
    return {"job_id": job.id, "created_at": created, "marked_at": timestamp(untold.mark.since)}


def _brief(draft: Draft) -> dict[str, object]:
    """What the log says; the jobs are in the ledger."""
    return {name: value for name, value in draft.fields.items() if name != "jobs"}
