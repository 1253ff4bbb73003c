"""Owns what a policy file refers to: the environment, and paths that start from the file's own folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from janitor.settings import shapes
from janitor.settings.find import is_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The environment, the folder that relative paths start from, and a note of every file that was read.

    Where the file is read alone, nothing that it refers to is looked at: no variable, no other file.
    """

    environ: Mapping[str, str]
    folder: Path
    files: list[Path] = field(default_factory=list)
    is_alone: bool = False


def surroundings(info: ValidationInfo) -> Surroundings:
    """The surroundings that the loader validates with."""
    context = info.context
    if not isinstance(context, Surroundings):
        raise TypeError("a policy file is validated with its surroundings")
    return context


def _resolve(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str):
        raise ValueError("must be a path")  # noqa: TRY004 -- pydantic collects ValueError
    if "\n" in value or value.startswith("~"):
        raise ValueError("must be a path on one line; write ~ out in full")
    return (surroundings(info).folder / value).absolute()


def _existing(path: Path, info: ValidationInfo) -> Path:
    if surroundings(info).is_alone:
        return path
    if not is_file(path):
        raise ValueError("this file does not exist, or is no regular file")
    surroundings(info).files.append(path)
    return path


LocalPath = Annotated[Path, BeforeValidator(_resolve), shapes.PATH]
LocalFile = Annotated[Path, BeforeValidator(_resolve), AfterValidator(_existing), shapes.PATH]
