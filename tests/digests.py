"""What sweeps came to, for the tests of notices: a usual night, a refused one, the worst, and the view of an owner."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from janitor.core.plan import Outcome
from janitor.notify.news import Marked, Named, News, Stop

AS_OF = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
JOBS = [Named(id=f"0a1b2c3d-0000-4000-8000-00000000000{place}", name=f"nightly-{place}", owner="ann") for place in range(5)]
COUNTS = {outcome.value: 0 for outcome in Outcome}
USUAL = News(
    target="research",
    mode="enforce",
    as_of=AS_OF,
    outcomes=COUNTS | {"confirmed": 41, "already_gone": 1, "accepted": 3, "failed": 1, "deferred": 120, "observed": 2},
    owners=(("ann", 80), ("bob", 40), (None, 20), ("ci-bot", 12), ("eve@lab.example", 9), ("fay", 4), ("gus", 3)),
    marked=Marked(count=5, first=JOBS[:3], from_=AS_OF + timedelta(days=2)),
    coming=[(date(2026, 11, 23) + timedelta(days=day), number) for day, number in enumerate((4, 0, 0, 17, 3, 0, 0))],
    quota=(5210, 10_000),
    failures=JOBS[4:],
)
REFUSED = replace(
    USUAL,
    outcomes=COUNTS | {"refused": 400},
    marked=None,
    failures=(),
    refusal=Stop(by="listing_shrank", text="40 jobs are listed, 10 % of the 400 of the last good sweep"),
)
WORST = replace(
    USUAL,
    outcomes=dict.fromkeys(COUNTS, 10**7),
    owners=[("x" * 500, 10**7)] * 50,
    observed=10**7,
    marked=Marked(count=10**7, first=[replace(job, name="x" * 500) for job in JOBS], from_=AS_OF),
    coming=[(date(2026, 11, 23), 10**7)] * 7,
    failures=[replace(job, name="x" * 500) for job in JOBS],
    refusal=Stop(by="deletions_jumped", text="x" * 5000),
    trouble=Stop(by="listing_incomplete", text="x" * 5000),
)
OBSERVED = replace(USUAL, mode="observe", marked=None, observed=3)
OF_AN_OWNER = replace(USUAL, owner="ann", owners=(), quota=None)
