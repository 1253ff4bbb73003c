"""Whatever the request, our signature is the vendor's own, byte for byte."""

from typing import Any

from amount import cases
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from janitor.modelarts import AccessKey
from janitor.modelarts.signing import Signable, authorization, canonical_query

KEY = AccessKey("TESTAK00EXAMPLE00001", "testSecretKey0EXAMPLE0ONLY0FOR0UNIT0TESTS")
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
HEADER_NAMES = st.from_regex(r"\A[xX]-[A-Za-z0-9-]{1,12}\Z")
HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
REQUESTS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE", "delete"]),
        "path": TEXT.map(lambda text: f"/{text}"),
        "query": st.lists(st.tuples(TEXT, TEXT | st.integers().map(str)), max_size=5),
        "headers": st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=5),
        "body": st.binary(max_size=40),
        "content_type": st.sampled_from(["application/json", "application/json;charset=utf-8", " application/json "]),
    }
)


class VendorKey:
    """What the vendor's signer needs of credentials."""

    ak, sk = KEY.access_key, KEY.secret_key


@settings(max_examples=cases(40, 3000), deadline=None)
@given(REQUESTS)
def test_our_signature_is_the_vendors(request: dict[str, Any]) -> None:
    unique = {name.lower(): value for name, value in request["headers"].items()}
    headers = unique | {
        "Content-Type": request["content_type"].strip(),
        "Host": "modelarts.example.com:8443",
        "X-Sdk-Date": "20260115T083000Z",
    }
    headers.pop("x-sdk-content-sha256", None)
    theirs = Signer(VendorKey()).sign(
        SdkRequest(
            method=request["method"],
            schema="https",
            host="modelarts.example.com:8443",
            resource_path=request["path"],
            query_params=list(request["query"]),
            header_params=dict(headers),
            body=request["body"],
        )
    )
    query = canonical_query(request["query"])
    ours = Signable(method=request["method"], path=request["path"], query=query, headers=headers, body=request["body"])
    assert authorization(KEY, ours) == theirs.header_params["Authorization"]
    assert theirs.uri == (f"{request['path']}?{query}" if query else request["path"])


@settings(max_examples=cases(50, 1000), deadline=None)
@given(TEXT, st.booleans(), st.integers())
def test_flags_and_numbers_are_written_as_the_vendor_writes_them(name: str, flag: bool, number: int) -> None:
    request = SdkRequest(query_params=[(f"a{name}", flag), (f"b{name}", number)])
    ours = canonical_query([(f"a{name}", flag), (f"b{name}", number)])
    assert ours == Signer.process_canonical_query_string(request)
