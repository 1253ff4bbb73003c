"""Owns which requests a page of another origin has sent, and which of them are refused."""

from urllib.parse import urlsplit

from janitor.console.visit import Visit

_OURS = ("same-origin", "none")
_PORTS = {"http": 80, "https": 443}


def is_from_elsewhere(visit: Visit) -> bool:
    """Whether a page of another origin sent it: what browsers say of that, and pages cannot change.

    A page of ours that tells nobody where it is (Referrer-Policy: no-referrer) sends its forms with `Origin: null`, as pages of
    nowhere do, so there the browser must say that it is ours.
    """
    sites, origins = visit.all("sec-fetch-site"), visit.all("origin")
    if any(site not in _OURS for site in sites) or len(sites) > 1 or len(origins) > 1:
        return True
    if origins == ("null",):
        return sites != ("same-origin",)
    return bool(origins) and not _is_own(origins[0], visit.only("host") or "")


def is_refused(visit: Visit) -> bool:
    """Whether it is from elsewhere and more than a link that somebody follows: nothing of ours is embedded, read or sent to."""
    return is_from_elsewhere(visit) and not (visit.is_navigation and not visit.all("origin"))


def _is_own(origin: str, host: str) -> bool:
    """Whether an origin has the host and port that the request is for; a proxy may have taken https off on the way."""
    try:
        parts = urlsplit(origin)
        ours = urlsplit(f"{parts.scheme}://{host}")
        usual = _PORTS[parts.scheme]
        return (parts.hostname, parts.port or usual) == (ours.hostname, ours.port or usual) and parts.hostname is not None
    except (ValueError, KeyError):
        return False
