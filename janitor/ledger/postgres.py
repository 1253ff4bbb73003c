"""Owns a ledger that is a schema of a PostgreSQL database: connecting, creating, and its transactions."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from janitor.core.errors import LedgerError, LedgerUnreachable
from janitor.ledger.chain import Head
from janitor.ledger.head_file import HeadFile
from janitor.ledger.lease import Lease, hold_lease
from janitor.ledger.schema import SCHEMA_VERSION, meta, metadata
from janitor.ledger.server import Server
from janitor.ledger.storage import Anchor, told
from janitor.ledger.surroundings import pin_options
from janitor.ledger.version import check_version, upgrade

OLDEST = 140000
"""The first version of the server that ends silent sessions (`idle_session_timeout`)."""
WAIT_MS = 10_000
"""So long a writer waits for another one, and so long a writer may stand still before the server ends it."""

WRITER = 0x6A616E69746F72
"""The advisory lock under which one process at a time writes: `janitor` in ASCII."""
_SESSION = {
    "lock_timeout": WAIT_MS,
    "idle_in_transaction_session_timeout": 0,
    "synchronous_commit": "on",
    "timezone": "UTC",
}
_KEEPALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": WAIT_MS,
}
_NO, _NOT_YET = "FATAL:", ("starting up", "shutting down", "in recovery", "not yet accepting", "too many clients", "reserved for")
"""What a server begins its refusal of a connection with, and what it says where that is not for long."""
_HEAD = "head"
_STREAMS = "cursors on the server"
_KEPT = select(meta.c.value).where(meta.c.key == _HEAD)
_ALONE = select(func.pg_advisory_xact_lock(bindparam("key")))


class PostgresStorage:
    """One open database."""

    def __init__(self, engine: Engine, server: Server) -> None:
        self.engine = engine
        self.name, self.remedy = str(server), "mend the server, or the way to it"
        self.anchor: Anchor = HeadFile(server.head) if server.head else HeadRow(self)
        self._server = server
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        event.listen(engine, "after_cursor_execute", _note_stream)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries, which all see the state at the first of them; what was not read to its end is let go."""
        with self._reader.connect() as connection, _streams_closed(connection):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, alone among writers, on the server's disk when it has ended.

        Each statement sees what was committed before it, so that the first one after the wait sees all of it. The server ends
        a writer that stands still, and with it the wait of the others.
        """
        with self.engine.begin() as connection:
            connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {WAIT_MS}"))
            connection.execute(_ALONE, {"key": WRITER})
            with _streams_closed(connection):
                yield connection

    def check_room(self, intents: int, beside: int) -> None:
        """Nothing can be told: a server does not say how much room its disk has (docs/postgresql.md)."""

    def lock(self, target: str) -> AbstractContextManager[Lease]:
        """Hold a target's lock: an advisory one of a session that must speak to keep it."""
        return hold_lease(self.engine, self._server, target)

    def obstacle(self) -> str | None:
        """Why it could not be written."""
        with _trouble(self.name, "cannot be read"), self.reading() as connection:
            _check_server(connection, self._server)
            if self._server.head is not None:
                HeadFile(self._server.head).prove(is_asked_only=True)
            return find_obstacle(connection)

    def size(self) -> int:
        """All tables of this ledger and their indexes."""
        with _trouble(self.name, "cannot be read"), self.reading() as connection:
            sizes = [connection.execute(select(func.pg_total_relation_size(name))).scalar() for name in metadata.tables]
        return sum(int(size or 0) for size in sizes)

    def free(self) -> int | None:
        """Not known."""
        return None


class HeadRow:
    """The anchor where no file was named: a row beside the chain, which shows a cut but not a database put back as a whole."""

    def __init__(self, storage: PostgresStorage) -> None:
        self.name = f"table {meta.name}"
        self._storage = storage

    def read(self) -> Head | None:
        """The head as last written."""
        with _trouble(self._storage.name, "cannot be read"), self._storage.reading() as connection:
            kept = connection.execute(_KEPT).scalar()
        try:
            return None if kept is None else Head.parse(kept)
        except ValueError as error:
            raise LedgerError(f"{self._storage.name}: table {meta.name} has no head: {error}") from error

    def advance(self, present: Callable[[], Head]) -> Head:
        """Write the present head, unless a later one is there."""
        with _trouble(self._storage.name, "cannot be written"), self._storage.writing() as connection:
            head, kept = present(), connection.execute(_KEPT).scalar()
            if kept is None:
                connection.execute(insert(meta).values(key=_HEAD, value=str(head)))
            elif Head.parse(kept).seq < head.seq:
                connection.execute(update(meta).where(meta.c.key == _HEAD).values(value=str(head)))
            return head


def open_server(server: Server, *, create: bool) -> PostgresStorage:
    """Open a database for writing; raises LedgerError where it has no ledger (unless one may be created) or a foreign one.

    So it does where nothing could be written there, or into the file of its head: before anything is deleted.
    """
    if server.head is not None:
        HeadFile(server.head).prove()
    with _trouble(str(server), "cannot be opened"), _closed_on_error(PostgresStorage(_connect(server), server)) as storage:
        with storage.writing() as connection:
            _check_server(connection, server)
            if not _is_there(connection):
                if not create:
                    raise missing_schema(server)
                _fill(connection)
            check_version(connection, storage.name)
            upgrade(connection)
            if (obstacle := find_obstacle(connection)) is not None:
                raise LedgerError(f"{server}: {obstacle}")
        return storage


