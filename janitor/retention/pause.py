"""Owns the kill switch as a value, and the refusal that it makes."""

from dataclasses import dataclass
from datetime import datetime

from janitor.core.plan import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Somebody's word that nothing is deleted until it is lifted; `target` None is for every target."""

    target: str | None
    reason: str
    by: str
    since: datetime

    def __str__(self) -> str:
        whom = "every target is" if self.target is None else f"target {self.target} is"
        return f"{whom} paused since {self.since:%Y-%m-%d %H:%M:%SZ} by {self.by}: {self.reason}"

    @property
    def remedy(self) -> str:
        """The command that lifts it."""
        return "janitor resume" if self.target is None else f"janitor resume --target {self.target}"


def check_pause(pause: Pause | None, halted: str | None) -> Refusal | None:
    """Refuse while sweeping is paused or halted; `halted` says by what."""
    if pause is not None:
        return Refusal(by="pause", message=f"{pause}; `{pause.remedy}` lifts it")
    return None if halted is None else Refusal(by="pause", message=halted)
