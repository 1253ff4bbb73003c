"""One gate a key, over many sweeps of many targets: a refused key is tried again only when its lock is over (fault A22)."""

import gc
import socket
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Semaphore, Thread

import pytest
from unit.modelarts.modelarts_stage import DELETE, KEY, READ, Stage, StageClock, fault, ok, throttled
from unit.modelarts.test_modelarts_credentials import send_from_threads

from janitor.modelarts import (
    AccessKey,
    AuthFailed,
    AuthGate,
    Endpoint,
    GivenKey,
    KeyPart,
    Keyrings,
    PasswordLogin,
    Profile,
    Provider,
    RereadKey,
    Stopped,
    Throttled,
    TooLate,
    Transport,
)
from janitor.modelarts.gate import LOCKED_FOR_S
from janitor.modelarts.gates import Gates

BAD_SIGNATURE = fault(401, "APIG.0301", "Incorrect IAM authentication information: verify aksk signature fail")


def transport_of_a_sweep(stage: Stage, keyrings: Keyrings, url: str) -> Transport:
    """A transport as each sweep gets it: its own, with the gate of its key."""
    return stage.transport_to(Endpoint(url=url), keyrings.keyring_of(GivenKey(KEY), stage.clock))


def test_a22_targets_with_one_key_spoil_one_signature_between_them(stage: Stage) -> None:
    keyrings, server = Keyrings(), stage.serve(*[BAD_SIGNATURE] * 8)
    transports = [transport_of_a_sweep(stage, keyrings, server.url) for _ in range(8)]
    waiting = iter(transports)
    results = send_from_threads(lambda: next(waiting).send(READ), 8)
    assert [type(result) for result in results] == [AuthFailed] * 8
    assert len(server.received) == 1


def test_a22_the_next_sweeps_leave_a_refused_key_alone_until_its_lock_is_over(stage: Stage) -> None:
    keyrings, server = Keyrings(), stage.serve(BAD_SIGNATURE, ok())
    for wait_s in (0.0, LOCKED_FOR_S / 2, LOCKED_FOR_S / 2):
        stage.clock.advance(wait_s)
        with pytest.raises(AuthFailed):
            transport_of_a_sweep(stage, keyrings, server.url).send(READ)
    assert len(server.received) == 1
    stage.clock.advance(1)
    assert transport_of_a_sweep(stage, keyrings, server.url).send(READ).status == 200


def test_a22_a_key_that_was_good_yesterday_is_proven_anew_by_a_single_request(stage: Stage) -> None:
    keyrings, stopped = Keyrings(), Event()
    stopped.set()
    gate = keyrings.keyring_of(GivenKey(KEY), stage.clock).gate
    with gate.passage(stopped) as doubts:
        gate.prove(doubts)
    with gate.passage(stopped), gate.passage(stopped):
        pass
    assert keyrings.keyring_of(GivenKey(KEY), stage.clock).gate is gate
    with gate.passage(stopped), pytest.raises(Stopped, match="waiting for the first answer"), gate.passage(stopped):
        pass


def test_each_key_has_a_gate_of_its_own(stage: Stage) -> None:
    keyrings = Keyrings()
    other = AccessKey("TESTAK00EXAMPLE00002", "otherSecretKey0EXAMPLE0ONLY0FOR0UNIT0TEST")
    keyrings.keyring_of(GivenKey(KEY), stage.clock).gate.shut(AuthFailed("refused"))
    keyrings.keyring_of(GivenKey(other), stage.clock).gate.check()
    with pytest.raises(AuthFailed):
        keyrings.keyring_of(GivenKey(KEY), stage.clock).gate.check()


def test_a22_an_answer_to_an_older_credential_does_not_prove_the_renewed_one() -> None:
    gate, stopped = AuthGate(), Event()
    stopped.set()
    with gate.passage(stopped) as before:
        gate.doubt()
    gate.prove(before)
    with gate.passage(stopped), pytest.raises(Stopped), gate.passage(stopped):
        pass


