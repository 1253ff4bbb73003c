"""Invariants of the log as a whole: it verifies, it only grows, and nobody writes into another's epoch."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.verdicts import Verdict, invariant

if TYPE_CHECKING:
    from simulation.evidence import Evidence

PAGE = Path(__file__).parents[2] / "docs" / "audit-format.md"
WITHOUT_FENCE = frozenset({"sweep.started", "plan.refused"})
FindBreak = Callable[[Sequence[bytes], Sequence[tuple[int, str]]], str | None]


@cache
def documented_verifier() -> FindBreak:
    """The verifier that an auditor is given on paper."""
    block = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {"__name__": "documented"}
    exec(compile(block[1], str(PAGE), "exec"), names)  # noqa: S102  it is our own page
    verifier: FindBreak = names["find_break"]
    return verifier


@invariant("S-21", "settled")
def the_log_verifies_and_no_forgery_does(evidence: "Evidence") -> Verdict:
    """Asks the documented verifier about the log, with every head that was told, and about forgeries of it, one change each."""
    verdict, find_break = Verdict(), documented_verifier()
    lines = [json.dumps(event, sort_keys=True, separators=(",", ":")).encode() + b"\n" for event in evidence.events]
    heads = [*evidence.heads, (len(lines), evidence.events[-1]["hash"])]
    told = find_break(lines, heads)
    verdict.ask(holds=told is None, otherwise=f"the documented verifier says: {told}")
    for what, place, forged in _forgeries(lines, len(evidence.requests)):
        said = find_break(forged, heads)
        verdict.ask(holds=said is not None, otherwise=f"a log with {what} at {place + 1} passes")
        first = min((int(number) for number in re.findall(r"\d+", said or "")), default=place + 1)
        verdict.ask(holds=first in (place + 1, place + 2), otherwise=f"with {what} at {place + 1} the verifier names {first}")
    return verdict


def _forgeries(lines: list[bytes], seed: int) -> Iterator[tuple[str, int, list[bytes]]]:
    """One of each kind, at a place that differs from log to log."""
    place = (len(lines) * 7 + seed) % (len(lines) - 1)
    line = lines[place]
    middle = len(line) // 2
    before, after = lines[:place], lines[place + 1 :]
    yield "a changed byte", place, [*before, line[:middle] + bytes([line[middle] ^ 1]) + line[middle + 1 :], *after]
    yield "a removed event", place, [*before, *after]
    yield "an event twice", place + 1, [*before, line, line, *after]
    yield "two events swapped", place, [*before, after[0], line, *after[1:]]
    yield "its end cut off", len(lines) - 1, lines[:-1]


@invariant("S-22")
def every_head_that_was_told_is_still_in_the_log(evidence: "Evidence") -> Verdict:
    """Compares each head that a sweep told with the log as it lies there now."""
    verdict = Verdict()
    for seq, digest in evidence.heads:
        found = evidence.events[seq - 1]["hash"] if seq <= len(evidence.events) else None
        verdict.ask(holds=found == digest, otherwise=f"the head {seq} that was told is not in the log any more")
    return verdict


@invariant("S-22", "settled")
def every_event_that_was_read_is_still_in_the_log(evidence: "Evidence") -> Verdict:
    """Compares each event as it was read once with the log as it lies there at the end: none is gone or another one."""
    verdict, now = Verdict(), evidence.ledger.hashes_now()
    for event in evidence.events:
        is_there = now.get(event["seq"]) == event["hash"]
        verdict.ask(holds=is_there, otherwise=f"event {event['seq']} that was read once is not in the log any more")
    return verdict


@invariant("S-23")
def epochs_never_interleave(evidence: "Evidence") -> Verdict:
    """Compares the order of sweeps: epochs rise, and once a later one has begun no earlier one writes intents, ends or marks."""
    verdict, epochs, latest = Verdict(), dict[str, int](), 0
    for event in evidence.events:
        sweep_id = event["sweep_id"]
        if event["event"] == "sweep.started":
            verdict.ask(holds=event["epoch"] > latest, otherwise=f"epoch {event['epoch']} after {latest}")
            epochs[sweep_id] = latest = event["epoch"]
        elif sweep_id in epochs and event["event"] not in WITHOUT_FENCE:
            verdict.ask(
                holds=epochs[sweep_id] == latest, otherwise=f"{event['event']} of epoch {epochs[sweep_id]} after {latest} began"
            )
    return verdict
