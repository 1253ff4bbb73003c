"""Owns what the emulator's account begins with: its key, its user, its agency and its project; every value is invented."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The first user with key pair and password, and the project that every credential may touch.

    A security token makes the key pair temporary. `agency_name` is what the metadata service issues keys for.
    """

    access_key: str = "EMULATORAK0000000001"
    secret_key: str = field(default="emulator-secret-key-not-a-secret", repr=False)
    security_token: str | None = field(default=None, repr=False)
    project_id: str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    project_name: str = "eu-de"
    user_id: str = "u0u1u2u3u4u5u6u7u8u9uaubucudueuf"
    user_name: str = "emulator-user"
    password: str = field(default="emulator-password-not-a-secret", repr=False)
    domain_name: str = "emulator-domain"
    agency_name: str = "emulator-agency"
    domain_id: str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
