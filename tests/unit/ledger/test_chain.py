"""The chain: a changed, removed, swapped, inserted or cut event is found, and the first bad one is named (S-21)."""

import json
from functools import partial
from hashlib import sha256
from itertools import product

import pytest

from janitor.core.canonical import canonical
from janitor.ledger.chain import EMPTY, GENESIS, Draft, Head, Sealed, find_break, seal


def chain(length: int) -> list[Sealed]:
    rows, head = [], EMPTY
    for number in range(length):
        row = seal(Draft(event="sweep.started", target="t", fields={"number": number}), head, "2026-01-01T00:00:00.000000Z", "a")
        rows.append(row)
        head = Head(seq=row.seq, hash=row.hash)
    return rows


def heads(rows: list[Sealed]) -> list[Head]:
    return [Head(seq=row.seq, hash=row.hash) for row in rows]


def forged(row: Sealed, **changes: object) -> Sealed:
    """A row whose text was changed and whose hash was made to fit."""
    body = canonical({**json.loads(row.body), **changes})
    return Sealed(seq=row.seq, body=body, hash=sha256(body.encode()).hexdigest())


def test_a_whole_chain_verifies_against_every_anchor() -> None:
    rows = chain(5)
    assert find_break(rows, heads(rows)) == (None, heads(rows)[-1])
    assert find_break([]) == (None, EMPTY)


def test_an_event_has_the_documented_fields_and_unknown_facts_are_null() -> None:
    event = chain(1)[0].event()
    assert event == {
        "version": 1,
        "seq": 1,
        "at": "2026-01-01T00:00:00.000000Z",
        "event": "sweep.started",
        "actor": "a",
        "sweep_id": None,
        "target": "t",
        "number": 0,
        "prev": GENESIS,
        "hash": chain(1)[0].hash,
    }


