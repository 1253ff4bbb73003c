"""Every way to tamper with a ledger, against both verifiers, with and without a head that was kept (faults D21, D22).

A chain alone shows what was changed in its midst. That its end was cut, or that all from some event on was written anew, shows
only against a head from before: one that somebody who may write to the ledger cannot write to.
"""

import json
import re
from collections.abc import Callable
from hashlib import sha256

import pages
import pytest
from again import put_anchor
from another_hand import another_hand

from janitor.core.canonical import canonical
from janitor.core.errors import LedgerError
from janitor.ledger.anchor import check_tail, write_anchor
from janitor.ledger.chain import GENESIS, Draft, Head, Sealed, find_break
from janitor.ledger.store import Ledger

VERIFIER = next(body for _, body in pages.blocks("audit-format.md", "python"))
EVENTS = 6
Rows = list[Sealed]


@pytest.fixture
def kept(ledger: Ledger) -> list[Head]:
    """The heads of a ledger of six events, after each of them."""
    return [ledger.append([Draft(event="config.loaded", fields={"number": number})]) for number in range(EVENTS)]


def sealed(row: Sealed, **changes: object) -> Sealed:
    """The event with these fields, and a hash that fits."""
    body = canonical({key: value for key, value in row.event().items() if key != "hash"} | changes)
    return Sealed(seq=json.loads(body)["seq"], body=body, hash=sha256(body.encode()).hexdigest())


def rechained(rows: Rows) -> Rows:
    """The same events as one chain, numbered and linked anew by somebody who knows how."""
    found, previous = Rows(), GENESIS
    for seq, row in enumerate(rows, start=1):
        found.append(sealed(row, seq=seq, prev=previous))
        previous = found[-1].hash
    return found


def edited(rows: Rows, at: int) -> Rows:
    return [
        *rows[:at],
        Sealed(seq=at + 1, body=rows[at].body.replace("test@here", "Test@here"), hash=rows[at].hash),
        *rows[at + 1 :],
    ]


def sealed_anew(rows: Rows, at: int) -> Rows:
    return [*rows[:at], sealed(rows[at], actor="nobody"), *rows[at + 1 :]]


def inserted(rows: Rows, at: int) -> Rows:
    """One more event at its place, linked to the one before; those after it are numbered anew, with hashes that fit."""
    more = sealed(rows[at], event="hold.removed")
    return [*rows[:at], more, *(sealed(row, seq=row.seq + 1) for row in rows[at:])]


def dropped(rows: Rows, at: int) -> Rows:
    return [*rows[:at], *rows[at + 1 :]]


def renumbered_without(rows: Rows, at: int) -> Rows:
    return [*rows[:at], *(sealed(row, seq=row.seq - 1) for row in rows[at + 1 :])]


def swapped(rows: Rows, at: int) -> Rows:
    return [*rows[:at], sealed(rows[at + 1], seq=at + 1), sealed(rows[at], seq=at + 2), *rows[at + 2 :]]


IN_THE_MIDST: dict[str, Callable[[Rows, int], Rows]] = {
    "edited": edited,
    "edited, with a hash that fits": sealed_anew,
    "inserted": inserted,
    "dropped": dropped,
    "dropped, the rest renumbered": renumbered_without,
    "swapped": swapped,
}
FROM_THERE_ON: dict[str, Callable[[Rows, int], Rows]] = {
    "edited and chained anew": lambda rows, at: rechained(sealed_anew(rows, at)),
    "inserted and chained anew": lambda rows, at: rechained(inserted(rows, at)),
    "dropped and chained anew": lambda rows, at: rechained(dropped(rows, at)),
    "swapped and chained anew": lambda rows, at: rechained(swapped(rows, at)),
    "cut": lambda rows, at: rows[:at],
    "cut, and other events in their place": lambda rows, at: rechained(
        [*rows[:at], *(sealed(row, event="x") for row in rows[at:])]
    ),
}


