"""Owns the checks between fields far apart: names used twice, targets that are not there, ages that cannot be."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from janitor.core.channel import TELLING_MARKS
from janitor.settings.address import derive_iam_endpoint, is_endpoint
from janitor.settings.ages import find_short_sweeps, find_wrong_ages, mappings_of
from janitor.settings.console_checks import find_wrong_console
from janitor.settings.document import Document
from janitor.settings.problem import Path, Problem
from janitor.settings.suggest import suggest


def crosscheck(document: Document) -> Iterator[Problem]:
    """Check the values as read, so that a fault elsewhere in the file hides none of these."""
    for path, text in (
        *_find_reused_names(document.value),
        *_find_unknown_targets(document.value),
        *_find_logins_nowhere(document.value),
        *_find_v2_only(document.value),
        *find_short_sweeps(document.value),
        *_find_untellable(document.value),
        *find_wrong_console(document.value),
    ):
        yield Problem(mark=document.place_of(path)[1], path=path, text=text)
    for path, text in find_wrong_ages(document.value):
        yield Problem(mark=document.place_of(path)[1], path=path, text=text, settles=False)


def _find_reused_names(file: Any) -> Iterator[tuple[Path, str]]:
    for kind in ("targets", "policies", "holds"):
        seen: Counter[str] = Counter()
        for index, item in mappings_of(file, kind):
            name = item.get("name")
            if isinstance(name, str):
                seen[name] += 1
                if seen[name] > 1:
                    yield (kind, index, "name"), "is the name of an earlier one; each needs its own"


def _find_unknown_targets(file: Any) -> Iterator[tuple[Path, str]]:
    known = [name for _, item in mappings_of(file, "targets") if isinstance(name := item.get("name"), str)]
    for kind in ("policies", "holds"):
        for index, item in mappings_of(file, kind):
            targets = item.get("targets")
            for place, name in enumerate(targets if isinstance(targets, list) else ()):
                if known and isinstance(name, str) and name not in known:
                    yield (kind, index, "targets", place), f"is no target of this file; {suggest(name, known)}"


def _find_logins_nowhere(file: Any) -> Iterator[tuple[Path, str]]:
    for index, target in mappings_of(file, "targets"):
        credentials, endpoint = target.get("credentials"), target.get("endpoint")
        is_user = isinstance(credentials, dict) and "password" in credentials
        is_known = "iam_endpoint" in target or not isinstance(endpoint, str) or not is_endpoint(endpoint)
        if is_user and not is_known and derive_iam_endpoint(str(endpoint)) is None:
            text = "needs the identity service, whose address cannot be derived from the endpoint; add iam_endpoint"
            yield ("targets", index, "credentials", "password"), text


_NOT_WITH_V1 = (
    ("listing", "narrow", "v1 lists cannot be narrow, as they have no filter by creation; write listing: full for this target"),
    ("looks", "together", "v1 jobs cannot be looked at together, as no list filters by ids; write looks: single for this target"),
)


def _find_v2_only(file: Any) -> Iterator[tuple[Path, str]]:
    """Only the list of v2 has filters; a target's own word counts, else the general one."""
    defaults = file.get("target_defaults") if isinstance(file, dict) else None
    general = defaults if isinstance(defaults, dict) else {}
    v1 = [(index, target) for index, target in mappings_of(file, "targets") if target.get("api") == "v1"]
    for field, word, text in _NOT_WITH_V1:
        for index, target in v1:
            if target.get(field, general.get(field)) == word:
                yield ("targets", index, field if field in target else "api"), text


def _find_untellable(file: Any) -> Iterator[tuple[Path, str]]:
    """A policy whose jobs would wait for ever: it has no grace period, or nobody would get the notice that it waits for."""
    for index, policy in mappings_of(file, "policies"):
        if policy.get("notice") != "required":
            continue
        if "grace" not in policy:
            text = "needs a grace period that begins with the notice; add grace, such as grace: 7d"
            yield ("policies", index, "notice"), text
        if not file.get("owners") and not any(_tells_marks(item) for _, item in mappings_of(file, "notify")):
            text = (
                f"needs somebody who is told of marks; add owners, or notify with {' or '.join(sorted(TELLING_MARKS))} under on"
            )
            yield ("policies", index, "notice"), text


def _tells_marks(item: dict[str, Any]) -> bool:
    on = item.get("on")
    return isinstance(on, list) and any(isinstance(word, str) and word in TELLING_MARKS for word in on)
