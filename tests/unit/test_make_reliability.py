"""docs/reliability.md has the figures of the last full runs, and none that were written by hand."""

from typing import Any

from fault_rows import ROWS
from make_reliability import BEGIN, END, PAGE, REACHED, read_evidence, render


def test_the_page_has_the_figures_that_the_full_runs_left() -> None:
    page = PAGE.read_text("utf-8")
    assert (page.count(BEGIN), page.count(END)) == (1, 1)
    assert render(page, read_evidence()) == page, "run `make reliability`"


def test_a_figure_that_was_changed_by_hand_is_noticed() -> None:
    page, evidence = PAGE.read_text("utf-8"), read_evidence()
    forged = page.replace(END, f"- a million seeds{END}").replace("| A1 | a DELETE", "| A1 | a  DELETE")
    assert render(forged, evidence) != forged


def test_how_often_a_row_was_reached_stands_behind_it() -> None:
    page = f"| A1 | fault | does |\n| A16 | fault | does | 1 | 2 |\n| C1 | fault | does |\n{BEGIN}old\n{END}rest\n"
    figures: dict[str, Any] = dict.fromkeys(("sweeps", "crashes", "deletions", "vacuous_walks", "races_in_the_window"), 3)
    figures |= {"seeds": 1000, "failed_seeds": 0, "look_to_delete_s_of_the_simulated_clock": {"p50": 0.1, "p99": 9.0}}
    figures["reached"] = {"fault delete reset_before": 1200, "fault list empty_list": 7}
    run = {"command": "c", "date": "d", "commit": "e", "machine": "m", "figures": figures}
    lines = render(page, {"simulation": run}).splitlines()
    assert [line.split("|")[5].strip() for line in lines[:3]] == ["1 200", "7", "–"]
    assert "3/N = 0.3 % (95 %)" in lines[4]
    assert lines[-1] == "rest"
    figures["failed_seeds"] = 1
    assert "3/N" not in render(page, {"simulation": run})


def test_what_is_counted_is_about_rows_that_exist() -> None:
    assert set(REACHED) <= set(ROWS)
