"""Owns a process that has imported what the tests need of others, and forks a child for each run of pytest or of a search.

Nothing of the project is imported before the fork: a child reads the modules of its copy anew, the bug among them. It writes
no compiled file, unless the copy is healthy, and remembers no example that hypothesis found under another bug.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import IO, Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
LIBRARIES = (
    "_hypothesis_pytestplugin",
    "anyio._backends._asyncio",
    "anyio.pytest_plugin",
    "apscheduler.schedulers.blocking",
    "apscheduler.triggers.cron",
    "click.shell_completion",
    "click.testing",
    "fastapi",
    "freezegun",
    "hypothesis.stateful",
    "packaging.requirements",
    "prometheus_client.openmetrics.parser",
    "pydantic.dataclasses",
    "pytest_cov.plugin",
    "pytest_socket",
    "pytest_timeout",
    "re2",
    "requests",
    "rich.markdown",
    "ruamel.yaml",
    "schemathesis.pytest.plugin",
    "schemathesis.pytest.xdist",
    "schemathesis.reporting.html.writer",
    "sqlalchemy.dialects.sqlite",
    "structlog",
    "tenacity",
    "trustme",
    "uvicorn.protocols.http.h11_impl",
    "xdist.plugin",
)
"""What a child would import first, for the most part of its life."""
OF_A_SEARCH = ("fastapi", "pytest", "re2", "requests", "ruamel.yaml", "sqlalchemy.dialects.sqlite", "structlog", "tenacity")
"""The same of one that searches only, where no pytest runs."""
PROJECT = ("janitor", "tests", "conftest")
WORDS = (
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "--no-header",
    "-W",
    "ignore:Module already imported:pytest.PytestAssertRewriteWarning",
)
PYTEST_ENDED = 64
"""Added to pytest's exit code: what a child says that ends in another way, by `os._exit(1)`, is no verdict."""
WITH_ERRORS = 16
"""In the place of pytest's exit code where a setup, a teardown or a collection failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run of pytest ended: its exit code, WITH_ERRORS, or None where it took too long or died; and what it said."""

    code: int | None
    shown: str


class Errors:
    """A plugin of pytest that counts what failed beside a test itself."""

    def __init__(self) -> None:
        self.count = 0

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.count += report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.count += report.failed and report.when != "call"


class Preloaded:
    """The process, seen from outside; the tests' folders lie in `scratch`, which is emptied before each run."""

    def __init__(self, scratch: Path, libraries: Sequence[str] = LIBRARIES) -> None:
        self._scratch = scratch
        dropped = ("JANITOR_EVIDENCE", "JANITOR_EXAMPLES", "PYTEST_ADDOPTS", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        environment = {name: value for name, value in os.environ.items() if name not in dropped} | {"JANITOR_SOAK_TOO": "1"}
        command = (
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(TESTS)!r}); from mutants.preloaded import serve; serve(sys.argv[1:])",
            *libraries,
        )
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, tests: Sequence[str], copy: Path, *, limit_s: float, compiles: bool = False) -> Ended:
        """Run these tests in a copy, for so long at most."""
        words = [*WORDS, f"--basetemp={self._scratch}", *tests]
        return self._order({"words": words, "copy": str(copy), "limit_s": limit_s, "compiles": compiles})

    def search(self, words: Sequence[str], copy: Path, *, limit_s: float, compiles: bool = False) -> Ended:
        """Let simulation/search.py of a copy search for this, for so long at most; its answer is what was shown."""
        order = {"search": [str(self._scratch), *words], "copy": str(copy), "limit_s": limit_s, "compiles": compiles}
        return self._order(order)

    def _order(self, order: dict[str, Any]) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Let it end; a run that still goes on ends first."""
        self._process.communicate()


def serve(libraries: Sequence[str]) -> None:
    """Fork and wait as asked, a line an order, until nobody asks any more."""
    for module in libraries:
        import_module(module)
    if "hypothesis" in sys.modules:
        settings = import_module("hypothesis").settings
        settings.register_profile("forgetful", database=None)
        settings.load_profile("forgetful")
    gc.collect()
    gc.freeze()
    assert not [name for name in sys.modules if name.partition(".")[0] in PROJECT]
    for line in sys.stdin:
        assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork would lose a thread"
        with tempfile.TemporaryFile() as shown:
            code = _fork(json.loads(line), shown)
            shown.seek(0)
            text = shown.read().decode("utf-8", "replace")
        print(json.dumps({"code": code, "shown": text}), flush=True)


def _fork(order: dict[str, Any], shown: IO[bytes]) -> int | None:
    """Run an order in a child, and end whatever it leaves behind."""
    pid = os.fork()
    if pid == 0:
        try:
            _run(order, shown)
        finally:
            os._exit(1)
    handle = os.pidfd_open(pid)
    try:
        is_in_time = bool(select.select([handle], [], [], order["limit_s"])[0])
        if not is_in_time:
            shown.write(f"\ntook longer than {order['limit_s']} s\n".encode())
    finally:
        os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(handle)
    code = os.waitstatus_to_exitcode(status) - PYTEST_ENDED
    return code if is_in_time and code >= 0 else None


def _run(order: dict[str, Any], shown: IO[bytes]) -> None:
    """In the child: leave the parent's streams and folders, do what is asked for, and say how it ended."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(shown.fileno(), 1)
    os.dup2(shown.fileno(), 2)
    os.chdir(order["copy"])
    os.environ["PYTHONPATH"] = order["copy"]
    sys.path[:] = [order["copy"], *(path for path in sys.path if path != str(TESTS))]
    if not order["compiles"]:
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
    invalidate_caches()
    code = _search(order) if "search" in order else _run_pytest(order["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(PYTEST_ENDED + code)


def _run_pytest(words: list[str]) -> int:
    sys.argv = ["pytest", *words]
    errors = Errors()
    code = pytest.main(words, plugins=[errors])
    return WITH_ERRORS if errors.count else int(code)


def _search(order: dict[str, Any]) -> int:
    sys.path.insert(1, str(Path(order["copy"]) / TESTS.name))
    search: Callable[[list[str]], int] = import_module("simulation.search").main
    return search(order["search"])
