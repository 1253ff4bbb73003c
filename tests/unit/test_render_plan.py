"""The plan as a page and as rows: the numbers add up, and nothing that a stranger wrote takes effect."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from janitor.backends.port import Quota
from janitor.core.job import Job
from janitor.core.plan import Outcome, Refusal
from janitor.core.text import inert
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.render import render_entries, render_owners
from janitor.render_plan import COLUMNS, MOST_OUTPUTS, TargetPlan, list_rows, render_csv, render_page
from janitor.retention.policy import Mode
from janitor.sweep.book import Entry
from janitor.sweep.report import NO_VERDICTS, TargetReport, Trouble

HOSTILE = [
    "a|b||c",
    "`code` ``two`` ```",
    "\\`|\\|\\",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "[ref]: https://evil.example",
    "<https://evil.example> https://evil.example www.evil.example",
    "@everyone @team/admins #1 !2 owner/repo#3",
    "# heading\n## another\n\n---\n",
    "row\n| x | y |\r\n- item\u2028\u0085",
    "\x1b[2J\u202e\u200b\ud800\x00\x07",
    "  **bold** _it_ ~~no~~ $x$ &lt; &#60; :smile:  ",
    "- [ ] task\t1. one",
    "`" * 40,
    " ",
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\u00a0=1", "\uff1d1", "=cmd|' /C calc'!A0"]


def make_entry(job: Job, outcome: Outcome = Outcome.PLANNED, *, code: str = "expired", **decision: Any) -> Entry:
    reason = Reason(code=code, text="a reason")
    fields: dict[str, Any] = {"policy": "weekly", "policies": ("weekly",)} | decision
    return Entry(decision=Decision(job=job, verdict=Verdict.EXPIRED, reason=reason, **fields), outcome=outcome, reason=reason)


def make_report(*entries: Entry, **changes: Any) -> TargetReport:
    fields: dict[str, Any] = {"target": "research", "sweep_id": "s", "as_of": NOW, "dry_run": True, "is_complete": True}
    verdicts = NO_VERDICTS | {"expired": len(entries), "kept": 7, "held": 1}
    return TargetReport(**(fields | {"entries": entries, "verdicts": verdicts} | changes))


def page_of(report: TargetReport, **changes: Any) -> str:
    fields: dict[str, Any] = {"report": report, "rules": make_rules()} | changes
    return render_page([TargetPlan(**fields)])


def html_of(page: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))


def cells_of(page: str) -> list[list[str]]:
    """The body rows of every table, as a reader of Markdown understands them."""
    rows = re.findall(r"<tr>(\s*<td>.*?)</tr>", html_of(page), re.DOTALL)
    return [[unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def csv_of(*reports: TargetReport) -> str:
    return render_csv(list_rows(reports))


def test_the_sentence_counts_what_goes_waits_and_stays() -> None:
    entries = [make_entry(make_job()) for _ in range(2)] + [make_entry(make_job(), Outcome.OBSERVED) for _ in range(3)]
    entries += [make_entry(make_job(), Outcome.DEFERRED, code=code) for code in ("pace", "pace", "open_intent", "narrowed")]
    page = page_of(make_report(*entries))
    assert "## Target `research`, as of 2026-11-23 03:00Z, mode enforce" in page
    assert (
        "Of 17 jobs listed, 5 would go: 2 would be deleted now, 3 are only observed. 4 more wait: 2 for the pace, "
        "1 for an earlier deletion to be settled, 1 left out by --policy. The others stay: 7 kept, 1 held, 0 unmanaged, "
        "0 undecidable." in page
    )


def test_a_reason_to_wait_that_the_page_has_no_words_for_is_named_all_the_same() -> None:
    entries = [make_entry(make_job(), Outcome.DEFERRED, code=code) for code in ("pace", "some_day")]
    assert "2 more wait: 1 for the pace, 1 some_day." in page_of(make_report(*entries))


def test_in_text_who_has_no_owner_is_nobody_who_could_be_called_so() -> None:
    jobs = [make_job(owner=owner, name=owner) for owner in (None, "", "None", "(none)")]
    report = make_report(*map(make_entry, jobs), decisions=tuple(make_entry(job).decision for job in jobs))
    assert [line.split()[-4] for line in render_entries(report).splitlines()[1:5]] == ["(none)", "(none)", "None", "(none)"]
    rows = [line.split() for line in render_owners(report).splitlines()[1:]]
    assert [(row[0], row[-1]) for row in rows] == [("(none)", "2"), ("(none)", "1"), ("None", "1")]


def test_owners_are_sorted_by_count_then_name_with_their_oldest_job_and_policies() -> None:
    jobs = [make_job(owner="zoe", days_ago=30), make_job(owner="zoe", days_ago=60), make_job(owner="bob"), make_job(owner="ann")]
    entries = [make_entry(job, policies=("weekly", "monthly")) for job in jobs] + [make_entry(make_job(owner=None))]
    rows = cells_of(page_of(make_report(*entries)))
    assert [row[0] for row in rows[:4]] == ["zoe", "(none)", "ann", "bob"]
    assert rows[0] == ["zoe", "2", "0", "0", f"60 days ({NOW - timedelta(days=60, hours=2):%Y-%m-%d})", "monthly, weekly"]


def test_the_table_by_policy_has_the_mode_that_counts() -> None:
    rules = make_rules(make_policy(), make_policy(name="watch", mode=Mode.OBSERVE))
    entries = [make_entry(make_job()), make_entry(make_job(), Outcome.OBSERVED, policy="watch", observers=("watch",))]
    report = make_report(*entries)
    by_policy = [row for row in cells_of(page_of(report, rules=rules)) if row[0] in ("watch", "weekly")]
    assert by_policy == [["watch", "observe", "0", "1", "0"], ["weekly", "enforce", "1", "0", "0"]]
    assert "only observed, hence not deleted, because of these policies: `watch`." in page_of(report, rules=rules)
    observing = page_of(report, rules=replace(rules, mode=Mode.OBSERVE))
    assert "Nothing is deleted here: target `research` only observes." in observing
    assert ["weekly", "enforce, but the target observes", "1", "0", "0"] in cells_of(observing)


def test_in_the_observing_week_the_page_shows_everything_as_it_would_go() -> None:
    entries = [make_entry(make_job(outputs=("/bkt/o/",)), Outcome.OBSERVED, observers=("target",)) for _ in range(4)]
    page = page_of(make_report(*entries), rules=make_rules(mode=Mode.OBSERVE), quota=Quota(limit=10, used=9))
    assert "4 would go: 0 would be deleted now, 4 are only observed." in page
    assert "9 of 10 used; about 9 after what would be deleted now, about 5 if what is only observed went too." in page
    assert cells_of(page)[0][:4] == ["ci-bot", "0", "4", "0"]
    assert "- `/bkt/o/`" in page


def test_the_quota_never_goes_below_nothing_and_says_why_it_is_not_known() -> None:
    report = make_report(*[make_entry(make_job()) for _ in range(3)])
    assert "2 of 10 used; about 0 after what would be deleted now." in page_of(report, quota=Quota(limit=10, used=2))
    assert "Job quota: not shown, because `no such route`." in page_of(report, no_quota="no such route")


def test_outputs_are_counted_by_owner_and_bucket_and_the_first_are_listed_each_once() -> None:
    jobs = [make_job(owner="ann", outputs=(f"/bkt/{number}/", "/bkt/shared/")) for number in range(25)]
    jobs += [make_job(owner="bob", outputs=("/bkt/shared/", "obs://logs/b/")), make_job(owner="bob"), make_job(owner=None)]
    page = page_of(make_report(*map(make_entry, jobs)))
    assert "In object storage, 27 addresses of 26 expired jobs stay; of 2 more no address is known. Deleting a job frees" in page
    by_owner, by_bucket = cells_of(page)[-5:-2], cells_of(page)[-2:]
    assert by_owner == [["ann", "25", "0", "26"], ["bob", "2", "1", "2"], ["(none)", "1", "1", "not known"]]
    assert by_bucket == [["bkt", "26", "26"], ["logs", "1", "1"]]
    listed = [line for line in page.splitlines() if line.startswith("- `/bkt/")]
    assert (len(listed), len(set(listed)), MOST_OUTPUTS) == (20, 20, 20)
    assert "- and 7 more: `janitor plan --format csv` names each" in page
    exactly = page_of(make_report(*[make_entry(make_job(outputs=(f"/bkt/{number}/",))) for number in range(20)]))
    assert "more:" not in exactly


def test_where_no_address_is_known_the_page_says_so_and_never_none() -> None:
    page = page_of(make_report(make_entry(make_job())))
    assert "In object storage, of 1 expired job no address is known." in page
    assert cells_of(page)[-1] == ["ci-bot", "1", "1", "not known"]
    assert "object storage" not in page_of(make_report())


def test_a_refusal_and_an_error_stand_on_top_with_what_to_do() -> None:
    refused = make_report(
        make_entry(make_job(), Outcome.REFUSED), refusal=Refusal(by="max_share", message="look at `janitor plan`, raise it")
    )
    page = page_of(refused)
    assert page.index("**REFUSED by max_share:** `look at 'janitor plan', raise it`") < page.index("Of 9 jobs listed")
    assert "1 are refused." in page
    assert cells_of(page)[0][:5] == ["ci-bot", "0", "0", "0", "1"]
    trouble = Trouble(code="unreachable", message="no answer", exit_code=6)
    failed = page_of(make_report(is_complete=False, trouble=trouble, verdicts=dict(NO_VERDICTS)))
    assert "**ERROR unreachable:** `no answer` Run `janitor doctor --target research` to see what is wrong." in failed
    assert "jobs listed" not in failed


def test_the_last_line_says_how_and_until_when_to_object() -> None:
    last = page_of(make_report()).splitlines()[-1]
    assert "`janitor-hold`" in last
    assert "before the next sweep" in last


def test_every_target_has_its_own_part() -> None:
    plans = [TargetPlan(report=make_report(target=name), rules=make_rules()) for name in ("one", "two")]
    page = render_page(plans)
    assert (page.count("## Target"), page.count("To object:")) == (2, 1)


def effects_outside_code(page: str) -> str:
    """The page as HTML, without what stands in code spans."""
    return re.sub(r"<code>.*?</code>", "", html_of(page), flags=re.DOTALL)


def hostile_page(text: str) -> str:
    entries = [make_entry(make_job(owner=text, name=text, outputs=(text,)), policies=("weekly",)), make_entry(make_job())]
    trouble, refusal = Trouble(code="unreachable", message=text, exit_code=6), Refusal(by="identity", message=text)
    return page_of(make_report(*entries, trouble=trouble, refusal=refusal), no_quota=text)


def check_page(text: str) -> None:
    plain = hostile_page("plain")
    page = hostile_page(text)
    assert effects_outside_code(page) == effects_outside_code(plain)
    assert len(page.splitlines()) == len(plain.splitlines())
    assert [len(row) for row in cells_of(page)] == [len(row) for row in cells_of(plain)]


@pytest.mark.some(13)
@pytest.mark.parametrize("text", HOSTILE + FORMULAS)
def test_d3_hostile_names_addresses_and_messages_take_no_effect_in_markdown(text: str) -> None:
    check_page(text)


@given(st.text(alphabet=st.sampled_from("`|\\<>[]()@#*_~-!&; \n\r\ta:\u2028"), min_size=1, max_size=30))
def test_d3_no_mixture_of_markup_takes_effect(text: str) -> None:
    check_page(f"x{text}x")


def test_d3_what_a_name_says_can_still_be_read() -> None:
    assert any(row[0] == "nightly-resnet_0001 <b> *x*" for row in cells_of(hostile_page("nightly-resnet_0001 <b> *x*")))


def test_csv_has_one_header_and_a_row_for_each_expired_job_of_every_target() -> None:
    job = make_job(name='a, "b"', outputs=("/bkt/1/", "/bkt/2/"))
    text = csv_of(make_report(make_entry(job)), make_report(make_entry(make_job(), Outcome.OBSERVED), target="other"))
    assert text.split("\r\n")[0] == "target,id,name,owner,policy,outcome,reason,phase,created_at,finished_at,age_days,outputs"
    first, second = rows_of(text)
    assert first == {
        "target": "research",
        "id": job.id,
        "name": 'a, "b"',
        "owner": "ci-bot",
        "policy": "weekly",
        "outcome": "planned",
        "reason": "a reason",
        "phase": "failed",
        "created_at": "2026-08-15T01:00:00Z",
        "finished_at": "2026-08-15T03:00:00Z",
        "age_days": "100",
        "outputs": "/bkt/1/; /bkt/2/",
    }
    assert (second["target"], second["outcome"]) == ("other", "observed")


@pytest.mark.parametrize("text", FORMULAS)
def test_d3_no_cell_is_a_formula(text: str) -> None:
    (row,) = rows_of(csv_of(make_report(make_entry(make_job(name=text, owner=text, outputs=(text,))))))
    for column in ("name", "owner", "outputs"):
        assert row[column] == f"'{inert(text)}"


@pytest.mark.parametrize("text", HOSTILE + FORMULAS)
def test_d3_hostile_texts_stay_in_their_cell(text: str) -> None:
    shown = csv_of(make_report(make_entry(make_job(name=text, owner=text, outputs=(text,))), make_entry(make_job())))
    assert len(shown.split("\r\n")) == 4
    assert [len(row) for row in csv.reader(io.StringIO(shown, newline=""))] == [len(COLUMNS)] * 3
    assert inert(shown.replace("\r\n", ""), 10**6) == shown.replace("\r\n", "")


def test_an_ordinary_text_is_written_as_it_is() -> None:
    (row,) = rows_of(csv_of(make_report(make_entry(make_job(name="trial-1", owner=None, finished_at=None)))))
    assert (row["name"], row["owner"], row["finished_at"]) == ("trial-1", "", "")
