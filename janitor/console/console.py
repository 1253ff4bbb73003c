"""Owns the console of a process: it serves by one policy file after the other, and starts, moves and ends with them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event

from starlette.routing import BaseRoute

from janitor.console.app_source import AppSource
from janitor.console.application import make_gate
from janitor.console.doorkeeper import Doorkeeper
from janitor.console.exports import CutShort
from janitor.console.gate import Gate
from janitor.console.live import LIVE, Live
from janitor.console.pages import make_pages
from janitor.console.pulse import Pulse
from janitor.console.rules import Rules
from janitor.console.strict import Strict
from janitor.core import events
from janitor.core.defect import defect_of
from janitor.core.errors import UsageError
from janitor.core.listening import Address
from janitor.core.text import inert
from janitor.serving import MOST_CONNECTIONS, WebServer
from janitor.settings.console_checks import UNGUARDED
from janitor.settings.model import ConsoleSettings
from janitor.wiring import App


class Console:
    """The pages on the ledger of a policy file; it reads, and changes nothing."""

    def __init__(
        self,
        *,
        new_id: Callable[[], str],
        say: Callable[..., None],
        next_sweep: Callable[[str], datetime | None] = lambda _target: None,
        make_pages: Callable[..., list[BaseRoute]] = make_pages,
    ) -> None:
        self._new_id, self._say, self._next_sweep, self._make_pages = new_id, say, next_sweep, make_pages
        self._source: AppSource | None = None
        self._serving: tuple[Address, Gate, WebServer, Event] | None = None
        self.url: str | None = None
        """Where it is; None while it is nowhere."""

    def follow(self, app: App, settings: ConsoleSettings | None) -> None:
        """Serve by this version of the policy file from now on: who was logged out by it is, at once.

        Where it says nothing of a console, none is served. Raises UsageError where its address cannot be had; then it stays at
        the one before, if it had one.
        """
        if self._source is None:
            self._source = AppSource(app, self._next_sweep)
        self._source.follow(app)
        if self._serving is not None and settings is not None and self._serving[0] == settings.listen:
            self._serving[1].rules = Rules.of(settings)
            return
        before = None if self._serving is None else self._serving[0]
        self._end()
        try:
            if settings is not None:
                self._begin(self._source, settings)
        except UsageError:
            if settings is not None and before is not None:
                self._begin(self._source, replace(settings, listen=before))
            raise

    def stop(self) -> None:
        """Serve no more; a listener is let go at once."""
        self._end()
        if self._source is not None:
            self._source.close()

    def require_ledger(self) -> None:
        """Raise LedgerError unless there is one to show."""
        if self._source is not None:
            self._source.require()

    def _begin(self, source: AppSource, settings: ConsoleSettings) -> None:
        ending = Event()
        live = Live(Pulse(source), source.clock, ending)
        doorkeeper = Doorkeeper(source.clock, self._new_id, self._say)
        pages = self._make_pages(source, live=LIVE)
        gate = make_gate(pages, live, Rules.of(settings), doorkeeper, source.scrub)
        application = Strict(gate, self._failed)
        server = WebServer(application=application, address=settings.listen, most_connections=MOST_CONNECTIONS)
        self.url = server.start()
        self._serving = (settings.listen, gate, server, ending)
        self._say(events.CONSOLE_LISTENING, url=self.url)

    def _end(self) -> None:
        if self._serving is not None:
            _, _, server, ending = self._serving
            ending.set()
            server.stop()
        self._serving = self.url = None

    def _failed(self, error: Exception) -> None:
        self._say(events.CONSOLE_FAILED, reason=self._reason(error))

    def _reason(self, error: Exception) -> str:
        """What is known of it; of what nobody foresaw, its kind and place."""
        if isinstance(error, CutShort) and self._source is not None:
            return inert(self._source.scrub(str(error)), 2000)
        return str(defect_of(error))


def listening_at(settings: ConsoleSettings | None, listen: str | None) -> ConsoleSettings:
    """What a policy file says, at another address where one is given; raises UsageError where nobody would guard that one."""
    given = settings or ConsoleSettings()
    if listen is None:
        return given
    moved = replace(given, listen=Address.parse(listen))
    if moved.is_open and not moved.listen.is_this_machine:
        raise UsageError(f"--listen: {moved.listen} {UNGUARDED}")
    return moved
