"""Verifies an exported audit log with the standard library alone: verifier.py EXPORT [SEQ:HASH ...]; exit 0 or 1."""

import hashlib
import json
import sys
from pathlib import Path


def find_break(lines: list[str], anchors: dict[int, str]) -> str | None:
    """Say what is wrong first, or None when nothing is."""
    previous = "0" * 64
    for seq, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
            digest = event.pop("hash")
        except (ValueError, AttributeError, KeyError, TypeError):
            return f"line {seq} is no event"
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        if event.get("seq") != seq or event.get("prev") != previous:
            return f"event {seq} does not follow the one before it"
        if hashlib.sha256(text.encode("ascii")).hexdigest() != digest:
            return f"event {seq} was changed"
        if anchors.pop(seq, digest) != digest:
            return f"event {seq} is not the one that was anchored"
        previous = digest
    return f"the log ends before event {max(anchors)}, which was anchored" if anchors else None


def main(export: str, *heads: str) -> int:
    """Verify a file against heads written down earlier."""
    anchors = {int(head.split(":")[0]): head.split(":")[1] for head in heads}
    wrong = find_break(Path(export).read_text("ascii").splitlines(), anchors)
    print(wrong or "verified")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