@pytest.mark.parametrize(("most", "inside"), [(4, 4), (3, 3)])
def test_a22_only_so_many_requests_are_under_way_with_one_credential(most: int, inside: int) -> None:
    gate, stopped = AuthGate(most=most), Event()
    stopped.set()
    with gate.passage(stopped) as doubts:
        gate.prove(doubts)
    with ExitStack() as stack:
        for _ in range(inside):
            stack.enter_context(gate.passage(stopped))
        with pytest.raises(Stopped):
            stack.enter_context(gate.passage(stopped))


class Spellings:
    """One access key, written down in several ways in one folder, and how a target gets a transport for each."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder, self.keyrings = stage, folder, Keyrings()
        self.write(KEY)

    def write(self, key: AccessKey) -> None:
        (self.folder / "ak").write_text(key.access_key)
        (self.folder / "sk").write_text(key.secret_key)
        (self.folder / "profile").write_text(f"[a]\nak = {key.access_key}\nsk = {key.secret_key}\n")

    def files(self) -> RereadKey:
        """As the settings make it when they are loaded."""
        ak, sk = (KeyPart(value=(self.folder / name).read_text(), path=self.folder / name) for name in ("ak", "sk"))
        return RereadKey(access_key=ak, secret_key=sk)

    def environment(self) -> RereadKey:
        return RereadKey(access_key=KeyPart(value=KEY.access_key), secret_key=KeyPart(value=KEY.secret_key))

    def profile(self) -> Profile:
        return Profile("a", self.folder / "profile", KEY)

    def transport(self, provider: Provider, url: str) -> Transport:
        return self.stage.transport_to(Endpoint(url=url), self.keyrings.keyring_of(provider, self.stage.clock))


OTHER = AccessKey("TESTAK00EXAMPLE00002", "otherSecretKey0EXAMPLE0ONLY0FOR0UNIT0TEST")


def test_a22_however_a_key_is_written_down_it_is_refused_four_times_at_most(stage: Stage, tmp_path: Path) -> None:
    together, keys = Barrier(3, timeout=10), Spellings(stage, tmp_path)

    def refuse(connection: object) -> bool:
        together.wait()
        return BAD_SIGNATURE(connection)  # type: ignore[arg-type]

    server = stage.serve(*[ok()] * 3, *[refuse] * 3, *[BAD_SIGNATURE] * 40)
    transports = [keys.transport(each, server.url) for each in (keys.files(), keys.environment(), keys.profile())]
    for transport in transports:
        transport.send(READ)
    waiting = iter(transports * 4)
    results = send_from_threads(lambda: next(waiting).send(READ), 12)
    assert [type(result) for result in results] == [AuthFailed] * 12
    with pytest.raises(AuthFailed, match="not sent"):
        keys.transport(GivenKey(KEY), server.url).send(READ)
    assert len(server.received) - 3 <= 4


def test_a21_a_key_that_stays_behind_does_not_spoil_the_one_that_others_have_got(stage: Stage, tmp_path: Path) -> None:
    keys = Spellings(stage, tmp_path)
    server = stage.serve(ok(), ok(), ok(), BAD_SIGNATURE, *[ok()] * 9)
    files, profile, stale = (keys.transport(each, server.url) for each in (keys.files(), keys.profile(), keys.environment()))
    for transport in (files, profile, stale):
        transport.send(READ)
    keys.write(OTHER)
    for transport in (files, profile):
        assert transport.send(READ).status == 200
    with pytest.raises(AuthFailed, match="not sent"):
        stale.send(READ)
    assert len(server.received) == 6, "what the one was told the other knew, and asked with its new key at once"


def test_a22_a_refused_new_key_is_refused_for_all_and_ends_who_renewed_it(stage: Stage, tmp_path: Path) -> None:
    keys = Spellings(stage, tmp_path)
    server = stage.serve(ok(), BAD_SIGNATURE, BAD_SIGNATURE, *[ok()] * 9)
    files = keys.transport(keys.files(), server.url)
    files.send(READ)
    keys.write(OTHER)
    with pytest.raises(AuthFailed):
        files.send(READ)
    keys.write(AccessKey("TESTAK00EXAMPLE00003", "yetAnotherSecret0EXAMPLE0ONLY0FOR0TEST"))
    for transport in (files, keys.transport(GivenKey(OTHER), server.url)):
        with pytest.raises(AuthFailed, match="not sent"):
            transport.send(READ)
    assert len(server.received) == 3


def test_a22_a_user_is_the_same_however_the_identity_service_and_the_password_are_written() -> None:
    who = {
        PasswordLogin(iam=Endpoint(url=url), domain="A", user="u", password=password, project_id=project).who
        for url, password, project in (
            ("https://iam.example.com", "one", "p1"),
            ("https://IAM.example.com:443/", "two", "p2"),
        )
    }
    assert len(who) == 1


def test_a22_what_was_refused_leaves_less_room_until_a_lock_would_be_over(stage: Stage) -> None:
    gate, stopped = AuthGate(stage.clock), Event()
    stopped.set()
    with gate.passage(stopped) as doubts:
        gate.prove(doubts)
    for _ in range(3):
        gate.refuse(AuthFailed("refused"))
    newer = AuthGate(stage.clock)
    newer.follow(gate)
    newer.prove(0)
    for each in (gate, newer):
        with each.passage(stopped), pytest.raises(Stopped), each.passage(stopped):
            pass
    stage.clock.advance(LOCKED_FOR_S + 1)
    for each in (gate, newer):
        with each.passage(stopped), each.passage(stopped):
            pass


def test_a22_the_fourth_refusal_shuts_the_gate_whatever_was_renewed_meanwhile(stage: Stage) -> None:
    gate = AuthGate(stage.clock)
    for _ in range(4):
        gate.check()
        gate.refuse(AuthFailed("refused"))
    assert gate.is_shut


def test_a22_one_place_is_kept_for_a_credential_that_can_be_renewed(stage: Stage, tmp_path: Path) -> None:
    keys, stopped = Spellings(stage, tmp_path), Event()
    server = stage.serve(ok(), ok())
    keys.transport(keys.environment(), server.url).send(READ)
    keys.transport(keys.files(), server.url).send(READ)
    gate = keys.keyrings.keyring_of(keys.environment(), stage.clock).gate
    with gate.passage(stopped) as doubts:
        gate.prove(doubts)
    stopped.set()
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(gate.passage(stopped))
        with pytest.raises(Stopped):
            stack.enter_context(gate.passage(stopped))


def test_a22_a_renewed_credential_is_proven_by_a_single_request(stage: Stage, tmp_path: Path) -> None:
    """Even where the other key was proven before: this login has not used it yet."""
    keys, stopped, others = Spellings(stage, tmp_path), Event(), list[bool]()
    stopped.set()

    def look(connection: object) -> bool:
        try:
            with gate.passage(stopped):
                others.append(True)
        except Stopped:
            others.append(False)
        return ok()(connection)  # type: ignore[arg-type]

    server = stage.serve(ok(), ok(), BAD_SIGNATURE, look)
    keyring = keys.keyrings.keyring_of(GivenKey(OTHER), stage.clock)
    stage.transport_to(Endpoint(url=server.url), keyring).send(READ)
    gate, files = keyring.gate, keys.transport(keys.files(), server.url)
    files.send(READ)
    keys.write(OTHER)
    files.send(READ)
    assert others == [False]


class HeldClock(StageClock):
    """A clock on which all waiting lasts until the test ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting, self.over = Semaphore(0), Event()

    def wait(self, seconds: float, stop: Event | None) -> bool:
        self.waiting.release()
        self.over.wait(10)
        return super().wait(seconds, stop)


