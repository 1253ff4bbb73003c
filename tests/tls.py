"""Servers behind a certificate on loopback: a scripted one, and a front that hands every byte on to a plain server."""

import socket
import ssl
from datetime import datetime
from threading import Thread
from typing import Any

import trustme
from unit.modelarts.modelarts_stage import ScriptedServer, Stage, ok


class TlsServer(ScriptedServer):
    """The scripted server behind a certificate."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__([ok(), ok(), ok(), ok()])
        self._context = context

    def _serve(self, connection: Any) -> None:
        try:
            secured = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        self._serve_secured(secured)

    def _serve_secured(self, secured: ssl.SSLSocket) -> None:
        super()._serve(secured)

    @property
    def url(self) -> str:
        return super().url.replace("http://", "https://")


class TlsFront(TlsServer):
    """Carries all that arrives to a plain server on this machine, and its answers back."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        super().__init__(context)
        self._behind = port

    def _serve_secured(self, secured: ssl.SSLSocket) -> None:
        with secured, socket.create_connection(("127.0.0.1", self._behind)) as upstream:
            back = Thread(target=carry, args=(upstream, secured), daemon=True)
            back.start()
            carry(secured, upstream)
            back.join(5)


def context_for(authority: trustme.CA, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
    """What a server of this name shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


def tls_server(stage: Stage, authority: trustme.CA, name: str, not_after: datetime | None = None) -> TlsServer:
    """A scripted server that the stage closes."""
    server = TlsServer(context_for(authority, name, not_after))
    stage._closing.append(server.close)
    return server


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Hand bytes on until the source ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
