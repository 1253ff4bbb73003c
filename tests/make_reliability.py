"""Writes the figures of docs/reliability.md anew, from what the last full runs left in docs/evidence: `make reliability`.

By hand stay the words; from here come the last two columns of the table of faults, and the section "Last figures". A test
compares the page with what this would write.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fault_rows import named_tests, rows_of, spell_out

ROOT = Path(__file__).parents[1]
PAGE, EVIDENCE = ROOT / "docs" / "reliability.md", ROOT / "docs" / "evidence"
BEGIN, END = "<!-- written by make reliability -->\n", "<!-- end of what make reliability writes -->\n"
REACHED: dict[str, tuple[str, ...]] = {
    "A1": ("fault *delete reset_before", "fault *delete hang_before"),
    "A2": ("fault *delete reset_after", "fault *delete hang_after"),
    "A3": ("fault *delete late_delete",),
    "A6": ("fault *delete status*",),
    "A7": ("fault list status", "fault list reset_*", "fault list hang_*"),
    "A8": ("fault list truncate_*",),
    "A9": ("fault list html", "fault list empty", "fault list invalid_json", "fault list body"),
    "A11": ("fault * slow_body",),
    "A12": ("fault list duplicate_item",),
    "A13": ("fault list drop_item",),
    "A15": ("fault list grow_total", "fault list endless"),
    "A16": ("fault list empty_list",),
    "A18": ("fault get not_found_all", "fault *delete not_found_all"),
    "A19": ("fault get status*",),
    "A20": ("fault identity *",),
    "A23": ("act mistell", "within mistell"),
    "A26": ("fault *delete false_success",),
    "A27": ("fault *delete redirect",),
    "A28": ("within restart",),
    "A29": ("within tag", "within hold", "within change"),
    "A30": ("race in the window",),
    "A31": ("act reuse", "within reuse"),
    "A32": ("job unknown phase",),
    "A33": ("job never started", "job without duration", "job began before it was created"),
    "A35": ("job ends in the future",),
    "B1": ("crash cp*",),
    "B2": ("crash cp4_recovery_looked",),
    "B6": ("act edit",),
    "B8": ("act fill", "within fill"),
    "B10": ("disk write short",),
    "B11": ("disk sync *",),
    "B13": ("disk write *",),
    "B15": ("act put_back",),
    "B17": ("lost torn",),
    "B18": ("lost dropped",),
    "B20": ("within join",),
    "B25": ("act jump", "within jump"),
    "D1": ("fault * leak",),
}
"""Which counters of the simulation are about a row; other rows are reached by their named tests alone."""


def render(page: str, evidence: dict[str, Any]) -> str:
    """The page with its figures."""
    reached = evidence.get("simulation", {}).get("figures", {}).get("reached", {})
    tests = [rows_of(name) for name in named_tests()]
    lines = [_with_columns(line, tests, reached) for line in page.splitlines(keepends=True)]
    before, _, rest = "".join(lines).partition(BEGIN)
    return before + BEGIN + "".join(f"{line}\n" for line in _figures(evidence)) + END + rest.partition(END)[2]


def _with_columns(line: str, tests: list[list[str]], reached: dict[str, int]) -> str:
    """A line of the table of faults with its number of tests, and how often the last simulation came to it."""
    found = re.match(r"\| ([A-D][0-9][^|]*) \|(?:[^|]|(?<=`)\|)*\|[^|]*\|", line)
    if found is None:
        return line
    rows = set(spell_out(found[1]))
    named = sum(bool(rows & set(each)) for each in tests)
    patterns = [pattern for row in sorted(rows) for pattern in REACHED.get(row, ())]
    times = sum(number for name, number in reached.items() if any(fnmatchcase(name, pattern) for pattern in patterns))
    return f"{found[0]} {named} | {f'{times:,}'.replace(',', ' ') if patterns and reached else '–'} |\n"


def _figures(evidence: dict[str, Any]) -> Iterator[str]:
    for name, tell in TELLERS.items():
        if name in evidence:
            told, run = tell(evidence[name]["figures"]), evidence[name]
            yield f"- `{run['command']}` ({run['date']}, commit {run['commit']}, {run['machine']}): {told}"


def _simulation(found: dict[str, Any]) -> str:
    looks = found["look_to_delete_s_of_the_simulated_clock"]
    bound = "" if found["failed_seeds"] else _bound(found["seeds"])
    return " ".join(
        (
            f"{_number(found['seeds'])} seeds, {_number(found['sweeps'])} sweeps, {_number(found['crashes'])} crashes,",
            f"{_number(found['deletions'])} deletions, {found['failed_seeds']} seeds with a violation. {bound}",
            f"{_number(found['vacuous_walks'])} walks deleted nothing or tempted to nothing.",
            f"{_number(found['races_in_the_window'])} requests met a change that came after their look.",
            f"From look to request, by the simulated clock: p50 {looks['p50']} s, p99 {looks['p99']} s.",
        )
    )


def _crash(found: dict[str, Any]) -> str:
    stages = ", ".join(f"{word} {number}" for word, number in sorted(found["reached"].items()))
    return (
        f"{_number(found['kills'])} kills (`kill -9` of a real process), {_number(found['deletions'])} deletions, "
        f"{_number(found['recovered'])} outcomes recovered, 0 wrong, 0 lost, 0 unrecorded. {_bound(found['kills'])} "
        f"Last stage before the kill: {stages}, before the first event {found['before_the_first_event']}."
    )


def _plain(found: dict[str, Any]) -> str:
    return ", ".join(f"{word.replace('_', ' ')} {_value(value)}" for word, value in sorted(found.items())) + "."


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{word} {_value(each)}" for word, each in sorted(value.items())) + ")"
    return _number(value) if isinstance(value, int) else str(value)


def _bound(trials: int) -> str:
    return f"No failure in {_number(trials)} trials bounds the failure rate of these trials at 3/N = {300 / trials:.2g} % (95 %)."


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


TELLERS = {
    "matrix": _plain,
    "simulation": _simulation,
    "machine": _plain,
    "crash_singly": _crash,
    "crash_batch": _crash,
    "syscalls": _plain,
    "ha": _plain,
    "oracles": _plain,
    "mutants": _plain,
}


def read_evidence() -> dict[str, Any]:
    """What each full run has left."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(EVIDENCE.glob("*.json"))}


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text("utf-8"), read_evidence()), "utf-8")
