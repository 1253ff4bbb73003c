"""`janitor audit`: a changed, removed, swapped or cut event is found, by janitor and by an independent verifier alike."""

import json
import shutil
import sqlite3
from collections.abc import Callable

import pages
import pytest
from documents import make_document
from stage import Stage

MakeStage = Callable[..., Stage]
Tamper = Callable[[sqlite3.Connection], object]
VERIFIER = next(body for _, body in pages.blocks("audit-format.md", "python"))


def find_break(lines: list[str], heads: set[tuple[int, str]]) -> str | None:
    """What the verifier of docs/audit-format.md says of these lines."""
    space: dict[str, Callable[..., str | None]] = {"__name__": "verifier"}  # type: ignore[dict-item]
    exec(VERIFIER, space)  # noqa: S102  the document's own
    return space["find_break"]([f"{line}\n".encode() for line in lines], heads)


@pytest.fixture
def swept(make_stage: MakeStage, now_ms: int) -> Stage:
    stage = make_stage(jobs=[make_document(now_ms, 60), make_document(now_ms, 50), make_document(now_ms, 2)])
    stage.write()
    assert stage.sweep()[0] == 0
    return stage


def swap(connection: sqlite3.Connection) -> None:
    for old, new in ((4, 900), (5, 4), (900, 5)):
        connection.execute("UPDATE events SET seq = ? WHERE seq = ?", (new, old))


@pytest.mark.some(3)
@pytest.mark.on_a_file
@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (lambda db: db.execute("UPDATE events SET body = replace(body, 'cli:', 'Cli:') WHERE seq = 6"), "event 6 was changed"),
        (lambda db: db.execute("UPDATE events SET body = replace(body, '\"t', '\"T') WHERE seq = 3"), "event 3 was changed"),
        (lambda db: db.execute("DELETE FROM events WHERE seq = 4"), "event 4 is missing"),
        (swap, "event 4 was changed"),
        (lambda db: db.execute("DELETE FROM events WHERE seq >= 7"), "its tail was cut off"),
        (lambda db: db.execute("DELETE FROM events"), "its tail was cut off"),
    ],
    ids=["changed-actor", "changed-byte", "removed", "swapped", "truncated", "emptied"],
)
def test_s21_tampering_is_found_and_named_and_stops_the_next_sweep(swept: Stage, tamper: Tamper, message: str) -> None:
    with sqlite3.connect(swept.ledger_path) as connection:
        tamper(connection)
    connection.close()
    code, _, error = swept.janitor("audit", "verify")
    assert code == 5
    assert message in error
    if "tail" in message:
        assert swept.janitor("sweep")[0] == 5


def test_an_untouched_log_verifies_and_the_independent_verifier_agrees(swept: Stage) -> None:
    code, out, _ = swept.janitor("audit", "verify")
    assert (code, "verified" in out) == (0, True)
    _, export, _ = swept.janitor("audit", "export")
    lines = export.splitlines()
    head = json.loads(lines[-1])
    assert find_break(lines, {(head["seq"], head["hash"])}) is None


@pytest.mark.some(2)
@pytest.mark.parametrize("change", ["flip", "drop", "swap", "cut", "twice", "spaced"])
def test_both_verifiers_find_the_same_forgeries_of_an_export(swept: Stage, change: str) -> None:
    _, export, _ = swept.janitor("audit", "export")
    lines = export.splitlines()
    head = json.loads(lines[-1])
    forged = {
        "flip": [*lines[:3], lines[3].replace("sweep", "Sweep"), *lines[4:]],
        "drop": [*lines[:3], *lines[4:]],
        "swap": [*lines[:3], lines[4], lines[3], *lines[5:]],
        "cut": lines[:-2],
        "twice": [*lines[:3], lines[3].replace('"event":', '"event":"deletion.failed","event":'), *lines[4:]],
        "spaced": [*lines[:3], lines[3] + " ", *lines[4:]],
    }[change]
    file = swept.folder / "forged.jsonl"
    file.write_text("\n".join(forged) + "\n")
    assert find_break(forged, {(head["seq"], head["hash"])}) is not None
    code, _, _ = swept.janitor("audit", "verify", "--file", str(file), "--head", f"{head['seq']}:{head['hash']}")
    assert code == 5


