"""Draws docs/demo.svg: what the real `janitor demo` prints on a terminal today; no script in it, no font from another host."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"
COLUMNS = 132
LARGEST = 200_000
_OUTSIDE = (r"@font-face \{.*?\}", r"<!--.*?-->")
"""What rich would have fetched or linked."""


def main() -> int:
    """Run the demo, draw it, write the picture."""
    code, told = run_demo()
    if code != 0:
        print(f"the demo ended with {code}", file=sys.stderr)
        return 1
    picture = draw(told)
    PICTURE.write_text(picture)
    print(f"{PICTURE}: {len(picture)} bytes")
    return 0 if len(picture) <= LARGEST else 1


def run_demo() -> tuple[int, str]:
    """The exit code of the demo on a terminal of its own, and what it printed there, colours included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 100, COLUMNS, 0, 0))
    environment = os.environ | {"TERM": "dumb", "USER": "ann", "LOGNAME": "ann"}  # dumb: no bar that comes and goes
    command = [sys.executable, "-m", "janitor", "demo"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as demo:
        os.close(theirs)
        told = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return demo.returncode, told.decode().replace("\r\n", "\n")


def draw(told: str) -> str:
    """The text as a picture of a terminal, commands highlighted."""
    console = Console(record=True, file=StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    for line in ["\x1b[1m$ janitor demo\x1b[0m", *told.rstrip().split("\n")]:
        text = Text.from_ansi(line)
        if text.plain.startswith("$ janitor"):
            text.stylize("bold green")
        console.print(text, highlight=False)
    picture = console.export_svg(title="janitor demo", theme=MONOKAI, unique_id="demo")
    for pattern in _OUTSIDE:
        picture = re.sub(pattern, "", picture, flags=re.DOTALL)
    return "".join(f"{line.rstrip()}\n" for line in picture.replace("Fira Code", "ui-monospace").splitlines() if line.strip())


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the other side is closed, which Linux tells by an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
