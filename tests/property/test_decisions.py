"""Decisions as laws: each job one verdict; order and duplicates do not matter; knowing less or keeping more deletes no more."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from builders import NOW, make_policy, make_rules
from hypothesis import given
from hypothesis import strategies as st

from janitor.core.job import Job
from janitor.core.phase import TERMINAL, Phase
from janitor.core.plan import Plan
from janitor.core.verdict import Decision, Verdict
from janitor.retention.evaluate import evaluate_all
from janitor.retention.hold import Hold
from janitor.retention.manual import evaluate_manual
from janitor.retention.planner import Frame, build_plan
from janitor.retention.policy import Mode, Policy, Rules, Since
from janitor.retention.selector import Selector

NAMES = ("trial-1", "trial-2", "prod-a", "nightly-7", None)
OWNERS = ("ann", "ci-bot", "", None)
moments = st.one_of(
    st.none(),
    st.integers(0, 4000).map(lambda hours: NOW - timedelta(hours=hours)),
    st.sampled_from([NOW + timedelta(days=2), NOW - timedelta(days=20_000)]),
)
in_order = st.lists(st.integers(0, 4000), min_size=3, max_size=3).map(
    lambda hours: tuple(NOW - timedelta(hours=each) for each in sorted(hours, reverse=True))
)
times = st.one_of(in_order, in_order, st.tuples(moments, moments, moments))
"""When a job was created, started and finished: mostly such times as a job can have."""
timeless_jobs = st.builds(
    Job,
    id=st.uuids().map(str),
    name=st.sampled_from(NAMES),
    owner=st.sampled_from(OWNERS),
    kind=st.sampled_from(("job", "hetero_job", None)),
    workspace=st.sampled_from(("0", "w1", None)),
    phase=st.sampled_from(Phase),
    other_phases=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(Phase), max_size=2)),
    created_at=st.none(),
    started_at=st.none(),
    finished_at=st.none(),
    description=st.sampled_from(("", "janitor-hold", "janitor-ttl=30d", "janitor-ttl=x", None)),
    labels=st.sampled_from(((), (), (("team", "nlp"),), (("stage", "dev"), ("team", "cv")), (("janitor-ttl", "60d"),), None)),
)
jobs = st.builds(
    lambda job, each: replace(job, created_at=each[0], started_at=each[1], finished_at=each[2]), timeless_jobs, times
)
job_lists = st.lists(jobs, max_size=12, unique_by=lambda job: job.id)


def _some(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sets(st.sampled_from(values), min_size=1).map(frozenset))


selectors = st.builds(
    Selector,
    phase=_some(tuple(TERMINAL)),
    name=st.one_of(st.none(), st.sampled_from([("trial-*",), ("*",), ("prod-?", "nightly-*")])),
    owner=_some(("ann", "ci-bot")),
    workspace=_some(("0", "w1")),
    labels=st.sampled_from((None, None, (("team", frozenset({"nlp"})),), (("stage", None), ("team", frozenset({"cv", "nlp"}))))),
).filter(Selector.has_conditions)
hold_lists = st.lists(
    st.builds(
        Hold,
        name=st.sampled_from(("h1", "h2", "h3")),
        reason=st.just("audited"),
        match=selectors,
        until=st.one_of(st.none(), st.integers(-3, 3).map(lambda days: (NOW + timedelta(days=days)).date())),
        targets=st.sampled_from((None, frozenset({"research"}), frozenset({"other"}))),
    ),
    max_size=4,
)
ages = st.integers(1, 200).map(lambda days: timedelta(days=days))


@st.composite
def policies(draw: st.DrawFn) -> list[Policy]:
    """Up to four policies with names of their own."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        made.append(
            make_policy(
                name=f"p{number}",
                match=draw(selectors),
                except_=draw(st.one_of(st.none(), selectors)),
                after=draw(ages),
                since=draw(st.sampled_from(Since)),
                mode=draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE])),
                fallback=draw(st.booleans()),
            )
        )
    return made


