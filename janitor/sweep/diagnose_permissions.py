"""Owns the checks of what the credentials may do: what was proven, what was refused, and what is never tried."""

from janitor.backends.inspection import Need
from janitor.retention.policy import Mode
from janitor.sweep.diagnose_check import Check, ok, skipped, unknown
from janitor.sweep.diagnose_seen import NOTHING_MORE, Seen
from janitor.sweep.target import Target


def advise(seen: Seen, *whats: str) -> str:
    """Which permissions to grant for these."""
    actions = [need.action for need in seen.inspection.needs if need.what in whats] or ["what the message names"]
    return f"grant the credentials' user {' and '.join(actions)} in this project"


def judge_deletion(seen: Seen) -> Check:
    """Never tried: nothing that asks for a deletion is sent by a diagnosis."""
    needs = [need for need in seen.inspection.needs if need.deletes]
    if not needs:
        return unknown("delete", "untested: no deletion is ever tried here")
    return unknown("delete", f"untested: no deletion is ever tried here; a target that enforces needs {_list_actions(needs)}")


def judge_permissions(target: Target, seen: Seen) -> Check:
    """What the answers say of the permissions; that there are none beyond these, no answer says."""
    if seen.cause in NOTHING_MORE:
        return skipped("permissions", seen.cause)
    if not seen.inspection.needs:
        return ok("permissions", "none are needed")
    proven = [need for need in seen.inspection.needs if seen.is_proven(need.what)]
    refused = [need for need in seen.inspection.needs if seen.is_refused(need.what)]
    parts = [f"{word}: {_list_actions(needs)}" for word, needs in (("proven", proven), ("refused", refused)) if needs]
    text = "; ".join([*parts, "whether the credentials may do more than they need cannot be seen from here"])
    narrow = seen.inspection.enforce_policy if target.rules.mode is Mode.ENFORCE else seen.inspection.observe_policy
    advice = f"let them have {narrow}, and nothing else"
    return unknown("permissions", text, advice)


def _list_actions(needs: list[Need]) -> str:
    return ", ".join(dict.fromkeys(need.action for need in needs))
