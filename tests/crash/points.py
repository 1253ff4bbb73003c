"""The crash points: where in a sweep a process ends itself, as the kernel would end it; patched into the child before it runs."""

import os
import signal
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from threading import Lock
from typing import Any, Protocol

from sqlalchemy import Engine, event

import janitor.backends.modelarts_v2
import janitor.sweep.batch
import janitor.sweep.confirm
import janitor.sweep.entry
import janitor.sweep.execute
import janitor.sweep.looking
import janitor.sweep.loop
import janitor.sweep.noting
import janitor.sweep.recover
import janitor.sweep.send
import janitor.wiring
from janitor.backends.modelarts_narrow import NarrowV2
from janitor.backends.modelarts_v1 import ModelArtsV1
from janitor.backends.modelarts_v2 import ModelArtsV2
from janitor.ledger.store import Ledger
from janitor.modelarts.limits import TransportLimits
from janitor.modelarts.v2_listing import _Reading
from janitor.sweep.canary import Canary
from janitor.sweep.journal import Journal
from janitor.sweep.looking import Looker
from janitor.sweep.noting import Notes


class Trap:
    """Sends the process a signal, as the kernel would, at the nth passage; what is to be kept of it is kept right before."""

    def __init__(self, nth: int, number: int = signal.SIGKILL, keep: Callable[[], None] | None = None) -> None:
        self._left, self._number, self._lock, self._keep = nth, number, Lock(), keep

    def spring(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                if self._keep is not None:
                    self._keep()
                os.kill(os.getpid(), self._number)


class Springs(Protocol):
    """What waits at a point."""

    def spring(self) -> None:
        """Somebody passes."""
        ...


Arm = Callable[[Springs], None]


def before(owner: Any, name: str) -> Arm:
    """Right before a call."""

    def arm(trap: Springs) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            trap.spring()
            return original(*arguments, **named)

        setattr(owner, name, wrapped)

    return arm


def after(owner: Any, name: str) -> Arm:
    """Right after a call has returned, or raised what it raises."""

    def arm(trap: Springs) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            try:
                return original(*arguments, **named)
            finally:
                trap.spring()

        setattr(owner, name, wrapped)

    return arm


def after_either(name: str) -> Arm:
    """Right after a call of the adapter, whichever generation it is for."""
    return both(*(after(owner, name) for owner in (ModelArtsV1, ModelArtsV2)))


def both(*arms: Arm) -> Arm:
    """Wherever one of these is."""

    def arm(trap: Springs) -> None:
        for each in arms:
            each(trap)

    return arm


def before_commit_of(statement: str) -> Arm:
    """When a transaction with such a statement is written, and not yet synced."""

    def arm(trap: Springs) -> None:
        pending = {"is_of_interest": False}

        def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            pending["is_of_interest"] |= text.startswith(statement)

        def commit(_connection: Any) -> None:
            if pending["is_of_interest"]:
                pending["is_of_interest"] = False
                trap.spring()

        event.listen(Engine, "before_cursor_execute", note)
        event.listen(Engine, "commit", commit)

    return arm


def is_deletion(data: Any) -> bool:
    """Whether these are the first bytes of a request that deletes."""
    return bytes(data).startswith(b"DELETE ") or b"/batch-delete HTTP" in bytes(data)


def half_sent(trap: Springs) -> None:
    """When the first half of a deletion's last bytes is on its way: of its head, or of the body that names the jobs."""
    original, heads = HTTPConnection.send, set[int]()

    def send(self: HTTPConnection, data: Any) -> None:
        is_body = id(self) in heads
        heads.discard(id(self))
        if is_deletion(data) and b"Content-Length" in bytes(data) and b"Content-Length: 0" not in bytes(data):
            heads.add(id(self))  # the body follows
        elif is_body or is_deletion(data):
            original(self, data[: len(data) // 2])
            trap.spring()
            data = data[len(data) // 2 :]
        original(self, data)

    HTTPConnection.send = send  # type: ignore[method-assign]


def sent(trap: Springs) -> None:
    """When a deletion is on its way as a whole, and no byte of its answer was read."""
    original_send, original_answer, waiting = HTTPConnection.send, HTTPConnection.getresponse, set[int]()

    def send(self: HTTPConnection, data: Any) -> None:
        original_send(self, data)
        waiting.update({id(self)} if is_deletion(data) else ())

    def getresponse(self: HTTPConnection) -> Any:
        if id(self) in waiting:
            waiting.discard(id(self))
            trap.spring()
        return original_answer(self)

    HTTPConnection.send, HTTPConnection.getresponse = send, getresponse  # type: ignore[method-assign]


POINTS: dict[str, Arm] = {
    "cp1_before_the_lock": before(Ledger, "hold"),
    "cp2_lock_held": before(Ledger, "claim"),
    "cp3_ledger_verified": after(janitor.sweep.entry, "check_tail"),
    "cp4_recovery_looked": after(janitor.sweep.recover, "_is_present"),
    "cp5_half_the_listing": after(_Reading, "_page"),
    "cp6_listing_done": after_either("list_jobs"),
    "cp7_plan_written": after(Notes, "write"),
    "cp8_before_the_look": both(before(janitor.sweep.execute, "look_at"), before(Looker, "_look_together")),
    "cp9_after_the_look": both(after(janitor.sweep.execute, "look_at"), after(Looker, "_look_together")),
    "cp10_intents_not_synced": before_commit_of("INSERT INTO intents"),
    "cp11_intents_synced": after(Journal, "intend"),
    "cp12_request_half_sent": half_sent,
    "cp13_request_sent": sent,
    "cp14_reply_read": after_either("delete_jobs"),
    "cp15_outcomes_not_synced": before_commit_of("UPDATE intents"),
    "cp16_outcomes_synced": after(Journal, "record"),
    "cp16_before_the_head": before(janitor.sweep.loop, "write_anchor"),
}
"""The points of a sweep in which it matters what was done and what was written, in their order."""

FIRST = dict.fromkeys(POINTS, 1)
"""At the first passage: before anything was deleted, or at the first deletion, which is a single one."""

LATER = {"cp8_before_the_look": 5, "cp9_after_the_look": 5, "cp10_intents_not_synced": 2, "cp11_intents_synced": 2}
LATER |= {"cp15_outcomes_not_synced": 2, "cp16_outcomes_synced": 2}
WITHIN = {
    "singly": LATER | {"cp12_request_half_sent": 5, "cp13_request_sent": 5, "cp14_reply_read": 5},
    "batch": LATER | {"cp12_request_half_sent": 2, "cp13_request_sent": 2, "cp14_reply_read": 2},
}
"""Within the jobs that follow the first: ten at once singly, or all in one request."""

AFTER_A_CRASH = "cp4_recovery_looked"
"""The point that a sweep reaches only where an earlier one left something open."""

MARKING: dict[str, Arm] = {
    "marks_not_synced": before_commit_of("INSERT INTO marks"),
    "marks_synced_and_no_job_remembered": before(janitor.sweep.noting, "remember_seen"),
    "jobs_not_synced": before_commit_of("INSERT INTO jobs"),
    "nothing_deleted_yet": after(Notes, "write"),
}
"""The points between deciding and deleting, where a sweep writes which jobs wait for their grace period."""

LOOKING: dict[str, Arm] = {
    "labels_read": after(NarrowV2, "list_labels"),
    "before_the_list_again": before(janitor.sweep.confirm, "_ask_again"),
    "after_the_list_again": after(janitor.sweep.confirm, "_ask_again"),
}
"""The points of a sweep of a long plan, whose jobs are looked at, and proven gone, by lists."""

RECOVERING: dict[str, Arm] = {
    "recovery_saw_the_canary": after(Canary, "is_visible"),
    "recovery_looked": POINTS[AFTER_A_CRASH],
    "recovery_not_synced": POINTS["cp15_outcomes_not_synced"],
    "recovery_synced": after(janitor.sweep.loop, "recover"),
}
"""The points of a sweep that finds intents open; the third is in its own transaction, before any intent of its own."""

ALL = POINTS | MARKING | LOOKING | RECOVERING


def delete_at_once(most: int) -> None:
    """Let the adapter know of no batch that names more jobs; with 1, of no batch route."""
    assert "BATCH" in vars(janitor.backends.modelarts_v2)
    vars(janitor.backends.modelarts_v2)["BATCH"] = most


def limit_transport(limits: dict[str, Any]) -> None:
    """Change the limits of what carries requests, so that a test need not wait for as long as a user would."""
    vars(janitor.wiring)["TransportLimits"] = partial(TransportLimits, **limits)


def look_fresh_for(seconds: float) -> None:
    """Shorten the time for which a look is fresh, so that a test need not stop a process for longer than ten seconds."""
    for module in (janitor.sweep.send, janitor.sweep.batch):
        assert "FRESH_FOR_S" in vars(module)
        vars(module)["FRESH_FOR_S"] = seconds


def look_together_from(planned: int) -> None:
    """Let a plan of so many jobs be a long one, whose jobs are looked at by lists."""
    assert "MANY" in vars(janitor.sweep.looking)
    vars(janitor.sweep.looking)["MANY"] = planned