def open_server_read_only(server: Server) -> PostgresStorage | None:
    """Open a database for reading only, or answer None where it has no ledger."""
    with _trouble(str(server), "cannot be read"), _closed_on_error(PostgresStorage(_connect(server), server)) as storage:
        with storage.reading() as connection:
            is_there = _is_there(connection)
            if is_there:
                check_version(connection, storage.name)
        if is_there:
            return storage
        storage.engine.dispose()
        return None


def create_schema(server: Server) -> None:
    """Create an empty ledger, all at once; raises LedgerError where one is there already."""
    with _trouble(str(server), "cannot be created"), _closed_on_error(PostgresStorage(_connect(server), server)) as storage:
        with storage.writing() as connection:
            _check_server(connection, server)
            if _is_there(connection):
                raise LedgerError(f"{server}: exists already, and was left alone")
            _fill(connection)
        storage.engine.dispose()


@contextmanager
def _closed_on_error(storage: PostgresStorage) -> Iterator[PostgresStorage]:
    """Leave no connection behind where it cannot be used."""
    try:
        yield storage
    except BaseException:
        storage.engine.dispose()
        raise


def missing_schema(server: Server) -> LedgerError:
    """The error of a ledger that should be there and is not."""
    return LedgerError(f"{server}: no ledger is there; run `janitor init --ledger`, or name the database that has it")


def _connect(server: Server) -> Engine:
    url = make_url(server.url)
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    own: dict[str, Any] = {"application_name": "janitor", "options": options, **_KEEPALIVE}
    if server.password is not None:
        own["password"] = server.password.reveal()
    try:
        own |= pin_options(frozenset({*own, *url.query, "user", "dbname"}) | _named(url), str(server))
        return create_engine(
            url, connect_args=own, isolation_level="READ COMMITTED", pool_pre_ping=True, pool_size=2, max_overflow=20
        )
    except ImportError as error:
        raise LedgerError(f"{server}: the driver is missing; run `pip install 'training-janitor[postgres]'`") from error


def _named(url: URL) -> set[str]:
    """Which of host and port an address names behind its `@`."""
    return {name for name, value in (("host", url.host), ("port", url.port)) if value}


def _note_stream(connection: Connection, cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any) -> None:
    """Remember a cursor that lives on the server: the driver wants each to be closed, also where nobody reads on."""
    if context is not None and context.execution_options.get("yield_per"):
        connection.info.setdefault(_STREAMS, []).append(cursor)


@contextmanager
def _streams_closed(connection: Connection) -> Iterator[None]:
    """Close, while their transaction lasts, the cursors that nobody read to the end."""
    streams = connection.info[_STREAMS] = list[Any]()  # a connection that breaks has none of this to tell any more
    try:
        yield
    finally:
        for cursor in streams:
            with suppress(Exception):  # where the connection or the transaction is over, so are they
                cursor.close()


def _check_server(connection: Connection, server: Server) -> None:
    version = int(_shown(connection, "server_version_num"))
    if version < OLDEST:
        raise LedgerError(f"{server}: PostgreSQL {version // 10000} is too old; janitor needs {OLDEST // 10000} or newer")
    encoding = _shown(connection, "server_encoding")
    if encoding != "UTF8":
        raise LedgerError(f"{server}: its encoding is {encoding}, which cannot hold every name; make the database with UTF8")


def find_obstacle(connection: Connection) -> str | None:
    """Why a ledger that is there could not be written, as far as that can be told without writing; else None."""
    if connection.execute(select(func.pg_is_in_recovery())).scalar():
        return "this server is a standby, which takes no writes; name the primary, or add target_session_attrs=read-write"
    if _shown(connection, "default_transaction_read_only") == "on":
        return "sessions are read only there (default_transaction_read_only); let janitor's role write"
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE")
    for table in metadata.tables:
        lacking = [right for right in rights if not connection.execute(select(func.has_table_privilege(table, right))).scalar()]
        if lacking:
            return f"the role may not {', '.join(lacking)} in table {table}; grant it, or name the role that owns the ledger"
    return None


def _shown(connection: Connection, setting: str) -> str:
    return str(connection.execute(select(func.current_setting(setting))).scalar())


def _is_there(connection: Connection) -> bool:
    return inspect(connection).has_table(meta.name)


def _fill(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=False)  # a table of that name that is somebody else's is none of ours
    connection.execute(insert(meta).values(key="schema", value=SCHEMA_VERSION))


@contextmanager
def _trouble(name: str, what: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        kind = LedgerUnreachable if _is_away(error) else LedgerError
        raise kind(f"{name}: {what}: {told(error)}") from error
    except (OSError, ValueError) as error:
        raise LedgerError(f"{name}: {what}: {type(error).__name__}") from error


def _is_away(error: SQLAlchemyError) -> bool:
    """Whether nobody answered, or somebody who is not ready yet; a server that says no to who asks will say so again."""
    words = told(error)
    return isinstance(error, OperationalError) and (_NO not in words or any(each in words for each in _NOT_YET))
