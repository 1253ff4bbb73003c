"""The simulated wire: a request meets the faults that are due, then the emulator's routes, and becomes an answer, or none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

from requests.structures import CaseInsensitiveDict
from simulation import routes
from simulation.clockwork import SimulatedClock

from janitor.emulator.delivery import Cut, Delivery, Drip, Reset, Silence, Whole, status_of
from janitor.emulator.effects import struck_by
from janitor.emulator.exchange import Exchange
from janitor.emulator.faults import FaultScript
from janitor.emulator.list_effects import SHAPES, rows_of
from janitor.emulator.received import Received
from janitor.emulator.world import World
from janitor.emulator.world_v1 import WorldV1
from janitor.modelarts.call import Call
from janitor.modelarts.wire import Answer, Breakdown

READ_TIMEOUT_S, DEADLINE_S = 30.0, 60.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as the platform got it: when, in true time and in seconds of the machine; by which process, after what on its
    disk; `faults` are those that struck it, `status` is None where no answer came.

    `left` is when it began to leave, in seconds of the machine; `skew` by how much the server's clock was ahead of the machine's,
    and `offset` that of the machine ahead of the truth;
    `asked` is what was asked for, the query and the body, `reply` what was answered: to a deletion, or of jobs and labels.
    """

    route: str
    job_ids: tuple[str, ...]
    at: datetime
    elapsed: float
    process: str
    disk_moment: int
    status: int | None = None
    faults: tuple[str, ...] = ()
    left: float = 0.0
    skew: timedelta = timedelta(0)
    offset: timedelta = timedelta(0)
    request_id: str = ""
    asked: tuple[str, bytes] = ("", b"")
    reply: bytes = b""


@dataclass(kw_only=True)
class Platform:
    """The emulated account in this process, its faults, and all requests that it got."""

    world: World
    v1: WorldV1
    clock: SimulatedClock
    faults: FaultScript = field(default_factory=FaultScript)
    requests: list[Request] = field(default_factory=list)
    latency_s: float = 0.02
    date_offset_s: float = 0.0
    pages: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def deletions(self) -> list[Request]:
        """The requests that asked for a deletion, in their order."""
        return [request for request in self.requests if request.route in routes.DELETING]


@dataclass(kw_only=True)
class SimulatedWire:
    """What carries the requests of one process; `passing` is told where a deletion stands, `moment` says how far its disk is."""

    platform: Platform
    process: str
    passing: Callable[[str], None]
    moment: Callable[[], int]

    def exchange(self, call: Call, _credential: object, _connect_timeout_s: float) -> Answer | Breakdown:
        """Carry one request."""
        platform, clock = self.platform, self.platform.clock
        clock.check_alive()
        left = clock.elapsed
        clock.advance(platform.latency_s / 2)
        asked = routes.resolve(self._received(call))
        is_deletion = asked.route in routes.DELETING
        if is_deletion:
            self.passing("cp12_request_half_sent")
        faults = platform.faults.striking(asked.route, asked.job_ids)
        delivery: Delivery = routes.run(struck_by(faults, self._exchange(asked), lambda: self._handle(asked)))
        self._remember(asked, delivery)
        platform.requests.append(
            Request(
                route=asked.route,
                job_ids=asked.job_ids,
                at=asked.received.at,
                elapsed=clock.elapsed,
                process=self.process,
                disk_moment=self.moment(),
                status=status_of(delivery),
                faults=tuple(fault.action for fault in faults),
                left=left,
                skew=timedelta(seconds=platform.date_offset_s) - clock.offset,
                offset=clock.offset,
                request_id=asked.received.request_id,
                asked=(asked.received.query, asked.received.body),
                reply=_told(delivery) if is_deletion or asked.route in routes.TELLING else b"",
            )
        )
        if is_deletion:
            self.passing("cp13_request_sent")
        clock.advance(platform.latency_s / 2)
        return self._delivered(delivery, asked.received.request_id)

    def close(self) -> None:
        """Nothing is open."""

    def _received(self, call: Call) -> Received:
        path, _, query = call.target.partition("?")
        number = next(self.platform.numbers)
        at = self.platform.clock.platform()
        return Received(
            method=call.method, path=path, query=query, headers=(), body=call.body, at=at, request_id=f"{number:032x}"
        )

    def _exchange(self, asked: routes.Asked) -> Exchange:
        platform = self.platform
        return Exchange(
            received=asked.received,
            route=asked.route,
            job_ids=asked.job_ids,
            world=platform.world,
            previous_page=platform.pages.get(asked.route, ()),
            v1=platform.v1,
            version_id=asked.parts.get("version_id"),
        )

    async def _handle(self, asked: routes.Asked) -> Delivery:
        return Whole(reply=routes.answer(asked, self.platform.world, self.platform.v1))

    def _remember(self, asked: routes.Asked, delivery: Delivery) -> None:
        if asked.route in SHAPES and isinstance(delivery, Whole) and delivery.reply.status == 200:
            self.platform.pages[asked.route] = rows_of(asked.route, delivery.reply.body)

    def _delivered(self, delivery: Delivery, request_id: str) -> Answer | Breakdown:
        """What janitor sees of it, as the real wire tells it."""
        clock = self.platform.clock
        match delivery:
            case Reset():
                return Breakdown(reason="ConnectionResetError: reset by peer", left=True)
            case Silence(seconds=seconds):
                clock.advance(min(seconds, READ_TIMEOUT_S))
                return Breakdown(reason="TimeoutError: nothing came", left=True)
            case Drip(reply=reply):
                whole_s = _lasts_s(delivery)
                clock.advance(min(whole_s, DEADLINE_S))
                body, flaw = (reply.body, None) if whole_s <= DEADLINE_S else (b"", "the answer took longer than 60 s")
            case Cut(reply=reply, keep=keep, declares_length=declares):
                body, flaw = (b"", "the body broke off (IncompleteRead)") if declares else (reply.body[:keep], None)
            case Whole(reply=reply):
                body, flaw = reply.body, None
        date = clock.platform().timestamp() + self.platform.date_offset_s
        extra = {
            "Date": format_datetime(datetime.fromtimestamp(date, clock.true.tzinfo), usegmt=True),
            "X-Request-Id": request_id,
        }
        headers = CaseInsensitiveDict(dict(reply.headers) | extra)
        return Answer(status=reply.status, headers=headers, body=body, flaw=flaw)


def _told(delivery: Delivery) -> bytes:
    is_whole = isinstance(delivery, Whole) or (isinstance(delivery, Drip) and _lasts_s(delivery) <= DEADLINE_S)
    return delivery.reply.body if isinstance(delivery, Whole | Drip) and is_whole else b""


def _lasts_s(drip: Drip) -> float:
    """How long a dripped answer takes."""
    return len(drip.reply.body) * drip.seconds
