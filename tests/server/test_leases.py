"""The lock of a target on a server: one sweep at a time, lost by who stands still, and known as lost before anything is sent."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import pytest
from another_hand import another_hand
from builders import FakeClock, SerialSpawner, make_job, make_target
from postgres import END_OTHERS, SETTINGS, Postgres, another_postgres, nothing_beside, shared_postgres
from scripted import ScriptedBackend
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from janitor.backends.port import Answer, Reply
from janitor.clock import SystemClock
from janitor.core import events as names
from janitor.core.errors import LedgerError, LockHeld
from janitor.core.job import Job
from janitor.ledger import lease, postgres
from janitor.ledger.anchor import check_anchor, write_anchor
from janitor.ledger.chain import Draft, find_break
from janitor.ledger.opening import open_ledger, read_ledger
from janitor.ledger.server import Server
from janitor.ledger.store import Ledger, Pen
from janitor.sweep.entry import sweep_target
from janitor.sweep.target import Tools


@pytest.fixture
def server() -> Postgres:
    return shared_postgres()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything about locks happens ten times as fast."""
    for name in ("ENDS_AFTER_S", "LASTS_S", "BEAT_S"):
        monkeypatch.setattr(lease, name, getattr(lease, name) / 10)


@contextmanager
def opened(where: Server, actor: str = "a@b") -> Iterator[Ledger]:
    with open_ledger(where, Pen(now=FakeClock().now, actor=actor), create=False) as ledger:
        yield ledger


def other(where: Server) -> Server:
    """The same database, as another process sees it."""
    return Server(url=where.url, clock=SystemClock(), start=nothing_beside)


def test_b20_a_second_sweep_of_the_target_is_turned_away_and_another_target_or_ledger_is_not(server: Postgres) -> None:
    where = server.ledger()
    with opened(where) as first, opened(other(where)) as second, opened(server.ledger()) as elsewhere:
        with first.hold("research"):
            with pytest.raises(LockHeld, match="another sweep holds its lock"), second.hold("research"):
                pass
            with second.hold("other"), elsewhere.hold("research"):
                pass
        with second.hold("research") as fence:
            assert fence.epoch == 2


def test_b20_who_asks_again_and_again_for_a_lock_opens_no_connection_and_ends_none(server: Postgres) -> None:
    """A standby asks twice a second for weeks; and the session that asked in vain is not silenced with those that hold locks."""
    where = server.ledger()
    opens: list[object] = []
    with opened(where) as first, opened(other(where)) as second, first.hold("research"):
        assert isinstance(second.storage, postgres.PostgresStorage)
        event.listen(second.storage.engine, "connect", lambda *_: opens.append(None))
        assert not any(try_hold(second) for _ in range(5))
        assert len(opens) <= 1
        with second.storage.engine.connect() as asked:
            assert asked.execute(text("SHOW idle_session_timeout")).scalar() == "0"


def test_b29_who_lets_a_lock_go_leaves_no_session_behind(server: Postgres) -> None:
    """One that the pool handed out again would be ended by the server in the middle of something else."""
    opens: list[object] = []
    with opened(server.ledger()) as ledger:
        assert isinstance(ledger.storage, postgres.PostgresStorage)
        event.listen(ledger.storage.engine, "close_detached", lambda *_: opens.append(None))
        with ledger.hold("research"):
            assert not opens
        assert len(opens) == 1


def test_b20_the_lock_of_a_connection_that_breaks_is_free_at_once_and_its_fence_is_over(server: Postgres) -> None:
    """As when its process is killed: the server sees its socket close."""
    where = server.ledger()
    with opened(where) as first, opened(other(where)) as second, first.hold("research") as fence:
        with another_hand(second) as hand:
            hand.execute(END_OTHERS)
        until(lambda: try_hold(second))
        with pytest.raises(LedgerError, match="another sweep took over target research"):
            first.append([Draft(event=names.SWEEP_FINISHED, target="research", sweep_id="s")], fence)


