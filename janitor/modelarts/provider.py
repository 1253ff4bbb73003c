"""Owns what the ways to log in have in common: how a credential is issued, and how a service is reached for it."""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from janitor.modelarts.call import Sender
from janitor.modelarts.credentials import Anonymous, Credential, Issued
from janitor.modelarts.endpoint import Endpoint
from janitor.modelarts.errors import AuthFailed, ClockSkewed, ModelArtsError, Throttled, Unavailable, Unsent, WrongProject
from janitor.modelarts.limits import TransportLimits

ANONYMOUS = Anonymous()


class Connect(Protocol):
    """Opens a way to a service for a few requests, on the clock and under the stop event of who asks."""

    def __call__(
        self,
        endpoint: Endpoint,
        credential: Credential = ANONYMOUS,
        *,
        secrets: tuple[str, ...] = (),
        limits: TransportLimits | None = None,
    ) -> AbstractContextManager[Sender]:
        """Requests leave with this credential; `secrets` are removed from all that the service says."""
        ...


class Provider(Protocol):
    """One way to log in: a frozen, hashable value whose `repr` shows no secret."""

    @property
    def kind(self) -> str:
        """A word for it: `access_key`, `temporary_key`, `password`, `ecs_agency` or `profile`."""
        ...

    @property
    def is_renewable(self) -> bool:
        """Whether asking again may give another credential."""
        ...

    asks_remotely: ClassVar[bool]
    """Whether asking is a request to some service, which can refuse it."""

    @property
    def who(self) -> Hashable:
        """Who logs in: all with the same answer are refused together. A key that is issued is refused by itself."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """What of the provider itself must show nowhere."""
        ...

    def issue(self, connect: Connect) -> Issued:
        """Obtain a credential.

        Raises Unavailable where it may work later, Stopped, or any other ModelArtsError where it was refused.
        """
        ...


def with_reason(error: ModelArtsError, text: str) -> ModelArtsError:
    """The same error with another text."""
    kind = type(error)
    return kind(text, status=error.status, code=error.code, request_id=error.request_id)


def refusal_or_trouble(error: ModelArtsError, text: str) -> ModelArtsError:
    """The same error with another text, but AuthFailed where an answer said no, whatever its code: asking again would not help.

    What the client itself held back, and another project, stay what they are.
    """
    if isinstance(error, Unsent | WrongProject):
        return error
    is_answer = error.status is not None and 400 <= error.status < 500
    if not is_answer or isinstance(error, Throttled | Unavailable):
        return with_reason(error, text)
    refused = with_reason(error if isinstance(error, AuthFailed) else AuthFailed("", status=error.status, code=error.code), text)
    if isinstance(refused, ClockSkewed) and isinstance(error, ClockSkewed):
        refused.skew = error.skew
    return refused
