"""Owns the addresses of the platform's regions, which no file and no environment variable can change."""

import re
from urllib.parse import urlsplit

from janitor.modelarts.endpoint import is_loopback

_HUAWEI = (
    "af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 cn-east-3 cn-east-4 cn-north-1 cn-north-2 "
    "cn-north-4 cn-north-9 cn-north-11 cn-north-12 cn-south-1 cn-southwest-2 cn-southwest-3 la-north-2 la-south-2 me-east-1 "
    "sa-brazil-1 tr-west-1"
)
_DOMAINS = {"eu-de": "otc.t-systems.com"} | dict.fromkeys(_HUAWEI.split(), "myhuaweicloud.com")
_ELSEWHERE = {"ap-southeast-1": "https://modelarts.ap-southeast-1.myhuaweicloud.cn"}
_MODELARTS = re.compile(r"https://modelarts\.([a-z0-9-]+\.[a-z0-9.-]+)")


def modelarts_of(region: str) -> str:
    """The address of ModelArts in a region; ValueError for a region that is not known.

    Source: docs/modelarts-api.md, common rules; for Huawei Cloud the region table of the vendor's own SDK.
    """
    return _ELSEWHERE.get(region) or f"https://modelarts.{region}.{_domain(region)}"


def iam_of(region: str) -> str:
    """The address of the identity service in a region; ValueError for a region that is not known."""
    return f"https://iam.{region}.{_domain(region)}"


def iam_beside(modelarts: str) -> str:
    """The identity service beside an address of ModelArts: on this machine the same one, else `iam.` for `modelarts.`.

    Raises ValueError where it cannot be told.
    """
    if is_loopback(urlsplit(modelarts).hostname or ""):
        return modelarts
    known = _MODELARTS.fullmatch(modelarts)
    if known is None:
        raise ValueError("where the identity service is cannot be told from modelarts_endpoint; give iam_endpoint as well")
    return f"https://iam.{known[1]}"


def _domain(region: str) -> str:
    if region not in _DOMAINS:
        raise ValueError(f"region_name {region!r:.80} is not a region known here; call Session.set_endpoint first")
    return _DOMAINS[region]