def by_both(rows: Rows, heads: list[Head]) -> str | None:
    """What janitor finds in these rows; that of docs/audit-format.md finds something in their export just when it does.

    Where there is no event at all, only an export lacks something: a ledger may be new.
    """
    wrong, _ = find_break(rows, heads)
    space: dict[str, Callable[..., str | None]] = {"__name__": "verifier"}  # type: ignore[dict-item]
    exec(VERIFIER, space)  # noqa: S102  the document's own
    lines = [f"{canonical(row.event())}\n".encode() for row in rows]
    alone = space["find_break"](lines, [(head.seq, head.hash) for head in heads])
    assert (wrong is None) == (alone is None) or not rows, (wrong, alone)
    return wrong


def numbered(wrong: str | None) -> int:
    """The event that is named."""
    assert wrong is not None
    return int(re.findall(r"event (\d+)", wrong)[0])


@pytest.mark.parametrize("how", IN_THE_MIDST)
def test_d21_what_is_changed_in_the_midst_is_named_without_any_head(ledger: Ledger, kept: list[Head], how: str) -> None:
    rows = list(ledger.rows())
    for at in range(EVENTS - 1):
        wrong = by_both(IN_THE_MIDST[how](rows, at), [])
        assert at + 1 <= numbered(wrong) <= at + 2, (how, at, wrong)
        assert by_both(IN_THE_MIDST[how](rows, at), [kept[-1]]) is not None


@pytest.mark.some(3)
@pytest.mark.parametrize("how", FROM_THERE_ON)
def test_d21_d22_what_is_written_anew_to_the_end_shows_against_a_head_from_after_it_and_no_other(
    ledger: Ledger, kept: list[Head], how: str
) -> None:
    """A head says that all up to it is as it was, and nothing of what came later: the limit that the document states."""
    rows = list(ledger.rows())
    for at in range(EVENTS - how.startswith("swapped")):
        forged = FROM_THERE_ON[how](rows, at)
        assert (forged[:at], forged[at : at + 1] == rows[at : at + 1]) == (rows[:at], False)
        assert by_both(forged, []) is None
        for head in kept:
            assert (by_both(forged, [head]) is not None) is (head.seq > at), (at, head.seq)


def write_over(ledger: Ledger, rows: Rows) -> None:
    """What somebody with every right on the host can do: the file, and the head beside it."""
    with another_hand(ledger) as connection:
        connection.execute("DELETE FROM events")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", [(row.seq, row.body, row.hash) for row in rows])
        connection.commit()


def test_d21_a_ledger_that_was_written_anew_is_not_swept_while_its_head_is_the_old_one(ledger: Ledger, kept: list[Head]) -> None:
    rows = list(ledger.rows())
    assert write_anchor(ledger) == kept[-1]
    for name, forge in FROM_THERE_ON.items():
        write_over(ledger, forge(rows, 2))
        with pytest.raises(LedgerError, match=r"event 6 is not the one that (ledger\.db\.head|table meta) anchors"):
            check_tail(ledger)
        assert find_break(ledger.rows(), [kept[-1]])[0] is not None, name


def test_d22_whoever_may_write_the_head_too_is_found_out_only_by_heads_that_lie_elsewhere(
    ledger: Ledger, kept: list[Head]
) -> None:
    rows = list(ledger.rows())
    write_anchor(ledger)
    write_over(ledger, FROM_THERE_ON["edited and chained anew"](rows, 3))
    put_anchor(ledger, str(ledger.head()))
    check_tail(ledger)
    beside = ledger.storage.anchor.read()
    assert beside is not None
    assert find_break(ledger.rows(), [beside])[0] is None
    found = [numbered(find_break(ledger.rows(), [beside, head])[0]) for head in kept[3:]]
    assert found == [4, 5, 6]
    assert find_break(ledger.rows(), [beside, *kept[:3]])[0] is None
