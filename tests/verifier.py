"""Verifies an exported audit log with the standard library alone: verifier.py EXPORT [SEQ:HASH ...]; exit 0 or 1."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def canonical(event: Any) -> str:
    """The one text of an event."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def find_break(lines: list[str], heads: set[tuple[int, str]]) -> str | None:
    """Say what is wrong first, or None when nothing is; `heads` are sequence numbers and hashes written down earlier."""
    previous = "0" * 64
    for seq, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
            if canonical(event) != line:
                return f"event {seq} was changed"
            digest = event.pop("hash")
        except (ValueError, AttributeError, KeyError, TypeError):
            return f"line {seq} is no event"
        if event.get("seq") != seq or event.get("prev") != previous:
            return f"event {seq} does not follow the one before it"
        if hashlib.sha256(canonical(event).encode("ascii")).hexdigest() != digest:
            return f"event {seq} was changed"
        if any(anchored == seq and wanted != digest for anchored, wanted in heads):
            return f"event {seq} is not the one that was anchored"
        previous = digest
    beyond = [anchored for anchored, _ in heads if not 1 <= anchored <= len(lines)]
    return f"event {beyond[0]} was anchored, but is not in this log" if beyond else None


def main(export: str, *heads: str) -> int:
    """Verify a file against heads written down earlier."""
    anchors = {(int(head.split(":")[0]), head.split(":")[1]) for head in heads}
    wrong = find_break(Path(export).read_text("ascii").removesuffix("\n").split("\n"), anchors)
    print(wrong or "verified")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
