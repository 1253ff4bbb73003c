"""Owns the table that says what an answer means, by HTTP status and error code together (docs/modelarts-api.md, error table)."""

from enum import StrEnum


class Meaning(StrEnum):
    """What one answer says."""

    OK = "ok"
    GONE = "gone"
    CALLER = "caller"
    QUOTA = "quota"
    CONFIG = "config"
    PROJECT = "project"
    ROUTE_ABSENT = "route_absent"
    PERMISSION = "permission"
    ACCOUNT = "account"
    AUTH = "auth"
    CLOCK_SKEW = "clock_skew"
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    TRANSIENT = "transient"
    UNKNOWN = "unknown"


# A bare number is a code of ModelArts itself, a dash an answer without a code; the same code under another status may mean
# something else.
_ROWS: tuple[tuple[int, Meaning, str], ...] = (
    (400, Meaning.GONE, "2775"),
    (400, Meaning.CALLER, "2842 2764 2787 2788 2789 2790 2807 2808 2809 2812 2816 2825 0101 0104 0107 2858"),
    (400, Meaning.CALLER, "2750 2751 2752 2753 2754 2755 2756 2757 2758 2759 2760 2761 2762 2763 2780 2781 2782 2783 2806"),
    (400, Meaning.CONFIG, "0102 7005 7004 2891 7002 7003 0204"),
    (400, Meaning.PERMISSION, "2771 2838"),
    (400, Meaning.ACCOUNT, "2837 4106"),
    (400, Meaning.QUOTA, "2815 0118 2833"),
    (401, Meaning.CONFIG, "0207 0212"),
    (401, Meaning.PERMISSION, "4203 0112"),
    (403, Meaning.ACCOUNT, "4116 4118 5017"),
    (403, Meaning.AUTH, "0203 0206 2784"),
    (400, Meaning.PROJECT, "0210"),
    (401, Meaning.PROJECT, "0210"),
    (403, Meaning.PROJECT, "0210"),
    (404, Meaning.PROJECT, "2786"),
    (404, Meaning.ROUTE_ABSENT, "2836 4204 APIG.0101"),
    (405, Meaning.ROUTE_ABSENT, "2803 -"),
)
# Statuses whose meaning no code changes, beyond the rows above.
_BY_STATUS: dict[int, Meaning] = {
    401: Meaning.AUTH,
    403: Meaning.PERMISSION,
    405: Meaning.CONFIG,
    407: Meaning.CONFIG,
    408: Meaning.TRANSIENT,
    409: Meaning.CONFLICT,
    413: Meaning.CALLER,
    414: Meaning.CALLER,
    429: Meaning.THROTTLED,
    494: Meaning.CALLER,
}
_BY_STATUS |= dict.fromkeys(range(500, 600), Meaning.TRANSIENT)
_SUCCESS = frozenset({200, 201, 202, 204})
_SKEW_TEXT = "signature expired"


def _full_code(code: str) -> str:
    if code == "-":
        return ""
    return code if "." in code else f"ModelArts.{code}"


TABLE: dict[tuple[int, str], Meaning] = {
    (status, _full_code(code)): meaning for status, meaning, codes in _ROWS for code in codes.split()
}


def classify(status: int, code: str | None, message: str = "") -> Meaning:
    """Look one answer up; whatever the table does not know is UNKNOWN, and only 400 with ModelArts.2775 is GONE."""
    if status in _SUCCESS:
        return Meaning.OK if code is None else Meaning.UNKNOWN
    meaning = TABLE.get((status, code or "")) or _BY_STATUS.get(status, Meaning.UNKNOWN)
    if meaning is Meaning.AUTH and _SKEW_TEXT in message.lower():
        return Meaning.CLOCK_SKEW
    return meaning
