"""A fault proxy on loopback, between a real process and the emulator; it knows TCP and as much of HTTP/1.1 as both sides speak.

It hands on the `Host` header as it came: the client signed it, so the server behind can tell that nothing was changed.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

from crash.http_message import Message, read_message
from crash.toxics import EFFECTS, Exchange, Placed, Toxic, reset

_BROKEN = (ConnectionError, asyncio.IncompleteReadError)
_PLAIN = Toxic(kind="latency")


class FaultProxy:
    """Listens while it is entered, hands on to `port`, and does what the toxics placed in it say; `requests` are what came."""

    def __init__(self, port: int) -> None:
        self._behind, self.port = port, 0
        self.requests: list[Message] = []
        self._placed: list[Placed] = []
        self._answers: list[tuple[Message, Message]] = []
        self._clients = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[Any]]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    @property
    def url(self) -> str:
        """The address to give to the client."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def place(self, *toxics: Toxic) -> list[Placed]:
        """Add toxics; of several whose turn has come the first strikes, the others wait for the next request."""
        placed = [Placed(toxic=toxic) for toxic in toxics]
        assert all(toxic.kind in EFFECTS for toxic in toxics)
        self._placed = [*self._placed, *placed]
        return placed

    def clear(self) -> None:
        """Take every toxic away, and wait for the requests that are to be handed on late."""
        self._placed = []
        self._run(self._rest())

    def asked(self) -> list[str]:
        """The jobs whose deletion was asked for, also where no request reached the server."""
        return [job_id for request in list(self.requests) for job_id in request.job_ids]

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _rest(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _close(self) -> None:
        self._server.close()
        for writer in list(self._clients):
            reset(writer)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, unfinished = await asyncio.wait(others, timeout=5)
            assert not unfinished

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        with suppress(*_BROKEN):
            while (request := await read_message(reader)) is not None:
                exchange = self._exchange(request, reader, writer)
                if not await EFFECTS[exchange.toxic.kind](exchange):
                    break
        self._clients.discard(writer)
        await _closed(writer)

    def _exchange(self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
        self.requests.append(request)
        due = [placed for placed in self._placed if placed.notices(request.route)]
        for placed in due[:1]:
            placed.struck += 1
        return Exchange(
            toxic=due[0].toxic if due else _PLAIN,
            request=request,
            reader=reader,
            writer=writer,
            answers=self._answers,
            forward=self._forward,
            forward_part=self._forward_part,
            later=self._later,
            shut_for=self._shut_for,
        )

    async def _forward(self, request: Message) -> Message:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._behind, limit=1 << 24)
        try:
            writer.write(request.wire())
            answer = await read_message(reader)
        finally:
            await _closed(writer)
        if answer is None:
            raise ConnectionResetError
        self._answers.append((request, answer))
        return answer

    async def _forward_part(self, wire: bytes) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self._behind)
        writer.write(wire)
        await writer.drain()
        await _closed(writer)

    def _later(self, work: Callable[[], Awaitable[Any]]) -> None:
        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shut_for(self, seconds: float) -> None:
        """Refuse every connection for a while, and drop those that are open."""
        self._server.close()
        for writer in list(self._clients):
            reset(writer)

        async def reopen() -> None:
            await asyncio.sleep(seconds)
            await self._listen()

        self._later(reopen)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(*_BROKEN):
        await writer.wait_closed()