def test_b2_requests_that_wait_for_their_turn_keep_no_place_from_another_target_with_the_same_key(stage: Stage) -> None:
    keyrings, clock, slow, quick = Keyrings(), HeldClock(), stage.serve(*[ok()] * 5), stage.serve(*[ok()] * 3)
    rings = [keyrings.keyring_of(GivenKey(KEY), stage.clock) for _ in range(2)]
    busy = stage.transport_to(Endpoint(url=slow.url), rings[0], clock, requests_per_second=0.5)
    other = stage.transport_to(Endpoint(url=quick.url), rings[1])
    busy.send(READ)
    threads = [Thread(target=busy.send, args=[READ]) for _ in range(4)]
    for thread in threads:
        thread.start()
        assert clock.waiting.acquire(timeout=5)
    threads.append(Thread(target=lambda: [other.send(READ) for _ in range(3)]))
    threads[-1].start()
    threads[-1].join(2)
    sent = len(quick.received), len(slow.received)
    clock.over.set()
    for thread in threads:
        thread.join(10)
    assert sent == (3, 1)
    assert len(slow.received) == 5


def test_b2_a_hold_that_comes_while_a_request_waits_for_its_place_is_waited_out_outside(stage: Stage) -> None:
    asked, may_answer, sent_at = Event(), Event(), list[float]()

    def throttle(connection: socket.socket) -> bool:
        asked.set()
        may_answer.wait(10)
        return throttled(Retry_After="20")(connection)

    def note(connection: socket.socket) -> bool:
        sent_at.append(stage.clock.monotonic())
        return ok()(connection)

    transport = stage.transport(stage.serve(throttle, note), attempts=1)
    results = list[list[BaseException | None]]()
    first = Thread(target=lambda: results.append(send_from_threads(lambda: transport.send(DELETE), 1)))
    first.start()
    assert asked.wait(5)
    second = Thread(target=transport.send, args=[READ])
    second.start()
    stage.stop.wait(0.3)  # by now it waits for its place, as the first answer is not there
    may_answer.set()
    for thread in (first, second):
        thread.join(10)
    assert [type(error) for error in results[0]] == [Throttled]
    assert sent_at
    assert sent_at[0] >= 1020


