"""Owns which hosts are this machine itself."""

from ipaddress import ip_address


def is_this_machine(host: str) -> bool:
    """Whether a host, a name or a bare address in lower case, is reached without leaving the machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
