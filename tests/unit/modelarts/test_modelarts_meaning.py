"""Each answer has one meaning, and almost none of them is "gone" (faults A18, A19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitor.modelarts import Meaning, classify
from janitor.modelarts.meaning import TABLE

M = Meaning
EXPECTED = {
    (200, None): M.OK,
    (202, None): M.OK,
    (204, None): M.OK,
    (200, "ModelArts.2775"): M.UNKNOWN,
    (206, None): M.UNKNOWN,
    (302, None): M.UNKNOWN,
    (400, None): M.UNKNOWN,
    (400, "ModelArts.2775"): M.GONE,
    (400, "2775"): M.UNKNOWN,
    (400, "APIG.2775"): M.UNKNOWN,
    (400, "modelarts.2775"): M.UNKNOWN,
    (404, "ModelArts.2775"): M.UNKNOWN,
    (409, "ModelArts.2775"): M.CONFLICT,
    (500, "ModelArts.2775"): M.TRANSIENT,
    (400, "ModelArts.0105"): M.UNKNOWN,
    (400, "ModelArts.2842"): M.CALLER,
    (400, "ModelArts.2807"): M.CALLER,
    (400, "ModelArts.2750"): M.CALLER,
    (400, "ModelArts.7005"): M.CONFIG,
    (400, "ModelArts.7002"): M.CONFIG,
    (400, "ModelArts.0204"): M.CONFIG,
    (401, "ModelArts.0204"): M.AUTH,
    (401, "ModelArts.0207"): M.CONFIG,
    (403, "ModelArts.0210"): M.PROJECT,
    (404, "ModelArts.2786"): M.PROJECT,
    (404, "ModelArts.2836"): M.ROUTE_ABSENT,
    (404, "ModelArts.4204"): M.ROUTE_ABSENT,
    (404, "APIG.0101"): M.ROUTE_ABSENT,
    (404, None): M.UNKNOWN,
    (404, "ModelArts.9999"): M.UNKNOWN,
    (410, None): M.UNKNOWN,
    (400, "ModelArts.2771"): M.PERMISSION,
    (400, "ModelArts.2838"): M.PERMISSION,
    (400, "ModelArts.2837"): M.ACCOUNT,
    (403, "ModelArts.4116"): M.ACCOUNT,
    (400, "ModelArts.2815"): M.QUOTA,
    (401, None): M.AUTH,
    (401, "APIG.0301"): M.AUTH,
    (401, "401"): M.AUTH,
    (401, "ModelArts.4203"): M.PERMISSION,
    (401, "ModelArts.0112"): M.PERMISSION,
    (403, "ModelArts.0112"): M.PERMISSION,
    (403, "ModelArts.0203"): M.AUTH,
    (403, "ModelArts.0206"): M.AUTH,
    (403, "ModelArts.2784"): M.AUTH,
    (403, "ModelArts.2785"): M.PERMISSION,
    (403, "APIG.0302"): M.PERMISSION,
    (405, "ModelArts.2803"): M.ROUTE_ABSENT,
    (405, None): M.ROUTE_ABSENT,
    (405, "APIG.0501"): M.CONFIG,
    (405, "ModelArts.9999"): M.CONFIG,
    (407, None): M.CONFIG,
    (408, "ModelArts.4205"): M.TRANSIENT,
    (409, "ModelArts.2878"): M.CONFLICT,
    (409, "ModelArts.2796"): M.CONFLICT,
    (413, "APIG.0201"): M.CALLER,
    (429, "APIG.0308"): M.THROTTLED,
    (429, None): M.THROTTLED,
    (500, "ModelArts.0010"): M.TRANSIENT,
    (502, None): M.TRANSIENT,
    (503, "ModelArts.4700"): M.TRANSIENT,
    (504, "APIG.0201"): M.TRANSIENT,
}


@pytest.mark.parametrize(("status", "code"), EXPECTED)
def test_a18_each_status_and_code_has_its_one_meaning(status: int, code: str | None) -> None:
    assert classify(status, code) is EXPECTED[status, code]


def test_a18_only_one_row_of_the_table_says_gone() -> None:
    assert [key for key, meaning in TABLE.items() if meaning is M.GONE] == [(400, "ModelArts.2775")]


def test_a18_no_code_stands_in_two_rows_of_one_status() -> None:
    from janitor.modelarts import meaning

    keys = [(status, code) for status, _, codes in meaning._ROWS for code in codes.split()]
    assert len(keys) == len(set(keys)) == len(TABLE)


CODES = (
    st.none()
    | st.text(max_size=20)
    | st.from_regex(r"\A(ModelArts|APIG)\.[0-9]{4}\Z")
    | st.sampled_from(sorted({c for _, c in TABLE}))
)


@given(st.integers(min_value=100, max_value=999), CODES, st.text(max_size=30))
def test_a18_nothing_else_ever_means_gone(status: int, code: str | None, text: str) -> None:
    is_gone = classify(status, code, text) is M.GONE
    assert is_gone == ((status, code) == (400, "ModelArts.2775"))


@given(st.integers(min_value=300, max_value=999), CODES)
def test_a18_nothing_but_a_success_status_means_ok(status: int, code: str | None) -> None:
    assert classify(status, code) is not M.OK


def test_a23_an_expired_signature_is_told_from_a_wrong_one_by_its_text() -> None:
    assert classify(401, "APIG.0301", "Signature expired, signature time:x,server time:y") is M.CLOCK_SKEW
    assert classify(401, "APIG.0301", "verify aksk signature fail") is M.AUTH
    assert classify(400, "ModelArts.2775", "signature expired") is M.GONE
