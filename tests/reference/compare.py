"""Owns what counts as agreement between the reference and an engine: the verdict, and whatever the design says of the rest."""

from typing import Any


def differences(answer: dict[str, Any], said: dict[str, Any]) -> list[str]:
    """Name what an engine said that the reference does not; empty if they agree.

    Of several reasons that are all true the engine may give any. Of who decided, who observes and since when the job may go,
    the reference speaks where the job may go, now or soon.
    """
    if said["verdict"] != answer["verdict"]:
        return ["verdict"]
    codes = answer["codes_of"].get(said["policy"], ()) if "codes_of" in answer else answer["codes"]
    wrong = [] if said["code"] in codes else ["code"]
    return wrong + [
        word for word in ("policy", "policies", "observers", "eligible_at") if word in answer and said[word] != answer[word]
    ]
