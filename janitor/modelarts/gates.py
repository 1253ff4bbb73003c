"""Owns the gates of a process: one for each who can be refused, however many log in as it and however it is written down."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

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


class Gates:
    """Keeps the gates; one that was shut for longer than a lock lasts is replaced, so that who was refused is tried again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gates: dict[Hashable, AuthGate] = {}

    def gate_of(self, who: Hashable, clock: Clock) -> AuthGate:
        """The one gate of whoever this is."""
        with self._lock:
            gate = self._gates.get(who)
            if gate is None or gate.is_shut_for(LOCKED_FOR_S):
                gate = self._gates[who] = AuthGate(clock)
            return gate
