"""Owns what a pattern of the policy file may say: globs for names and descriptions, regular expressions for names.

One that could fit no job is refused, since as a hold it would keep nothing; so is one that could be read in two ways.
"""

import unicodedata
from collections.abc import Sequence

from janitor.core.text import inert
from janitor.retention.regex import compile_regex

LONGEST_GLOB = 256
"""Characters; the platform's own names have at most 64, its descriptions at most 256."""

_BESIDE_LETTERS = frozenset("_-./ *?")
_DOT_STAR = 'has ".*", which is a regular expression\'s; a glob says * for any characters, so write * without the dot'
_FOR_ALL = (
    "so it is no condition; write a part of the {what}, or remove the field: "
    "a policy for all that have ended says phase: [completed, failed, terminated]"
)
_NOT_OF_RE2 = "; RE2 looks neither ahead nor behind nor back: say what stays in except"
MADE_UP_NAMES = (
    *("resnet-50-lr3", "Bert_large_v2", "RUN-20310211-0007", "x9-ablation", "job_4f81c2", "nightly-2031-02-11", "_tmp_exp"),
    *("7b-chat-sft", "zq-Kw_81-longer", "LLAMA-FT", "trialrun", "20480116", "hpo_0017_seed42", "yolo-baseline-FINAL"),
)
"""Names such as jobs have, that nobody gave: of letters, digits, `_` and `-`, alike in nothing; what fits them all fits any."""


def read_glob(text: str) -> str:
    """Check a glob for names: `*`, `?`, and what names are made of. Raises ValueError with what to write instead."""
    if any(character in text for character in "[]{}"):
        raise ValueError(
            "has brackets, which stand for themselves here and are in no job's name; use * and ?, or a list, or name_regex"
        )
    if ".*" in text:
        raise ValueError(f"{_DOT_STAR}, or use name_regex")
    if len(text) > LONGEST_GLOB:
        raise ValueError(f"is longer than {LONGEST_GLOB} characters, and no job's name is; write a shorter one with *")
    odd = next((character for character in text if not _may_be_in_a_name(character)), None)
    if odd is not None:
        raise ValueError(
            f"has {odd!r}, which is in no job's name; write letters, digits, spaces, _ - . and /, with * and ? for any other, "
            "and several globs as a list; a regular expression goes into name_regex"
        )
    return text


def read_narrow_glob(text: str) -> str:
    """The same for what a policy may delete: a glob that fits every name is no condition there."""
    if not set(read_glob(text)) - set("*?"):
        raise ValueError(f'"{text}" has no character of a name, {_FOR_ALL.format(what="name")}')
    return text


def read_description(text: str) -> str:
    """Check a glob for descriptions, in which any sign that can be seen may stand for itself."""
    if ".*" in text:
        raise ValueError(_DOT_STAR)
    if len(text) > LONGEST_GLOB:
        raise ValueError(f"is longer than {LONGEST_GLOB} characters, and no job's description is; write a shorter one with *")
    return text


def read_narrow_description(text: str) -> str:
    """The same for what a policy may delete: a glob that fits every text is no condition there."""
    if not set(read_description(text)) - set("*? "):
        raise ValueError(f'"{text}" has no character of a text, {_FOR_ALL.format(what="description")}')
    return text


def read_regex(text: str) -> str:
    """Check a regular expression of RE2 for names; one that reads like a glob is refused, as it says something else here."""
    if _reads_like_a_glob(text):
        raise ValueError(
            "reads like a glob, but here * and ? repeat what stands before them: write .* for any characters, or use name, "
            "which takes globs; if it is meant as it stands, put it in parentheses"
        )
    try:
        compile_regex(text)
    except ValueError as error:
        is_perl = "perl operator" in str(error) or "escape sequence" in str(error)
        raise ValueError(f"{error}{_NOT_OF_RE2 if is_perl else ''}") from None
    return text


def read_narrow_regexes(texts: Sequence[str]) -> Sequence[str]:
    """Of what a policy may delete: expressions that fit the empty name, or all that was made up, are no condition."""
    fits = [compile_regex(text) for text in texts]
    if any(fit("") for fit in fits):
        raise ValueError(f"fits the empty name too, {_FOR_ALL.format(what='name')}")
    if all(any(fit(name) for fit in fits) for name in MADE_UP_NAMES):
        raise ValueError(f"fits every name that was tried, {_FOR_ALL.format(what='name')}")
    return texts


def _reads_like_a_glob(text: str) -> bool:
    return bool(set(text) & set("*?")) and ".*" not in text and all(map(_may_be_in_a_name, text))


def _may_be_in_a_name(character: str) -> bool:
    """Letters of any script with the marks on them, and digits; nothing that no eye can see."""
    if character in _BESIDE_LETTERS:
        return True
    return unicodedata.category(character)[0] in "LMN" and inert(character) == character
