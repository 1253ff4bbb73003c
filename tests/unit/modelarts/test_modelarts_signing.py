"""The seven published vectors of the signature, and the agreement of what is signed with what is sent."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
import requests
from unit.modelarts.modelarts_stage import KEY, PROJECT, StageClock

from janitor.modelarts import AccessKey, AccessKeySigner, Unsendable
from janitor.modelarts.signing import QueryValue, Signable, authorization, canonical_digest, canonical_path, canonical_query

DATE = "20260115T083000Z"
HOST = "modelarts.eu-de.otc.example.com"
TOKEN = "tmp/token+value=="
JOB = f"/v2/{PROJECT}/training-jobs/7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef"
SEARCH = (
    b'{"workspace_id":"0","offset":0,"limit":50,"sort_by":"create_time","order":"asc",'
    b'"filters":[{"key":"phase","operator":"in","value":["Completed","Failed"]}]}'
)
LIST_QUERY: dict[str, QueryValue] = {
    "per_page": 100,
    "page": 1,
    "status": 10,
    "sortBy": "create_time",
    "order": "desc",
    "search_content": "nightly run+v2",
}
ODD_QUERY: dict[str, QueryValue] = {"name": "模型 a/b", "limit": "10", "flag": True, "empty": ""}
REGIONAL = {"content-type": "application/json", "host": HOST, "x-project-id": PROJECT, "x-sdk-date": DATE}
MINIMAL = {"host": HOST, "x-sdk-date": DATE}


@dataclass(frozen=True)
class Vector:
    """A request, and the hash and signature that the vendor's signer made of it."""

    signable: Signable
    digest: str
    signature: str


