"""What a transport tells its watcher, and that no watcher can change what a request does."""

import socket
from collections.abc import Callable
from random import Random

import pytest
from unit.modelarts.modelarts_stage import (
    DELETE,
    FAST,
    KEY,
    READ,
    Act,
    ScriptedServer,
    Stage,
    answer,
    fault,
    ok,
    reset,
    throttled,
)

from janitor.modelarts import (
    BreakerOpen,
    Call,
    Endpoint,
    ModelArtsError,
    RouteKind,
    Surroundings,
    Transport,
    TransportLimits,
    Unavailable,
    Watcher,
)

Told = tuple[object, ...]


class Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def sent(self, kind: RouteKind, status: int | None, seconds: float) -> None:
        self.told.append(("sent", kind.value, status, round(seconds, 3)))

    def repeated(self, kind: RouteKind) -> None:
        self.told.append(("repeated", kind.value))

    def waited(self, seconds: float) -> None:
        self.told.append(("waited", round(seconds, 3)))

    def breaker_moved(self, *, is_open: bool) -> None:
        self.told.append(("breaker", is_open))

    def of(self, *words: str) -> list[Told]:
        return [told for told in self.told if told[0] in words]


class Saboteur:
    """Raises whatever it is told."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def sent(self, kind: RouteKind, status: int | None, seconds: float) -> None:
        self._fail("sent", kind, status, seconds)

    def repeated(self, kind: RouteKind) -> None:
        self._fail("repeated", kind)

    def waited(self, seconds: float) -> None:
        self._fail("waited", seconds)

    def breaker_moved(self, *, is_open: bool) -> None:
        self._fail("breaker", is_open)

    def _fail(self, word: str, *_facts: object) -> None:
        self.told.add(word)
        raise RuntimeError("the watcher is broken")


Connect = Callable[..., Transport]


@pytest.fixture
def connect(stage: Stage) -> Connect:
    """A transport with a watcher: `connect(server, watcher, **limits)`."""

    def build(server: ScriptedServer | str, watch: Watcher | None, **limits: float) -> Transport:
        url = server if isinstance(server, str) else server.url
        parts = {"clock": stage.clock, "random": Random(1), "stop": stage.stop} | ({} if watch is None else {"watch": watch})
        transport = Transport(
            Endpoint(url=url),
            KEY,
            limits=TransportLimits(**(FAST | limits)),
            surroundings=Surroundings(**parts),  # type: ignore[arg-type]
        )
        stage._closing.append(transport.close)
        return transport

    return build


def slow(stage: Stage, seconds: float, act: Act) -> Act:
    """Play an act after so much virtual time."""

    def play(connection: object) -> bool:
        stage.clock.advance(seconds)
        return act(connection)  # type: ignore[arg-type]

    return play


def test_every_attempt_that_left_is_told_with_its_status_and_its_time(stage: Stage, connect: Connect) -> None:
    notes = Notes()
    transport = connect(stage.serve(slow(stage, 1.5, throttled()), ok(), slow(stage, 2, reset)), notes)
    transport.send(READ)
    with pytest.raises(ModelArtsError):
        transport.send(DELETE)
    assert notes.of("sent", "repeated") == [
        ("sent", "get", 429, 1.5),
        ("repeated", "get"),
        ("sent", "get", 200, 0.0),
        ("sent", "delete", None, 2.0),
    ]
    assert transport.traffic.snapshot() == {"list": 0, "get": 2, "delete": 1, "batch_delete": 0, "other": 0}


def test_an_attempt_that_never_left_is_not_told_as_sent(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    notes = Notes()
    with pytest.raises(Unavailable):
        connect(f"http://127.0.0.1:{port}", notes, attempts=2).send(READ)
    assert notes.of("sent", "repeated") == [("repeated", "get")]


def test_the_wait_for_a_turn_a_hold_and_a_repeat_is_told(stage: Stage, connect: Connect) -> None:
    notes = Notes()
    transport = connect(stage.serve(ok(), throttled(Retry_After="30"), ok()), notes, requests_per_second=2)
    transport.send(READ)
    before = stage.clock.elapsed
    transport.send(READ)
    waits = [told[1] for told in notes.of("waited")]
    assert waits[:2] == [0, 0.5]
    assert sum(waits) == pytest.approx(stage.clock.elapsed - before, abs=0.01)  # type: ignore[arg-type]
    assert sum(waits) >= 30.5  # type: ignore[arg-type]


def test_the_breaker_tells_that_it_opened_opened_anew_and_closed(stage: Stage, connect: Connect) -> None:
    notes = Notes()
    transport = connect(stage.serve(ok(), *[reset] * 3, ok(), ok()), notes, attempts=1, breaker_threshold=2)
    transport.send(READ)
    for _ in range(2):
        with pytest.raises(Unavailable):
            transport.send(READ)
    assert notes.of("breaker") == [("breaker", True)]
    stage.clock.advance(31)
    with pytest.raises(Unavailable):
        transport.send(READ)
    assert notes.of("breaker") == [("breaker", True)] * 2
    stage.clock.advance(31)
    transport.send(READ)
    transport.send(READ)
    assert notes.of("breaker") == [("breaker", True), ("breaker", True), ("breaker", False)]


def outcome(transport: Transport, call: Call) -> tuple[str, int]:
    """How a call ended, and how many requests left for it."""
    try:
        reply = transport.send(call)
    except ModelArtsError as error:
        return f"{type(error).__name__}: {error}".replace("Connection reset by peer", ""), error.attempts
    return str((reply.status, reply.document)), reply.attempts


SCENES: dict[str, tuple[Call, list[Act], dict[str, float]]] = {
    "a read": (READ, [ok()], {}),
    "a read that is repeated": (READ, [throttled(), fault(503, "APIG.0613"), reset, ok()], {}),
    "a read that is not there": (READ, [fault(400, "ModelArts.2775")], {}),
    "a read without sense": (READ, [answer(200, body=b"<html>")] * 4, {}),
    "a delete": (DELETE, [answer(202, body=b"")], {}),
    "a delete that was throttled": (DELETE, [throttled(Retry_After="3"), answer(202, body=b"")], {}),
    "a delete whose reply was lost": (DELETE, [reset, ok()], {}),
    "a delete that met a 5xx": (DELETE, [fault(500, "APIG.0201"), ok()], {}),
    "a delete that is refused": (DELETE, [fault(403, "ModelArts.0010")], {}),
    "the breaker opens and a probe closes it": (READ, [reset, reset, ok(), ok()], {"attempts": 1, "breaker_threshold": 2}),
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_watcher_that_always_raises_changes_nothing(stage: Stage, connect: Connect, scene: str) -> None:
    call, acts, limits = SCENES[scene]
    found = []
    for watch in (None, Saboteur()):
        server = stage.serve(*acts)
        transport = connect(server, watch, **limits)
        ends = []
        for _ in range(4 if limits else 1):
            ends.append(outcome(transport, call))
            stage.clock.advance(31 if limits else 0)
        found.append((ends, server.lines, transport.traffic.snapshot()))
    assert found[0] == found[1]
    assert len(found[0][1]) > 0


def test_the_watcher_that_always_raises_was_told_of_everything(stage: Stage, connect: Connect) -> None:
    watch = Saboteur()
    transport = connect(stage.serve(throttled(), ok(), reset, reset), watch, attempts=2, breaker_threshold=1)
    assert transport.send(READ).attempts == 2
    with pytest.raises(Unavailable):
        transport.send(READ)
    with pytest.raises(BreakerOpen):
        transport.send(READ)
    assert watch.told == {"sent", "repeated", "waited", "breaker"}
