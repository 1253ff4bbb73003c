"""Owns steps 4 to 6: look again, intend, delete; in batches, the first of them a single job."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from janitor.backends.port import Answer, Reply
from janitor.core import events
from janitor.core.errors import StandingChanged
from janitor.core.job import Job
from janitor.core.plan import Plan
from janitor.core.verdict import Decision, Reason
from janitor.sweep.attempt import ATTEMPTS, OPEN, Attempt, snapshots_of
from janitor.sweep.bars import PAUSED, Bars
from janitor.sweep.batch import SINGLES, Batcher
from janitor.sweep.endurance import OVER, Endurance
from janitor.sweep.journal import Journal
from janitor.sweep.keep import Keeper, Kept
from janitor.sweep.look import INTERRUPTED, Look, Sight, look_at
from janitor.sweep.looking import Looker, Part
from janitor.sweep.send import Courier
from janitor.sweep.streak import Streak
from janitor.sweep.target import Target, Tools

FIRST_FAILED = Reason(code="first_failed", text="the first deletion did not go through, so no other was tried")
TRYING_AGAIN = Reply(answer=Answer.UNKNOWN, code="trying_again", message="it is still there, unchanged; trying again")
TRIES = 20
"""How often intents are made ready while holds and pauses go on changing."""

UNSETTLED = Reason(code=PAUSED, text="holds and pauses changed again and again; the rest waits until somebody is done with them")
Looked = list[tuple[Decision, Look]]
Act = Callable[[], list[Attempt] | dict[str, Look]]


@dataclass(kw_only=True)
class Execution:
    """Carries out one plan; `end` says why it stopped early, `flaw` why a job could not be looked at or kept."""

    target: Target
    tools: Tools
    journal: Journal
    as_of: datetime
    endurance: Endurance
    beside: Mapping[str, Job] = field(default_factory=dict)
    """For each workspace a listed job that no plan touches."""
    end: Reason | None = None
    flaw: Reason | None = None
    bars: Bars = field(init=False)
    looker: Looker = field(init=False)
    courier: Courier = field(init=False)
    batcher: Batcher = field(init=False)
    streak: Streak = field(default_factory=Streak)
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        """Make those that choose, send and stand watch for this target."""
        backend, clock = self.target.backend, self.tools.clock
        self.bars = Bars(target=self.target, tools=self.tools, journal=self.journal, as_of=self.as_of)
        self.looker = Looker(
            target=self.target, tools=self.tools, bars=self.bars, look_alone=self._look_alone, beside=self.beside
        )
        self.courier = Courier(
            backend=backend,
            clock=clock,
            look_at_all=self._looks,
            bars=self.bars,
            streak=self.streak,
            endurance=self.endurance,
        )
        self.batcher = Batcher(backend=backend)
        self.keeper = Keeper(target=self.target, tools=self.tools, scrub=self.journal.ledger.scrub)

    def run(self, plan: Plan) -> list[Attempt]:
        """Delete the plan's jobs and answer with every attempt that is open and has to be confirmed.

        1. Single jobs until one was accepted or said gone; if the first that is sent is neither, the execution ends. 2. Batch
        by batch; while one is being sent, the next is looked at, and after five in a row that came to nothing, what is unknown
        of them is settled first. 3. What is unknown is tried again, singly, after the quiet period. 4. What was never attempted
        is skipped, with the reason.
        """
        queue = deque(plan.entries)
        self.looker.planned = frozenset(entry.job.id for entry in plan.entries)
        self.batcher.step = 1 if self.looker.narrow is None else self.looker.narrow.at_once
        attempts = self._prove(queue)
        looked = self._look_at_all(self.batcher.choose(queue)) if self._may_go_on() else []
        while looked and self._may_go_on():
            batch, rest = self._intend(looked[: self.batcher.most]), looked[self.batcher.most :]
            sent, fresh = self._send(batch, [] if rest else self.batcher.choose(queue))
            attempts, looked = self._settle_doubts(attempts + sent), rest or fresh
        attempts = self._retry_unknown(attempts)
        self._leave_rest()
        return [attempt for attempt in attempts if attempt.came_to(*OPEN)]

    def _leave_rest(self) -> None:
        """Skip what was never attempted; where only the time was over, one line of the log tells of all."""
        left, why = self.journal.book.still_planned(), self.end or Reason(code="not_attempted", text="it was not attempted")
        is_over = why.code == OVER.code
        why = self.endurance.reason if is_over else why
        self.journal.skip([(decision, why) for decision in left])
        if is_over and left:
            self.journal.say(events.SWEEP_CUT_SHORT, jobs=len(left), reason=why.text)

    def _prove(self, queue: deque[Decision]) -> list[Attempt]:
        """Begin slowly: one job, and no second one before a request has gone through."""
        while queue and self._may_go_on():
            began = self.tools.clock.monotonic()
            sent, _ = self._send(self._intend(self._look_at_all([queue.popleft()])), [])
            self.batcher.learn_speed(1, self.tools.clock.monotonic() - began)
            if sent:
                sent = self._retry_unknown(sent)
                is_proven = any(attempt.came_to(Answer.ACCEPTED, Answer.GONE) for attempt in sent)
                self.end = self.end if is_proven else self.end or FIRST_FAILED
                return sent
        return []

    def _may_go_on(self) -> bool:
        """Whether the next batch may begin; the wish to stop is asked here too, whatever the backend does with it."""
        if self.tools.stop.is_set():
            self.end = self.end or INTERRUPTED
        self.end = self.end or self.endurance.over()
        return self.end is None

    def _look_at_all(self, chosen: Sequence[Decision]) -> Looked:
        return list(zip(chosen, self._looks(chosen), strict=True))

    def _looks(self, chosen: Sequence[Decision]) -> list[Look]:
        seen = self.tools.spawner.run_all(self._look_at, self.looker.parts(chosen))
        return _in_order(chosen, seen)

    def _look_alone(self, entry: Decision) -> Look:
        return look_at(entry.job, self.target.backend, self.tools.clock, self.bars.unread)

    def _look(self, entry: Decision) -> Look:
        return self._look_at(Part(entries=(entry,)))[entry.job.id]

    def _look_at(self, part: Part) -> dict[str, Look]:
        looks = self.looker.look(part)
        for look in looks.values():
            if look.sight is Sight.STOPPED:
                self.end = INTERRUPTED
            if look.sight is Sight.TURNED_AWAY:
                self.end = self.end or look.reason
            if look.sight is Sight.UNREADABLE:
                self.flaw = self.flaw or look.reason
        return looks

    def _intend(self, looked: Looked) -> list[Attempt]:
        """Skip what is not the same any more, or held by now, and write the intents of the others.

        Holds and pauses are read first, and the intents are written only if none has come since.
        """
        self.journal.skip([(entry, look.reason) for entry, look in looked if look.sight is not Sight.SAME])
        same = [(entry, look) for entry, look in looked if look.sight is Sight.SAME]
        kept = self.keeper.keep([Attempt(decision=entry, intent_id=self.tools.new_id(), look=look) for entry, look in same])
        self._note_unkept(kept)
        attempts = list(kept.attempts)
        for _ in range(TRIES):
            attempts, version = self._leave_out_barred(attempts)
            with suppress(StandingChanged):
                self.journal.intend(attempts, version, kept.stones)
                kept.drop_others(attempts)
                return attempts
        kept.drop_others([])
        self.end = self.end or UNSETTLED
        return []

    def _note_unkept(self, kept: Kept) -> None:
        """Skip jobs of which nothing that a policy asks for could be kept, and flag the sweep."""
        self.journal.skip([(attempt.decision, reason) for attempt, reason in kept.unkept])
        self.flaw = self.flaw or next((reason for _, reason in kept.unkept), None)

    def _leave_out_barred(self, attempts: Sequence[Attempt]) -> tuple[list[Attempt], int]:
        """Skip what is held by now; where sweeping is paused by now, the execution ends and nothing is left."""
        reasons, version = self.bars.find(snapshots_of(attempts))
        reasons = self.bars.find_blind(attempts) | reasons
        self._note_pause(reasons)
        held = [] if self.end else [attempt for attempt in attempts if attempt.job_id in reasons]
        self.journal.skip([(attempt.decision, reasons[attempt.job_id]) for attempt in held])
        free = [attempt for attempt in attempts if attempt.job_id not in reasons]
        return free if self._may_go_on() else [], version

    def _note_pause(self, reasons: Mapping[str, Reason]) -> None:
        paused = next((reason for reason in reasons.values() if reason.code == PAUSED), None)
        self.end = self.end or paused

    def _send(self, batch: Sequence[Attempt], chosen: Sequence[Decision]) -> tuple[list[Attempt], Looked]:
        """Send a batch, as one request or singly, and look at the next one meanwhile."""
        began = self.tools.clock.monotonic()
        is_one_request = self.batcher.is_batching and len(batch) > 1
        sends: list[Act] = [partial(self.courier.send, [attempt]) for attempt in batch]
        looks: list[Act] = [partial(self._look_at, part) for part in self.looker.parts(chosen)]
        done = self.tools.spawner.run_all(_call, [*([partial(self._send_as_one, batch)] if is_one_request else sends), *looks])
        sent = [attempt for each in done if isinstance(each, list) for attempt in each]
        if not is_one_request:
            self._record(sent)
        self.batcher.learn_speed(len(chosen), self.tools.clock.monotonic() - began)
        return sent, list(zip(chosen, _in_order(chosen, [each for each in done if isinstance(each, dict)]), strict=True))

    def _send_as_one(self, batch: Sequence[Attempt]) -> list[Attempt]:
        """Send one request for all, and record its answer at once; without a batch route look again and send singly."""
        sent = self.courier.send(batch)
        self.batcher.learn_answer(is_unclear=any(attempt.came_to(Answer.UNKNOWN) for attempt in sent))
        settled = [attempt for attempt in sent if not attempt.came_to(Answer.UNSUPPORTED)]
        left = [attempt for attempt in sent if attempt.came_to(Answer.UNSUPPORTED)]
        for start in range(0, len(left), SINGLES):
            same, changed = self.courier.look_again(left[start : start + SINGLES])
            settled += [*changed, *self._send_singly(same)]
        self._record(settled)
        return settled

    def _send_singly(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        sent = self.tools.spawner.run_all(self.courier.send, [[attempt] for attempt in attempts])
        return [attempt for each in sent for attempt in each]

    def _record(self, sent: Sequence[Attempt]) -> None:
        self.journal.record(sent)
        ending = [attempt.reason for attempt in sent if attempt.reply is not None and attempt.reply.ends_sweep]
        self.end = self.end or self.streak.broken or next(iter(ending), None)

    def _settle_doubts(self, attempts: list[Attempt]) -> list[Attempt]:
        """After five in a row that came to nothing, try what is unknown of them again; if none goes through, the sweep ends."""
        rounds = ATTEMPTS - 1
        while (doubtful := self.streak.doubtful()) and rounds and self._may_go_on():
            attempts = self._retry_once(attempts, [attempt for attempt in attempts if attempt.intent_id in doubtful])
            rounds -= 1
        if not rounds:
            self.streak.give_up()
            self.end = self.end or self.streak.broken
        return attempts

    def _retry_unknown(self, attempts: list[Attempt]) -> list[Attempt]:
        """Try what is unknown again, under the same intent, after the quiet period and only if a look shows it unchanged."""
        for _ in range(ATTEMPTS - 1):
            attempts = self._settle_doubts(attempts)
            attempts = self._retry_once(attempts, [attempt for attempt in attempts if attempt.may_be_tried_again])
        return attempts

    def _retry_once(self, attempts: list[Attempt], unknown: Sequence[Attempt]) -> list[Attempt]:
        """Try some of the attempts again, a few at a time, and answer with all; where that makes a row of failures, no more."""
        if not unknown or self.end is not None or self._wait_quiet(unknown):
            return attempts
        latest: dict[str, Attempt] = {}
        for start in range(0, len(unknown), SINGLES):
            if self._may_go_on() and not (start and self.streak.doubtful()):
                latest |= {each.intent_id: each for each in self._try_again(unknown[start : start + SINGLES])}
        return [latest.get(attempt.intent_id, attempt) for attempt in attempts]

    def _try_again(self, unknown: Sequence[Attempt]) -> list[Attempt]:
        seen = self.tools.spawner.run_all(self._look_again, unknown)
        self.journal.record([attempt for attempt in seen if attempt.came_to(Answer.REFUSED)])
        for settled in (attempt for attempt in seen if not attempt.came_to(Answer.UNKNOWN)):
            self.streak.note([settled])
        same = [attempt for attempt in seen if attempt.look.sight is Sight.SAME]
        reasons, version = self.bars.find(snapshots_of(same))
        self._note_pause(reasons)
        free = [attempt for attempt in same if attempt.job_id not in reasons] if self._may_go_on() else []
        again = [replace(attempt, reply=TRYING_AGAIN) for attempt in free]
        try:
            self.journal.resend(again, version)
        except StandingChanged:
            return seen  # they stay open, and are looked at once more
        sent = self._send_singly(again)
        self._record(sent)
        return [*seen, *sent]

    def _wait_quiet(self, unknown: Sequence[Attempt]) -> bool:
        """Let a late request be applied before another is sent; True when that would take too long, or on the wish to stop."""
        quiet_until = max(attempt.ended_at for attempt in unknown) + self.target.quiet_period.total_seconds()
        wait_s = max(0.0, quiet_until - self.tools.clock.monotonic())
        self.end = self.end or self.endurance.over(wait_s)
        return self.end is not None or self.tools.clock.wait(wait_s, self.tools.stop)

    def _look_again(self, attempt: Attempt) -> Attempt:
        """Look at a job whose fate is unknown: absent is left to be proven, changed was not deleted, same may be tried again."""
        look = replace(self._look(attempt.decision), document=None)
        said = {
            Sight.ABSENT: Reply(answer=Answer.GONE, code="said_gone", message="the platform says that it is gone"),
            Sight.CHANGED: Reply(answer=Answer.REFUSED, code="not_applied", message=f"it is still there; {look.reason.text}"),
        }
        return replace(attempt, look=look, reply=said.get(look.sight, attempt.reply))


def _call(act: Act) -> list[Attempt] | dict[str, Look]:
    return act()


def _in_order(chosen: Sequence[Decision], seen: Sequence[Mapping[str, Look]]) -> list[Look]:
    looks = {job_id: look for part in seen for job_id, look in part.items()}
    return [looks[entry.job.id] for entry in chosen]
