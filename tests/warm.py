"""Owns what makes a test quick without changing what it does.

Every ledger of a run is asked in the same few statements; a test reads one file and looks for the same secrets again and again;
most tests take less long than it takes to report all that was well with them to another process.
"""

import gc
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import pytest
from postgres import IS_ON_POSTGRES
from ruamel.yaml import YAML
from ruamel.yaml.events import Event
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from janitor.core import secret
from janitor.settings import document

NO_TIME_S = 0.01
STATEMENTS = 2000
TEXTS = 16


def share_compiled_statements() -> None:
    """Let every engine find what another one compiled; a test opens several ledgers, and compiling is a quarter of its time.

    SQLAlchemy keeps compiled statements by engine and by dialect, and each engine has its own one; here all are SQLite's, or
    also those of one PostgreSQL.
    """
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    begin = Engine.__init__

    def begin_with_statements(engine: Engine, *given: Any, **named: Any) -> None:
        begin(engine, *given, **named)
        assert "_compiled_cache" in vars(engine)
        vars(engine)["_compiled_cache"] = shared

    for kind in _dialects():
        kind.__hash__, kind.__eq__ = lambda one: hash(type(one)), lambda one, other: type(one) is type(other)
    setattr(Engine, "__init__", begin_with_statements)  # noqa: B010  the type checker forbids the plain form


def _dialects() -> Iterator[Any]:
    yield SQLiteDialect_pysqlite
    if IS_ON_POSTGRES:
        from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

        yield PGDialect_psycopg


def share_readings() -> None:
    """Let a policy file be taken apart once, however many commands read it: it takes longer than all else that most of them do.

    Only a whole file without a fault of its form is remembered. What its parts mean is worked out anew every time.
    """
    seen = dict[str, list[Event]]()

    class Remembering:
        def __init__(self, **options: Any) -> None:
            self._options = options

        def parse(self, text: str) -> Iterator[Event]:
            if text not in seen:
                found = list[Event]()
                for event in YAML(**self._options).parse(text):
                    found.append(event)
                    yield event
                while len(seen) >= TEXTS:
                    seen.pop(next(iter(seen)), None)
                seen[text] = found
            else:
                yield from seen[text]

    setattr(document, "YAML", Remembering)  # noqa: B010  the type checker forbids the plain form


def share_forms_of_secrets() -> None:
    """Let the ways in which a secret may be spelt be worked out once."""
    secret._forms = lru_cache(TEXTS)(secret._forms)


def leave_modules_to_themselves() -> None:
    """Let the search for garbage pass over what was imported, which never becomes any."""
    gc.collect()
    gc.freeze()


def report_what_counts(config: pytest.Config) -> None:
    """Let a process beside others say once that a test passed: that it began and was taken down in no time, nobody reads."""
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(plugin, "sendevent") and hasattr(plugin, "workerid"):
            plugin.sendevent = partial(_send, plugin.sendevent)


def _send(send: Callable[..., None], name: str, **given: Any) -> None:
    report = given["data"] if name == "testreport" else {}
    is_idle = report and report["when"] != "call" and report["outcome"] == "passed" and report["duration"] < NO_TIME_S
    if name != "logstart" and not is_idle:
        send(name, **given)
