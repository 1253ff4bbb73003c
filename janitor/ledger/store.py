"""Owns what is written into a ledger: appended in one synced transaction, fenced, and nothing more after a failed write."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from janitor.core import events as names
from janitor.core.canonical import timestamp
from janitor.core.errors import LedgerBusy, LedgerError, StandingChanged
from janitor.core.text import LONGEST_TEXT, shorten_all
from janitor.ledger.chain import EMPTY, Draft, Head, Sealed, seal
from janitor.ledger.derived import apply, standing_version
from janitor.ledger.lock import Unbreakable
from janitor.ledger.schema import epochs, events
from janitor.ledger.storage import Grip, Storage, told

FENCED = (
    names.OPEN
    | names.CLOSING
    | {names.DELETION_INTENDED, names.JOB_MARKED, names.JOB_UNMARKED, names.PLAN_APPLIED, names.TOMBSTONE_PURGED}
)

_UNABRIDGED = frozenset({names.CONFIG_LOADED})
"""Its texts are those of the policy file, which has a limit of its own."""

_HOLDS = frozenset({names.HOLD_ADDED, names.HOLD_REMOVED, names.HOLD_EXPIRED})
_CONDITIONS = frozenset({"match", "job_ids"})
"""What a hold covers is read back from its event, and the beginning of a condition is another one, which holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The right to write intents, outcomes and marks of a target: valid until a later epoch is claimed.

    `grip` is the lock under which it was claimed, and says until when nobody else can have claimed one.
    """

    target: str
    epoch: int
    grip: Grip = field(default_factory=Unbreakable, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is written into other tables in the very transaction of some events, once they are sealed; `size` is its bytes."""

    write: Callable[[Connection, Sequence[dict[str, Any]]], None]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """What every written event gets: the time, who acts, and the removal of secrets."""

    now: Callable[[], datetime]
    actor: str
    scrub: Callable[[Any], Any] = lambda value: value


class Ledger:
    """One ledger. A failed write poisons it: nothing more is written, so nothing more is deleted."""

    def __init__(self, storage: Storage, pen: Pen) -> None:
        self.storage = storage
        self.name = storage.name
        self._pen = pen
        self._poison: str | None = None
        self._newest = EMPTY

    def close(self) -> None:
        """Close every connection."""
        self.storage.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def append(
        self, drafts: Sequence[Draft], fence: Fence | None = None, standing: int | None = None, beside: Beside | None = None
    ) -> Head:
        """Seal the drafts, bring the derived tables up to them and commit with what is written beside, synced, all or nothing.

        Intents, outcomes and marks need a fence; whatever comes with one is refused where its epoch is over. With `standing` (a
        `Standing.version`) nothing is written, and StandingChanged is raised, where holds or pauses changed since; the ledger
        is as good as before.
        Raises LedgerError when anything fails; from then on every further append raises too.
        """
        with self.writing() as connection:
            if standing is not None:
                _check_standing(connection, drafts, standing)
            head = self._append(connection, drafts, fence, beside)
        self._newest = head
        return head

    @contextmanager
    def hold(self, target: str) -> Iterator[Fence]:
        """Hold a target's lock and the only fence that is valid from now on; raises LockHeld at once where another has it."""
        with self.storage.lock(target) as grip:
            yield self.claim(target, grip)

    def claim(self, target: str, grip: Grip | None = None) -> Fence:
        """Raise the target's epoch and answer with the only fence that is valid from now on; the caller holds its lock."""
        with self.writing() as connection:
            epoch = 1 + (connection.execute(_EPOCH, {"its_target": target}).scalar() or 0)
            if epoch == 1:
                connection.execute(insert(epochs), {"target": target, "epoch": epoch})
            else:
                connection.execute(_CLAIM, {"its_target": target, "epoch": epoch})
            return Fence(target=target, epoch=epoch, grip=grip or Unbreakable())

    def check_fence(self, fence: Fence) -> None:
        """Raise LedgerError where a later epoch of the target was claimed."""
        with self.reading() as connection:
            _check_epoch(connection, fence)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; a database error becomes a LedgerError."""
        with _trouble(self.name, "cannot be read"), self.storage.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, synced to disk at its end. Raises LedgerError when it fails; then nothing is written ever again."""
        if self._poison is not None:
            raise LedgerError(f"{self.name}: an earlier write failed ({self._poison}), so nothing more is written")
        try:
            with self.storage.writing() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._poison = told(error)
            raise LedgerError(f"{self.name}: cannot be written: {self._poison}; {self.storage.remedy}") from error
        except (LedgerError, TypeError) as error:
            self._poison = str(error)
            raise LedgerError(f"{self.name}: {error}") from error
        except StandingChanged:  # nothing failed, and nothing was written
            raise
        except BaseException as error:
            self._poison = repr(error)
            raise

    def scrub(self, value: Any) -> Any:
        """Data without secrets, its texts as long as they are."""
        return self._pen.scrub(value)

    def clean(self, value: Any) -> Any:
        """Data as it may be written beside the chain: without secrets, then every text at a length at which none floods it."""
        return shorten_all(self._pen.scrub(value), LONGEST_TEXT)

    def head(self) -> Head:
        """The last event's number and hash."""
        with self.reading() as connection:
            return _head(connection)

    def rows(self, after: int = 0) -> Generator[Sealed, None, None]:
        """Every event after a number, in order, without loading them all; who does not read to the end closes it."""
        with self.reading() as connection:
            for seq, body, digest in connection.execute(_AFTER, {"after": after}):
                if not isinstance(body, str):
                    raise LedgerError(f"{self.name}: event {seq} was changed: its body is no text")
                yield Sealed(seq=seq, body=body, hash=digest)

    def rows_apart(self, at_once: int) -> Iterator[Sealed]:
        """Every event in order, so many at a time: however slowly somebody reads, no transaction and no connection waits.

        What is sealed does not change, so it is the log of one moment all the same, and of events that came meanwhile.
        """
        after, found = 0, list[Sealed]()
        while not after or len(found) == at_once:
            with closing(self.rows(after)) as rows:
                found = list(islice(rows, at_once))
            yield from found
            after = found[-1].seq if found else -1

    def _append(self, connection: Connection, drafts: Sequence[Draft], fence: Fence | None, beside: Beside | None) -> Head:
        if fence is not None or any(draft.event in FENCED for draft in drafts):
            _check_fence(connection, drafts, fence)
        intents = [draft for draft in drafts if draft.event == names.DELETION_INTENDED]
        if beside is None and any(draft.fields.get("tombstone") for draft in intents):
            raise LedgerError("an intent was written without its tombstone; this is a defect of janitor")
        if intents:
            self.storage.check_room(len(intents), 0 if beside is None else beside.size)
        head, sealed = _head(connection), list[Sealed]()
        if head.seq < self._newest.seq:
            raise LedgerError(_went_back(head, self._newest))
        for draft in drafts:
            sealed.append(seal(self._clean(draft), head, timestamp(self._pen.now()), self._pen.actor))
            head = Head(seq=sealed[-1].seq, hash=sealed[-1].hash)
        written = [each.event() for each in sealed]
        if sealed:
            connection.execute(_SEAL, [{"seq": each.seq, "body": each.body, "hash": each.hash} for each in sealed])
            apply(connection, written)
        if beside is not None:
            beside.write(connection, written)
        return head

    def _clean(self, draft: Draft) -> Draft:
        """The draft without secrets, then with its texts at a length at which no name can flood the log."""
        fields = self._pen.scrub(draft.fields)
        if draft.event in _UNABRIDGED:
            return replace(draft, fields=fields)
        whole = {name: fields[name] for name in _CONDITIONS & set(fields)} if draft.event in _HOLDS else {}
        return replace(draft, fields=shorten_all(fields, LONGEST_TEXT) | whole)


