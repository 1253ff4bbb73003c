"""A plan file beside a fresh plan, and the report of an application, as text: short, inert, and complete in numbers."""

from pathlib import Path

from builders import NOW, make_job

from janitor.core.plan import Outcome, Refusal
from janitor.core.verdict import Decision, Reason, Verdict
from janitor.render import render_report
from janitor.render_plan_diff import MOST_SHOWN, PlanDiff, plan_diff_document, render_plan_diff
from janitor.retention.plan_file import Binding, FrozenEntry, FrozenPlan, Tool
from janitor.sweep.book import Entry
from janitor.sweep.fates import Fate
from janitor.sweep.report import Applied, Dropped, TargetReport

HOSTILE = "\x1b[2J\u202e\nx"
REASON = Reason(code="expired", text=f"old {HOSTILE}")


def entry(number: int) -> FrozenEntry:
    texts = dict.fromkeys(("owner", "kind", "workspace", "created_at", "finished_at", "policy"))
    rest = {"phase": "failed", "policies": (), "reason": "old", "fingerprint": "f", "outputs": ()}
    return FrozenEntry(id=f"j{number}", name=HOSTILE, **texts, **rest)  # type: ignore[arg-type]  # of each field its own


def diff(fates: int, new: int) -> PlanDiff:
    frozen = FrozenPlan(
        bound_to=Binding(target="research", project_id="p", backend="memory", api="v2"),
        as_of=NOW,
        tool=Tool(name="janitor", version="1", digest="d"),
        policy_digest="d",
        inventory_digest="d",
        ledger="1:a",
        compared=("id",),
        entries=tuple(map(entry, range(fates + 1))),
        not_planned={},
    )
    decisions = [Decision(job=make_job(name=HOSTILE), verdict=Verdict.EXPIRED, reason=REASON) for _ in range(new)]
    lost = [Fate(entry=each, word="held", reason=REASON) for each in frozen.entries[1:]]
    return PlanDiff(
        path=Path(HOSTILE),
        frozen=frozen,
        report=TargetReport(target="research", sweep_id="s", as_of=NOW, dry_run=True, is_complete=True),
        refusal=Refusal(by="plan_used", message=HOSTILE),
        notes=(HOSTILE,),
        fates=[Fate(entry=frozen.entries[0], word="planned", reason=REASON), *lost],
        new=[Entry(decision=each, outcome=Outcome.PLANNED, reason=REASON) for each in decisions],
    )


def test_the_difference_names_the_first_of_many_jobs_and_the_json_all() -> None:
    found = diff(MOST_SHOWN + 3, MOST_SHOWN + 2)
    text, document = render_plan_diff(found), plan_diff_document(found)
    assert text.count("  and 3 more: --format json names each") == text.count("  and 2 more: --format json names each") == 1
    assert (document["unchanged"], len(document["new"]), len(document["not_now"])) == (1, MOST_SHOWN + 2, MOST_SHOWN + 3)
    assert (document["not_now"][0]["now"], document["plan"]["refused"]["by"]) == ("held", "plan_used")
    assert "NO APPLY   plan_used: " in text


def test_d1_nothing_of_a_name_takes_effect() -> None:
    applied = Applied(digest="d", entries=9, dropped=(Dropped(id="j", name=HOSTILE, reason=HOSTILE),) * 7)
    report = TargetReport(target="research", sweep_id="s", as_of=NOW, dry_run=False, kind="apply", applied=applied)
    for text in (render_plan_diff(diff(1, 1)), render_report(report)):
        assert not {"\x1b", "\u202e"} & set(text)
        assert "\nx" not in text
    assert render_report(report).count("  dropped     j: ") == 5
    assert "and 2 more: --output json names each" in render_report(report)