def decide(some: list[Job], made: list[Policy], **changes: Any) -> dict[str, Decision]:
    return {decision.job.id: decision for decision in evaluate_all(some, make_rules(*made, **changes), NOW)}


def doomed(decisions: dict[str, Decision]) -> set[str]:
    return {key for key, decision in decisions.items() if decision.verdict is Verdict.EXPIRED and not decision.observers}


@given(job_lists, policies())
def test_each_listed_job_has_exactly_one_verdict_and_a_reason(some: list[Job], made: list[Policy]) -> None:
    decisions = evaluate_all(some, make_rules(*made), NOW)
    assert [decision.job.id for decision in decisions] == [job.id for job in some]
    assert all(decision.reason.code and decision.reason.text for decision in decisions)


@given(job_lists, policies())
def test_s2_nothing_expires_that_is_not_terminal_known_old_and_selected(some: list[Job], made: list[Policy]) -> None:
    for decision in decide(some, made).values():
        if decision.verdict is Verdict.EXPIRED:
            job = decision.job
            assert job.phases <= TERMINAL
            assert job.created_at is not None
            assert job.finished_at is not None
            assert job.finished_at <= NOW - timedelta(hours=24)
            assert decision.policies
            assert decision.policy in decision.policies


@given(job_lists, policies())
def test_r4_nothing_expires_whose_times_are_not_in_order(some: list[Job], made: list[Policy]) -> None:
    """Neither by a policy nor by hand, whatever the policies count from."""
    rules = make_rules(*made)
    for job in some:
        verdicts = {evaluate_all([job], rules, NOW)[0].verdict, evaluate_manual(job, rules, "why", NOW).verdict}
        if Verdict.EXPIRED in verdicts:
            assert job.created_at is not None
            assert job.started_at is not None
            assert job.finished_at is not None
            assert job.created_at - job.started_at <= timedelta(minutes=5)
            assert job.started_at - job.finished_at <= timedelta(minutes=5)


@given(job_lists, policies(), st.randoms(use_true_random=False))
def test_s17_the_order_of_jobs_and_policies_decides_nothing(some: list[Job], made: list[Policy], random: Any) -> None:
    shuffled, mixed = random.sample(some, len(some)), random.sample(made, len(made))
    assert decide(some, made) == decide(shuffled, mixed)


@given(job_lists, policies(), selectors)
def test_s16_another_policy_never_dooms_a_job_that_some_policy_already_selects(
    some: list[Job], made: list[Policy], match: Selector
) -> None:
    before = decide(some, made)
    after = decide(some, [*made, make_policy(name="added", match=match, after=timedelta(days=1))])
    plain = {policy.name for policy in made if not policy.fallback}
    assert {key for key in doomed(after) if plain.intersection(before[key].policies)} <= doomed(before)


@given(job_lists, policies(), ages)
def test_s16_raising_an_age_never_adds_a_deletion(some: list[Job], made: list[Policy], more: timedelta) -> None:
    longer = [replace(policy, after=policy.ages[0] + more) for policy in made]
    assert doomed(decide(some, longer)) <= doomed(decide(some, made))
    assert doomed(decide(some, made, min_age=timedelta(hours=24) + more)) <= doomed(decide(some, made))


@given(job_lists, policies(), selectors)
def test_s16_another_exception_never_adds_a_deletion(some: list[Job], made: list[Policy], more: Selector) -> None:
    first, *rest = made
    if first.except_ is None:
        assert doomed(decide(some, [replace(first, except_=more), *rest])) <= doomed(decide(some, made))


@given(job_lists, policies())
def test_s16_a_hold_takes_away_exactly_the_held_deletion(some: list[Job], made: list[Policy]) -> None:
    before = doomed(decide(some, made))
    for job in some:
        held = [replace(other, description="janitor-hold") if other is job else other for other in some]
        assert doomed(decide(held, made)) == before - {job.id}


