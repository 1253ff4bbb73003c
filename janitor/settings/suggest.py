"""Owns the guess at what a misspelt word was meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def guess(word: str, known: Iterable[str]) -> str | None:
    """The closest known word, whatever the case; None where none is close."""
    close = get_close_matches(word.strip().lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean "phase"?`, or the words to choose from where none is close."""
    words = sorted(set(known))
    meant = guess(word, words)
    return f'did you mean "{meant}"?' if meant else f"allowed here: {', '.join(words)}"
