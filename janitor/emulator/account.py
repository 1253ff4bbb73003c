"""Owns the one account that the emulator knows: its keys and its project; every value is invented."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The key pair that signs requests, whose it is, and the project that it may touch; a security token makes it temporary."""

    access_key: str = "EMULATORAK0000000001"
    secret_key: str = field(default="emulator-secret-key-not-a-secret", repr=False)
    security_token: str | None = field(default=None, repr=False)
    project_id: str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    project_name: str = "eu-de"
    user_id: str = "u0u1u2u3u4u5u6u7u8u9uaubucudueuf"
    user_name: str = "emulator-user"
    domain_id: str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
