"""Owns the step from YAML text to plain values with their places; constructs no object, follows no alias, knows no field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from janitor.settings.problem import Mark, Path, Problem
from janitor.settings.scalar import WRITTEN_OUT, read_scalar

_DEEPEST = 12
_NO_ALIASES = "anchors and aliases are not supported; write the value out wherever it is needed"


@dataclass(slots=True)
class Document:
    """The values of one file, where each stands, and what is wrong with it so far; `value` is None if there is none to check."""

    value: Any = None
    places: dict[Path, Mark] = field(default_factory=dict)
    """Where each value starts."""
    keys: dict[Path, Mark] = field(default_factory=dict)
    """Where each field's name stands."""
    problems: list[Problem] = field(default_factory=list)

    def note(self, path: Path, text: str, mark: Mark, *, settles: bool = True) -> None:
        """Add a problem."""
        self.problems.append(Problem(mark=mark, path=path, text=text, settles=settles))

    def place_of(self, path: Path) -> tuple[Path, Mark]:
        """The longest part of a path that stands in the file, and where its value starts."""
        while path and path not in self.places:
            path = path[:-1]
        return path, self.places.get(path, Mark())

    def last_place(self) -> Mark:
        """Where the value read last starts."""
        return next(reversed(self.places.values()), Mark())

    def value_at(self, path: Path) -> Any:
        """The value that stands at a path of `places`."""
        value = self.value
        for part in path:
            value = value[part]
        return value


class _Refused(Exception):
    """The text cannot be read any further."""


def read_document(text: str, may_be_null: Callable[[Path], bool] = lambda _path: False) -> Document:
    """Read exactly one YAML document; what is wrong is noted in it, a null too unless the caller takes one there."""
    document = Document()
    try:
        _read_stream(_Composer(document, YAML(typ="safe", pure=True).parse(text), may_be_null), document)
    except _Refused:
        document.value = None
    except ReaderError as error:
        document.value = None
        document.note((), f"holds the character U+{error.character:04X}, which YAML forbids", _mark_at(text, error.position))
    except MarkedYAMLError as error:
        document.value = None
        is_cut_off = "end of stream" in str(error.problem) and error.context_mark is not None
        place = error.context_mark if is_cut_off else error.problem_mark
        document.note((), f"is not valid YAML: {_wording(error)}", _mark_of(place))
    except (ValueError, OverflowError):  # ruamel's chr() on an escape such as \UFFFFFFFF, without a place
        document.value = None
        document.note((), "is not valid YAML: near here an escape in quotes names no character", document.last_place())
    return document


def _read_stream(composer: "_Composer", document: Document) -> None:
    starts = 0
    for event in composer.events:
        if isinstance(event, DocumentStartEvent):
            starts += 1
            _check_start(event, starts, document)
            if starts == 1:
                document.value = composer.compose(next(composer.events), ())
            else:
                raise _Refused
    if not starts:
        document.note((), "the file is empty; an empty file governs and tests nothing, so write it or remove it", Mark())


def _check_start(event: DocumentStartEvent, starts: int, document: Document) -> None:
    if starts > 1:
        document.note((), "a second document starts here, and a file is one document", _mark_of(event.start_mark), settles=False)
    if event.version not in {None, (1, 2)} or event.tags:
        document.note((), "directives are not supported, the file is read as YAML 1.2; remove it", Mark(), settles=False)


class _Composer:
    """Builds plain values out of parser events, one call a nesting level."""

    def __init__(self, document: Document, events: Iterator[Event], may_be_null: Callable[[Path], bool]) -> None:
        self._document = document
        self._may_be_null = may_be_null
        self.events = events

    def compose(self, event: Event, path: Path) -> Any:
        """The value that starts with this event; None where it is refused, which is noted."""
        mark = _mark_of(event.start_mark)
        if _is_nothing(event):
            mark = self._document.keys.get(path, mark)
        self._document.places[path] = mark
        self._refuse_extras(event, path, mark)
        if len(path) > _DEEPEST:
            self._document.note(path[:1], "is nested too deeply", mark)
            raise _Refused
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path, mark)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path, mark)
        return self._mapping(path, mark) if isinstance(event, MappingStartEvent) else None

    def _refuse_extras(self, event: Event, path: Path, mark: Mark) -> None:
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            self._document.note(path, _NO_ALIASES, mark)
        elif getattr(event, "tag", None) is not None:
            self._document.note(path, "tags (a word after !) are not supported; remove it, or quote the text", mark)

    def _scalar(self, event: ScalarEvent, path: Path, mark: Mark) -> Any:
        if event.value == WRITTEN_OUT and event.style is None and self._may_be_null(path):
            return None
        try:
            return read_scalar(event.value, is_plain=event.style is None)
        except ValueError as error:
            self._document.note(path, str(error), mark)
            return None

    def _sequence(self, path: Path, mark: Mark) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self.compose(event, (*path, len(items))))
        if not items:
            self._document.note(path, "is empty; an empty list never means all: write a value, or remove the field", mark)
        return items

    def _mapping(self, path: Path, mark: Mark) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._key(event, path)
            below = (*path, key)
            is_new = key not in fields
            if is_new:
                self._document.keys[below] = _mark_of(event.start_mark)
                fields[key] = self.compose(next(self.events), below)
            else:
                self._skip_duplicate(event, below)
        if not fields:
            self._document.note(path, "is empty; empty never means all: write a value, or remove the field", mark)
        return fields

    def _key(self, event: Event, path: Path) -> str:
        mark = _mark_of(event.start_mark)
        if not isinstance(event, ScalarEvent):
            self._document.note(path, "a field's name must be a plain word", mark)
            raise _Refused
        self._refuse_extras(event, (*path, event.value), mark)
        return str(event.value)

    def _skip_duplicate(self, event: Event, path: Path) -> None:
        first = self._document.keys[path]
        self._document.note(path, f"is written twice, first in line {first.line}", _mark_of(event.start_mark), settles=False)
        _Composer(Document(), self.events, self._may_be_null).compose(next(self.events), path)


def _is_nothing(event: Event) -> bool:
    """Tell whether no value stands there at all; the parser then names a place in a later line."""
    return isinstance(event, ScalarEvent) and (event.value, event.style, event.tag, event.anchor) == ("", None, None, None)


def _mark_of(mark: StringMark) -> Mark:
    return Mark(line=mark.line + 1, column=mark.column + 1)


def _wording(error: MarkedYAMLError) -> str:
    """What is wrong, without a tag's text: a value that starts with `!` may be a secret."""
    return str(error.problem).split(" '!")[0]


def _mark_at(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(line=before.count("\n") + 1, column=position - (before.rfind("\n") + 1) + 1)
