"""Policies as understood, and the digest that names them."""

from datetime import date, timedelta

from builders import make_policy, make_rules

from janitor.core.canonical import canonical
from janitor.retention.describe import describe_hold, describe_policy, policy_digest
from janitor.retention.hold import Hold
from janitor.retention.policy import Mode
from janitor.retention.selector import Selector


def test_every_default_is_written_out() -> None:
    described = describe_policy(make_policy(match=Selector(name=("b-*", "a-*"))))
    assert described == {
        "name": "weekly",
        "description": "",
        "mode": "enforce",
        "targets": None,
        "fallback": False,
        "match": {"phase": ["completed", "failed", "terminated"], "name": ["a-*", "b-*"], "kind": ["job"]},
        "except": None,
        "expire": {"after": "1w", "since": "finished"},
    }


def test_a_description_fits_into_the_audit_log() -> None:
    policy = make_policy(targets=frozenset({"b", "a"}), except_=Selector(owner=frozenset({"ann"})))
    assert canonical(describe_policy(policy))


def test_the_digest_ignores_the_order_of_the_file_and_sees_every_change() -> None:
    one, two = make_policy(name="one"), make_policy(name="two")
    same = policy_digest(make_rules(one, two))
    assert same == policy_digest(make_rules(two, one))
    changed = [
        make_rules(one),
        make_rules(one, make_policy(name="two", after=timedelta(days=8))),
        make_rules(one, two, min_age=timedelta(hours=25)),
        make_rules(one, two, mode=Mode.OBSERVE),
    ]
    assert len({same, *(policy_digest(rules) for rules in changed)}) == 5


def test_a_hold_is_described_with_every_default_written_out() -> None:
    by_id = Hold(name="a", reason="why", job_ids=frozenset({"2", "1"}))
    assert describe_hold(by_id) == {
        "name": "a",
        "reason": "why",
        "owner": None,
        "until": None,
        "targets": None,
        "job_ids": ["1", "2"],
        "match": None,
    }


def test_a_hold_by_conditions_fits_into_the_audit_log() -> None:
    match = Selector(name=("rc-*",))
    hold = Hold(
        name="b", reason="why", match=match, owner="ann", until=date(2027, 6, 30), targets=frozenset({"research", "nightly"})
    )
    described = describe_hold(hold)
    assert (described["match"], described["job_ids"]) == ({"name": ["rc-*"]}, [])
    assert (described["owner"], described["until"], described["targets"]) == ("ann", "2027-06-30", ["nightly", "research"])
    assert canonical(described)
