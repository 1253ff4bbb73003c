"""Owns how a long file is handed out: few at once, its beginning read before anything is promised, and only to who reads on."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from threading import BoundedSemaphore

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from janitor.core.errors import LedgerError

MOST_AT_ONCE = 3
TAKEN_WITHIN_S = 30.0
"""So long a block may wait to be taken; who reads more slowly holds a place that others wait for."""


class Busy(Exception):
    """As many as may be are handed out now; ask again soon."""


class CutShort(Exception):
    """What was begun could not be read to its end, which the message explains."""


class Exports:
    """Counts what is handed out."""

    def __init__(self) -> None:
        self._free = BoundedSemaphore(MOST_AT_ONCE)

    def begin(self, blocks: Iterator[str], kind: str, headers: Mapping[str, str]) -> StreamingResponse:
        """An answer whose first block is there already; raises Busy, and what reading that block raises."""
        if not self._free.acquire(blocking=False):
            raise Busy(f"{MOST_AT_ONCE} exports are under way, and more at once there cannot be; try again in a moment")
        try:
            first = next(blocks, "")
        except BaseException:
            self._free.release()
            raise
        return _Export(chain([first], blocks), kind, headers, self._free.release)


class _Export(StreamingResponse):
    """A file of any length that gives its place back, however it ends."""

    def __init__(self, content: Iterator[str], kind: str, headers: Mapping[str, str], done: Callable[[], None]) -> None:
        super().__init__(content, media_type=kind, headers=headers)
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it out, as fast as it is taken."""

        async def send_soon(message: Message) -> None:
            try:
                async with asyncio.timeout(TAKEN_WITHIN_S):
                    await send(message)
            except TimeoutError as error:
                raise ClientDisconnect from error

        try:
            await super().__call__(scope, receive, send_soon)
        except LedgerError as error:
            raise CutShort(f"{scope['path']} was cut short: {error}") from error
        finally:
            self._done()
