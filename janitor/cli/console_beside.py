"""Owns the console that `janitor serve` serves beside health and metrics, where the policy file in force has one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from janitor.cli.console import new_session_id
from janitor.core import events
from janitor.core.errors import UsageError

if TYPE_CHECKING:
    from janitor.console.console import Console
    from janitor.wiring import App


@dataclass(kw_only=True)
class ConsoleBeside:
    """Follows the policy file; without a console nothing of it is imported."""

    say: Callable[..., None]
    next_sweep: Callable[[str], datetime | None]
    _console: "Console | None" = None
    _is_begun: bool = False

    def follow(self, app: "App") -> None:
        """Serve as this version of the file says. An address that cannot be had is said; at the start it is a UsageError."""
        if self._console is None and app.settings.console is None:
            return
        if self._console is None:
            from janitor.console.console import Console

            self._console = Console(new_id=new_session_id, say=self.say, next_sweep=self.next_sweep)
        try:
            self._console.follow(app, app.settings.console)
        except UsageError as error:
            if not self._is_begun:
                raise
            self.say(events.CONSOLE_FAILED, reason=str(error))

    def begun(self) -> None:
        """The daemon has a log from now on."""
        self._is_begun = True
        if self._console is not None and self._console.url is not None:
            self.say(events.CONSOLE_LISTENING, url=self._console.url)

    def stop(self) -> None:
        """Serve no more."""
        if self._console is not None:
            self._console.stop()
