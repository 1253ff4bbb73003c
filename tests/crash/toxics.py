"""What a fault proxy may do to one exchange: to bytes, as toxiproxy does, and to requests and answers as such."""

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from crash.http_message import Message

TICK_S = 0.02
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, kw_only=True)
class Toxic:
    """One fault: strikes requests of a route from the nth on, so many times (None: for ever).

    `seconds`: how late, between two pieces, until a close, until a duplicate. `size`: bytes let through, in one piece, a second.
    `location` is where a redirect points to. `change` edits the JSON of an answer. `of`: the route whose answer is mixed up.
    """

    kind: str
    route: str = "any"
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    size: int = 0
    location: str = ""
    change: Callable[[Any], Any] | None = None
    of: str | None = None


@dataclass(kw_only=True)
class Placed:
    """A toxic in a proxy: how many requests it saw, how many it struck."""

    toxic: Toxic
    seen: int = 0
    struck: int = 0

    def notices(self, route: str) -> bool:
        """Count a request of its route; tell whether its turn has come."""
        if self.toxic.route not in ("any", route):
            return False
        self.seen += 1
        return self.seen >= self.toxic.nth and (self.toxic.times is None or self.struck < self.toxic.times)


@dataclass(kw_only=True)
class Exchange:
    """One request under way between a client and the server behind the proxy; `answers` are those of the past, with requests."""

    toxic: Toxic
    request: Message
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answers: list[tuple[Message, Message]]
    forward: Callable[[Message], Awaitable[Message]]
    forward_part: Callable[[bytes], Awaitable[None]]
    later: Callable[[Callable[[], Awaitable[Any]]], None]
    shut_for: Callable[[float], Awaitable[None]]

    async def say(self, wire: bytes) -> None:
        """Send bytes to the client."""
        self.writer.write(wire)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection to the client with a TCP reset."""
        reset(self.writer)

    async def until_client_gives_up(self) -> None:
        """Say nothing until the client has closed."""
        while await self.reader.read(1024):
            pass


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


async def _latency(it: Exchange) -> bool:
    await asyncio.sleep(it.toxic.seconds)
    await it.say((await it.forward(it.request)).wire())
    return True


async def _down(it: Exchange) -> bool:
    await it.shut_for(it.toxic.seconds)
    return False


async def _timeout(it: Exchange) -> bool:
    await it.until_client_gives_up()
    return False


async def _reset_peer(it: Exchange) -> bool:
    await it.say((await it.forward(it.request)).wire()[: it.toxic.size])
    it.reset()
    return False


async def _limit_data(it: Exchange) -> bool:
    await it.say((await it.forward(it.request)).wire()[: it.toxic.size])
    return False


async def _slicer(it: Exchange) -> bool:
    wire = (await it.forward(it.request)).wire()
    for start in range(0, len(wire), it.toxic.size):
        await it.say(wire[start : start + it.toxic.size])
        await asyncio.sleep(it.toxic.seconds)
    return True


async def _bandwidth(it: Exchange) -> bool:
    wire, piece = (await it.forward(it.request)).wire(), max(1, round(it.toxic.size * TICK_S))
    for start in range(0, len(wire), piece):
        await it.say(wire[start : start + piece])
        await asyncio.sleep(TICK_S)
    return True


async def _slow_close(it: Exchange) -> bool:
    """Answer as if the connection were to stay, and close it a little later, whatever has arrived on it by then."""
    await it.say((await it.forward(it.request)).wire())
    await asyncio.sleep(it.toxic.seconds)
    return False


async def _swallow(it: Exchange) -> bool:
    """The server did it, and its answer is lost: with a reset."""
    await it.forward(it.request)
    it.reset()
    return False


async def _swallow_in_silence(it: Exchange) -> bool:
    await it.forward(it.request)
    await it.until_client_gives_up()
    return False


async def _twice(it: Exchange) -> bool:
    """The server is asked twice, and its second answer is told."""
    await it.forward(it.request)
    await it.say((await it.forward(it.request)).wire())
    return True


async def _echo(it: Exchange) -> bool:
    """The answer comes twice on one connection, the second time as if it were the answer to whatever is asked next."""
    wire = (await it.forward(it.request)).wire()
    await it.say(wire)
    await asyncio.sleep(it.toxic.seconds)
    await it.say(wire)
    return True


async def _late(it: Exchange) -> bool:
    """The server is asked when the client has given up."""

    async def ask() -> None:
        await asyncio.sleep(it.toxic.seconds)
        await it.forward(it.request)

    it.later(ask)
    await it.until_client_gives_up()
    return False


async def _redirect(it: Exchange) -> bool:
    lines = (b"HTTP/1.1 302 Found", b"location: " + it.toxic.location.encode(), b"content-type: application/json")
    await it.say(Message(lines=lines, body=b"").with_body(b"{}").wire())
    return True


async def _truncate(it: Exchange) -> bool:
    """Half a body behind the true length of the whole."""
    answer = await it.forward(it.request)
    await it.say(answer.head() + answer.body[: len(answer.body) // 2])
    return False


async def _truncate_unsaid(it: Exchange) -> bool:
    """Half a body that ends where the connection does, as a whole one might."""
    answer = (await it.forward(it.request)).without_length()
    await it.say(answer.head() + answer.body[: len(answer.body) // 2])
    return False


async def _truncate_lying(it: Exchange) -> bool:
    """Half a body behind the length of that half."""
    answer = await it.forward(it.request)
    await it.say(answer.with_body(answer.body[: len(answer.body) // 2]).wire())
    return True


async def _edit(it: Exchange) -> bool:
    assert it.toxic.change is not None
    await it.say((await it.forward(it.request)).edited(it.toxic.change).wire())
    return True


async def _mixed_up(it: Exchange) -> bool:
    """The server is asked, and the client gets the newest answer to another request, of the same route if there was one."""
    await it.forward(it.request)
    asked = (it.request.lines[0], it.request.body)
    others = [(request, answer) for request, answer in it.answers if (request.lines[0], request.body) != asked]
    alike = [answer for request, answer in others if request.route == (it.toxic.of or it.request.route)]
    await it.say((alike or [answer for _, answer in others])[-1].wire())
    return True


async def _drop_half(it: Exchange) -> bool:
    """Half of the request reaches the server, and both connections end."""
    wire = it.request.wire()
    await it.forward_part(wire[: len(wire) // 2])
    it.reset()
    return False


EFFECTS: dict[str, Callable[[Exchange], Awaitable[bool]]] = {
    re.sub("^_", "", effect.__name__): effect
    for effect in (
        *(_latency, _down, _timeout, _reset_peer, _slicer, _limit_data, _slow_close, _bandwidth),
        *(_swallow, _swallow_in_silence, _twice, _echo, _late, _redirect, _truncate, _truncate_unsaid, _truncate_lying),
        *(_edit, _mixed_up, _drop_half),
    )
}
"""By its kind, what a toxic does; True where the connection to the client goes on."""
