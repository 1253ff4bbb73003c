"""Owns random cases: small groups of jobs whose values collide on purpose, and policies that ask about just these values."""

from calendar import timegm
from random import Random
from time import gmtime
from typing import Any

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
MOMENTS = [
    timegm(each) * 1000
    for each in (
        (2026, 11, 23, 3, 0, 0),
        (2027, 1, 1, 0, 30, 0),
        (2021, 1, 4, 0, 0, 0),
        (2024, 3, 1, 12, 0, 0),
        (2024, 12, 31, 23, 59, 59),
    )
]
"""An ordinary night, just after a new year, the Monday after an ISO week 53, just after a leap day, just before a new year."""
AGES = [DAY, DAY, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 30 * DAY, 36 * HOUR]
BACK = [each * unit for unit in (HOUR, DAY) for each in (0, 1, 2, 8, 24, 30, 31, 47, 60, 61, 100, 366, 367, 400)] + AGES * 2
NUDGES = [0, 0, 0, SECOND, -SECOND, HOUR]
WEIRD = [None, 0, 1_764_000_000, "1s", "299s", "300s", "301s", "2d"]
"""Times that nobody should believe, and some that are only just believable: in seconds, or so far in the future."""
FUTURE = {"1s": SECOND, "299s": 299 * SECOND, "300s": 300 * SECOND, "301s": 301 * SECOND, "2d": 2 * DAY}
NAMES = [
    *["trial-1", "trial-2", "trial-10", "nightly_7", "nightly_8", "prod-a"] * 3,
    "7",
    "-7",
    "a.b-001",
    "[x]-1",
    "run12",
    None,
    "",
]
OWNERS: list[str | None] = [*["ann", "ci-bot"] * 8, "", None]
TERMINAL = ["completed", "failed", "terminated", "abnormal"]
PHASES = [*TERMINAL[:3] * 12, *["abnormal"] * 3, "running", "pending", "terminating", "creating", "unknown"]
DESCRIPTIONS: list[str | None] = [
    *[""] * 40,
    "a note",
    "a note",
    "for the paper",
    "for the paper",
    "janitor-ttl=30d",
    "janitor-ttl=1d janitor-ttl=36h",
    "x janitor-ttl=2d12h",
]
DESCRIPTIONS += ["janitor-hold", "janitor-hold=paper", "janitor-ttl=30", "janitor hold", None]
LABELS: list[dict[str, str] | None] = [*[{}] * 24, *[{"team": "nlp"}] * 16, *[{"team": "cv", "stage": "dev"}] * 8, {"team": ""}]
LABELS += [
    {"stage": "dev"},
    {"janitor-ttl": "30d"},
    {"janitor-ttl": "1d"},
    {"janitor-hold": ""},
    {"_sys_x": "janitor-hold"},
    None,
]
CONDITIONS: dict[str, list[Any]] = {
    "phase": [["completed", "failed"], ["failed"], TERMINAL, TERMINAL, ["completed", "terminated"]],
    "name": [["trial-*"], ["*-?", "*_?"], ["?*"], ["trial-1*", "prod-?"], ["[x]*"]],
    "name_regex": [["trial-[0-9]+"], ["trial-1", "prod"], ["nightly.*", "prod-."], [".*1"]],
    "owner": [["ann"], ["ann", "ci-bot"]],
    "kind": [["job"], ["job", "hetero_job"]],
    "workspace": [["0"], ["0", "w1"]],
    "labels": [{"team": ["nlp"]}, {"team": None}, {"team": ["nlp", "cv"], "stage": None}],
    "description": [["*paper*"], ["a*"]],
    "experiment": [["e1"], ["e1", "e2"]],
    "flavor": [["gpu.1"], ["gpu.1", "cpu.4"]],
    "pool": [["big"]],
    "node_count": [{"at_most": 2}, {"at_least": 2}, {"at_least": 1, "at_most": 8}],
    "accelerators": [{"at_least": 1}, {"at_most": 0}],
    "duration": [{"at_most": HOUR}, {"at_least": HOUR, "at_most": DAY}, {"at_least": 0}],
}
PER = ["owner", "name", "name_prefix", "workspace", "experiment", "flavor", "label:team"]
RULES = ["hourly", "daily", "weekly", "monthly", "yearly"]


def make_case(seed: int) -> dict[str, Any]:
    """One case; the same for the same seed."""
    random = Random(seed)
    as_of = random.choice(MOMENTS)
    jobs = [make_job(random, as_of, number) for number in range(random.choice((1, 2, 3, 4, 5, 6, 6, 12)))]
    random.shuffle(jobs)
    return {
        "as_of": as_of,
        "jobs": jobs,
        "policies": [make_policy(random, number) for number in random.sample(range(9), random.choice((1, 1, 1, 2, 2, 3, 4)))],
        "holds": [make_hold(random, jobs, as_of, number) for number in range(random.choice((0, 0, 0, 0, 1, 2)))],
        "first_seen": {key_of(job): make_time(random, as_of) for job in jobs if job["never_started"] and random.random() < 0.8},
        "marks": {key_of(job): make_mark(random, as_of) for job in jobs if random.random() < 0.4},
        "leaving": [job["id"] for job in jobs if random.random() < 0.05],
        "min_age": random.choice((DAY, DAY, HOUR, 2 * DAY)),
        "target_mode": random.choice(("enforce", "enforce", "enforce", "observe")),
        "workspaces": random.choice((None, None, ["0", "w1"], ["0"])),
    }


