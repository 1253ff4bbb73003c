"""Owns the guess at what a misspelt word was meant to be."""

from collections.abc import Iterable

_LONGEST = 64
"""Letters; no word of the format is nearly as long, and counting slips takes the product of two lengths."""


def guess(word: str, known: Iterable[str]) -> str | None:
    """The known word that is fewest typing slips away, whatever the case; None where none is close.

    One slip is always close, however short the word; longer words may have one slip in three letters.
    """
    typed = word.strip().lower()
    if len(typed) > _LONGEST:
        return None
    most = max(1, len(typed) // 3)
    near = [candidate for candidate in known if abs(len(typed) - len(candidate)) <= most]
    slips, meant = min(((_count_slips(typed, candidate), candidate) for candidate in near), default=(len(typed) + 1, None))
    return meant if slips <= most else None


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean "phase"?`, or the words to choose from where none is close."""
    words = sorted(set(known))
    meant = guess(word, words)
    return f'did you mean "{meant}"?' if meant else f"allowed here: {', '.join(words)}"


def _count_slips(typed: str, meant: str) -> int:
    """How many letters are missing, too many, wrong, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for number, letter in enumerate(typed, start=1):
        last, before, row = before, row, [number]
        for place, wanted in enumerate(meant, start=1):
            cheapest = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted))
            if place > 1 and number > 1 and letter == meant[place - 2] and typed[number - 2] == wanted:
                cheapest = min(cheapest, last[place - 2] + 1)
            row.append(cheapest)
    return row[-1]
