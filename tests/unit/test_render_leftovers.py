"""What stays in object storage, as people are told it: sums that add up, and no text from outside takes effect."""

from builders import make_job
from hostile import TEXTS, VERY_LONG

from janitor.core.plan import Outcome
from janitor.core.text import inert
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.render_leftovers import MOST_SHARES, bucket_rows, deleted_lines, expired_lines, leftovers_of, owner_rows
from janitor.sweep.book import Entry

REASON = Reason(code="expired", text="a reason")


def entry(owner: str | None, *outputs: str, outcome: Outcome = Outcome.CONFIRMED) -> Entry:
    job = make_job(owner=owner, outputs=outputs)
    return Entry(decision=Decision(job=job, verdict=Verdict.EXPIRED, reason=REASON), outcome=outcome, reason=REASON)


def test_only_what_was_deleted_or_accepted_stays_behind() -> None:
    entries = [entry("ann", f"/bkt/{outcome}/", outcome=outcome) for outcome in Outcome]
    total, owners, how = deleted_lines(entries)
    assert total == "  in storage  2 addresses of 2 deleted jobs stay; sizes are not known"
    assert owners == "              by owner: ann 2"
    assert "`janitor tombstone show JOB_ID`" in how
    assert deleted_lines(entries[2:]) == []
    assert expired_lines([]) == []
    assert expired_lines(entries)[:2] == [
        "in storage once they are deleted: 10 addresses of 10 expired jobs stay",
        "by owner: ann 10",
    ]


def test_the_five_largest_owners_are_named_and_what_is_not_known_is_no_zero() -> None:
    entries = [entry(f"o{number}", *(f"/bkt/{number}/{each}" for each in range(number))) for number in range(1, 7)]
    assert deleted_lines(entries)[1].endswith("by owner: o6 6, o5 5, o4 4, o3 3, o2 2, and 1 more")
    total, owners, _ = deleted_lines([entry("ann", "/bkt/a/"), entry("ann"), entry(None), entry("")])
    assert "  1 address of 1 deleted job stays; of 3 more no address is known; " in total
    assert owners.endswith("  by owner: ann at least 1, (none) not known")
    total, owners, _ = deleted_lines([entry("ann")])
    assert total.startswith("  in storage  of 1 deleted job no address is known; ")
    assert owners.endswith("  by owner: ann not known")


def test_rows_end_with_how_many_more_there_are() -> None:
    left = leftovers_of([entry(f"o{number:02}", f"/bucket-{number:02}/") for number in range(MOST_SHARES + 2)])
    owners, buckets = list(owner_rows(left)), list(bucket_rows(left))
    assert owners[0] == ["o00", 1, 0, 1]
    assert owners[-1] == ["and 2 more", "", "", ""]
    assert (len(owners), len(buckets)) == (MOST_SHARES + 1, MOST_SHARES + 1)
    assert buckets[0] == ["bucket-00", 1, 1]
    assert buckets[-1] == ["and 2 more", "", ""]
    assert list(bucket_rows(leftovers_of([entry(None, "elsewhere")]))) == [["(not told)", 1, 1]]


def test_d3_hostile_owners_and_addresses_are_inert_and_short() -> None:
    for text in (*TEXTS, VERY_LONG):
        lines = deleted_lines([entry(text, text)])
        assert len(lines) == 3
        assert all(inert(line, 10**6) == line and len(line) < 400 for line in lines)