@pytest.mark.usefixtures("quick")
def test_b29_who_says_nothing_loses_the_lock_and_knows_before_anybody_else_can_have_it(server: Postgres) -> None:
    """A process that stands still keeps its connection; so the server ends what is silent, and the process counts for itself."""
    where = server.ledger(start=nothing_beside)
    with opened(where) as first, opened(other(where)) as second, first.hold("research") as fence:
        held_until = fence.grip.holds_until()
        began = time.monotonic()
        until(lambda: try_hold(second))
        assert time.monotonic() - began > lease.ENDS_AFTER_S / 2
        now = SystemClock().monotonic()
        assert held_until < now
        assert fence.grip.holds_until() <= held_until


def test_b29_a_lock_whose_session_was_ended_is_not_held_from_the_moment_that_is_known(server: Postgres) -> None:
    """Whoever asks next has it at once, however long ago its last holder spoke."""
    clock = FakeClock()
    where = server.ledger(start=nothing_beside, clock=clock)
    with opened(where) as first, opened(other(where)) as second, first.hold("research") as fence:
        assert fence.grip.holds_until() == clock.monotonic() + lease.LASTS_S
        with another_hand(second) as hand:
            hand.execute(END_OTHERS)
        clock.advance(0.1)
        assert fence.grip.holds_until() < clock.monotonic()
        until(lambda: try_hold(second))


def test_b29_a_session_that_the_server_ended_holds_nothing_once_that_is_known(server: Postgres) -> None:
    where = server.ledger(start=nothing_beside)
    with opened(where) as first, opened(other(where)) as second, first.hold("research") as fence:
        with another_hand(second) as hand:
            hand.execute(END_OTHERS)
        grip = fence.grip
        assert isinstance(grip, lease.Lease)
        with pytest.raises(SQLAlchemyError):
            grip.speak()
        assert grip.holds_until() <= SystemClock().monotonic()


@pytest.mark.usefixtures("quick")
def test_who_speaks_keeps_the_lock_for_as_long_as_it_likes(server: Postgres) -> None:
    where = server.ledger()
    with opened(where) as first, opened(other(where)) as second, first.hold("research") as fence:
        time.sleep(1.5 * lease.ENDS_AFTER_S)
        assert not try_hold(second)
        assert fence.grip.holds_until() > SystemClock().monotonic()


@pytest.mark.usefixtures("quick")
def test_b29_s8_a_sweep_that_wakes_up_after_another_took_over_sends_nothing(server: Postgres) -> None:
    """It stops between its intents and its request, which is the worst moment; its successor settles what it left open."""
    where = server.ledger(start=nothing_beside)
    job = make_job()
    backend = Sleeping(jobs={job.id: job})
    with opened(where, "first@b") as first, opened(other(where), "second@b") as second:
        backend.while_asleep = lambda: until(lambda: try_hold(second))
        report = sweep_target(
            make_target(backend), first, Tools(clock=SystemClock(), spawner=SerialSpawner(), new_id=lambda: "i")
        )
        assert (backend.deleted, backend.late) == ([], 1)
        assert report.trouble is not None
        assert "another sweep took over target research" in report.trouble.message
        assert [row.event()["event"] for row in second.rows()].count(names.DELETION_INTENDED) == 1


@dataclass
class Sleeping(ScriptedBackend):
    """Falls asleep right before its request leaves, and then minds `not_after` as the real one does."""

    while_asleep: Callable[[], object] = lambda: None
    late: int = 0

    def delete_jobs(self, jobs: Sequence[Job], *, not_after: float) -> Reply:
        self.while_asleep()
        if SystemClock().monotonic() > not_after:
            self.late += 1
            return Reply(answer=Answer.LATE, code="late", message="too late")
        return super().delete_jobs(jobs, not_after=not_after)


