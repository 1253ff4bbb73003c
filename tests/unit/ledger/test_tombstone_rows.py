"""The rows of tombstones: with their intent or not at all, and gone with a job that lives."""

from pathlib import Path
from typing import Any

import pytest
from builders import FakeClock, make_job

from janitor.core import events as names
from janitor.core.errors import LedgerError, StandingChanged
from janitor.core.tombstone import Ground, Tombstone, build_tombstone
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.ledger.chain import Draft
from janitor.ledger.derivation import find_difference
from janitor.ledger.store import Fence, Ledger
from janitor.ledger.tombstones import append_intents, find_purge, find_tombstones, list_kept, list_purgeable

GROUND = Ground(platform="memory", target="research", project_id="p")
BEFORE = {"created_at": None, "attempts": 1}


def stone_of(job_id: str, **changes: Any) -> Tombstone:
    job = make_job(id=job_id, **changes)
    decision = Decision(job=job, verdict=Verdict.EXPIRED, reason=Reason(code="expired", text="old"), policy="weekly")
    return build_tombstone(decision, {"job": {"id": job_id}}, GROUND)


def draft(event: str, intent_id: str, stone: Tombstone | None, **more: Any) -> Draft:
    fields = {"job_id": intent_id.replace("i", "j"), "intent_id": intent_id, "tombstone": stone.sha256 if stone else None}
    return Draft(event=event, target="research", sweep_id="s", fields=BEFORE | fields | more)


@pytest.fixture
def fence(ledger: Ledger) -> Fence:
    return ledger.claim("research")


@pytest.fixture
def stones(ledger: Ledger, fence: Fence) -> list[Tombstone]:
    """Three intents, each with its tombstone."""
    made = [stone_of(f"j-{number}", owner="an\ud800n" if number == 0 else None) for number in range(3)]
    drafts = [draft(names.DELETION_INTENDED, f"i-{number}", stone) for number, stone in enumerate(made)]
    append_intents(ledger, drafts, fence, 0, made)
    return made


def kept(ledger: Ledger) -> frozenset[str]:
    assert find_difference(ledger) is None
    return list_kept(ledger, ["i-0", "i-1", "i-2", "i-3"])


def test_a_tombstone_is_found_by_its_job_with_what_became_of_it(ledger: Ledger, fence: Fence, stones: list[Tombstone]) -> None:
    (found,) = find_tombstones(ledger, "j-1")
    assert (found.body, found.sha256, found.state, found.closed_at) == (stones[1].body, stones[1].sha256, "intended", None)
    ledger.append([draft(names.DELETION_CONFIRMED, "i-1", stones[1])], fence)
    (found,) = find_tombstones(ledger, "j-1")
    assert (found.state, found.event["event"], found.closed_at is None) == ("confirmed", names.DELETION_INTENDED, False)
    assert find_tombstones(ledger, "j-9") == ()


@pytest.mark.parametrize("ending", [names.DELETION_FAILED, names.DELETION_SKIPPED])
def test_a_tombstone_goes_with_a_closing_that_says_that_the_job_is_still_there(
    ledger: Ledger, fence: Fence, stones: list[Tombstone], ending: str
) -> None:
    ledger.append([draft(names.DELETION_UNKNOWN, "i-0", stones[0]), draft(names.DELETION_ACCEPTED, "i-1", stones[1])], fence)
    assert kept(ledger) == {"i-0", "i-1", "i-2"}
    ledger.append([draft(ending, "i-0", stones[0])], fence)
    assert kept(ledger) == {"i-1", "i-2"}
    ledger.append([draft(names.DELETION_CONFIRMED, "i-1", None), draft(names.DELETION_ALREADY_GONE, "i-2", None)], fence)
    ledger.append([_skip_before_any_intent()], fence)
    assert kept(ledger) == {"i-1", "i-2"}


DOUBTFUL = {"not_applied": ("not_applied", 1), "lost": ("not_applied", 0), "stuck": ("stuck", 1), "second": ("refused", 2)}
"""The reason, and how many requests there were: none that is known of, or two of which the first came to nothing known."""