def key_of(job: dict[str, Any]) -> tuple[str, int | None]:
    """What a job's past is kept under."""
    return job["id"], job["created"]


def make_job(random: Random, as_of: int, number: int) -> dict[str, Any]:
    """A job that mostly ended some time ago, and of which mostly everything is known."""
    finished = as_of - random.choice(BACK) + random.choice(NUDGES)
    started = finished - random.choice((0, 0, MINUTE, HOUR, DAY))
    never_started = random.random() < 0.1
    job = {
        "id": f"{random.choice('abB')}{number:02}",
        "name": random.choice(NAMES),
        "owner": random.choice(OWNERS),
        "kind": random.choice(("job",) * 14 + ("hetero_job", None)),
        "workspace": random.choice(("0",) * 24 + ("w1", "w1", "w2", None, "")),
        "phase": random.choice(PHASES),
        "other_phases": random.choice([[]] * 40 + [["failed"], ["completed", "failed"], ["abnormal"], ["running"], ["unknown"]]),
        "created": started - random.choice((0, 0, HOUR, 30 * DAY)),
        "started": None if never_started else started,
        "finished": None if never_started else finished,
        "never_started": never_started,
        "description": random.choice(DESCRIPTIONS),
        "labels": random.choice(LABELS),
        "experiment": random.choice(("e1", "e1", "e1", "e2", "e2", None)),
        "flavor": random.choice(("gpu.1", "gpu.1", "gpu.1", "cpu.4", "cpu.4", None)),
        "pool": random.choice(("big", "big", "small", "small", None)),
        "node_count": random.choice((1, 1, 2, 2, 8, None)),
        "accelerators": random.choice((0, 1, 1, 8, None)),
    }
    if random.random() < 0.15:
        word = random.choice(("created", "started", "finished"))
        job[word] = job[word] if never_started and word != "created" else make_weird(random, as_of)
    return job


def make_weird(random: Random, as_of: int) -> int | None:
    """A time that a policy must not believe, or only just may."""
    weird = random.choice(WEIRD)
    return as_of + FUTURE[weird] if isinstance(weird, str) else weird


def make_time(random: Random, as_of: int) -> int:
    """A time in the past, mostly."""
    return as_of - random.choice(BACK) + random.choice(NUDGES)


def make_mark(random: Random, as_of: int) -> dict[str, int]:
    """A mark whose grace mostly ends near now."""
    return {
        "since": as_of - random.choice((0, HOUR, DAY, 2 * DAY, 7 * DAY)) + random.choice(NUDGES),
        "grace": random.choice((0, DAY, 2 * DAY)),
    }


def make_selector(random: Random, count: int) -> dict[str, Any]:
    """Some conditions; the first fields of the table are asked more often."""
    fields = list(CONDITIONS)
    chosen = random.sample(fields, count) if random.random() < 0.5 else random.sample(fields[:4], count)
    return {field: random.choice(CONDITIONS[field]) for field in sorted(chosen, key=fields.index)}


def make_policy(random: Random, number: int) -> dict[str, Any]:
    """A policy that often asks for nothing but phases."""
    match = (
        {"phase": random.choice(CONDITIONS["phase"])}
        if random.random() < 0.6
        else make_selector(random, random.choice((1, 1, 2)))
    )
    governed = match.get("phase", TERMINAL[:3])
    ages = {phase: random.choice(AGES) for phase in governed}
    after = ages if random.random() < 0.15 else random.choice(AGES)
    longest = after if isinstance(after, int) else max(after.values())
    return {
        "name": f"p{number}",
        "match": match,
        "except": make_selector(random, 1) if random.random() < 0.25 else None,
        "after": after,
        "since": random.choice(("finished", "finished", "finished", "created", "started")),
        "keep": make_keep(random) if random.random() < 0.6 else None,
        "grace": random.choice((0, 0, 0, DAY, 2 * DAY)),
        "shorten_to": random.choice([each for each in (HOUR, DAY, 2 * DAY) if each < longest]) if random.random() < 0.3 else None,
        "mode": random.choice(("enforce", "enforce", "enforce", "observe")),
        "fallback": random.random() < 0.25,
    }


def make_keep(random: Random) -> dict[str, Any]:
    """Some keep rules, often in groups."""
    keep: dict[str, Any] = {} if random.random() < 0.2 else {"last": random.choice((0, 0, 0, 0, 0, 1, 2, 3))}
    for rule in RULES:
        if random.random() < 0.2:
            keep[rule] = random.choice((1, 1, 2, 3))
    if random.random() < 0.2:
        keep["within"] = random.choice((DAY, 7 * DAY, 30 * DAY, 60 * DAY))
    if not any(keep.values()):
        keep["last"] = 1
    if random.random() < 0.6:
        keep["per"] = random.sample(PER, random.choice((1, 1, 1, 2)))
    return keep


def make_hold(random: Random, jobs: list[dict[str, Any]], as_of: int, number: int) -> dict[str, Any]:
    """A hold of one job by its id, or of what conditions fit, that often ends about now."""
    ends = None if random.random() < 0.4 else day_of(as_of + random.choice((-3, -2, -1, 0, 1)) * DAY)
    what: dict[str, Any] = {"match": make_selector(random, random.choice((1, 2, 2)))}
    if random.random() < 0.5:
        what = {"ids": [random.choice(jobs)["id"].lower()]}
    return {"name": f"h{number}", "until": ends, **what}


def day_of(time: int) -> tuple[int, int, int]:
    """The day of a time in UTC."""
    year, month, day = gmtime(time / 1000)[:3]
    return year, month, day
