"""Owns what of a platform's document is not remembered: values of variables and parameters, and what looks like a credential.

The names are those that ModelArts has for such fields (docs/modelarts-api.md, job document), and common ones beside them: what is
masked needlessly has to be filled in again, what is not may be a password.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from janitor.core.secret import MASK

ENVIRONMENT, PARAMETERS = "environment", "parameters"
"""The two kinds of values, as the policy file names them."""

_KINDS = (
    (ENVIRONMENT, re.compile(r"(?:task_?|custom_?)?env(?:s|ironments?|_?vars?|ironment_?variables?)?", re.IGNORECASE)),
    (PARAMETERS, re.compile(r"(?:hyper_?|run_?|search_?|user_?)?param(?:eter)?s?", re.IGNORECASE)),
)
_NAMING = frozenset({"name", "label", "key", "type", "param_type", "description", "constraint", "i18n_description"})
"""What a row of parameters says beside the value."""
_OWN_IMAGE = "user_image_url"
"""Beside it the parameters of a v1 job are environment variables (docs/modelarts-api.md, creating a job)."""

_SPEAKING = (
    r"(?:passwords?|passwd|passphrase|pwd|secrets?|token|credentials?|api[_-]?keys?|secret[_-]?key|signature"
    r"|access[_-]?key(?:[_-]?id)?|private[_-]?key|auth(?:orization)?)"
)
_SPEAKING_KEY = re.compile(rf"(?:.*[a-z0-9][_-])?{_SPEAKING}|.*(?:Token|Password|Secret)", re.IGNORECASE)
_VALUE = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'&;,|]+)"
_PATTERNS = (
    (re.compile(r"(://)[^/\s@?#\"']+@"), rf"\1{MASK}@"),
    (re.compile(rf"((?i:{_SPEAKING})[\"']?[ \t]{{0,8}}[=:][ \t]{{0,8}}(?:(?i:bearer|basic)[ \t]+)?){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"((?<![A-Za-z0-9_-])--?[A-Za-z0-9_-]{{0,64}}(?i:{_SPEAKING})[ \t]{{1,8}})(?!-){_VALUE}"), rf"\1{MASK}"),
    (re.compile(r"\b((?i:bearer|basic)[ \t]+)[A-Za-z0-9+/_.=-]{16,}"), rf"\1{MASK}"),
    (re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,})"), MASK),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), MASK),
    (re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"), MASK),
)
"""The user of an address, what stands behind a speaking word in a command or an address, and tokens known by their form."""


_HINT = re.compile(rf"(?i:{_SPEAKING}|bearer|basic)|@|AKIA|gh[pousr]_|hf_|sk-|eyJ|-BEGIN")
"""In a text without any of these no pattern finds anything; nearly every text is one."""


def redact(value: Any, keep: Collection[str] = frozenset()) -> Any:
    """The same document with those values as `***`; `keep` names the kinds that stay. Containers are copied, null and "" stay."""
    if isinstance(value, str):
        return hide_credentials(value)
    if isinstance(value, Mapping):
        return {key: _redact_field(key, item, keep, value) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item, keep) for item in value]
    return value


def hide_credentials(text: str) -> str:
    """The text with what looks like a credential as `***`; the words around it stay."""
    if _HINT.search(text) is None:
        return text
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def find_masked(value: Any, path: str = "") -> list[str]:
    """Where in a document something is masked, as paths such as `algorithm.environments.WANDB_KEY`, in their order."""
    if isinstance(value, str):
        return [path] if MASK in value else []
    rows = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    dot = "." if path else ""
    return [found for key, item in rows for found in find_masked(item, f"{path}{dot}{key}")]


def _redact_field(key: Any, item: Any, keep: Collection[str], beside: Mapping[Any, Any]) -> Any:
    kind, is_speaking = _read_name(str(key))
    if kind is None:
        return _mask(item) if is_speaking and not isinstance(item, Mapping) else redact(item, keep)
    is_variable = kind is PARAMETERS and bool(beside.get(_OWN_IMAGE))
    if kind in keep and (ENVIRONMENT in keep or not is_variable):
        return item
    return [_mask_row(row) for row in item] if isinstance(item, list | tuple) else _mask(item)


@lru_cache(maxsize=1000)
def _read_name(name: str) -> tuple[str | None, bool]:
    """Of which kind of values it is the name, and whether it is that of a credential; platforms have few names."""
    kind = next((kind for kind, names in _KINDS if names.fullmatch(name)), None)
    return kind, _SPEAKING_KEY.fullmatch(name) is not None


def _mask_row(row: Any) -> Any:
    """A row that names its value is masked but for the name; any other whole."""
    if not isinstance(row, Mapping) or not _NAMING & set(row):
        return _mask(row)
    return {key: redact(item) if key in _NAMING else _mask(item) for key, item in row.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value if value in (None, "") else MASK
