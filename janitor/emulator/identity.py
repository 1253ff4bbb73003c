"""Owns the book of identities: who exists, which credentials are good at this moment, and every change to that."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from janitor.emulator.account import Account
from janitor.emulator.clock import Clock
from janitor.emulator.principal import Key, Principal, Project, Token, User
from janitor.emulator.switches import Switches

AGENCY_RENEWAL = 0.25
"""The metadata service gives a new key when less than this share of its lifetime is left; the old one lives to its end."""


class Identity:
    """The users, keys and tokens of one account; thread-safe, on the server's own idea of the time.

    A method that names what does not exist raises ValueError: a misspelt change would prove nothing.
    """

    def __init__(self, account: Account, clock: Clock, switches: Callable[[], Switches]) -> None:
        self._clock = clock
        self._switches = switches
        self._lock = threading.RLock()
        self._account = account
        self._project = Project(id=account.project_id, name=account.project_name)
        self._users: dict[str, User] = {}
        self._keys: dict[str, Key] = {}
        self._tokens: dict[str, Token] = {}
        self._metadata_tokens: dict[str, datetime] = {}
        self._agency_access_key = ""
        self._secrets: list[str] = []
        for user_id, name, password in (
            (account.user_id, account.user_name, account.password),
            (_id_of(account.agency_name), account.agency_name, None),
        ):
            self._put_user(
                User(id=user_id, name=name, domain_id=account.domain_id, domain_name=account.domain_name, password=password)
            )
        self.add_key(account.access_key, account.secret_key, security_token=account.security_token)

    @property
    def project(self) -> Project:
        """Return the project to which credentials belong."""
        with self._lock:
            return self._project

    def now(self) -> datetime:
        """Return the server's own idea of the time."""
        return self._clock() + timedelta(seconds=self._switches().clock_offset_s)

    def add_key(
        self,
        access_key: str,
        secret_key: str,
        *,
        security_token: str | None = None,
        lifetime_s: float | None = None,
        project: tuple[str, str] | None = None,
    ) -> Key:
        """Give the account's user one more key; without `project`, an id and a name, it belongs to the account's."""
        expires_at = None if lifetime_s is None else self.now() + timedelta(seconds=lifetime_s)
        key = Key(
            access_key=access_key,
            secret_key=secret_key,
            user_name=self._account.user_name,
            security_token=security_token,
            expires_at=expires_at,
            project=None if project is None else Project(id=project[0], name=project[1]),
        )
        with self._lock:
            return self._put_key(key)

    def rotate_key(self, access_key: str, new_access_key: str, new_secret_key: str) -> Key:
        """Put a new key in the place of one, which is revoked, at one instant."""
        with self._lock:
            self._known_key(access_key)
            fresh = self.add_key(new_access_key, new_secret_key)
            self.revoke_key(access_key)
            return fresh

    def revoke_key(self, access_key: str) -> None:
        """Delete a key: to the gateway it has never existed."""
        with self._lock:
            del self._keys[self._known_key(access_key).access_key]

    def expire_key(self, access_key: str) -> None:
        """Let a key's time be over; the gateway goes on knowing it."""
        with self._lock:
            self._keys[access_key] = replace(self._known_key(access_key), expires_at=self.now())

    def add_user(self, domain: str, name: str, password: str) -> User:
        """Add an IAM user; names are unique in the emulator, whatever the domain."""
        is_own = domain == self._account.domain_name
        domain_id = self._account.domain_id if is_own else _id_of(domain)
        with self._lock:
            if name in self._users:
                raise ValueError(f"a user {name} exists")
            return self._put_user(
                User(id=_id_of(f"{domain}/{name}"), name=name, domain_id=domain_id, domain_name=domain, password=password)
            )

    def disable_user(self, name: str) -> None:
        """Let nobody enter as this user any more, with a password, a key or a token (at once; really within 30 minutes)."""
        with self._lock:
            self._users[name] = replace(self._known_user(name), is_enabled=False)
            self._expire_tokens(name)

    def change_password(self, name: str, password: str) -> None:
        """Give a user another password; the user's tokens end (at once; really within 30 minutes)."""
        with self._lock:
            self._put_user(replace(self._known_user(name), password=password))
            self._expire_tokens(name)

    def expire_tokens(self) -> None:
        """Let the time of every issued token be over."""
        with self._lock:
            self._expire_tokens(None)

    def move_to_project(self, project_id: str, project_name: str) -> None:
        """Let every credential, those issued before included, belong to another project from now on."""
        with self._lock:
            self._project = Project(id=project_id, name=project_name)

    def agency_key(self) -> Key:
        """Return the temporary key that the metadata service gives now: the same one until it is near its end."""
        with self._lock:
            lifetime = timedelta(seconds=self._switches().agency_lifetime_s)
            key = self._keys.get(self._agency_access_key)
            if key is None or key.expires_at is None or key.expires_at - self.now() < AGENCY_RENEWAL * lifetime:
                key = self.issue_key(self._account.agency_name, lifetime)
                self._agency_access_key = key.access_key
            return key

    def renew_agency_key(self) -> Key:
        """Let the metadata service give a new key at once; the one before is revoked."""
        with self._lock:
            self._keys.pop(self._agency_access_key, None)
            return self.agency_key()

    def issue_key(self, user_name: str, lifetime: timedelta) -> Key:
        """Give a user or agency a temporary key with a security token."""
        key = Key(
            access_key=f"TMP{secrets.token_hex(9).upper()}",
            secret_key=secrets.token_urlsafe(30),
            user_name=user_name,
            security_token=f"gQ{secrets.token_urlsafe(90)}",
            expires_at=self.now() + lifetime,
        )
        with self._lock:
            return self._put_key(key)

    def issue_token(self, user_name: str, *, is_for_project: bool) -> Token:
        """Give a user a token; those before it stay good."""
        now = self.now()
        token = Token(
            text=f"MIIE{secrets.token_urlsafe(120)}",
            user_name=user_name,
            issued_at=now,
            expires_at=now + timedelta(seconds=self._switches().token_lifetime_s),
            is_for_project=is_for_project,
        )
        with self._lock:
            self._tokens[token.text] = token
            self._remember(token.text)
        return token

    def issue_metadata_token(self, lifetime: timedelta) -> str:
        """Give somebody on the machine a token for the metadata service."""
        text = f"meta{secrets.token_urlsafe(30)}"
        with self._lock:
            self._metadata_tokens[text] = self.now() + lifetime
            self._remember(text)
        return text

    def is_metadata_token(self, text: str) -> bool:
        """Tell whether the metadata service accepts a token."""
        with self._lock:
            expires_at = self._metadata_tokens.get(text)
            return expires_at is not None and self.now() < expires_at

    def find_user(self, name: str) -> User | None:
        """Return the user or agency of this name."""
        with self._lock:
            return self._users.get(name)

    def find_key(self, access_key: str) -> Key | None:
        """Return a key that was not revoked; its time may be over."""
        with self._lock:
            return self._keys.get(access_key)

    def find_token(self, text: str) -> Token | None:
        """Return an issued token; its time may be over."""
        with self._lock:
            return self._tokens.get(text)

    def principal_of_token(self, text: str) -> Principal | None:
        """Say for whom a token is good; None for one that is not known, whose time is over, or whose user is disabled."""
        with self._lock:
            token = self._tokens.get(text)
            if token is None or token.expires_at <= self.now():
                return None
            principal = self.principal_of(token)
            return principal if principal.user.is_enabled else None

    def principal_of(self, credential: Key | Token) -> Principal:
        """Say for whom a credential stands."""
        with self._lock:
            user = self._users[credential.user_name]
            if isinstance(credential, Token):
                return Principal(user=user, project=self._project if credential.is_for_project else None)
            return Principal(user=user, project=credential.project or self._project)

    def content(self) -> tuple[list[User], list[Key | Token]]:
        """Return the users, and the keys and tokens that were not revoked."""
        with self._lock:
            return list(self._users.values()), [*self._keys.values(), *self._tokens.values()]

    def every_secret(self) -> list[str]:
        """Return everything that must never be repeated, the newest first, also what is not good any more."""
        with self._lock:
            return self._secrets[::-1]

    def _put_user(self, user: User) -> User:
        self._users[user.name] = user
        self._remember(user.password)
        return user

    def _put_key(self, key: Key) -> Key:
        if key.access_key in self._keys:
            raise ValueError(f"an access key {key.access_key} exists")
        self._keys[key.access_key] = key
        self._remember(key.secret_key, key.security_token)
        return key

    def _remember(self, *texts: str | None) -> None:
        self._secrets += [text for text in texts if text]

    def _known_key(self, access_key: str) -> Key:
        if access_key not in self._keys:
            raise ValueError(f"there is no access key {access_key}")
        return self._keys[access_key]

    def _known_user(self, name: str) -> User:
        if name not in self._users:
            raise ValueError(f"there is no user {name}")
        return self._users[name]

    def _expire_tokens(self, user_name: str | None) -> None:
        now = self.now()
        for text, token in self._tokens.items():
            if user_name in (None, token.user_name):
                self._tokens[text] = replace(token, expires_at=min(now, token.expires_at))


def is_password(user: User, password: str) -> bool:
    """Compare a password without telling by the time it takes how much of it is right."""
    return user.password is not None and hmac.compare_digest(user.password.encode(), password.encode())


def _id_of(name: str) -> str:
    """Invent a stable id for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
