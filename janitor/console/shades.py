"""Owns the colours of verdicts, outcomes and policies, each under a class of the style sheet; a colour never stands alone."""

from collections.abc import Sequence

from janitor.core.verdict import Verdict
from janitor.render_svg import Series

VERDICTS = {
    verdict: Series(name=verdict.value, colour=colour, css=f"v-{verdict}")
    for verdict, colour in {
        Verdict.KEPT: "#009e73",
        Verdict.HELD: "#0072b2",
        Verdict.UNMANAGED: "#8c8c8c",
        Verdict.UNDECIDABLE: "#cc79a7",
        Verdict.EXPIRING: "#e69f00",
        Verdict.EXPIRED: "#d55e00",
    }.items()
}
MEANINGS = {
    Verdict.KEPT: "a policy keeps them, or their time has not come",
    Verdict.HELD: "a hold or a mark of their owners pins them",
    Verdict.UNMANAGED: "no policy selects them, so they stay",
    Verdict.UNDECIDABLE: "something about them is not known, so they stay",
    Verdict.EXPIRING: "their grace period runs",
    Verdict.EXPIRED: "they go, as fast as the pace allows",
}
MOST_POLICIES = 5
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#8c8c8c")
OTHERS = "all others"


def policy_series(names: Sequence[str]) -> list[Series]:
    """A series for each of the first policies, and one for all others, where there are any."""
    shown = [*names[:MOST_POLICIES], *([OTHERS] if len(names) > MOST_POLICIES else [])]
    return [Series(name=name, colour=_COLOURS[place], css=f"p-{place}") for place, name in enumerate(shown)]
