"""Owns the thread that serves: uvicorn without its signals, its polling and its patience at the end."""

import asyncio
import socket
import threading
from collections.abc import Callable
from itertools import count
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from janitor.emulator.wire import WireProtocol

TICK_S = 0.05
PATIENCE_S = 10.0
TURNS = 10
"""Of the loop, until a connection that was just accepted is known, and one that was dropped is closed."""


class LoopServer(uvicorn.Server):
    """A server that calls `tick` twenty times a second and drops its connections when told to stop."""

    def __init__(self, app: ASGIApp, tick: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=WireProtocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=600,
            )
        )
        self._tick = tick
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    def serve_on(self, listener: socket.socket) -> threading.Thread:
        """Serve a bound socket in a thread of its own; return when connections are accepted."""
        thread = threading.Thread(target=self.run, args=([listener],), name="janitor-emulator", daemon=True)
        thread.start()
        if not self._ready.wait(PATIENCE_S):
            raise RuntimeError(f"the emulator did not start within {PATIENCE_S:.0f} s")
        return thread

    def ask_to_stop(self) -> None:
        """Make the loop end soon; called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to number connections, accept them, and tell the starting thread."""
        self.lifespan.state["numbers"] = count(1)
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    async def main_loop(self) -> None:
        """Tick until told to stop."""
        await self.on_tick(0)
        while not self._stopped.is_set():
            self._tick()
            await self._wait_a_tick()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the door, drop every connection, and let the requests that waited on them end."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for _ in range(TURNS):
            for connection in list(self.server_state.connections):
                protocol = cast("H11Protocol", connection)  # the configuration names no other
                protocol.transport.abort()
            await asyncio.sleep(0)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=PATIENCE_S / 2)

    async def _wait_a_tick(self) -> None:
        try:
            async with asyncio.timeout(TICK_S):
                await self._stopped.wait()
        except TimeoutError:
            return


def listen(port: int) -> socket.socket:
    """Bind the loopback address, and nothing else; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
