"""Owns what may be told of an exception that nobody foresaw: its kind and its place, and no text that could hold a secret."""

import traceback
from pathlib import Path

from janitor.core.errors import Defect
from janitor.core.text import inert

_OURS = f"{Path(__file__).parents[1]}/"


def defect_of(error: Exception) -> Defect:
    """The kind of an unexpected error and the place where janitor met it.

    What the operating system says, and of which file, is no secret.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _OURS in frame.filename]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    said = f": {error.strerror} {error.filename or ''}" if isinstance(error, OSError) and error.strerror else ""
    return Defect(f"unexpected {type(error).__name__}{place}{inert(said.rstrip())}; please report this as a defect")
