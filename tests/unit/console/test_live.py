"""What a listener is told of the log: counts that are right, sweeps that begin and end, no job's name."""

import asyncio
import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from builders import FakeClock
from console_scene import app_of, guarded
from small_sweep import EXPIRED, SmallSweep
from starlette.requests import Request

from janitor.console.app_source import AppSource
from janitor.console.live import CHANGED_EVERY_S, HEARTBEAT_S, LASTS_S, MOST_LISTENERS, Live, Teller
from janitor.console.progress import Progress
from janitor.console.pulse import EVERY_S, Beat, Pulse


def event(seq: int, name: str, intent: str | None = None, target: str = "research", sweep: str = "s-1") -> dict[str, Any]:
    return {"seq": seq, "event": name, "target": target, "sweep_id": sweep, "intent_id": intent, "job_name": "secret-job"}


def sweep_in(folder: Path) -> None:
    small = SmallSweep(folder=folder)
    with small.open() as ledger:
        small.sweep(ledger)


def told(messages: list[str]) -> list[tuple[str, Any]]:
    """Events by name with what they carry; comments by their text."""
    found = list[tuple[str, Any]]()
    for message in messages:
        assert message.endswith("\n\n")
        fields = dict(line.split(": ", 1) for line in message.strip().splitlines())
        found.append((fields.get("event", ""), json.loads(fields["data"]) if "data" in fields else fields.get("", fields)))
    return found


def test_an_intent_is_counted_once_in_the_state_it_is_in() -> None:
    progress = Progress()
    names = ["sweep.started", *("deletion.intended",) * 3, "deletion.accepted", "deletion.confirmed", "deletion.unknown"]
    intents = [None, "a", "b", "c", "a", "a", "b"]
    for seq, (name, intent) in enumerate(zip(names, intents, strict=True), start=1):
        progress.take(event(seq, name, intent))
    progress.take(event(8, "deletion.skipped", None))
    progress.take(event(9, "deletion.intended", "x", sweep="s-0"))  # of an earlier sweep
    (sweep,) = progress.as_json()["sweeps"]
    counts = {state: number for state, number in sweep["counts"].items() if number}
    assert (sweep["status"], counts) == ("running", {"confirmed": 1, "unknown": 1, "intended": 1, "skipped": 1})
    assert (progress.told, progress.turned) == (9, 1)
    progress.take(event(10, "sweep.finished"))
    assert progress.as_json()["sweeps"][0]["status"] == "finished"
    assert "secret-job" not in str(progress.as_json())


def test_a_listener_hears_of_sweeps_and_is_not_asked_to_look_every_second() -> None:
    progress, teller, now = Progress(), Teller(), 100.0

    def beat() -> Beat:
        return Beat(told=progress.told, turned=progress.turned, document=progress.as_json())

    assert [name for name, _ in told([*teller.tell(beat(), now)])] == ["progress"]
    progress.take(event(1, "sweep.started"))
    assert [name for name, _ in told([*teller.tell(beat(), now + 1)])] == ["sweep.started", "progress", "changed"]
    progress.take(event(2, "deletion.intended", "a"))
    assert [name for name, _ in told([*teller.tell(beat(), now + 2)])] == ["progress"]
    assert [*teller.tell(beat(), now + 3)] == []
    assert [name for name, _ in told([*teller.tell(beat(), now + 1 + CHANGED_EVERY_S)])] == ["changed"]
    progress.take(event(3, "sweep.finished"))
    assert [name for name, _ in told([*teller.tell(beat(), now + 7)])] == ["sweep.finished", "progress", "changed"]
    assert [*teller.tell(beat(), now + 7 + HEARTBEAT_S)] == [": still here\n\n"]
    assert [name for name, _ in told([*teller.tell(Beat(), now + 40)])] == ["changed"]  # the ledger cannot be read any more


def test_all_listeners_share_one_look_a_second_and_a_real_sweep_adds_up(tmp_path: Path, clock: FakeClock) -> None:
    source = AppSource(app_of(tmp_path, guarded(), clock))
    pulse = Pulse(source)
    first = pulse.look()
    sweep_in(tmp_path)
    assert pulse.look() is first
    clock.advance(EVERY_S)
    (sweep,) = pulse.look().document["sweeps"]
    assert (sweep["status"], sweep["counts"]["confirmed"]) == ("finished", len(EXPIRED))
    assert sum(sweep["counts"].values()) == sweep["counts"]["confirmed"]
    source.close()


def test_a_ledger_that_is_put_back_is_read_anew_and_one_that_is_gone_is_trouble(tmp_path: Path, clock: FakeClock) -> None:
    source = AppSource(app_of(tmp_path, guarded(), clock))
    pulse, path = Pulse(source), tmp_path / "ledger.db"
    empty = path.read_bytes()
    sweep_in(tmp_path)
    assert (pulse.look().told or 0) > 0
    for each in tmp_path.iterdir():
        each.unlink()
    path.write_bytes(empty)
    clock.advance(EVERY_S)
    assert pulse.look().told == 0
    path.write_bytes(b"no ledger at all, but long enough to be looked at")
    clock.advance(EVERY_S)
    assert pulse.look().told is None
    source.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_more_listen_than_there_is_room_for_and_none_for_ever(tmp_path: Path, clock: FakeClock, method: str) -> None:
    source, ending = AppSource(app_of(tmp_path, guarded(), clock)), Event()
    live = Live(Pulse(source), clock, ending)
    request = Request({"type": "http", "method": method, "path": "/live", "headers": [], "query_string": b""})

    async def listen() -> list[int]:
        statuses = [(await live.answer(request)).status_code for _ in range(MOST_LISTENERS + 1)]
        if method == "GET":
            heard = [message async for message in live._listen()]
            assert heard[0].startswith("retry: ")
            assert len([message for message in heard if message.startswith(": ")]) >= LASTS_S / HEARTBEAT_S - 2
        ending.set()
        assert (await live.answer(request)).status_code == (503 if method == "GET" else 200)
        return statuses

    expected = [200] * MOST_LISTENERS + [503 if method == "GET" else 200]
    assert asyncio.run(listen()) == expected
    source.close()


def test_a_listener_who_leaves_makes_room(tmp_path: Path, clock: FakeClock) -> None:
    """Also one who leaves before the first word."""
    source = AppSource(app_of(tmp_path, guarded(), clock))
    live = Live(Pulse(source), clock, Event())
    scope = {"type": "http", "method": "GET", "path": "/live", "headers": [], "query_string": b"", "asgi": {}}

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def drop(_message: Any) -> None:
        await asyncio.sleep(0)

    async def come_and_go() -> None:
        for _ in range(2 * MOST_LISTENERS):
            answer = await live.answer(Request(scope))
            assert answer.status_code == 200
            await answer(scope, gone, drop)

    asyncio.run(come_and_go())
    source.close()
