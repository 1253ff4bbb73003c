"""Owns the ways in which an answer leaves, or fails to leave, and does to the socket what each of them says."""

import asyncio
import http
import math
from dataclasses import dataclass

from starlette.types import Message, Receive, Send

from janitor.emulator.received import Headers
from janitor.emulator.reply import Reply
from janitor.emulator.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The complete answer."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """No answer, and a TCP reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No answer; the connection closes after some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Only the first `keep` bytes of the body; `declares_length` says whether the client can tell."""

    reply: Reply
    keep: int
    declares_length: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip:
    """The complete answer, one byte of its body every `seconds`."""

    reply: Reply
    seconds: float


Delivery = Whole | Reset | Silence | Cut | Drip


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The two ways to a client: through the HTTP machinery, and past it."""

    wire: Wire
    receive: Receive
    send: Send


def status_of(delivery: Delivery) -> int | None:
    """Return the status that the client will see, None where it will see none."""
    return None if isinstance(delivery, Reset | Silence) else delivery.reply.status


async def deliver(delivery: Delivery, channel: Channel, extra: Headers) -> None:
    """Do to the connection what the delivery says; `extra` headers go with every answer."""
    match delivery:
        case Whole(reply=reply):
            await _send(reply, channel.send, extra)
        case Reset():
            channel.wire.reset()
        case Silence(seconds=seconds):
            await _client_gone(channel, seconds)
            channel.wire.close()
        case Cut(reply=reply, keep=keep, declares_length=declares_length):
            length = len(reply.body) if declares_length else None
            channel.wire.write(_head(reply, extra, length) + reply.body[:keep])
            channel.wire.close()
        case Drip(reply=reply, seconds=seconds):
            await _drip(reply, seconds, channel, extra)
    if not isinstance(delivery, Whole):
        await _client_gone(channel, math.inf)


async def _send(reply: Reply, send: Send, extra: Headers) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*reply.headers, *extra)]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _drip(reply: Reply, seconds: float, channel: Channel, extra: Headers) -> None:
    channel.wire.write(_head(reply, extra, len(reply.body)))
    for position in range(len(reply.body)):
        if await _client_gone(channel, seconds):
            return
        channel.wire.write(reply.body[position : position + 1])
    channel.wire.close()


async def _client_gone(channel: Channel, seconds: float) -> bool:
    """Wait until the connection has ended, but not longer; this is also how a stopping server ends the wait."""
    message: Message = {"type": ""}
    try:
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            while message["type"] != "http.disconnect":
                message = await channel.receive()
    except TimeoutError:
        return False
    return True


def _head(reply: Reply, extra: Headers, length: int | None) -> bytes:
    """Write a status line and headers by hand; without a length the body ends where the connection does."""
    size: Headers = () if length is None else (("content-length", str(length)),)
    lines = [f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (*reply.headers, *extra, *size, ("connection", "close"))]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
