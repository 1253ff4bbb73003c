"""Who is told what of a sweep, what is recorded of that, and that a required notice lets nothing go of which nobody was told."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from again import open_again
from builders import NOW, FakeClock, make_job, make_policy, make_rules, make_target, make_tools
from scripted import ScriptedBackend

from janitor.backends.port import Listing
from janitor.core import events
from janitor.core.canonical import timestamp
from janitor.core.channel import Channel, read_channel
from janitor.core.errors import LedgerError, Unreachable
from janitor.core.job import Job
from janitor.core.plan import Refusal
from janitor.core.secret import Secret
from janitor.ledger.chain import find_break
from janitor.ledger.derivation import find_difference
from janitor.ledger.store import Ledger
from janitor.notify.courier import ATTEMPTS, Courier, Delivery
from janitor.notify.forms import Message
from janitor.retention.policy import Mode, Policy
from janitor.sweep import notices
from janitor.sweep.entry import preview_target, sweep_target
from janitor.sweep.notices import Notifier
from janitor.sweep.report import TargetReport, Trouble

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE = make_policy(grace=48 * HOUR)
TOLD = replace(GRACE, needs_notice=True)
ADDRESS = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
ALL = Channel(
    name="notify[0]", kind=read_channel(ADDRESS), address=Secret(ADDRESS), on=frozenset({"sweep.finished", "plan.refused"})
)
OF_ANN = replace(ALL, name="owners.ann", on=frozenset(), owner="ann")


@dataclass(kw_only=True)
class Scene:
    """Sweeps of one target on virtual time, and channels that take every message unless they are down."""

    ledger: Ledger
    clock: FakeClock
    backend: ScriptedBackend
    channels: tuple[Channel, ...] = (ALL,)
    policies: tuple[Policy, ...] = (TOLD,)
    down: set[str] = field(default_factory=set)
    sent: list[tuple[str, str]] = field(default_factory=list)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    stop: Event = field(default_factory=Event)
    mode: Mode = Mode.ENFORCE
    on_send: Callable[[Channel, Message], bool] | None = None
    start: Callable[[Callable[[], None], str], object] = lambda work, _name: work()

    def sweep(self) -> tuple[TargetReport, tuple[Delivery, ...]]:
        with_channel = frozenset(each.owner for each in self.channels if each.owner is not None)
        rules = make_rules(*self.policies, mode=self.mode, with_channel=with_channel)
        tools = make_tools(self.clock, new_id=lambda: str(uuid.uuid4()), say=self._say)
        target = make_target(self.backend, rules=rules)
        report = sweep_target(target, self.ledger, tools)
        deliveries = self.notifier().tell(target, self.ledger, replace(tools, stop=self.stop), report)
        assert find_break(self.ledger.rows())[0] is None
        assert find_difference(self.ledger) is None
        return report, deliveries

    def notifier(self) -> Notifier:
        return Notifier(channels=self.channels, courier=Courier(send=self._send, clock=self.clock, start=self.start))

    def written(self, *wanted: str) -> list[dict[str, Any]]:
        return [found for row in self.ledger.rows() if (found := row.event())["event"] in wanted]

    def notices(self) -> list[tuple[str, str, list[str]]]:
        found = self.written(events.NOTICE_DELIVERED, events.NOTICE_FAILED)
        return [(each["event"], each["channel"], [job["job_id"] for job in each["jobs"]]) for each in found]

    def _send(self, channel: Channel, message: Message) -> bool:
        self.sent.append((channel.name, message.body))
        if self.on_send is not None:
            return self.on_send(channel, message)
        return channel.name not in self.down

    def _say(self, name: str, **fields: Any) -> None:
        self.said.append((name, fields))


MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(ledger: Ledger, clock: FakeClock) -> MakeScene:
    def make(*jobs: Job, **changes: Any) -> Scene:
        return Scene(ledger=ledger, clock=clock, backend=ScriptedBackend.holding(*jobs), **changes)

    return make


def test_b39_a_job_goes_when_its_grace_period_after_the_delivered_notice_is_over_and_not_a_second_before(
    make_scene: MakeScene,
) -> None:
    job = make_job()
    scene = make_scene(job, make_job(description="janitor-hold"), down={"notify[0]"})
    assert scene.sweep()[0].verdicts["expiring"] == 1
    for days in (5, 400):  # however long nobody is told
        scene.clock.time = NOW + timedelta(days=days)
        report, (delivery,) = scene.sweep()
        (waiting,) = [each for each in report.decisions if each.job.id == job.id]
        assert (waiting.verdict, waiting.reason.code, delivery.is_delivered) == ("expiring", "notice_missing", False)
    scene.down.clear()
    scene.clock.time = NOW + timedelta(days=500)
    assert scene.sweep()[1][0].is_delivered
    (told,) = scene.written(events.NOTICE_DELIVERED)
    for seconds in (0, 48 * 3600 - 1):
        scene.clock.time = NOW + timedelta(days=500, seconds=seconds)
        assert scene.sweep()[0].verdicts["expiring"] == 1
        assert scene.backend.deleted == []
    assert told["at"] == timestamp(NOW + timedelta(days=500))
    scene.clock.time = NOW + timedelta(days=500, hours=48)
    report, _ = scene.sweep()
    assert (report.outcomes()["confirmed"], scene.backend.deleted) == (1, [job.id])


def test_a35_a_notice_told_by_a_clock_that_was_set_back_since_the_sweep_begins_no_wait(make_scene: MakeScene) -> None:
    """Else its time, weeks before that of the mark, would let the job go as soon as its grace period is over."""
    scene = make_scene(make_job(), make_job(description="janitor-hold"))

    def set_back(channel: Channel, message: Message) -> bool:
        scene.clock.time -= timedelta(days=30)
        return True

    scene.on_send = set_back
    assert scene.sweep()[1][0].is_delivered
    assert [(each["marks"], each["jobs"]) for each in scene.written(events.NOTICE_DELIVERED)] == [(0, [])]
    scene.on_send = None
    for days, verdict in ((3, "expiring"), (4, "expiring"), (5, "expired")):
        scene.clock.time = NOW + timedelta(days=days)
        assert scene.sweep()[0].verdicts[verdict] == 1, days


def test_a_mark_is_told_once_and_the_event_says_of_which_without_the_address(make_scene: MakeScene) -> None:
    job = make_job()
    scene = make_scene(job)
    report, (delivery,) = scene.sweep()
    scene.clock.advance(3600)
    scene.sweep()
    first, second = scene.written(events.NOTICE_DELIVERED)
    mark = {"job_id": job.id, "created_at": timestamp(job.created_at or NOW), "marked_at": timestamp(NOW)}
    wanted = {
        "channel": "notify[0]",
        "kind": "slack",
        "owner": None,
        "digest": delivery.message.sha256,
        "attempts": 1,
        "reason": None,
        "marks": 1,
        "jobs": [mark],
        "target": "research",
        "sweep_id": report.sweep_id,
    }
    assert wanted | first == first
    assert (second["jobs"], second["marks"]) == ([], 0)
    assert "Marked to go: 1, from 2026-11-25 03:00Z on: `" in scene.sent[0][1]
    assert "Marked to go" not in scene.sent[1][1]
    assert not any("TIiajkdn" in row.body for row in scene.ledger.rows())
    assert "TIiajkdn" not in repr(scene.said)


def test_an_owner_with_a_channel_must_be_told_there_and_hears_of_nobody_elses_jobs(make_scene: MakeScene) -> None:
    anns, bobs = make_job(owner="ann", name="anns-1"), make_job(owner="bob", name="bobs-1")
    scene = make_scene(anns, bobs, channels=(ALL, OF_ANN), down={"owners.ann"})
    scene.sweep()
    assert scene.notices() == [("notice.delivered", "notify[0]", [bobs.id]), ("notice.failed", "owners.ann", [anns.id])]
    to_all, to_ann = dict(scene.sent)["notify[0]"], dict(scene.sent)["owners.ann"]
    assert "anns-1" in to_all
    assert "bobs-1" in to_all
    assert "the jobs of `ann`" in to_ann
    assert "anns-1" in to_ann
    assert "bob" not in to_ann
    scene.clock.advance(72 * 3600)
    report, _ = scene.sweep()
    assert (report.outcomes()["confirmed"], scene.backend.deleted) == (1, [bobs.id])
    assert "deleted 0" in dict(scene.sent[-ATTEMPTS:])["owners.ann"]


def test_b39_an_owner_whose_channel_is_named_later_is_told_there_before_the_job_goes(make_scene: MakeScene) -> None:
    """All were told of the mark long ago, as the owner had no channel then."""
    job = make_job(owner="ann")
    scene = make_scene(job, make_job(description="janitor-hold"))
    scene.sweep()
    scene.channels, scene.down = (ALL, OF_ANN), {"owners.ann"}
    for hours in (72, 900):
        scene.clock.time = NOW + hours * HOUR
        assert scene.sweep()[0].verdicts["expiring"] == 1
    scene.down.clear()
    scene.sweep()
    assert scene.notices()[-1] == ("notice.delivered", "owners.ann", [job.id])
    scene.clock.advance(48 * 3600 - 1)
    assert scene.sweep()[0].verdicts["expiring"] == 1
    scene.clock.advance(1)
    assert scene.sweep()[0].outcomes()["confirmed"] == 1


def test_b31_the_notices_of_a_sweep_take_a_minute_however_many_channels_are_dead_and_not_always_the_same_ones_miss(
    make_scene: MakeScene,
) -> None:
    """Each at a server of its own, which never answers. What nobody was told begins no grace period."""
    names = [f"u{number}" for number in range(9)]
    dead = [
        Channel(name=name, kind=read_channel(at), address=Secret(at), owner=name)
        for name in names
        for at in [f"mmosts://{name}.example/T0KEN"]
    ]
    scene, tried = make_scene(*(make_job(owner=name) for name in names), channels=tuple(dead)), list[tuple[str, ...]]()
    scene.start = lambda _work, _name: None
    for _ in range(5):
        began = scene.clock.monotonic()
        report, deliveries = scene.sweep()
        assert report.verdicts["expiring"] == len(names)
        assert scene.clock.monotonic() - began < 75
        tried.append(tuple(each.channel.name for each in deliveries if each.attempts))
        assert {each.result for each in deliveries if not each.attempts} == {"out_of_time"}
        scene.clock.advance(86_400)
    assert len(set(tried)) > 1
    assert len(scene.written(events.NOTICE_FAILED)) == 5 * len(names)


def test_b39_marks_that_are_only_observed_are_counted_and_nobody_is_told_that_these_jobs_go(make_scene: MakeScene) -> None:
    """So once it is enforced, somebody is told before the grace period begins."""
    job = make_job(owner="ann")
    scene = make_scene(job, make_job(description="janitor-hold"), channels=(ALL, OF_ANN), mode=Mode.OBSERVE)
    for _ in range(2):
        scene.sweep()
        scene.clock.advance(72 * 3600)
    assert [name for name, _ in scene.sent] == ["notify[0]"] * 2
    assert all("Marked, but only observed, so they stay: 1" in body and "Marked to go" not in body for _, body in scene.sent)
    scene.mode = Mode.ENFORCE
    assert scene.sweep()[0].verdicts["expiring"] == 1
    assert "Marked to go: 1" in dict(scene.sent)["owners.ann"]
    scene.clock.advance(48 * 3600)
    assert scene.sweep()[0].outcomes()["confirmed"] == 1


def test_what_a_sweep_just_deleted_is_none_of_the_jobs_that_expire_in_the_coming_days(make_scene: MakeScene) -> None:
    """Its mark went with it, so that it would seem to be marked anew."""
    scene = make_scene(make_job(), make_job(description="janitor-hold"), policies=(GRACE,))
    scene.sweep()
    scene.clock.advance(48 * 3600)
    assert scene.sweep()[0].outcomes()["confirmed"] == 1
    assert [re.findall("Next 7 days: [0-9]+", body) for _, body in scene.sent] == [["Next 7 days: 1"], ["Next 7 days: 0"]]


def test_an_owner_is_told_the_word_for_what_went_wrong_and_none_of_its_text_which_may_name_the_jobs_of_others(
    make_scene: MakeScene,
) -> None:
    scene = make_scene(make_job(owner="ann"), channels=(ALL, OF_ANN))
    target, tools = make_target(scene.backend, rules=make_rules(TOLD)), make_tools(scene.clock)
    report = replace(
        sweep_target(target, scene.ledger, tools),
        refusal=Refusal(by="pause", message="bobs job is paused by bob: `janitor resume` lifts it"),
        trouble=Trouble(code="breaker", message="bobs job answered 403", exit_code=3),
    )
    scene.notifier().tell(target, scene.ledger, tools, report)
    to_all, to_ann = dict(scene.sent)["notify[0]"], dict(scene.sent)["owners.ann"]
    assert ("bob" in to_all, "Run next: `janitor resume`" in to_all) == (True, True)
    assert ("bob" in to_ann, "Run next" in to_ann) == (False, False)
    assert "Refused by pause, nothing was deleted: `the reason is in the audit log`\nTrouble: breaker: `" in to_ann


def test_an_owner_about_whom_there_is_nothing_hears_nothing(make_scene: MakeScene) -> None:
    scene = make_scene(make_job(owner="bob"), channels=(ALL, OF_ANN))
    scene.sweep()
    assert [name for name, _ in scene.sent] == ["notify[0]"]


def test_b31_b39_a_channel_that_is_down_keeps_no_job_of_a_policy_that_asks_for_no_notice(make_scene: MakeScene) -> None:
    job = make_job()
    scene = make_scene(job, policies=(GRACE,), down={"notify[0]"})
    scene.sweep()
    scene.clock.advance(48 * 3600)
    report, (delivery,) = scene.sweep()
    assert (report.exit_code, scene.backend.deleted, delivery.attempts) == (0, [job.id], ATTEMPTS)
    assert [(name, told["channel"]) for name, told in scene.said if name.startswith("notice.")] == [
        ("notice.failed", "notify[0]")
    ] * 2
    assert scene.written(events.NOTICE_FAILED)[-1]["reason"] == "refused"


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("on", "is_sent"),
    [
        ("sweep.finished", True),
        ("job.marked", True),
        ("plan.refused", False),
        ("sweep.aborted", False),
        ("listing.failed", False),
        ("deletion.confirmed", False),
        ("deletion.failed", False),
    ],
)
def test_a_channel_hears_of_a_sweep_when_what_it_asks_for_happened_in_it(
    make_scene: MakeScene, on: str, *, is_sent: bool
) -> None:
    scene = make_scene(make_job(), channels=(replace(ALL, on=frozenset({on})),))
    scene.sweep()
    assert bool(scene.sent) is is_sent


def unreachable() -> Listing:
    raise Unreachable("no answer")


def test_a_deletion_is_told_and_so_is_a_listing_that_failed(make_scene: MakeScene) -> None:
    asked = [replace(ALL, name=on, on=frozenset({on})) for on in ("deletion.confirmed", "listing.failed", "sweep.aborted")]
    scene = make_scene(make_job(), channels=tuple(asked), policies=(make_policy(),))
    scene.sweep()
    assert [name for name, _ in scene.sent] == ["deletion.confirmed"]
    assert "Jobs: deleted 1, accepted 0" in scene.sent[0][1]
    scene.sent.clear()
    scene.backend.listing = unreachable
    scene.sweep()
    assert [name for name, _ in scene.sent] == ["listing.failed", "sweep.aborted"]
    assert "Trouble: unreachable: `no answer`" in scene.sent[0][1]


def test_a_refusal_is_told_with_what_to_run(make_scene: MakeScene) -> None:
    scene = make_scene(make_job(), policies=(make_policy(),))
    tools = make_tools(scene.clock, halted=lambda: "a file STOP halts sweeping")
    target = make_target(scene.backend)
    scene.notifier().tell(target, scene.ledger, tools, sweep_target(target, scene.ledger, tools))
    ((_, body),) = scene.sent
    assert (
        "Refused by pause, nothing was deleted: `a file STOP halts sweeping`\nRun next: `janitor plan --target research`" in body
    )


def test_what_is_marked_while_nobody_could_be_told_is_told_by_a_later_sweep(make_scene: MakeScene) -> None:
    jobs = [make_job() for _ in range(3)]
    scene = make_scene(*jobs)
    scene.stop.set()
    _, (delivery,) = scene.sweep()
    assert (delivery.result, delivery.attempts, scene.sent) == ("interrupted", 0, [])
    scene.stop.clear()
    scene.sweep()
    assert scene.notices() == [
        ("notice.failed", "notify[0]", [job.id for job in jobs]),
        ("notice.delivered", "notify[0]", [job.id for job in jobs]),
    ]


def test_very_many_marks_are_told_in_one_message_and_named_in_several_events(
    make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "AT_ONCE", 2)
    scene = make_scene(*(make_job() for _ in range(5)))
    scene.sweep()
    assert len(scene.sent) == 1
    assert [len(jobs) for _, _, jobs in scene.notices()] == [2, 2, 1]
    scene.clock.advance(48 * 3600)
    assert scene.sweep()[0].outcomes()["confirmed"] == 5
    scene.down, scene.backend.jobs = {"notify[0]"}, {job.id: job for job in (make_job() for _ in range(5))}
    scene.sweep()
    assert [len(jobs) for name, _, jobs in scene.notices() if name == "notice.failed"] == [2]


def test_b39_what_was_sent_and_could_not_be_recorded_counts_as_not_told(
    make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(make_job())
    append = Ledger.append

    def fail(self: Ledger, drafts: Any, *rest: Any, **more: Any) -> Any:
        if any(draft.event == events.NOTICE_DELIVERED for draft in drafts):
            raise LedgerError("the disk is full")
        return append(self, drafts, *rest, **more)

    monkeypatch.setattr(Ledger, "append", fail)
    assert scene.sweep()[1] == ()
    assert scene.said[-1][1]["reason"] == "the disk is full"
    monkeypatch.setattr(Ledger, "append", append)
    scene.clock.advance(72 * 3600)
    assert scene.sweep()[0].verdicts["expiring"] == 1
    assert scene.backend.deleted == []


def test_a_dry_run_tells_nobody(make_scene: MakeScene) -> None:
    scene = make_scene(make_job())
    target, tools = make_target(scene.backend, rules=make_rules(TOLD)), make_tools(scene.clock)
    assert scene.notifier().tell(target, scene.ledger, tools, preview_target(target, scene.ledger, tools)) == ()
    assert scene.sent == []


def test_b31_a_defect_in_telling_is_said_and_changes_nothing(make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    scene = make_scene(make_job(), policies=(make_policy(),))
    monkeypatch.setattr(notices, "gather", broken)
    report, deliveries = scene.sweep()
    assert (report.outcomes()["confirmed"], deliveries) == (1, ())
    assert scene.said[-1] == (
        "notice.failed",
        {"target": "research", "sweep_id": report.sweep_id, "channel": None, "reason": "unexpected ZeroDivisionError"},
    )


def test_a_ledger_opened_by_another_janitor_has_the_notices_too(make_scene: MakeScene) -> None:
    """They are in the ledger, not in this process."""
    scene = make_scene(make_job())
    scene.sweep()
    scene.clock.advance(48 * 3600)
    with open_again(scene.ledger, scene.clock) as other:
        scene.ledger = other
        assert scene.sweep()[0].outcomes()["confirmed"] == 1


def test_a_digest_tells_the_quota_and_the_coming_days_where_they_are_known(make_scene: MakeScene) -> None:
    soon = [make_job(days_ago=days) for days in (6, 6, 3)]
    scene = make_scene(*soon, policies=(make_policy(),))
    scene.sweep()
    assert "Next 7 days: 3 expire (Tue 24 Nov 2, Fri 27 Nov 1)\nQuota: " in scene.sent[0][1]
    scene.backend.quota_error = Unreachable("no answer")
    scene.sweep()
    assert "Quota" not in scene.sent[1][1]
    assert "Next 7 days: 3 expire" in scene.sent[1][1]


@pytest.mark.parametrize(("off", "skew"), [(-30 * DAY, None), (HOUR, 30 * DAY)])
def test_b39_a_clock_that_is_wrong_makes_no_notice_seem_older_than_it_is(
    make_scene: MakeScene, off: timedelta, skew: timedelta | None
) -> None:
    """It went back against the ledger, or is behind the server's: what is recorded by it has the wrong time."""
    scene = make_scene(make_job(), down={"notify[0]"})
    scene.sweep()
    scene.down.clear()
    scene.clock.time, scene.backend.skew = NOW + off, skew
    report, (delivery,) = scene.sweep()
    assert (report.refusal is not None and report.refusal.by, delivery.is_delivered) == ("clock", True)
    assert "Marked to go" not in scene.sent[-1][1]
    scene.clock.time, scene.backend.skew = NOW + 31 * DAY, None
    assert scene.sweep()[0].verdicts["expiring"] == 1
    assert scene.backend.deleted == []


def test_b39_a_channel_that_does_not_ask_for_marks_begins_no_grace_period(make_scene: MakeScene) -> None:
    scene = make_scene(make_job(), channels=(replace(ALL, on=frozenset({"plan.refused"})),))
    tools = make_tools(scene.clock, halted=lambda: "a file STOP halts sweeping", new_id=lambda: str(uuid.uuid4()))
    target = make_target(scene.backend, rules=make_rules(TOLD))
    scene.notifier().tell(target, scene.ledger, tools, sweep_target(target, scene.ledger, tools))
    assert scene.notices() == [("notice.delivered", "notify[0]", [])]
