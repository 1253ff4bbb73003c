"""Owns what of a platform's document is not remembered: values of variables and parameters, and what looks like a credential.

The names are those that ModelArts has for such fields (docs/modelarts-api.md, job document), and common ones beside them: what is
masked needlessly has to be filled in again, what is not may be a password.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from janitor.core.credentials import hide_credentials, is_flag, is_speaking
from janitor.core.secret import MASK

ENVIRONMENT, PARAMETERS = "environment", "parameters"
"""The two kinds of values, as the policy file names them."""

_KINDS = (
    (ENVIRONMENT, re.compile(r"(?:task_?|custom_?|user_?)?env(?:s|ironments?)?(?:_?(?:vars?|variables?))?", re.IGNORECASE)),
    (PARAMETERS, re.compile(r"(?:hyper_?|run_?|search_?|user_?)?param(?:eter)?s?", re.IGNORECASE)),
)
_TITLES = frozenset({"name", "label"})
_NAMING = _TITLES | {"key", "type", "param_type", "description", "constraint", "i18n_description"}
"""What a row of parameters says beside the value."""
_TITLED = ("name", "label", "key")
"""By one of these a row anywhere else may say what its value is."""
_OWN_IMAGE = "user_image_url"
"""Beside it the parameters of a v1 job are environment variables (docs/modelarts-api.md, creating a job)."""
_LONGEST_NAME = 200


def redact(value: Any, keep: Collection[str] = frozenset()) -> Any:
    """The same document with those values as `***`; `keep` names the kinds that stay. Containers are copied, null and "" stay."""
    if isinstance(value, str):
        return hide_credentials(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {key: _redact_field(key, item, keep, value) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(_redact_list(value, keep))
    return value


def find_masked(value: Any, path: str = "") -> list[str]:
    """Where in a document something is masked, as paths such as `algorithm.environments.WANDB_KEY`, in their order."""
    if isinstance(value, str):
        return [path] if MASK in value else []
    rows = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    dot = "." if path else ""
    return [found for key, item in rows for found in find_masked(item, f"{path}{dot}{key}")]


def _redact_list(items: Sequence[Any], keep: Collection[str]) -> Iterator[Any]:
    """As the items of any list; but behind a word such as `--password` the next one is masked."""
    is_announced = False
    for item in items:
        is_word = isinstance(item, str)
        yield _mask(item) if is_announced and not (is_word and item.startswith("-")) else redact(item, keep)
        is_announced = is_word and is_flag(item)


def _redact_field(key: Any, item: Any, keep: Collection[str], beside: Mapping[Any, Any]) -> Any:
    kind, is_secret = _read_name(str(key)[-_LONGEST_NAME:])
    if kind is None:
        return _mask(item) if is_secret or (key == "value" and _names_secret(beside)) else redact(item, keep)
    is_variable = kind is PARAMETERS and bool(beside.get(_OWN_IMAGE))
    if kind in keep and (ENVIRONMENT in keep or not is_variable):
        return item
    has_rows = kind is PARAMETERS and isinstance(item, list | tuple)
    return [_mask_row(row) for row in item] if has_rows else _mask(item)


def _names_secret(row: Mapping[Any, Any]) -> bool:
    titles = (row.get(key) for key in _TITLED)
    return any(isinstance(title, str) and is_speaking(title) for title in titles)


@lru_cache(maxsize=1000)
def _read_name(name: str) -> tuple[str | None, bool]:
    """Of which kind of values it is the name, and whether it is that of a credential; platforms have few names."""
    return next((kind for kind, names in _KINDS if names.fullmatch(name)), None), is_speaking(name)


def _mask_row(row: Any) -> Any:
    """A row of parameters that names its value keeps what it says of it; any other is masked whole."""
    if not isinstance(row, Mapping) or "value" not in row or not _TITLES & set(row):
        return _mask(row)
    return {key: redact(item) if key in _NAMING else _mask(item) for key, item in row.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value if value in (None, "") else MASK
