"""One gate a key, over many sweeps of many targets: a refused key is tried again only when its lock is over (fault A22)."""

from contextlib import ExitStack
from threading import Event

import pytest
from unit.modelarts.modelarts_stage import KEY, READ, Stage, fault, ok
from unit.modelarts.test_modelarts_credentials import send_from_threads

from janitor.modelarts import AccessKey, AuthFailed, AuthGate, Endpoint, GivenKey, Keyrings, Stopped, Transport
from janitor.modelarts.gate import LOCKED_FOR_S

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
