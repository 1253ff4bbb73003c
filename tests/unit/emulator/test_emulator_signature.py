"""The emulator's own verifier reproduces the official signer's seven vectors (modelarts-api.md §4.1)."""

import hashlib

import pytest
from emulator_probe import NOW

from janitor.emulator.received import Received
from janitor.emulator.signature import UnsignableError, canonical_request, expected_signature, parse_claim

SECRET = "testSecretKey0EXAMPLE0ONLY0FOR0UNIT0TESTS"
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
HEADERS = {
    "content-type": "application/json",
    "host": "modelarts.eu-de.otc.example.com",
    "x-project-id": PROJECT,
    "x-sdk-date": "20260115T083000Z",
}
JOB = f"/v2/{PROJECT}/training-jobs/7d9e2c14-5b30-4f6a-8c1e-90ab12cd34ef"
LISTING = (
    b'{"workspace_id":"0","offset":0,"limit":50,"sort_by":"create_time","order":"asc",'
    b'"filters":[{"key":"phase","operator":"in","value":["Completed","Failed"]}]}'
)


def received(method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Received:
    path, _, query = target.partition("?")
    sent = tuple((HEADERS if headers is None else headers).items())
    return Received(method=method, path=path, query=query, headers=sent, body=body, at=NOW)


VECTORS = {
    "A query in any order": (
        received(
            "GET",
            f"/v1/{PROJECT}/training-jobs?per_page=100&page=1&status=10&sortBy=create_time&order=desc"
            "&search_content=nightly%20run%2Bv2",
        ),
        "55f7214fbe85bdf168355e68da9b6c4d6c01770fa493f1f2e39d7e77fbec44e7",
        "730004f7f2dbd4c14134a05a3bb66bf11c6d192a35915537beebe76d97207ec4",
    ),
    "B JSON body": (
        received("POST", f"/v2/{PROJECT}/training-job-searches", LISTING),
        "ac3b36c671dbd4ceae928f12348467e25bf3bc1bcf6d43aded3f77d5c2e14c8e",
        "023614294d18213fbf0b168ca426a2af7448ec628b6629544330962ef978d270",
    ),
    "C DELETE": (
        received("DELETE", JOB),
        "2cb76856919a3cb09ddff19c01fa6b0b6524efe26781c50ac040b96862ae2e65",
        "8ec63b8a8b4d541e248c46fc11cbf96e22ef8fc73329d0f4c1dd1d23bb3bf72a",
    ),
    "D temporary key, other alphabets": (
        received(
            "GET",
            f"/v2/{PROJECT}/%E8%AE%AD%E7%BB%83%20jobs/a~b?name=%E6%A8%A1%E5%9E%8B%20a%2Fb&limit=10&flag=true&empty=",
            headers=HEADERS | {"x-security-token": "tmp/token+value=="},
        ),
        "652810058ad826ace0fbb1305f7a60fa5bc6dc201bf0796c31997f14c72e499b",
        "91f7c407c0cbe34e676d9e0efaff5238acbb0d5a7289a6c13d943a215a137573",
    ),
    "E body in another alphabet": (
        received("POST", f"/v2/{PROJECT}/training-jobs/batch-delete", '{"note":"模型"}'.encode()),
        "40a388f87342f4095c6f3eec68fac2be32f3755d3543bdda445065166ad6c8fc",
        "81be03f96ebe88a799fe7e290e13cd7db05a53e5ca78d5c13b677e7e8515ea5f",
    ),
    "F fewest headers": (
        received("GET", JOB, headers={name: HEADERS[name] for name in ("host", "x-sdk-date")}),
        "1fb335b2a285da7da9326442d921d37423250eba84c1b02eb5639ac2c73fe5c9",
        "0f2393865bb1dd43d60b0877616bc575397c2ecc5e92fc1eb9be5963af942ea5",
    ),
    "G host with port": (
        received(
            "GET",
            "/v3/projects?name=eu-de",
            headers={"content-type": "application/json", "host": "127.0.0.1:18080", "x-sdk-date": "20260115T083000Z"},
        ),
        "ff9e3d9029a5fffc4d3befc2494c3522bf8a105b1a793fbad8434243b72ee321",
        "61806e74c3db0571d69f09afb28d880407cea730925339af65877f57d19fd47c",
    ),
}


@pytest.mark.some(2)
@pytest.mark.parametrize("name", VECTORS)
def test_published_vector_is_reproduced(name: str) -> None:
    request, canonical_hash, signature = VECTORS[name]
    names = tuple(sorted(key for key, _ in request.headers))
    assert hashlib.sha256(canonical_request(request, names).encode()).hexdigest() == canonical_hash
    assert expected_signature(request, names, SECRET) == signature


def test_header_outside_the_signed_list_does_not_matter() -> None:
    """Production clients add X-Project-Id after signing."""
    request, _, signature = VECTORS["F fewest headers"]
    more = received("GET", JOB, headers=dict(request.headers) | {"x-project-id": PROJECT, "user-agent": "any"})
    assert expected_signature(more, ("host", "x-sdk-date"), SECRET) == signature


def test_signed_header_sent_twice_cannot_be_signed() -> None:
    request = received("GET", JOB)
    doubled = Received(
        method="GET", path=JOB, query="", headers=(*request.headers, ("host", "other")), body=b"", at=NOW, connection=1
    )
    with pytest.raises(UnsignableError):
        expected_signature(doubled, ("host", "x-sdk-date"), SECRET)


def test_declared_body_hash_must_be_true_or_a_signed_refusal_to_hash() -> None:
    wrong = received("POST", JOB, b"body", HEADERS | {"x-sdk-content-sha256": "0" * 64})
    with pytest.raises(UnsignableError):
        canonical_request(wrong, ("host", "x-sdk-date"))
    unsigned = received("POST", JOB, b"body", HEADERS | {"x-sdk-content-sha256": "UNSIGNED-PAYLOAD"})
    with pytest.raises(UnsignableError):
        canonical_request(unsigned, ("host", "x-sdk-date"))
    names = ("host", "x-sdk-content-sha256", "x-sdk-date")
    assert canonical_request(unsigned, names).endswith("\nUNSIGNED-PAYLOAD")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic abc",
        "SDK-HMAC-SHA256 Access=K,SignedHeaders=host,Signature=" + "0" * 64,
        "SDK-HMAC-SHA256 Credential=K/20260115///sdk_request, SignedHeaders=host, Signature=" + "0" * 64,
        "SDK-HMAC-SHA256 Access=K, SignedHeaders=host, Signature=" + "A" * 64,
    ],
)
def test_other_forms_of_the_header_are_no_claim(header: str) -> None:
    assert parse_claim(header) is None
