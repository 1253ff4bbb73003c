"""Owns the settings as the rest of the program sees them: frozen values without a trace of YAML."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from janitor.core.channel import Channel
from janitor.core.duration import format_duration
from janitor.core.listening import Address
from janitor.core.loopback import is_this_machine
from janitor.core.secret import Secret
from janitor.retention.hold import Hold
from janitor.retention.planner import Pace
from janitor.retention.policy import Limits, Mode, Policy
from janitor.retention.tombstones import TombstoneRules
from janitor.settings.cron import Cron


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """Where the ledger is: in a file, or in a database; without `create` a missing one is an error, never a fresh start.

    Of `path` and `url` one is given. `head` is the file that anchors the chain of a database.
    """

    path: Path | None = None
    url: str | None = None
    password: Secret | None = None
    head: Path | None = None
    create: bool = True

    def __str__(self) -> str:
        """As it is shown; no password is in it."""
        return str(self.path or (self.url or "").replace("+psycopg", "").partition("?")[0])

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are parts of it, or begin the names of its parts."""
        return tuple(each for each in (self.path, self.head) if each is not None)

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way to it can read along, or answer in its place.

        So it is with a file, on this machine, over a socket, and where a server's certificate is compared with
        its name.
        """
        parts = urlsplit(self.url or "")
        options = dict(parse_qsl(parts.query))
        is_near = "host" in options or is_this_machine(
            (parts.hostname or "").lower()
        )  # as an option it is the folder of a socket
        return self.url is None or is_near or options.get("sslmode") == "verify-full"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKeySettings:
    """An access key and its secret; the token belongs to temporary keys."""

    access_key: Secret
    secret_key: Secret
    security_token: Secret | None = None

    @property
    def words(self) -> str:
        """What it is, in words."""
        return "an access key" if self.security_token is None else "a temporary key"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The parts that must show nowhere."""
        return tuple(each for each in (self.access_key, self.secret_key, self.security_token) if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordSettings:
    """A user of a domain, with a password."""

    domain: str
    user: str
    password: Secret

    @property
    def words(self) -> str:
        """What it is, in words."""
        return f"the password of user {self.user} of domain {self.domain}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password."""
        return (self.password,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySettings:
    """The agency of the cloud server that this runs on."""

    @property
    def words(self) -> str:
        """What it is, in words."""
        return "the agency of this cloud server"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """None that is known before."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """A section of a credentials file, and the key that stands there."""

    name: str
    path: Path
    key: AccessKeySettings

    @property
    def words(self) -> str:
        """What it is, in words."""
        return f"profile {self.name} of {self.path}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Those of its key."""
        return self.key.secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadCredentials:
    """Stands where a policy file was read alone, for its policies: with it no target can be asked anything."""

    @property
    def words(self) -> str:
        """What it is, in words."""
        return "credentials that were not read"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """None."""
        return ()


CredentialSettings = AccessKeySettings | PasswordSettings | AgencySettings | ProfileSettings | UnreadCredentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a target is swept: at the times of a cron expression in a time zone, or every so often; exactly one of the two.

    Each fire is put off by a random part of `jitter`, so that many daemons do not start at the same second.
    """

    cron: Cron | None = None
    every: timedelta | None = None
    jitter: timedelta = timedelta(0)
    timezone: str = "UTC"

    @property
    def rhythm(self) -> str:
        """When it fires, in words."""
        if self.cron is not None:
            return f'at "{self.cron.text}" {self.timezone}'
        return "never" if self.every is None else f"every {format_duration(self.every)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """One place to sweep; pace and limits are already merged over the global ones."""

    name: str
    endpoint: str
    project_id: str
    credentials: CredentialSettings
    backend: str = "modelarts"
    api: str = "v2"
    mode: Mode = Mode.OBSERVE
    listing: Literal["full", "narrow"] = "full"
    """What a sweep lists: all jobs, or (narrow) those old enough to go, where the last full listing vouches for the others."""
    looks: Literal["together", "single"] = "together"
    """How ten jobs or more are looked at and proven gone: by short lists, or (single) each by its id, as always with v1."""
    region: str | None = None
    iam_endpoint: str | None = None
    project_name: str | None = None
    workspaces: tuple[str, ...] | None = ("0",)
    """None means all of them, and only `workspaces: all` says so."""
    requests_per_second: float = 5.0
    concurrency: int = 4
    proxy: str | None = None
    ca_file: Path | None = None
    schedule: Schedule | None = None
    """None means that only commands sweep this target; `janitor serve` asks for a schedule."""
    pace: Pace = field(default_factory=Pace)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleToken:
    """Who may look at the pages of the console, by a token of which only the SHA-256 is known, 64 digits in lower case."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleProxy:
    """Whose word is taken for who asks, and the header in which it stands."""

    addresses: tuple[IPv4Network | IPv6Network, ...]
    header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Where the pages of the console are served, under which names, and to whom."""

    listen: Address = field(default_factory=partial(Address, host="127.0.0.1", port=9465))
    hosts: tuple[str, ...] = ()
    tokens: tuple[ConsoleToken, ...] = ()
    proxy: ConsoleProxy | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who asks; then it is for this machine alone."""
        return not self.tokens and self.proxy is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One policy file, valid as a whole."""

    source: Path
    ledger: LedgerSettings
    targets: tuple[TargetSettings, ...]
    policies: tuple[Policy, ...]
    holds: tuple[Hold, ...] = ()
    confirm_within: timedelta = timedelta(minutes=2)
    quiet_period: timedelta = timedelta(minutes=2)
    max_duration: timedelta = timedelta(hours=6)
    tombstones: TombstoneRules = field(default_factory=TombstoneRules)
    channels: tuple[Channel, ...] = ()
    """Where notices go: those of `notify`, then those of `owners`."""
    console: ConsoleSettings | None = None
    """None means that `janitor serve` serves no pages."""
    secrets: tuple[Secret, ...] = ()
    """Every secret value of the file, for the scrubber."""
    files: tuple[Path, ...] = ()
    """The policy file and every file that it reads from: when one changes, the settings do."""
