"""Owns the reading of where a ModelArts job wrote, in both generations: what deleting it leaves behind in object storage."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from janitor.backends.modelarts_values import read_object, read_text
from janitor.core.credentials import hide_in_address

MOST_ADDRESSES = 1000
"""So many of one job are told; v1 jobs may have hundreds of versions, each with two."""
LONGEST_ADDRESS = 4096
"""A key in object storage has at most 1024 bytes, so that no address is longer, however it is encoded."""


def read_outputs(document: dict[str, Any]) -> tuple[str, ...]:
    """Where a v2 job and its tasks wrote results and logs, in the order of the document, each once.

    These addresses are only shown, so what is odd is left out; empty means that none is told. Volumes are not among them:
    nothing says whether the job wrote there. Sources: docs/modelarts-api.md, "Where a job wrote".
    """
    tasks = document.get("tasks")
    return _each_once(
        address for part in (document, *(tasks if isinstance(tasks, list) else ())) for address in _of_part(read_object(part))
    )


def read_outputs_v1(versions: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The same of a v1 job: what each of its versions says."""
    return _each_once(version.get(key) for version in versions for key in ("train_url", "log_url"))


def _of_part(part: dict[str, Any]) -> Iterator[Any]:
    """Of a job or one of its tasks: its outputs, in a task perhaps a single one; its logs, and where its products are saved."""
    algorithm, spec = read_object(part.get("algorithm")), read_object(part.get("spec"))
    outputs = algorithm.get("outputs")
    for row in outputs if isinstance(outputs, list) else (outputs,):
        yield _pick(row, "remote", "obs", "obs_url")
    yield _pick(spec, "output_model", "obs", "obs_path")
    yield _pick(algorithm, "summary", "log_dir", "pfs", "pfs_path")
    yield _pick(spec, "log_export_path", "obs_url")
    yield _pick(part, "log_export_path", "obs_url")


def _pick(source: Any, *keys: str) -> Any:
    """What stands under these keys, one in another; None where anything on the way is no object."""
    for key in keys:
        if not isinstance(source, dict):
            return None
        source = source.get(key)
    return source


def _each_once(values: Iterable[Any]) -> tuple[str, ...]:
    """Without credentials from here on: plans, files, reports and tombstones all show what is read here."""
    told = (text for value in values if (text := read_text(value)) is not None and len(text) <= LONGEST_ADDRESS)
    return tuple(islice(dict.fromkeys(map(hide_in_address, told)), MOST_ADDRESSES))