def test_the_hash_is_over_the_canonical_text_without_hash() -> None:
    row = chain(1)[0]
    event = row.event()
    digest = event.pop("hash")
    assert sha256(json.dumps(event, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == digest == row.hash


def test_s21_every_single_changed_character_is_found() -> None:
    rows = chain(2)
    for place in range(len(rows[0].body)):
        old = rows[0].body[place]
        body = rows[0].body[:place] + ("x" if old != "x" else "y") + rows[0].body[place + 1 :]
        wrong, _ = find_break([Sealed(seq=1, body=body, hash=rows[0].hash), rows[1]])
        assert wrong is not None
        assert "event 1" in wrong


@pytest.mark.parametrize("place", range(4))
def test_s21_a_changed_event_is_found_even_with_a_new_hash(place: int) -> None:
    rows = chain(5)
    rows[place] = forged(rows[place], actor="somebody else")
    wrong, head = find_break(rows)
    assert wrong is not None
    assert f"event {place + 2}" in wrong
    assert head.seq == place + 1


def test_s21_a_removed_event_is_found() -> None:
    rows = chain(5)
    del rows[2]
    assert "event 3 is missing" in str(find_break(rows)[0])


def test_s21_a_removed_event_is_found_even_when_the_rest_is_renumbered() -> None:
    rows = chain(3)
    renumbered = [rows[0], forged(rows[2], seq=2)]
    wrong, _ = find_break([renumbered[0], Sealed(seq=2, body=renumbered[1].body, hash=renumbered[1].hash)])
    assert "does not follow" in str(wrong)


def test_s21_swapped_events_are_found() -> None:
    rows = chain(4)
    rows[1], rows[2] = rows[2], rows[1]
    assert find_break(rows)[0] is not None
    relabelled = [Sealed(seq=number, body=row.body, hash=row.hash) for number, row in enumerate(rows, start=1)]
    assert "event 2" in str(find_break(relabelled)[0])


def test_s21_an_inserted_event_is_found() -> None:
    rows = chain(3)
    assert find_break([rows[0], rows[1], rows[1], rows[2]])[0] is not None


def test_s21_a_cut_tail_verifies_alone_but_not_against_an_anchor() -> None:
    rows = chain(5)
    assert find_break(rows[:3])[0] is None
    assert "its tail was cut off" in str(find_break(rows[:3], [heads(rows)[-1]])[0])


def test_s21_a_wholly_rewritten_chain_verifies_alone_but_not_against_an_anchor() -> None:
    anchor = heads(chain(5))[-1]
    rewritten, head = [], EMPTY
    for row in chain(5):
        sealed = seal(Draft(event="sweep.finished"), head, row.event()["at"], "b")
        rewritten.append(sealed)
        head = Head(seq=sealed.seq, hash=sealed.hash)
    assert find_break(rewritten)[0] is None
    assert "was rewritten" in str(find_break(rewritten, [anchor])[0])


@pytest.mark.parametrize("body", ["[]", "{", '{"seq": 1}', "null", '"\ud800"', "[" * 100_000])
def test_a_body_that_is_no_event_is_found(body: str) -> None:
    digest = sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    assert "event 1 was changed" in str(find_break([Sealed(seq=1, body=body, hash=digest)])[0])


@pytest.mark.parametrize("text", ["", "5", "5:abc", "x:" + "0" * 64, "5:" + "G" * 64, "-1:" + "0" * 64, "٣:" + "0" * 64])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not SEQ:HASH"):
        Head.parse(text)


def test_a_head_is_read_back() -> None:
    head = Head(seq=4711, hash="9f" * 32)
    assert Head.parse(f"{head}\n") == head


def test_b16_every_single_bit_turned_over_in_any_body_or_hash_is_found() -> None:
    rows = chain(3)
    for place, row in enumerate(rows):
        for text, rebuild in ((row.body, partial(changed_body, row)), (row.hash, partial(changed_hash, row))):
            for offset, bit in product(range(len(text)), range(8)):
                flipped = text[:offset] + chr(ord(text[offset]) ^ 1 << bit) + text[offset + 1 :]
                wrong, head = find_break([*rows[:place], rebuild(flipped), *rows[place + 1 :]])
                assert wrong is not None
                assert head.seq == place


def changed_body(row: Sealed, text: str) -> Sealed:
    return Sealed(seq=row.seq, body=text, hash=row.hash)


def changed_hash(row: Sealed, text: str) -> Sealed:
    return Sealed(seq=row.seq, body=row.body, hash=text)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1), (2, 3, 0, 1)])
def test_b24_two_writers_that_forked_the_chain_are_found_however_their_events_are_joined(order: tuple[int, ...]) -> None:
    """Both followed the same event: two have its hash as `prev`, and the same number unless one was renumbered."""
    rows = chain(2)
    first, second = (follow(rows[-1], by) for by in ("one", "two"))
    fork = [first, follow(first, "one"), second, follow(second, "two")]
    joined = [*rows, *(fork[place] for place in order)]
    renumbered = [Sealed(seq=number, body=row.body, hash=row.hash) for number, row in enumerate(joined, start=1)]
    resealed = [*rows, *(forged(row, seq=number) for number, row in enumerate(joined[2:], start=3))]
    for found in (joined, renumbered, resealed):
        wrong, last = find_break(found)
        assert wrong is not None
        assert 2 <= last.seq <= 4


def follow(row: Sealed, by: str) -> Sealed:
    return seal(Draft(event="sweep.started"), Head(seq=row.seq, hash=row.hash), "2026-01-01T00:00:00.000000Z", by)


def test_a_tail_is_walked_from_the_head_before_it() -> None:
    rows = chain(5)
    assert find_break(rows[2:], start=heads(rows)[1]) == (None, heads(rows)[-1])
    assert "does not follow event 2" in str(find_break(rows[2:], start=Head(seq=2, hash="0" * 64))[0])
    assert "event 3 is missing" in str(find_break(rows[3:], start=heads(rows)[1])[0])