def test_every_byte_of_a_short_export_matters(swept: Stage) -> None:
    _, export, _ = swept.janitor("audit", "export")
    lines = export.splitlines()[:2]
    for place in range(0, len(lines[0]), 7):
        other = "0" if lines[0][place] != "0" else "1"
        assert find_break([lines[0][:place] + other + lines[0][place + 1 :], lines[1]], set()) is not None


@pytest.mark.on_a_file
def test_a_restored_older_copy_is_noticed(swept: Stage, now_ms: int) -> None:
    shutil.copy(swept.ledger_path, swept.folder / "backup")
    swept.emulator.world.add(make_document(now_ms, 40))
    assert swept.sweep()[0] == 0
    shutil.copy(swept.folder / "backup", swept.ledger_path)
    code, report = swept.sweep()
    assert (code, report["error"]["code"], report["requests"]["list"]) == (5, "ledger_failed", 0)


def test_an_export_that_is_none_and_a_head_that_is_none_are_named(swept: Stage) -> None:
    file = swept.folder / "no.jsonl"
    file.write_text("{}\n")
    code, _, error = swept.janitor("audit", "verify", "--file", str(file))
    assert (code, ":1: is no event" in error) == (5, True)
    assert swept.janitor("audit", "verify", "--head", "5:abc")[0] == 2


@pytest.mark.on_a_file
def test_without_a_ledger_there_is_nothing_to_verify(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.write()
    code, _, error = stage.janitor("audit", "verify")
    assert (code, "no ledger is there" in error) == (5, True)


@pytest.mark.on_a_file
def test_s21_a_wholly_rewritten_ledger_does_not_pass_for_a_head_written_down_earlier(swept: Stage) -> None:
    own = f"{len(swept.events())}:{'a' * 64}"
    for heads in ([own], [own, (swept.folder / "ledger.db.head").read_text().strip()], ["0:" + "a" * 64], ["9999:" + "a" * 64]):
        options = [part for head in heads for part in ("--head", head)]
        assert swept.janitor("audit", "verify", *options)[0] == 5


@pytest.mark.soak
@pytest.mark.on_a_file
def test_a_body_that_is_no_text_is_found(swept: Stage) -> None:
    with sqlite3.connect(swept.ledger_path) as connection:
        connection.execute("UPDATE events SET body = x'00ff' WHERE seq = 3")
    connection.close()
    code, _, error = swept.janitor("audit", "verify")
    assert (code, "event 3 was changed" in error) == (5, True)


@pytest.mark.soak
def test_an_export_in_another_encoding_is_refused(swept: Stage) -> None:
    file = swept.folder / "latin.jsonl"
    file.write_bytes(b'{"a": "\xe9"}\n')
    assert swept.janitor("audit", "verify", "--file", str(file))[0] == 5


@pytest.mark.on_a_file
@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        ("DELETE FROM holds", "the table holds lacks hold h-"),
        ("DELETE FROM pauses", "the table pauses lacks the pause of every target"),
        ("UPDATE intents SET is_open = 1 WHERE state = 'confirmed'", "has is_open 1, and the events say 0"),
    ],
)
def test_c26_a_hold_pause_or_intent_that_is_gone_from_its_table_is_found_though_the_chain_is_whole(
    swept: Stage, tamper: str, said: str
) -> None:
    assert swept.janitor("hold", "add", "--match", "name=rc-*", "--target", "research", "--reason", "audited")[0] == 0
    assert swept.janitor("pause", "--reason", "incident")[0] == 0
    assert swept.janitor("audit", "verify")[0] == 0
    with sqlite3.connect(swept.ledger_path) as connection:
        connection.execute(tamper)
    connection.close()
    code, out, error = swept.janitor("audit", "verify")
    assert (code, out, said in error) == (5, "", True)
    code, out, _ = swept.janitor("audit", "verify", "--output", "json")
    document = json.loads(out)
    assert (code, document["verified"], said in document["wrong"]) == (5, False, True)
    _, export, _ = swept.janitor("audit", "export")
    file = swept.folder / "export.jsonl"
    file.write_text(export)
    assert swept.janitor("audit", "verify", "--file", str(file))[0] == 0
