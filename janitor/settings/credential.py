"""Owns reading secrets from the environment and from files; no message repeats what could be a secret."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from janitor.core.secret import Secret
from janitor.settings import shapes
from janitor.settings.find import is_file
from janitor.settings.location import surroundings

_NEVER_LITERAL = "secrets are never written in the file; use {env: NAME} or {file: PATH}"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SPEAKING_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", re.ASCII)
"""Only such a name is repeated in messages: no key looks like it, should one be written here by mistake."""

UNREAD = Secret("")
"""Stands for each secret of a policy file that is read alone; no such settings keep it."""

_SECRET = re.compile(r"[!-~]+", re.ASCII)
_LARGEST = 64 * 1024


class SecretInFile(Secret):
    """A secret, and the file to read it from again."""

    __slots__ = ("path",)

    def __init__(self, value: str, path: Path) -> None:
        super().__init__(value)
        self.path = path


def _read_env(value: Any, info: ValidationInfo) -> Secret:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError("must be the name of an environment variable")
    if surroundings(info).is_alone:
        return UNREAD
    text = surroundings(info).environ.get(value, "")
    name = f" {value}" if _SPEAKING_NAME.fullmatch(value) else ""
    if not text.strip():
        raise ValueError(f"environment variable{name} is not set, or empty")
    return read_secret(text)


def _read_file(value: Any, info: ValidationInfo) -> Secret:
    if not isinstance(value, str):
        raise ValueError("must be the path of a file")  # noqa: TRY004 -- pydantic collects ValueError
    if surroundings(info).is_alone:
        return UNREAD
    path = surroundings(info).folder / value
    if not is_file(path):
        raise ValueError("this file does not exist, or is no regular file")
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST + 1).decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"this file cannot be read as ASCII text ({type(error).__name__})") from None
    if not text.strip():
        raise ValueError("this file is empty")
    surroundings(info).files.append(path)
    return SecretInFile(read_secret(text).reveal(), path)


def read_secret(text: str) -> Secret:
    """Take a secret without the line end of its file; raises ValueError for what could stand in no header."""
    value = text.rstrip("\r\n")
    if len(value) > _LARGEST or not _SECRET.fullmatch(value):
        what = "a key, token or password is up to 64 KiB of ASCII letters, digits and signs"
        raise ValueError(f"its value has spaces, line breaks or characters outside ASCII, or is too long; {what}")
    return Secret(value)


def _refuse_literal(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(_NEVER_LITERAL)  # noqa: TRY004 -- pydantic collects ValueError
    if {"env", "file"} <= set(value):
        raise ValueError("names both env and file; keep one")
    return value


EnvSecret = Annotated[Secret | None, BeforeValidator(_read_env), shapes.VARIABLE]
FileSecret = Annotated[Secret | None, BeforeValidator(_read_file), shapes.PATH]
NeverLiteral = BeforeValidator(_refuse_literal)
