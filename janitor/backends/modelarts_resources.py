"""Owns the reading of what a job ran on, in both generations; equal answers are one object, which many jobs share."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from janitor.backends.modelarts_values import read_count, read_number, read_object, read_word
from janitor.core.job import UNTOLD_RESOURCES, Resources

_OTHER_ACCOUNTS = ("main_container_allocated_resources", "main_container_customized_flavor")
"""Where else a document may say how many accelerators a machine gave; what contradicts the flavor makes the number unknown."""


def read_resources(document: dict[str, Any]) -> Resources:
    """What a v2 job ran on; nothing is known of one whose tasks have resources of their own.

    Sources: docs/modelarts-api.md, "Experiment and resources".
    """
    if document.get("tasks") not in (None, []):
        return UNTOLD_RESOURCES
    told = read_object(read_object(document.get("spec")).get("resource"))
    nodes = read_count(told.get("node_count"))
    each = _per_node(told)
    total = None if nodes is None or each is None else nodes * each
    return _shared(read_word(told.get("flavor_id")), read_word(told.get("pool_id")), nodes, total)


def read_resources_v1(versions: Iterable[dict[str, Any]]) -> Resources:
    """What a v1 job ran on: what all of its versions agree in; each of them is a run."""
    told = [_of_version(version) for version in versions]
    return _shared(*(_agreed(told, field) for field in _FIELDS), runs=len(told))


_FIELDS = ("flavor", "pool", "node_count", "accelerators")


@lru_cache(maxsize=4096)
def _shared(flavor: str | None, pool: str | None, node_count: int | None, accelerators: int | None, runs: int = 1) -> Resources:
    return Resources(flavor=flavor, pool=pool, node_count=node_count, accelerators=accelerators, runs=runs)


def _per_node(told: dict[str, Any]) -> int | None:
    """How many accelerators each machine has, where nothing contradicts what its flavor says of it."""
    number = _of_flavor(read_object(told.get("flavor_detail")))
    return number if number is not None and all(_is_told(told.get(place), number) for place in _OTHER_ACCOUNTS) else None


def _of_flavor(detail: dict[str, Any]) -> int | None:
    """The cards of one kind that it lists; 0 only where it lists none and is known to be a flavor of CPUs alone."""
    info, is_cpu = detail.get("flavor_info"), detail.get("flavor_type") == "CPU"
    if info is not None and not isinstance(info, dict):
        return None
    cards = {kind: info.get(kind) for kind in ("gpu", "npu") if info and info.get(kind) not in (None, {})}
    if len(cards) == 1 and not is_cpu:
        return _cards(*cards.popitem())
    return 0 if is_cpu and not cards else None


def _cards(kind: str, card: Any) -> int | None:
    """The number of cards; of NPUs it is documented as a text, so its digits are read too."""
    number = read_object(card).get("unit_num")
    return read_count(read_number(number) if kind == "npu" else number)


def _is_told(account: Any, number: int) -> bool:
    """Whether another account of a machine's accelerators says the same, or nothing."""
    if account is None:
        return True
    if not isinstance(account, dict):
        return False
    told = account.get("accelerator_num")
    return told is None or (type(told) in (int, float) and told == number)


def _of_version(version: dict[str, Any]) -> Resources:
    """A version names its flavor by a number; its GPUs are counted, its NPUs are not, so that no GPU means nothing."""
    nodes, each = read_count(version.get("worker_server_num")), read_count(version.get("gpu_num"))
    total = None if nodes is None or each is None else nodes * each
    return _shared(_spec(version.get("spec_id")), read_word(version.get("pool_id")), nodes, total)


def _spec(value: Any) -> str | None:
    is_id = type(value) is int and 0 < value < 2**63
    return read_word(str(value)) if is_id else None


def _agreed(told: Iterable[Resources], field: str) -> Any:
    values = {getattr(each, field) for each in told}
    return values.pop() if len(values) == 1 else None
