"""Owns what makes a test quick without changing what it does: every ledger of a run is asked in the same few statements."""

import gc
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

STATEMENTS = 2000


def share_compiled_statements() -> None:
    """Let every engine find what another one compiled; a test opens several ledgers, and compiling is a quarter of its time.

    SQLAlchemy keeps compiled statements by engine and by dialect, and each engine has its own one; here all are SQLite's.
    """
    shared: LRUCache[Any, Any] = LRUCache(STATEMENTS)
    begin = Engine.__init__

    def begin_with_statements(engine: Engine, *given: Any, **named: Any) -> None:
        begin(engine, *given, **named)
        assert "_compiled_cache" in vars(engine)
        vars(engine)["_compiled_cache"] = shared

    kind: Any = SQLiteDialect_pysqlite
    kind.__hash__, kind.__eq__ = lambda _: hash(kind), lambda _, other: type(other) is kind
    setattr(Engine, "__init__", begin_with_statements)  # noqa: B010  the type checker forbids the plain form


def leave_modules_to_themselves() -> None:
    """Let the search for garbage pass over what was imported, which never becomes any."""
    gc.collect()
    gc.freeze()