def vector(
    method: str,
    path: str,
    expected: tuple[str, str],
    *,
    query: dict[str, QueryValue] | None = None,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Vector:
    text = canonical_query((query or {}).items())
    signable = Signable(method=method, path=path, query=text, headers=headers or REGIONAL, body=body)
    return Vector(signable, *expected)


VECTORS = {
    "A": vector(
        "GET",
        f"/v1/{PROJECT}/training-jobs",
        (
            "55f7214fbe85bdf168355e68da9b6c4d6c01770fa493f1f2e39d7e77fbec44e7",
            "730004f7f2dbd4c14134a05a3bb66bf11c6d192a35915537beebe76d97207ec4",
        ),
        query=LIST_QUERY,
    ),
    "B": vector(
        "POST",
        f"/v2/{PROJECT}/training-job-searches",
        (
            "ac3b36c671dbd4ceae928f12348467e25bf3bc1bcf6d43aded3f77d5c2e14c8e",
            "023614294d18213fbf0b168ca426a2af7448ec628b6629544330962ef978d270",
        ),
        body=SEARCH,
    ),
    "C": vector(
        "DELETE",
        JOB,
        (
            "2cb76856919a3cb09ddff19c01fa6b0b6524efe26781c50ac040b96862ae2e65",
            "8ec63b8a8b4d541e248c46fc11cbf96e22ef8fc73329d0f4c1dd1d23bb3bf72a",
        ),
    ),
    "D": vector(
        "GET",
        f"/v2/{PROJECT}/训练 jobs/a~b",
        (
            "652810058ad826ace0fbb1305f7a60fa5bc6dc201bf0796c31997f14c72e499b",
            "91f7c407c0cbe34e676d9e0efaff5238acbb0d5a7289a6c13d943a215a137573",
        ),
        query=ODD_QUERY,
        headers=REGIONAL | {"x-security-token": TOKEN},
    ),
    "E": vector(
        "POST",
        f"/v2/{PROJECT}/training-jobs/batch-delete",
        (
            "40a388f87342f4095c6f3eec68fac2be32f3755d3543bdda445065166ad6c8fc",
            "81be03f96ebe88a799fe7e290e13cd7db05a53e5ca78d5c13b677e7e8515ea5f",
        ),
        body='{"note":"模型"}'.encode(),
    ),
    "F": vector(
        "GET",
        JOB,
        (
            "1fb335b2a285da7da9326442d921d37423250eba84c1b02eb5639ac2c73fe5c9",
            "0f2393865bb1dd43d60b0877616bc575397c2ecc5e92fc1eb9be5963af942ea5",
        ),
        headers=MINIMAL,
    ),
    "G": vector(
        "GET",
        "/v3/projects",
        (
            "ff9e3d9029a5fffc4d3befc2494c3522bf8a105b1a793fbad8434243b72ee321",
            "61806e74c3db0571d69f09afb28d880407cea730925339af65877f57d19fd47c",
        ),
        query={"name": "eu-de"},
        headers={"content-type": "application/json", "host": "127.0.0.1:18080", "x-sdk-date": DATE},
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_vendors_vectors_are_reproduced(name: str) -> None:
    given = VECTORS[name]
    names = ";".join(sorted(given.signable.headers))
    assert canonical_digest(given.signable) == given.digest
    assert authorization(KEY, given.signable) == (
        f"SDK-HMAC-SHA256 Access={KEY.access_key}, SignedHeaders={names}, Signature={given.signature}"
    )


def test_vector_a_has_the_published_query() -> None:
    expected = "order=desc&page=1&per_page=100&search_content=nightly%20run%2Bv2&sortBy=create_time&status=10"
    assert VECTORS["A"].signable.query == expected


def prepare(url: str, key: AccessKey = KEY, method: str = "GET", data: Any = None) -> requests.PreparedRequest:
    signer = AccessKeySigner(key, StageClock())
    return requests.Request(method, url, data=data, headers={"Content-Type": "application/json"}, auth=signer).prepare()


def test_a_prepared_request_carries_date_host_token_and_a_signature_over_them() -> None:
    key = AccessKey(KEY.access_key, KEY.secret_key, TOKEN)
    request = prepare("https://iam.example.com:8443/v3/projects?name=eu-de", key)
    headers = {
        "content-type": "application/json",
        "host": "iam.example.com:8443",
        "x-sdk-date": "20261123T030000Z",
        "x-security-token": TOKEN,
    }
    signable = Signable(method="GET", path="/v3/projects", query="name=eu-de", headers=headers, body=b"")
    assert request.headers["Authorization"] == authorization(key, signable)
    assert {name.lower(): value for name, value in request.headers.items() if name.lower() in headers} == headers


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example:443/x", "a.example"),
        ("http://127.0.0.1:80/x", "127.0.0.1"),
        ("http://127.0.0.1:443/x", "127.0.0.1:443"),
        ("http://[::1]:81/x", "[::1]:81"),
    ],
)
def test_the_host_is_signed_as_it_is_sent_without_a_default_port(url: str, host: str) -> None:
    assert prepare(url).headers["Host"] == host


def test_the_query_on_the_wire_is_the_signed_one() -> None:
    request = prepare("https://a.example/x?b=2+3&a=%7e&a=1&c")
    assert request.url == "https://a.example/x?a=1&a=~&b=2%203&c="


@pytest.mark.parametrize("path", ["/a%2Fb", "/a%252Fb%2F", "/a%FFb"])
def test_a_path_that_would_be_signed_differently_from_what_is_sent_is_refused(path: str) -> None:
    with pytest.raises(Unsendable, match="signed differently"):
        prepare(f"https://a.example{path}")


def test_the_signed_path_has_a_final_slash_that_the_wire_has_not() -> None:
    assert canonical_path("/v3/projects") == "/v3/projects/"
    assert prepare("https://a.example/v3/projects").url == "https://a.example/v3/projects"


def test_a_text_body_is_signed_as_the_bytes_that_are_sent() -> None:
    request = prepare("https://a.example/x", method="POST", data="模型")
    assert request.body == "模型".encode()
    signed = Signable(
        method="POST",
        path="/x",
        query="",
        headers={"content-type": "application/json", "host": "a.example", "x-sdk-date": "20261123T030000Z"},
        body="模型".encode(),
    )
    assert request.headers["Authorization"] == authorization(KEY, signed)
    assert sha256(signed.body).hexdigest() != sha256(b"").hexdigest()


def test_a_streamed_body_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="held in memory"):
        prepare("https://a.example/x", method="POST", data=iter([b"x"]))


def test_every_signature_carries_the_time_of_its_own_attempt() -> None:
    clock = StageClock()
    signer = AccessKeySigner(KEY, clock)
    request = requests.Request("GET", "https://a.example/x").prepare()
    first = signer(request).headers["Authorization"]
    clock.advance(1)
    assert signer(request).headers["Authorization"] != first
    assert request.headers["X-Sdk-Date"] == "20261123T030001Z"