_SEAL, _HEAD = insert(events), select(events.c.seq, events.c.hash).order_by(events.c.seq.desc()).limit(1)
_AFTER = select(events).where(events.c.seq > bindparam("after")).order_by(events.c.seq).execution_options(yield_per=1000)
_is_epoch = epochs.c.target == bindparam("its_target")
_EPOCH, _CLAIM = select(epochs.c.epoch).where(_is_epoch), update(epochs).where(_is_epoch)


def _head(connection: Connection) -> Head:
    row = connection.execute(_HEAD).first()
    return EMPTY if row is None else Head(seq=row.seq, hash=row.hash)


def _went_back(head: Head, newest: Head) -> str:
    return f"its last event is {head.seq}, and {newest.seq} was written: it was put back or cut while it was open"


def _check_fence(connection: Connection, drafts: Sequence[Draft], fence: Fence | None) -> None:
    if fence is None or any(draft.target != fence.target for draft in drafts):
        raise LedgerError(
            "something was written without the target's lock that only its holder may write; this is a defect of janitor"
        )
    _check_epoch(connection, fence)


def _check_epoch(connection: Connection, fence: Fence) -> None:
    current = connection.execute(_EPOCH, {"its_target": fence.target}).scalar()
    if current != fence.epoch:
        raise LedgerError(f"another sweep took over target {fence.target} (epoch {current}, ours {fence.epoch})")


def _check_standing(connection: Connection, drafts: Sequence[Draft], standing: int) -> None:
    for target in {draft.target for draft in drafts}:
        if standing_version(connection, target) != standing:
            raise StandingChanged(f"target {target}: holds or pauses changed in this moment, so nothing was written")


@contextmanager
def _trouble(name: str, what: str) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise LedgerBusy(f"{name}: too much is asked of it at once; try again in a moment") from error
    except SQLAlchemyError as error:
        raise LedgerError(f"{name}: {what} as a ledger: {told(error)}") from error
