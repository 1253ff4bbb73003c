"""Owns what the gate goes by, as the policy file says it: under which names it answers, and whom."""

from dataclasses import dataclass

from janitor.console.hosts import Hosts
from janitor.console.tokens import Tokens
from janitor.console.visit import Visit
from janitor.settings.model import ConsoleProxy, ConsoleSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of them; a new policy file brings new ones."""

    hosts: Hosts
    tokens: Tokens
    proxy: ConsoleProxy | None
    is_open: bool
    is_near: bool
    """Whether it listens on this machine alone."""

    @staticmethod
    def of(settings: ConsoleSettings) -> "Rules":
        """What a policy file says."""
        return Rules(
            hosts=Hosts((settings.listen.host, *settings.hosts)),
            tokens=Tokens(settings.tokens),
            proxy=settings.proxy,
            is_open=settings.is_open,
            is_near=settings.listen.is_this_machine,
        )

    def is_proxied(self, visit: Visit) -> bool:
        """Whether the other end of the connection is the proxy, whose header is believed."""
        return self.proxy is not None and visit.peer is not None and any(visit.peer in each for each in self.proxy.addresses)
