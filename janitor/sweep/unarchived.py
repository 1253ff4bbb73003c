"""Owns which policies require an archive that cannot take a file now: looked at before a plan is made, with nothing written."""

from janitor.core.plan import Plan
from janitor.core.verdict import Reason
from janitor.retention.policy import Policy
from janitor.sweep.archive import find_flaw
from janitor.sweep.report import Trouble

ARCHIVE_FAILED = "archive_failed"


def find_unarchived(target: str, policies: tuple[Policy, ...]) -> dict[str, Reason]:
    """Why no job of a policy can go, by its name: its required archive, each folder looked at once."""
    required = {policy.name: policy.archive.dir for policy in policies if policy.archive is not None and policy.archive.required}
    flaws = {folder: find_flaw(folder, target) for folder in set(required.values())}
    return {
        name: Reason(
            code=ARCHIVE_FAILED, text=f"the archive {folder} that policy {name} requires cannot take it: {flaws[folder]}"
        )
        for name, folder in required.items()
        if flaws[folder] is not None
    }


def trouble_of_archives(plan: Plan) -> Trouble | None:
    """What the report of a target says of the jobs that wait for an archive; None where none does."""
    waiting = [aside.reason for aside in plan.set_aside if aside.reason.code == ARCHIVE_FAILED]
    if not waiting:
        return None
    text = f"{len(waiting)} job(s) wait for an archive: mount or mend it. Of the first: {waiting[0].text}"
    return Trouble(code=ARCHIVE_FAILED, message=text, exit_code=3)
