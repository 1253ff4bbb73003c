"""Owns the gates of a process: one for each who can be refused, however many log in as it and however it is written down."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakSet

from janitor.modelarts.clock import Clock
from janitor.modelarts.credentials import AccessKey, Credential
from janitor.modelarts.gate import LOCKED_FOR_S, AuthGate


@dataclass(frozen=True, slots=True)
class KeyId:
    """An access key, whatever its secret half is: the platform locks it by this."""

    access_key: str = field(repr=False)


def key_id(credential: Credential | None) -> KeyId | None:
    """Which access key it is; None for what is none."""
    return KeyId(credential.access_key) if isinstance(credential, AccessKey) else None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A gate, and all who may send something through it."""

    gate: AuthGate
    users: "WeakSet[object]"

    def is_needed(self) -> bool:
        """Whether somebody still uses it, or the platform may remember what was refused there."""
        is_locked = self.gate.is_shut and not self.gate.is_shut_for(LOCKED_FOR_S)
        return bool(self.users) or is_locked or any(self.gate.spent())


class Gates:
    """Keeps the gates; one that was shut for longer than a lock lasts is replaced, so that who was refused is tried again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Hashable, _Kept] = {}

    def gate_of(self, who: Hashable, clock: Clock, user: object) -> AuthGate:
        """The one gate of whoever this is, kept as long as any of its users and any refusal that still counts."""
        with self._lock:
            self._kept = {each: kept for each, kept in self._kept.items() if kept.is_needed()}
            kept = self._kept.get(who)
            if kept is None or kept.gate.is_shut_for(LOCKED_FOR_S):
                kept = self._kept[who] = _Kept(AuthGate(clock), WeakSet())
            kept.users.add(user)
            return kept.gate