@given(job_lists, policies(), hold_lists, hold_lists)
def test_s16_adding_holds_never_adds_a_deletion(some: list[Job], made: list[Policy], few: list[Hold], more: list[Hold]) -> None:
    rules = make_rules(*made).with_holds(few)
    before, after = evaluate_all(some, rules, NOW), evaluate_all(some, rules.with_holds(more), NOW)
    for one, other in zip(before, after, strict=True):
        assert other == one or other.verdict is Verdict.HELD


@given(job_lists, policies(), hold_lists, st.randoms(use_true_random=False))
def test_s17_the_order_of_holds_decides_nothing(some: list[Job], made: list[Policy], few: list[Hold], random: Any) -> None:
    mixed = random.sample(few, len(few))
    one, other = (evaluate_all(some, make_rules(*made).with_holds(holds), NOW) for holds in (few, mixed))
    assert [decision.verdict for decision in one] == [decision.verdict for decision in other]


@given(job_lists, policies(), hold_lists)
def test_s2_a_job_that_a_hold_covers_or_may_cover_never_expires(some: list[Job], made: list[Policy], few: list[Hold]) -> None:
    in_force = [hold for hold in few if hold.targets in (None, {"research"}) and (hold.until is None or hold.until >= NOW.date())]
    for decision in evaluate_all(some, make_rules(*made).with_holds(few), NOW):
        if any(hold.covers(decision.job) is not False for hold in in_force):
            assert decision.verdict is Verdict.HELD


@given(job_lists, policies())
def test_s18_forgetting_any_field_never_adds_a_deletion(some: list[Job], made: list[Policy]) -> None:
    before = doomed(decide(some, made))
    fields = ("name", "owner", "kind", "workspace", "created_at", "started_at", "finished_at", "description", "labels")
    for job, field in itertools.product(some, fields):
        less = [replace(other, **{field: None}) if other is job else other for other in some]  # type: ignore[arg-type]  # any field
        assert doomed(decide(less, made)) <= before
    unknown = [replace(job, phase=Phase.UNKNOWN) for job in some]
    assert not doomed(decide(unknown, made))


@given(job_lists, policies(), hold_lists, st.frozensets(st.sampled_from(Phase), max_size=2))
def test_s18_more_phases_never_add_a_deletion(
    some: list[Job], made: list[Policy], few: list[Hold], more: frozenset[Phase]
) -> None:
    """A job whose parts ended in more than one way goes only where each of these ways alone would let it go."""
    mixed = [replace(job, other_phases=job.other_phases | more) for job in some]
    alone = [[replace(job, phase=phase, other_phases=frozenset()) for job in some] for phase in more]
    rules = make_rules(*made).with_holds(few)

    def by_policy(jobs: list[Job]) -> set[str]:
        return doomed({decision.job.id: decision for decision in evaluate_all(jobs, rules, NOW)})

    def by_hand(jobs: list[Job]) -> set[str]:
        return doomed({job.id: evaluate_manual(job, rules, "why", NOW) for job in jobs})

    for doom in (by_policy, by_hand):
        assert all(doom(mixed) <= doom(fewer) for fewer in (some, *alone))


@given(job_lists, policies(), st.integers(0, 12))
def test_s18_a_part_of_the_listing_never_adds_a_deletion(some: list[Job], made: list[Policy], size: int) -> None:
    assert doomed(decide(some[:size], made)) <= doomed(decide(some, made))


@given(job_lists, policies(), st.integers(0, 12))
def test_planning_twice_gives_equal_plans_and_the_oldest_first(some: list[Job], made: list[Policy], allowance: int) -> None:
    def plan(rules: Rules) -> Plan:
        frame = Frame(target="research", as_of=NOW, policy_digest="d", allowance=allowance)
        return build_plan(evaluate_all(some, rules, NOW), frame)

    one, two = plan(make_rules(*made)), plan(make_rules(*made))
    assert one == two
    assert one.digest == two.digest
    assert len(one.entries) <= allowance
    oldest = [entry.job.created_at or NOW for entry in one.entries]
    assert oldest == sorted(oldest)


@given(job_lists, policies())
def test_an_observing_target_deletes_nothing(some: list[Job], made: list[Policy]) -> None:
    assert not doomed(decide(some, made, mode=Mode.OBSERVE))


