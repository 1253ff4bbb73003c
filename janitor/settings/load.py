"""Owns loading the policy file: read it, check it as a whole; the only door to settings."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from janitor.core.errors import ConfigError
from janitor.settings.build import build_settings
from janitor.settings.crosscheck import crosscheck
from janitor.settings.document import Document, read_document
from janitor.settings.explain import explain_values, explain_words
from janitor.settings.find import is_file
from janitor.settings.location import Surroundings
from janitor.settings.model import Settings, UnreadCredentials
from janitor.settings.problem import Problem, keep_outermost, make_printable
from janitor.settings.schema import PolicyFile
from janitor.settings.words import may_be_null

LARGEST = 1_000_000
"""Bytes; a longer policy file is refused unread."""


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read a policy file.

    1. read the bytes, 2. read the YAML, 3. check fields against the schema, 4. check across fields, 5. build the settings.
    Raises ConfigError with one line a problem, all problems at once, in order of the file.
    """
    return _load(path, Surroundings(environ=environ, folder=path.parent))


def load_policies(path: Path) -> Settings:
    """Read a policy file alone, for its policies: every field is checked, and nothing that it refers to is looked at.

    No variable, no secret, no other file is read, so it works where there are none; and no target of it can be asked anything.
    """
    settings = _load(path, Surroundings(environ={}, folder=path.parent, is_alone=True))
    targets = tuple(replace(target, credentials=UnreadCredentials()) for target in settings.targets)
    return replace(settings, targets=targets, secrets=())


def _load(path: Path, around: Surroundings) -> Settings:
    document = read_document(read_text(path), may_be_null)
    file: PolicyFile | None = None
    problems = document.problems
    if document.value is not None:
        file, problems = _check(document, around)
    if problems or file is None:
        raise ConfigError(render_problems(problems, path))
    return replace(build_settings(file, path), files=(path, *dict.fromkeys(around.files)))


def _check(document: Document, surroundings: Surroundings) -> tuple[PolicyFile | None, list[Problem]]:
    try:
        file = PolicyFile.model_validate(document.value, context=surroundings)
    except ValidationError as error:
        words, values = explain_words(error, document), explain_values(error, document)
        return None, [*words, *document.problems, *values, *crosscheck(document)]
    return file, [*document.problems, *crosscheck(document)]


def render_problems(problems: Iterable[Problem], path: Path) -> str:
    """One line a problem, in order of the file."""
    return "\n".join(problem.render(str(path)) for problem in keep_outermost(problems))


def read_text(path: Path) -> str:
    """The text of a file that people write; raises ConfigError where there is none, and where it is too large or not UTF-8."""
    try:
        if not is_file(path):
            said = "is no regular file" if path.exists() else "there is no such file"
            raise ConfigError(make_printable(f"{path}: {said}"))
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(make_printable(f"{path}: cannot be read: {error.strerror}")) from None
    if len(content) > LARGEST:
        raise ConfigError(make_printable(f"{path}: is larger than {LARGEST} bytes"))
    return _decode(content, path)


def _decode(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
    raise ConfigError(make_printable(f"{path}:{line}:{column}: is not UTF-8 text; save it as UTF-8"))
