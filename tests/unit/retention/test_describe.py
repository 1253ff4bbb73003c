"""Policies as understood, and the digest that names them."""

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from builders import make_policy, make_rules

from janitor.core.canonical import canonical
from janitor.core.phase import Phase
from janitor.retention.describe import describe_hold, describe_policy, policy_digest
from janitor.retention.hold import Hold
from janitor.retention.keep import Keep
from janitor.retention.policy import Mode, Policy, Rules, Since
from janitor.retention.selector import Range, Selector
from janitor.retention.tombstones import Archive


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
        "expire": {"after": "1w", "since": "finished", "owner_may_shorten_to": None},
        "keep": None,
        "grace": "0s",
        "archive": None,
    }


FULL: dict[str, Any] = {
    "after": ((Phase.FAILED, timedelta(days=3)), (Phase.COMPLETED, timedelta(days=30))),
    "shorten_to": timedelta(days=2),
    "keep": Keep(last=0, weekly=4, within=timedelta(days=21), per=("owner", "label:team")),
    "grace": timedelta(hours=48),
    "archive": Archive(dir=Path("/a"), required=False),
}
"""A policy of the failed and the completed with every rule."""


def test_every_rule_is_written_out() -> None:
    described = describe_policy(make_policy(**FULL))
    assert described["expire"] == {
        "after": {"completed": "30d", "failed": "3d"},
        "since": "finished",
        "owner_may_shorten_to": "2d",
    }
    counts = {"last": 0, "hourly": 0, "daily": 0, "weekly": 4, "monthly": 0, "yearly": 0}
    assert described["keep"] == {**counts, "within": "3w", "per": ["label:team", "owner"]}
    assert (described["grace"], described["archive"]) == ("2d", {"dir": "/a", "required": False})
    assert canonical(described)


def test_the_digest_sees_every_field_of_a_policy() -> None:
    """A field that is added to a policy, a selector or a keep rule, and is not described, fails here."""
    one = make_policy(**FULL)
    changes: dict[str, list[Any]] = {
        "name": ["other"],
        "match": [replace(one.match, **change) for change in CONDITIONS],
        "after": [timedelta(days=30), ((Phase.FAILED, timedelta(days=3)), (Phase.COMPLETED, timedelta(days=31)))],
        "keep": [None, *(replace(FULL["keep"], **change) for change in RULES)],
        "grace": [timedelta(0)],
        "archive": [None, Archive(dir=Path("/a")), Archive(dir=Path("/b"), required=False)],
        "needs_notice": [True],
        "shorten_to": [None],
        "since": [Since.CREATED],
        "except_": [Selector(**change) for change in CONDITIONS],
        "mode": [Mode.OBSERVE],
        "fallback": [True],
        "targets": [frozenset({"research"})],
        "description": ["why"],
    }
    assert set(changes) == {field.name for field in fields(Policy)}
    assert {field.name for field in fields(Selector)} - {"phase"} == {name for change in CONDITIONS for name in change}
    assert {field.name for field in fields(Keep)} == {name for change in RULES for name in change}
    policies = [one, *(replace(one, **{name: value}) for name, values in changes.items() for value in values)]
    assert len({policy_digest(make_rules(policy)) for policy in policies}) == len(policies) > 40


BOUNDS = [(1, 3), (2, 3), (1, 4)]
CONDITIONS: list[dict[str, Any]] = [
    *({word: frozenset({"x"})} for word in ("kind", "workspace", "owner", "experiment", "flavor", "pool")),
    *({word: ("x",)} for word in ("name", "name_regex", "description")),
    *({word: Range(at_least=low, at_most=high)} for word in ("node_count", "accelerators") for low, high in BOUNDS),
    *({"duration": Range(at_least=timedelta(hours=low), at_most=timedelta(hours=high))} for low, high in BOUNDS),
    {"labels": (("a", None),)},
    {"labels": (("a", frozenset({"x"})),)},
]
RULES: list[dict[str, Any]] = [
    *({word: 7} for word in ("last", "hourly", "daily", "weekly", "monthly", "yearly")),
    *({"within": within} for within in (None, timedelta(days=20))),
    *({"per": per} for per in ((), ("owner",), ("owner", "label:tea"))),
]


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


def test_the_digest_sees_every_rule_of_a_target_but_its_holds() -> None:
    """Its name is told beside the digest. A field that is added to the rules, and is not described, fails here.

    Who has a channel is no rule: it tells who has to be told, and what was frozen by a plan is decided anew when it is applied.
    """
    one = make_rules(workspaces=frozenset({"w1", "w2"}))
    changes: dict[str, list[Any]] = {
        "mode": [Mode.OBSERVE],
        "policies": [(), (make_policy(name="other"),)],
        "min_age": [timedelta(hours=25)],
        "workspaces": [None, frozenset(), frozenset({"w1"}), frozenset({"w1", "w3"})],
    }
    assert {"target", "holds", "with_channel", *changes} == {field.name for field in fields(Rules)}
    digests = {policy_digest(one), *(policy_digest(replace(one, **{name: each})) for name in changes for each in changes[name])}
    assert len(digests) == 9
    assert policy_digest(one) == policy_digest(make_rules(workspaces=frozenset({"w2", "w1"})))


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