@pytest.mark.parametrize("why", [*DOUBTFUL, "certain"])
def test_a_closing_that_proves_nothing_keeps_its_tombstone_until_its_time_is_over(
    ledger: Ledger, fence: Fence, stones: list[Tombstone], clock: FakeClock, why: str
) -> None:
    code, attempts = DOUBTFUL.get(why, ("refused", 1))
    own = {"i-0"} if why in DOUBTFUL else set()
    clock.advance(60)
    ledger.append([draft(names.DELETION_FAILED, "i-0", stones[0], reason_code=code, attempts=attempts)], fence)
    assert kept(ledger) == {"i-1", "i-2"} | own
    assert list_purgeable(ledger, "research", clock.now(), 9) == []
    clock.advance(1)
    due = list_purgeable(ledger, "research", clock.now(), 9)
    assert [(each["intent_id"], each["deleted_at"]) for each in due] == [(each, None) for each in own]
    ledger.append([Draft(event=names.TOMBSTONE_PURGED, target="research", sweep_id="s", fields=each) for each in due], fence)
    assert kept(ledger) == {"i-1", "i-2"}


def _skip_before_any_intent() -> Draft:
    fields = {"job_id": "j-1", "intent_id": None, "tombstone": None}
    return Draft(event=names.DELETION_SKIPPED, target="research", sweep_id="s", fields=BEFORE | fields)


def test_what_changed_meanwhile_lets_neither_intent_nor_tombstone_be_written(
    ledger: Ledger, fence: Fence, stones: list[Tombstone]
) -> None:
    stone = stone_of("j-3")
    with pytest.raises(StandingChanged):
        append_intents(ledger, [draft(names.DELETION_INTENDED, "i-3", stone)], fence, 7, [stone])
    assert kept(ledger) == {"i-0", "i-1", "i-2"}
    assert len(stones) == ledger.head().seq


def test_no_intent_is_written_without_the_tombstone_that_it_tells_of(ledger: Ledger, fence: Fence) -> None:
    stone = stone_of("j-0")
    for others in ([], [stone_of("j-1")]):
        with pytest.raises(LedgerError, match="without its tombstone"):
            append_intents(ledger, [draft(names.DELETION_INTENDED, "i-0", stone)], fence, 0, others)
    with pytest.raises(LedgerError, match="without its tombstone"):
        ledger.append([draft(names.DELETION_INTENDED, "i-0", stone)], fence)
    assert ledger.head().seq == 0


def test_what_may_be_purged_is_old_and_closed_and_of_the_target_the_oldest_first(
    ledger: Ledger, fence: Fence, stones: list[Tombstone], clock: FakeClock
) -> None:
    clock.advance(60)
    assert list_purgeable(ledger, "research", clock.now(), 9) == []
    ledger.append([draft(names.DELETION_CONFIRMED, f"i-{number}", stones[number]) for number in (0, 1)], fence)
    due = list_purgeable(ledger, "research", clock.now(), 9)
    assert [each["intent_id"] for each in due] == ["i-0", "i-1"]
    assert due[0] == {"job_id": "j-0", "intent_id": "i-0", "tombstone": stones[0].sha256, "deleted_at": due[0]["deleted_at"]}
    assert len(list_purgeable(ledger, "research", clock.now(), 1)) == 1
    assert list_purgeable(ledger, "other", clock.now(), 9) == []
    clock.advance(-60)
    assert list_purgeable(ledger, "research", clock.now(), 9) == []
    assert find_purge(ledger, "i-0") is None
    ledger.append([Draft(event=names.TOMBSTONE_PURGED, target="research", sweep_id="s", fields=due[0])], fence)
    assert kept(ledger) == {"i-1", "i-2"}
    assert find_purge(ledger, "i-0") is not None


@pytest.mark.on_a_file
def test_what_is_purged_is_not_left_in_the_file(ledger: Ledger, fence: Fence) -> None:
    stone = stone_of("j-0", name="canary-of-a-name")
    append_intents(ledger, [draft(names.DELETION_INTENDED, "i-0", stone)], fence, 0, [stone])
    ledger.append([draft(names.DELETION_CONFIRMED, "i-0", stone)], fence)
    fields = {"job_id": "j-0", "intent_id": "i-0", "tombstone": stone.sha256, "deleted_at": "x"}
    ledger.append([Draft(event=names.TOMBSTONE_PURGED, target="research", fields=fields)], fence)
    ledger.close()
    assert b"canary-of-a-name" not in Path(ledger.name).read_bytes()
