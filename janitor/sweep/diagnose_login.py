"""Owns the checks of the way to a platform: addresses, certificates, credentials, project, clock."""

from datetime import datetime, timedelta

from janitor.backends.inspection import Address, Credentials
from janitor.core.duration import format_age
from janitor.core.errors import BackendError, CertificateRefused, Misconfigured, NotPermitted
from janitor.retention.guards import check_clock, check_identity
from janitor.sweep.diagnose_check import Check, fault, ok, skipped, unknown, warning
from janitor.sweep.diagnose_seen import Seen
from janitor.sweep.target import Target

KEY = "check the access key, its secret and, for temporary keys, the token: all of the same user, none expired or locked"
_REACH = "check endpoint, proxy and ca_file of this target, and whether this machine may connect there"
_CLOCK = "set this machine's clock, best by NTP"
_CERTIFICATE = (
    "where another authority signs for this address (a company's proxy, say), name its certificate in ca_file; where it is "
    "said to have expired or not to be valid yet, look at this machine's clock first; checks cannot be turned off"
)
_RENEW = "put new credentials in their place; for a daemon take those that are renewed by themselves"
_SOON = {"temporary_key": timedelta(hours=24)}
_SOON_BY_DEFAULT = timedelta(days=7)


def judge_addresses(seen: Seen) -> Check:
    """Where requests go, and by which way."""
    if not seen.inspection.addresses:
        return ok("endpoints", "none: this backend asks nobody")
    return ok("endpoints", "; ".join(_describe(address) for address in seen.inspection.addresses))


def _describe(address: Address) -> str:
    return f"{address.service} {address.url}" + ("" if address.proxy is None else f" through the proxy {address.proxy}")


def judge_reach(seen: Seen) -> Check:
    """Whether anybody answers."""
    if seen.cause == "reachable":
        return fault("reachable", str(seen.listing), _REACH)
    if seen.cause == "tls":
        return ok("reachable", "somebody answers there, but not with a certificate that is accepted")
    return ok("reachable", "an answer came")


def judge_certificates(seen: Seen) -> Check:
    """Whether the other side is who it should be; when its certificate ends is not told, that would take a connection more."""
    if seen.cause == "tls":
        return fault("tls", str(seen.listing), _CERTIFICATE)
    if isinstance(seen.projects, CertificateRefused):
        return fault("tls", str(seen.projects), _CERTIFICATE)
    if seen.cause == "reachable":
        return skipped("tls", "reachable")
    if not seen.inspection.addresses:
        return ok("tls", "nothing is sent over a network")
    return ok("tls", "; ".join(_describe_trust(seen, address) for address in seen.inspection.addresses))


def _describe_trust(seen: Seen, address: Address) -> str:
    if not address.is_encrypted:
        return f"{address.service}: plain http, to this machine only"
    authorities = "the built-in authorities" if address.ca_file is None else f"those of {address.ca_file}"
    if address is not seen.inspection.addresses[0] and isinstance(seen.projects, BackendError | None):
        return f"{address.service}: not proven; trusted would be {authorities}"
    return f"{address.service}: its certificate is good by {authorities}"


def judge_credentials(seen: Seen, as_of: datetime) -> Check:
    """What kind they are and when they expire."""
    given = seen.inspection.credentials
    if given is None:
        return ok("credentials", "none are needed")
    kind = given.kind.replace("_", " ")
    if given.expires_at is None:
        if given.kind == "temporary_key":
            return unknown("credentials", f"{kind}: it does not tell when it expires, at most 24 h after it was made", _RENEW)
        return ok("credentials", f"{kind}: no end is known")
    left = given.expires_at - as_of
    if left <= timedelta(0):
        text = f"{kind}: expired {format_age(-left)} ago, at {given.expires_at:%Y-%m-%d %H:%M} UTC"
        return _judge_expired(given, text, is_refused=seen.cause == "signed")
    text = f"{kind}: expires in {format_age(left)}, at {given.expires_at:%Y-%m-%d %H:%M} UTC"
    if given.is_renewed:
        return ok("credentials", f"{text}, and is renewed before")
    is_soon = left <= _SOON.get(given.kind, _SOON_BY_DEFAULT)
    return warning("credentials", text, _RENEW) if is_soon else ok("credentials", text)


def _judge_expired(given: Credentials, text: str, *, is_refused: bool) -> Check:
    if is_refused or not given.is_renewed:
        return fault("credentials", text, _RENEW)
    if given.came_expired:
        text += ", before it was handed out; it is used until the platform refuses it, and renewed then"
        return warning("credentials", text, _CLOCK)
    return ok("credentials", f"{text}; the next request renews it")


def judge_signature(seen: Seen) -> Check:
    """Whether the platform accepts the credentials."""
    if seen.cause == "signed":
        return fault("signed", str(seen.listing), KEY)
    if seen.cause in ("reachable", "tls", "clock"):
        return skipped("signed", seen.cause)
    if isinstance(seen.listing, NotPermitted | Misconfigured):
        return unknown("signed", "not proven: the listing was refused, but not in the words for a bad key")
    return ok("signed", "the credentials are accepted")


def judge_identity(target: Target, seen: Seen) -> Check:
    """Whether the credentials see the project that is configured."""
    if isinstance(seen.projects, CertificateRefused):
        return skipped("identity", "tls")
    if target.project_name is None and isinstance(seen.projects, BackendError | None):
        return _judge_nameless(seen.projects)
    if seen.projects is None:
        return skipped("identity", seen.cause)
    if isinstance(seen.projects, BackendError):
        return fault("identity", str(seen.projects), "check iam_endpoint and project_name of this target, and the key")
    refusal = check_identity(target.project_id, target.project_name, seen.projects)
    if refusal is not None:
        return fault("identity", refusal.message, "until both agree, every sweep of this target is refused")
    name = "" if target.project_name is None else f" {target.project_name}"
    return ok("identity", f"the credentials see project{name} with id {target.project_id}")


def _judge_nameless(answer: BackendError | None) -> Check:
    """Without a name the project is not compared before a sweep; after a renewal of the credentials it is all the same."""
    if answer is None:
        text = "not asked: no project_name is set"
        return unknown("identity", text, "set project_name, and iam_endpoint where it cannot be derived from endpoint")
    if isinstance(answer, NotPermitted):
        text = f"{answer}; renewed credentials are used only once their project is known, so a sweep that renews them ends"
        return warning("identity", text, "grant the key's user iam:projects:listProjects")
    return unknown("identity", str(answer), "set iam_endpoint, so that the project of renewed credentials can be compared")


def judge_clock(seen: Seen, as_of: datetime) -> Check:
    """The same 5 minutes as in a sweep; the difference is that of the last answer."""
    skew = seen.traffic.skew
    refusal = check_clock(skew, as_of, None)
    if refusal is not None:
        return fault("clock", refusal.message, _CLOCK)
    if seen.cause == "clock":
        return fault("clock", str(seen.listing), _CLOCK)
    if seen.cause in ("reachable", "tls"):
        return skipped("clock", seen.cause)
    if skew is None:
        return unknown("clock", "no answer told the server's time")
    return ok("clock", f"the server's clock differs from ours by {skew.total_seconds():+.0f} s")