def test_b23_a_proxy_that_shares_sessions_is_noticed_before_anything_is_swept(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections of such a proxy are one session of the server."""
    sessions = list[Connection]()
    real = lease._speaking_for_itself

    @contextmanager
    def shared(engine: Engine) -> Iterator[Connection]:
        if sessions:
            yield sessions[0]
            return
        with real(engine) as connection:
            sessions.append(connection)
            yield connection

    monkeypatch.setattr(lease, "_speaking_for_itself", shared)
    with (
        opened(server.ledger()) as ledger,
        pytest.raises(LedgerError, match="one lock was granted twice at once"),
        ledger.hold("research"),
    ):
        pytest.fail("the sweep began")


def test_b29_a_writer_that_stands_still_is_ended_and_holds_up_nobody_for_long(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "WAIT_MS", 500)
    where = server.ledger()
    with opened(where) as first, opened(where) as second:
        with pytest.raises(LedgerError), first.writing() as connection:  # noqa: PT012  the write ends when the block does
            connection.exec_driver_sql("SELECT 1")
            second.append([Draft(event="config.loaded")])
            connection.exec_driver_sql("SELECT 1")
        with pytest.raises(LedgerError, match="an earlier write failed"):
            first.append([Draft(event="config.loaded")])
        assert second.head().seq == 1


def test_b11_a_server_that_goes_away_poisons_the_ledger_and_what_was_written_is_there_when_it_is_back() -> None:
    with another_postgres(SETTINGS) as own:
        where = own.ledger()
        with opened(where) as ledger:
            ledger.append([Draft(event="config.loaded", fields={"number": number}) for number in range(3)])
            own.stop()
            with pytest.raises(LedgerError, match="cannot be written"):
                ledger.append([Draft(event="config.loaded")])
            own.start()
            with pytest.raises(LedgerError, match="an earlier write failed"):
                ledger.append([Draft(event="config.loaded")])
        with opened(where) as again:
            assert find_break(again.rows())[0] is None
            assert again.head().seq == 3


def test_b10_two_writers_at_once_make_one_chain(server: Postgres) -> None:
    where, errors = server.ledger(), list[LedgerError]()

    def write(ledger: Ledger) -> None:
        try:
            for number in range(20):
                ledger.append([Draft(event="config.loaded", fields={"number": number})])
        except LedgerError as error:
            errors.append(error)

    with opened(where) as first, opened(where) as second:
        threads = [Thread(target=write, args=(each,)) for each in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert (first.head().seq, find_break(first.rows())[0]) == (40, None)


def test_b15_a_database_that_was_put_back_under_an_open_ledger_takes_nothing_more(server: Postgres) -> None:
    where = server.ledger()
    with opened(where) as ledger:
        ledger.append([Draft(event="config.loaded", fields={"number": number}) for number in range(3)])
        with another_hand(ledger) as hand:
            hand.execute("DELETE FROM events WHERE seq = 3")
            hand.commit()
        with pytest.raises(LedgerError, match="its last event is 2, and 3 was written"):
            ledger.append([Draft(event="config.loaded")])


def test_b15_the_head_row_follows_the_chain_and_shows_its_cut(server: Postgres) -> None:
    with opened(server.ledger()) as ledger:
        for _ in range(2):
            ledger.append([Draft(event="config.loaded")])
            assert write_anchor(ledger) == ledger.storage.anchor.read() == ledger.head()
        with another_hand(ledger) as hand:
            hand.execute("DELETE FROM events WHERE seq = 2")
            hand.commit()
        with pytest.raises(LedgerError, match="cut, restored"):
            check_anchor(ledger)


def test_s12_a_ledger_opened_for_reading_cannot_be_written_to(server: Postgres) -> None:
    where = server.ledger()
    reader = read_ledger(where)
    assert reader is not None
    with reader, reader.reading() as connection, pytest.raises(Exception, match="read-only transaction"):
        connection.exec_driver_sql("DELETE FROM events")


def try_hold(ledger: Ledger) -> bool:
    try:
        with ledger.hold("research"):
            return True
    except LockHeld:
        return False


def until(happens: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something is so."""
    over = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < over, "it did not happen in time"
        Event().wait(0.05)
