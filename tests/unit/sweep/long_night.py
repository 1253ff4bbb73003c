"""One sweep of a long plan on a scripted backend that is read narrowly, and what it said of lists."""

from builders import FakeClock, make_job, make_rules, make_target, make_tools
from scripted import ScriptedBackend
from scripted_narrow import ScriptedNarrow

from janitor.core import events
from janitor.ledger.store import Ledger
from janitor.retention.hold import Hold
from janitor.retention.selector import Selector
from janitor.sweep.entry import sweep_target
from janitor.sweep.report import TargetReport

JOBS = 55
"""One is looked at by itself, the others nine at a time: 54 in six queries."""

TEAM = Hold(name="h-team", reason="paper", match=Selector(labels=(("team", frozenset({"nlp"})),)))


class Night:
    """One sweep of a long plan and a job that stays, on virtual time."""

    def __init__(self, ledger: Ledger, jobs: int = JOBS, *, stays: bool = True) -> None:
        self.ledger, self.clock = ledger, FakeClock()
        self.jobs = [make_job() for _ in range(jobs)]
        self.kept = make_job(days_ago=2)
        self.backend = ScriptedBackend.holding(*self.jobs, *([self.kept] if stays else []))
        self.backend.most_at_once = 100
        self.narrow = self.backend.narrow = ScriptedNarrow(self.backend)
        self.rules = make_rules()
        self.disbelief = list[str]()

    def sweep(self) -> TargetReport:
        def say(event: str, **fields: str) -> None:
            self.disbelief += [fields["reason"]] if event == events.LISTS_NOT_BELIEVED else []

        return sweep_target(make_target(self.backend, rules=self.rules), self.ledger, make_tools(self.clock, say=say))
