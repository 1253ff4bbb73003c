"""Owns the lock of a target on a PostgreSQL server: a session's advisory lock, which ends with the session.

A process that stands still keeps its connection. So the server ends a session that says nothing for a while, and janitor says
something now and then; the process itself counts from the last thing it said, by a shorter time. What it wakes up with after
a pause is over before anybody else can hold the lock.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import Event, Lock

from sqlalchemy import Connection, Engine, bindparam, false, func, select, text
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from janitor.core.errors import LedgerError, LockHeld
from janitor.core.seams import Clock
from janitor.ledger.schema import events
from janitor.ledger.server import Server
from janitor.ledger.storage import told

ENDS_AFTER_S = 10.0
"""The server ends a session that was silent for so long, and gives its lock to the next who asks."""
LASTS_S = 7.0
"""So long after it last spoke, by its own clock, a process holds the lock: clocks may differ by some percent and no more."""
BEAT_S = 2.0

_TRY = select(func.pg_try_advisory_lock(bindparam("key")))
_TAKE = select(func.pg_try_advisory_lock(bindparam("key")), func.set_config("idle_session_timeout", bindparam("ends"), false()))
_CALM = text("RESET idle_session_timeout")
_RELEASE = select(func.pg_advisory_unlock(bindparam("key")))
_TABLE = text(f"SELECT '{events.name}'::regclass::oid")
_SPEAK = text("SELECT 1")


class Lease:
    """A lock as long as its session speaks."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._until = clock.monotonic()
        self._done = Event()
        self._one_at_a_time = Lock()

    def holds_until(self) -> float:
        """Until when nobody else can hold it; the server is asked each time, since a session may have been broken meanwhile."""
        with suppress(SQLAlchemyError):
            self.speak()
        return self._until

    def speak(self) -> None:
        """Let the server know that the process lives; SQLAlchemyError where the session is over, and the lock with it."""
        with self._one_at_a_time:
            if self._until == -math.inf:
                raise DisconnectionError("the session is over")
            began = self._clock.monotonic()
            try:
                self._connection.execute(_SPEAK)
            except BaseException:
                self._until = -math.inf
                raise
            self._until = began + LASTS_S

    def keep(self) -> None:
        """Speak now and then until told that it is done; a session that is over stays so."""
        while not self._clock.wait(BEAT_S, self._done) and self._until > -math.inf:
            try:
                self.speak()
            except SQLAlchemyError:
                return

    def end(self) -> None:
        """Keep it no longer."""
        self._done.set()


@contextmanager
def hold_lease(engine: Engine, server: Server, target: str) -> Iterator[Lease]:
    """Hold a target's lock.

    Raises LockHeld at once where another session has it, and LedgerError where locks do not work: behind a proxy that hands
    out sessions by transaction. Who asks in vain opens no connection: a standby asks twice a second.
    """
    try:
        with _speaking_for_itself(engine) as connection:
            key = _key(connection, target)
            if not _take(connection, key):
                raise LockHeld(f"target {target}: another sweep holds its lock on {server}; wait for it to end")
            connection.detach()  # a session of its own from here on: it ends with the block, and with it its lock
            lease = Lease(connection, server.clock)
            lease.speak()
            with _speaking_for_itself(engine) as second:
                _probe(second, key, server)
            running = server.start(lease.keep, f"lock of {target}")
            try:
                yield lease
            finally:
                lease.end()
                running.join()
                with suppress(SQLAlchemyError):  # a session that is over holds nothing
                    connection.execute(_RELEASE, {"key": key})
    except SQLAlchemyError as error:
        raise LedgerError(f"{server}: the lock of target {target} cannot be taken: {told(error)}") from error


def _speaking_for_itself(engine: Engine) -> Connection:
    """A connection on which each statement is a transaction of its own."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _take(connection: Connection, key: int) -> bool:
    """Take a lock in a session that ends once it is silent; where another has it, the session stays as it was."""
    is_ours = bool(connection.execute(_TAKE, {"key": key, "ends": str(int(ENDS_AFTER_S * 1000))}).scalar())
    if not is_ours:
        connection.execute(_CALM)
    return is_ours


def _key(connection: Connection, target: str) -> int:
    """A number for a target of this ledger: locks are per database, and its table of events, wherever that was found, is one."""
    digest = sha256(f"janitor/{connection.execute(_TABLE).scalar()}/{target}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _probe(second: Connection, key: int, server: Server) -> None:
    """Try to take in another session the lock that we hold: where that is granted, it would be granted to another sweep too."""
    if second.execute(_TRY, {"key": key}).scalar():
        second.detach()  # its lock ends with it
        raise LedgerError(
            f"{server}: one lock was granted twice at once: a proxy shares sessions; connect without it, or let it keep sessions"
        )
