"""Raw ModelArts v1 jobs (integer ids, versions) for the emulator, built without any code of janitor itself."""

from itertools import count
from typing import Any

from janitor.emulator.document_v1 import SketchV1, build_job_v1

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
_numbers = count(155_500)


def make_job_v1(
    now_ms: int,
    days_ago: float,
    statuses: tuple[int, ...] = (10,),
    *,
    job_id: int | None = None,
    name: str | None = None,
    owner: str = "ci-bot",
    description: str = "",
    minutes: float = 90,
    machine: int = 1,
    workers: int = 1,
    pool: str | None = None,
) -> dict[str, Any]:
    """A job with one version a status, oldest first, an hour apart; each ran for so long, the newest ended so many days ago.

    A version that runs now has run since then; one that has not started has neither start nor duration.
    """
    number = next(_numbers) if job_id is None else job_id
    ran = round(minutes * MINUTE_MS)
    spacing = ran + HOUR_MS
    last = round(now_ms - days_ago * DAY_MS) - ran - MINUTE_MS
    return build_job_v1(
        SketchV1(
            job_id=number,
            name=f"trial-v1-{number}" if name is None else name,
            now_ms=now_ms,
            created_ms=last - (len(statuses) - 1) * spacing,
            statuses=statuses,
            owner=owner,
            description=description,
            machine=machine,
            workers=workers,
            pool=pool,
            ran_ms=ran,
            spacing_ms=spacing,
        )
    )


def seed_jobs_v1(now_ms: int, count: int, with_versions: int = 0) -> list[dict[str, Any]]:
    """So many jobs, one a half day, of them `with_versions` with 2 to 5 versions in mixed states; the same ones each time."""
    mixed = ((10, 8), (11, 10, 12), (10, 10, 7, 11), (5, 12, 10, 10, 9), (3, 10), (10, 13, 22))
    single = ((10,), (11,), (12,), (10,), (8,), (3,), (14,))
    jobs = []
    for number in range(count):
        statuses = mixed[number % len(mixed)] if number < with_versions else single[number % len(single)]
        jobs.append(make_job_v1(now_ms, 1 + number / 2, statuses, job_id=100_000 + number, name=f"old-{number:05d}"))
    return jobs
