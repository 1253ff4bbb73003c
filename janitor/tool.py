"""Owns what is told of the program itself: its name, its version, and the digest of its source."""

from hashlib import sha256
from pathlib import Path

from janitor import __version__
from janitor.retention.plan_file import Tool

NAME = "janitor"


def read_tool() -> Tool:
    """This program; the digest is SHA-256 over the name and the SHA-256 of each of its source files, a line a file, sorted."""
    root = Path(__file__).parent
    paths = sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix())
    lines = (f"{path.relative_to(root).as_posix()} {sha256(path.read_bytes()).hexdigest()}\n" for path in paths)
    return Tool(name=NAME, version=__version__, digest=sha256("".join(lines).encode()).hexdigest())
