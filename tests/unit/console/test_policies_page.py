"""Policies as understood, with what they decided and what they share."""

from datetime import date, timedelta

from builders import make_policy
from console_client import make_settings
from console_stage import ConsoleStage, decide

from janitor.core.phase import Phase
from janitor.core.verdict import Verdict
from janitor.retention.hold import Hold
from janitor.retention.policy import Mode
from janitor.retention.selector import Selector


def test_each_policy_has_its_rules_mode_numbers_and_overlaps(stage: ConsoleStage) -> None:
    failed = Selector(phase=frozenset({Phase.FAILED}), name=("a-*",))
    policies = (
        make_policy(name="failed-a", match=failed, mode=Mode.OBSERVE, description="Kept for a week."),
        make_policy(name="failed-b", match=Selector(phase=frozenset({Phase.FAILED}), name=("b-*",))),
        make_policy(name="all-failed", match=Selector(phase=frozenset({Phase.FAILED})), after=timedelta(days=30)),
    )
    stage.desk.settings = make_settings(policies=policies)
    stage.list(decide(1, policy="failed-a"), decide(2, policy="failed-a", verdict=Verdict.EXPIRED), decide(3, policy="former"))
    page = stage.get("/policies").page
    assert "failed-aobserve Kept for a week." in page.text
    assert "kept 1 expired 1 May select the same jobs as all-failed;" in page.text
    assert "May select the same jobs as failed-a, failed-b;" in page.text
    assert "It decided no job of the last listings." in page.text
    assert "former (1)" in page.text
    assert "/jobs?policy=failed-a&verdict=expired" in page.links


def test_what_check_warns_of_stands_beside_its_policy(stage: ConsoleStage) -> None:
    match = Selector(phase=frozenset({Phase.FAILED}), name=("a-*",))
    stage.desk.settings = make_settings(policies=(make_policy(match=match, except_=Selector(name=("*",))),))
    assert "excepts_all policy weekly lets nothing go" in stage.get("/policies").page.text


def test_holds_of_the_file_and_of_the_ledger_are_listed(stage: ConsoleStage) -> None:
    hold = Hold(name="papers", reason="audited", match=Selector(name=("rc-*",)), until=date(2026, 1, 1), owner="ada")
    stage.desk.settings = make_settings(holds=(hold,))
    rows = stage.get("/policies").page.rows
    assert rows[-1] == ["papers", "jobs named rc-*", "audited", "2026-01-01, ended", "ada", "all", "file"]


def test_a_file_without_policies_says_so(stage: ConsoleStage) -> None:
    stage.desk.settings = make_settings(policies=())
    assert "The file has no policy, so nothing ever goes" in stage.get("/policies").page.text