def test_a_deadline_that_passes_while_a_request_waits_for_its_place_is_kept(stage: Stage) -> None:
    server, keyring, results = stage.serve(ok()), Keyrings().keyring_of(GivenKey(KEY), stage.clock), list[BaseException | None]()
    transport, late = stage.transport(server, keyring), replace(DELETE, not_after=stage.clock.monotonic() + 5)
    with keyring.gate.passage(stage.stop):
        sending = Thread(target=lambda: results.extend(send_from_threads(lambda: transport.send(late), 1)))
        sending.start()
        stage.stop.wait(0.3)  # by now it waits for its place
        stage.clock.advance(6)
    sending.join(10)
    assert ([type(error) for error in results], server.received) == ([TooLate], [])


def test_b2_places_are_given_out_in_order_of_arrival() -> None:
    gate, never, order = AuthGate(most=1), Event(), list[str]()

    class Asked(Event):
        """Tells that somebody waits."""

        waits = Event()

        def is_set(self) -> bool:
            self.waits.set()
            return super().is_set()

    asked = Asked()

    def come() -> None:
        with gate.passage(asked):
            order.append("who waited")

    with gate.passage(never):
        waiting = Thread(target=come)
        waiting.start()
        assert asked.waits.wait(5)
    with gate.passage(never):
        order.append("who came later")
    waiting.join(5)
    assert order == ["who waited", "who came later"]


def test_a22_a_gate_is_kept_while_somebody_uses_it_or_a_lock_may_last(stage: Stage) -> None:
    gates, users = Gates(), [Event(), Event()]
    used, refused = (gates.gate_of(name, stage.clock, user) for name, user in zip(("used", "refused"), users, strict=True))
    refused.shut(AuthFailed("refused"))
    del users[1]
    assert gates.gate_of("refused", stage.clock, gates) is refused
    assert gates.gate_of("used", stage.clock, gates) is used
    assert len(users) == 1


class User:
    """Somebody who uses a gate."""


def test_a22_a_gate_that_nobody_uses_is_kept_while_the_platform_may_remember_what_was_refused_there() -> None:
    clock, gates = StageClock(), Gates()
    gate = gates.gate_of("ann", clock, User())
    gate.refuse(AuthFailed("no"))
    gc.collect()
    assert gates.gate_of("ann", clock, User()) is gate
    gc.collect()
    clock.wait(LOCKED_FOR_S + 1, None)
    assert gates.gate_of("ann", clock, User()) is not gate