@given(job_lists, policies(), hold_lists)
def test_s2_a_deletion_by_hand_spares_all_that_protects_a_job_but_its_policies(
    some: list[Job], made: list[Policy], few: list[Hold]
) -> None:
    rules = make_rules(*made).with_holds(few)
    for job in some:
        by_hand, by_policy = evaluate_manual(job, rules, "why", NOW), evaluate_all([job], rules, NOW)[0]
        if by_hand.verdict is Verdict.EXPIRED and not by_hand.observers:
            assert job.phases <= TERMINAL
            assert job.kind == "job"
            assert job.finished_at is not None
            assert job.finished_at <= NOW - timedelta(hours=24)
            assert by_policy.verdict is not Verdict.HELD
            assert not by_policy.observers
            assert all(
                policy.match.match_all(job) is False for policy in made if policy.mode is Mode.OBSERVE and not policy.fallback
            )
        elif job.description == "" and ("janitor-ttl", "60d") not in (
            job.labels or ()
        ):  # a ttl counts from the finish here, and from what each policy says there
            assert by_policy.verdict is not Verdict.EXPIRED or by_policy.observers


@given(job_lists, policies(), hold_lists, hold_lists)
def test_s16_adding_holds_never_adds_a_deletion_by_hand(
    some: list[Job], made: list[Policy], few: list[Hold], more: list[Hold]
) -> None:
    rules = make_rules(*made).with_holds(few)
    for job in some:
        before, after = evaluate_manual(job, rules, "why", NOW), evaluate_manual(job, rules.with_holds(more), "why", NOW)
        assert after == before or after.verdict is Verdict.HELD


TAGS = st.tuples(
    st.sampled_from(("team", "stage", "janitor-hold", "janitor-ttl", "Janitor_TTL", "x", "_sys_x")),
    st.sampled_from(("", "nlp", "cv", "1d", "99d", "no", "janitor-hold")),
)


@given(job_lists, policies(), hold_lists, TAGS)
def test_d29_a_new_tag_condemns_only_its_own_job_and_only_where_a_match_names_its_key(
    some: list[Job], made: list[Policy], few: list[Hold], tag: tuple[str, str]
) -> None:
    """What a user's own label can do: put the job that has it under a policy whose `match` names the key, and nothing else."""
    rules = make_rules(*made).with_holds(few)
    before = {decision.job.id: decision for decision in evaluate_all(some, rules, NOW)}
    for job in some:
        if job.labels is None or tag[0] in dict(job.labels):
            continue
        tagged = replace(job, labels=tuple(sorted((*job.labels, tag))))
        after = evaluate_all([tagged if other is job else other for other in some], rules, NOW)
        assert [each for each in after if each.job is not tagged] == [each for key, each in before.items() if key != job.id]
        if job.id in doomed({each.job.id: each for each in after}) - doomed(before):
            assert any(tag[0] in dict(policy.match.labels or ()) for policy in made)


@given(job_lists, policies(), st.sampled_from(("", " ", "janitor-hold", "janitor-ttl=1d", "janitor-ttl=99d", "-", "hold", "=x")))
def test_d29_words_that_are_added_to_a_description_condemn_nothing(some: list[Job], made: list[Policy], more: str) -> None:
    forged = [job if job.description is None else replace(job, description=f"{job.description} {more}") for job in some]
    assert doomed(decide(forged, made)) <= doomed(decide(some, made))


@given(job_lists, policies(), st.sampled_from(OWNERS), st.sampled_from(NAMES))
def test_d29_a_forged_owner_or_name_reaches_no_other_job(
    some: list[Job], made: list[Policy], owner: str | None, name: str | None
) -> None:
    before = decide(some, made)
    for job in some:
        forged = replace(job, owner=owner, name=name)
        after = decide([forged if other is job else other for other in some], made)
        assert {key: each for key, each in after.items() if key != job.id} == {
            key: each for key, each in before.items() if key != job.id
        }
