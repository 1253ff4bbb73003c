"""Owns the search for what breaks an invariant: scene after scene, until one does. It tells one line of JSON, nothing else.

A scene is `walk SEED`, `walk JSON` (as a walk tells itself), or `cell POINT ANSWER LOST` of the matrix, with `batch` behind it
where several jobs go in one request.
"""

import json
import re
import shutil
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from faulty_disk import Lost
from simulation import matrix, walk
from simulation.chronicle import Violation

NOTHING, FOUND, BROKEN = 0, 1, 2
_NAMED = re.compile(r"(?:^|; )([SV]-\d+): ")


@dataclass(kw_only=True)
class Search:
    """What was searched for, and what came of it: the first violation of one of these, all others, and what else went wrong."""

    invariants: tuple[str, ...]
    scene: str | None = None
    said: str | None = None
    others: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def run(self, scenes: Sequence[str], scratch: Path) -> int:
        """Play scenes until one shows a violation; FOUND, NOTHING, or BROKEN where nothing but errors of another kind came."""
        for scene in scenes:
            shutil.rmtree(scratch, ignore_errors=True)
            self._judge(scene, play(scene, scratch))
            if self.scene is not None:
                break
        shutil.rmtree(scratch, ignore_errors=True)
        if self.scene is not None:
            return FOUND
        return BROKEN if self.errors else NOTHING

    def _judge(self, scene: str, error: str | None) -> None:
        named = _NAMED.findall(error or "")
        if not set(named).isdisjoint(self.invariants):
            self.scene, self.said = scene, error
        elif named:
            self.others |= {name: f"{scene}: {error}" for name in named if name not in self.others}
        elif error is not None:
            self.errors.append(f"{scene}: {error}")


def play(scene: str, folder: Path) -> str | None:
    """Play one scene; what a violation says, or any other error in full."""
    kind, _, text = scene.partition(" ")
    try:
        if kind == "walk":
            error = walk.Player(walk=walk.read_walk(text), folder=folder).play().error
            return None if error is None else error.removeprefix(f"{Violation.__name__}: ")
        point, answer, lost, *batch = text.split()
        matrix.play(matrix.Case(point=point, answer=answer, lost=Lost(lost), singly=not batch), folder)
    except Violation as violation:
        return str(violation)
    except Exception:  # noqa: BLE001  whatever it is, it is told
        return traceback.format_exc()
    return None


def main(words: Sequence[str]) -> int:
    """Search in SCRATCH for INVARIANT,... in SCENE... and print what was found."""
    scratch, invariants, *scenes = words
    search = Search(invariants=tuple(invariants.split(",")))
    code = search.run(scenes, Path(scratch))
    print(json.dumps(asdict(search)))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
