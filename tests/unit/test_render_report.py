"""The overview as one page: its numbers add up, it loads nothing, and nothing that a stranger wrote takes effect."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from builders import NOW, make_job, make_policy, make_rules
from hostile import TEXTS
from pages_html import parse, rows_of

from janitor.backends.port import Quota
from janitor.core.job import Job
from janitor.core.plan import Outcome, Refusal
from janitor.core.verdict import Verdict
from janitor.ledger.overview import PastSweep
from janitor.render_forecast import TargetForecast
from janitor.render_holds import ShownHold
from janitor.render_markup import Markup, element, table
from janitor.render_plan import TargetPlan
from janitor.render_report import LEFT_DAYS, MOST_ENTRIES, MOST_OWNERS, Overview, Source, render_html
from janitor.render_svg import Bar, Series, bar_chart, share_chart
from janitor.retention.evaluate import evaluate_all
from janitor.retention.forecast import build_forecast
from janitor.retention.foresee import DAY, Horizon, foresee
from janitor.retention.hold import Hold
from janitor.retention.leftovers import sum_leftovers
from janitor.retention.past import NO_PAST
from janitor.retention.planner import Pace
from janitor.retention.policy import Mode
from janitor.sweep.book import Entry
from janitor.sweep.report import NO_VERDICTS, TargetReport, Trouble

SOURCE = Source(at=NOW, head="12:ab")
LOADING = {"src", "href", "srcset", "data", "action", "formaction", "background", "poster", "ping", "cite", "xlink:href"}


def make_overview(jobs: list[Job], **changes: Any) -> Overview:
    """What the page shows of these jobs, by a policy of seven days."""
    rules = changes.pop("rules", make_rules(make_policy(description="<i>weeks</i>")))
    decisions = evaluate_all(jobs, rules, NOW)
    entries = tuple(Entry(decision=each, outcome=Outcome.PLANNED, reason=each.reason) for each in decisions.of(Verdict.EXPIRED))
    verdicts = NO_VERDICTS | {verdict.value: number for verdict, number in decisions.counts().items()}
    fields: dict[str, Any] = {"target": "research", "sweep_id": "s", "as_of": NOW, "dry_run": True, "is_complete": True}
    report = TargetReport(
        **(fields | {"decisions": decisions, "entries": entries, "verdicts": verdicts} | changes.pop("report", {}))
    )
    horizon = Horizon(as_of=NOW, days=10, sweeps=(NOW,))
    forecast = build_forecast(foresee(jobs, rules, NO_PAST, horizon), horizon, Pace())
    told = TargetForecast(report=report, rules=rules, rhythm="every 1h", next_sweep=NOW, forecast=forecast)
    plan = TargetPlan(report=report, rules=rules, quota=Quota(limit=10, used=9))
    shown: dict[str, Any] = {"plan": plan, "told": told, "deletions": Counter()}
    return Overview(**(shown | changes))


def page_of(*overviews: Overview) -> str:
    return render_html(overviews, SOURCE)


class Elements(HTMLParser):
    """Every element with its attributes, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def check_inert(page: str) -> None:
    """The page runs nothing, loads nothing, and asks browsers to see to that."""
    parse(page)
    found = Elements(page).found
    assert not {"script", "iframe", "object", "embed", "link", "img", "form", "base", "a", "image", "use"} & {
        tag for tag, _ in found
    }
    for _, attributes in found:
        assert not LOADING & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert not re.search(r"url\(|expression|@import", attributes.get("style") or "")
    policies = [attributes["content"] for _, attributes in found if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


def test_d1_whatever_jobs_owners_holds_and_platforms_say_is_only_text() -> None:
    jobs = [make_job(name=text, owner=text, outputs=(text, f"/bkt/{text}")) for text in TEXTS]
    hold = ShownHold(
        hold=Hold(name="h", reason="".join(TEXTS[:99]), owner=TEXTS[40], job_ids=frozenset({"</td>"})), source="file"
    )
    troubles = {
        "refusal": Refusal(by="</p><script>", message=TEXTS[-1]),
        "trouble": Trouble(code="<b>", message=TEXTS[-9], exit_code=6),
    }
    sweep = PastSweep(sweep_id="<s>", started_at=NOW, status="aborted", outcomes={"</td>": 1}, reason="\x1b</table>")
    past: dict[str, Any] = {"holds": (hold,), "sweeps": (sweep,), "deletions": Counter({(NOW.date(), "</text><script>"): 3})}
    past |= {"left": sum_leftovers((text, (text,)) for text in TEXTS)}
    page = page_of(make_overview(jobs, report=troubles, **past))
    check_inert(page)
    assert page.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", page)
    assert "&lt;script&gt;" in page


def test_every_chart_has_its_numbers_in_words_for_those_who_do_not_see_it() -> None:
    jobs = [make_job(days_ago=days) for days in (1, 5, 9, 400)]
    charts = list(parse(page_of(make_overview(jobs, deletions=Counter({(NOW.date(), "weekly"): 3})))).iter("svg"))
    told = [chart.findtext("title") for chart in charts]
    assert told == [chart.get("aria-label") for chart in charts]
    assert {chart.get("role") for chart in charts} == {"img"}
    assert told == [
        "Verdicts of research: kept 2, expired 2",
        "Jobs of research by age since creation: 4 in all, at most 2 in one bar",
        "Jobs of research that expire, by day: 2 in all, at most 1 in one bar",
        "Deletions of research in the past 30 days: 3 in all, at most 3 in one bar",
    ]


def test_the_sums_of_the_page_are_those_of_the_report() -> None:
    jobs = [make_job(owner=f"owner-{number % 13}", days_ago=number) for number in range(40)] + [make_job(created_at=None)]
    overview = make_overview(jobs)
    page, report = page_of(overview), overview.plan.report
    assert rows_of(page, "Verdicts") == [[str(number) for number in (*report.verdicts.values(), 41)]]
    assert sum(int(cell) for cell in rows_of(page, "By age since creation")[0]) == 41
    assert rows_of(page, "Expiring, by policy") == [["weekly", "enforce", str(report.verdicts["expired"]), "7"]]
    assert rows_of(page, "Targets")[0][:5] == ["research", "enforce", "41", "33", "33"]
    *owners, rest = rows_of(page, "By owner")
    assert (len(owners), rest) == (MOST_OWNERS, ["and 4 more", "", ""])
    assert [int(row[2]) for row in owners] == sorted((int(row[2]) for row in owners), reverse=True)


def test_the_plan_shows_the_oldest_and_how_many_more_there_are() -> None:
    jobs = [make_job(days_ago=10 + number, name=f"n{number}") for number in range(MOST_ENTRIES + 7)]
    *rows, rest = rows_of(page_of(make_overview(jobs)), "Expired jobs, oldest first")
    assert [row[1] for row in rows] == [f"n{number}" for number in reversed(range(7, MOST_ENTRIES + 7))]
    assert rest[0] == "and 7 more"


def test_what_stays_in_storage_is_told_of_what_was_deleted_and_of_what_has_expired() -> None:
    past = sum_leftovers([("ann", ("/bkt/a/", "/logs/a/")), ("ann", None), (None, None)])
    jobs = [make_job(owner="bob", outputs=("/bkt/b/",)), make_job(owner="zoe", days_ago=1, outputs=("/bkt/kept/",))]
    page = page_of(make_overview(jobs, left=past))
    deleted, expired = f"Left by what was deleted in the past {LEFT_DAYS} days", "Left by what has expired, once it is deleted"
    assert rows_of(page, f"{deleted}, by owner") == [["ann", "2", "1", "2"], ["(none)", "1", "1", "not known"]]
    assert rows_of(page, f"{deleted}, by bucket") == [["bkt", "1", "1"], ["logs", "1", "1"]]
    assert rows_of(page, f"{expired}, by owner") == [["bob", "1", "0", "1"]]
    assert f"{deleted}: 2 addresses of 1 deleted job stay; of 2 more no address is known." in page
    assert "how much is stored, the platform does not tell" in page
    unknown = page_of(make_overview([], left=sum_leftovers([(None, None)])))
    assert f"{deleted}: of 1 deleted job no address is known." in unknown
    assert expired not in unknown
    assert "storage" not in page_of(make_overview([]))


def test_policies_stand_in_words_with_their_cutoffs_and_holds_with_their_ends() -> None:
    holds = tuple(
        ShownHold(hold=Hold(name=f"h{days}", reason="audited", job_ids=frozenset({"j"}), until=end), source="ledger")
        for days, end in ((0, None), (1, (NOW - DAY).date()), (2, NOW.date()))
    )
    page = page_of(make_overview([], holds=holds))
    assert [row[3] for row in rows_of(page, "Holds")] == ["(no end)", "2026-11-22, ended", "2026-11-23"]
    assert "today those up to 2026-11-16 03:00Z" in page
    assert "Job quota: 9 of 10 used" in page


def test_what_refuses_says_what_to_do_and_what_failed_has_no_numbers() -> None:
    failed = {"trouble": Trouble(code="unreachable", message="no route", exit_code=6), "is_complete": False}
    overview = make_overview([], report=failed)
    page = page_of(replace(overview, told=replace(overview.told, forecast=None)))
    check_inert(page)
    assert "Run `janitor doctor --target research` to see what is wrong." in page
    assert rows_of(page, "Targets")[0] == ["research", "enforce", *["not known"] * 6, "ERROR unreachable"]
    assert len(list(parse(page).iter("svg"))) == 1


def test_where_the_ledger_cannot_be_read_the_past_is_not_known_and_no_row_of_zeros() -> None:
    page = page_of(make_overview([], is_past_known=False))
    check_inert(page)
    assert "What was deleted is not known" in page
    assert "in the past" not in page
    assert "has no sweep" not in page


def test_nobody_is_an_owner_apart_from_one_who_is_called_so() -> None:
    page = page_of(make_overview([make_job(owner=owner) for owner in (None, "", "(none)")]))
    assert rows_of(page, "By owner") == [["(none)", "2", "2"], ["(none)", "1", "1"]]


def test_a_page_without_targets_or_jobs_is_a_page_too() -> None:
    for page in (page_of(), page_of(make_overview([]), make_overview([], rules=make_rules(mode=Mode.OBSERVE)))):
        check_inert(page)
    assert "There is no target." in page_of()
    assert "Nothing is deleted here: target research only observes." in page


def test_an_element_escapes_its_texts_and_takes_elements_as_they_are() -> None:
    inner = element("b", "<", 1, None)
    assert inner == "<b>&lt;1</b>"
    assert (
        element("p", inner, "&", class_='"', aria_label="'", hidden=None)
        == '<p class="&quot;" aria-label="&#x27;"><b>&lt;1</b>&amp;</p>'
    )
    assert element("meta", charset="x") == '<meta charset="x" />'
    assert not isinstance(inner + "x", Markup)


def test_numbers_of_a_table_stand_to_the_right_under_their_heading() -> None:
    styles = [cell.get("style", "") for cell in parse(f"<!DOCTYPE html>\n{table(['a', 'b'], [['x', 1]], 'c')}").iter("td")]
    assert ["text-align:right" in style for style in styles] == [False, True]


@pytest.mark.parametrize("count", [0, 1, 366])
def test_charts_stay_within_their_frame(count: int) -> None:
    series = (Series(name="a", colour="#000"), Series(name="b", colour="#fff"))
    charts = (
        bar_chart("t", [Bar(label="x", parts=(10**9, 1))] * count, series),
        share_chart("t", [(series[0], count), (series[1], 1)]),
    )
    for chart in charts:
        svg = parse(f"<!DOCTYPE html>\n{chart}")
        width, height = (float(svg.get(name, "")) for name in ("width", "height"))
        for box in svg.iter("rect"):
            x, y, wide, high = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width + 2
            assert 0 <= y <= y + high <= height


def test_ages_of_jobs_are_told_apart_at_their_bounds() -> None:
    jobs = [make_job(created_at=NOW - age) for age in (timedelta(hours=23), DAY, 7 * DAY, 365 * DAY)]
    (row,) = rows_of(page_of(make_overview(jobs)), "By age since creation")
    assert row == ["1", "1", "1", "0", "0", "0", "1"]
