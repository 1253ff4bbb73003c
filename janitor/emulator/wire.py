"""Owns the socket under a request: uvicorn's HTTP/1.1 protocol, extended so that a handler can reach the transport."""

import socket
import struct
from asyncio import BaseTransport, Transport
from dataclasses import dataclass
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Wire:
    """One accepted connection and its number."""

    transport: Transport
    connection: int

    def write(self, data: bytes) -> None:
        """Put bytes on the wire past the HTTP machinery; the connection can only be closed afterwards."""
        self.transport.write(data)

    def close(self) -> None:
        """Close after what was written has left."""
        self.transport.close()

    def reset(self) -> None:
        """Drop the connection with a TCP reset instead of an orderly end."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.transport.abort()


class WireProtocol(H11Protocol):
    """Puts the `Wire` of its connection into every request's state, as `wire`; the server's state holds the `numbers`."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Remember the transport before the first request arrives."""
        stream = cast("Transport", transport)  # a TCP server is only ever given stream transports
        super().connection_made(stream)
        self.app_state = {**self.app_state, "wire": Wire(stream, next(self.app_state["numbers"]))}
