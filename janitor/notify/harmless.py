"""Owns how a text from outside is made harmless for any channel: no mention, link, markup, header or line."""

from janitor.core.text import is_hidden

LONGEST_NAME = 40
LONGEST_SENTENCE = 160
_SAFE = frozenset(" -+=,;%()'")
_JOINTS = frozenset("_/")
_CUT = "…"


def harmless(text: str, longest: int = LONGEST_NAME) -> str:
    """The text shortened, every character that any channel could take for more than a letter written as an escape.

    Letters and digits of every script pass; a dot passes before a digit, a colon before a blank, `_` and `/` between letters. So
    nothing is left of `@here`, `https://evil.example`, `<!channel>`, `*bold*`, `:smile:` or `www.evil.example`, whichever channel
    shows it and however much of it is a code span there.
    """
    shown = " ".join(text.split(" "))[:longest]
    told = "".join(_tell(shown, place) for place in range(len(shown))).strip() or "(blank)"
    return f"{told}{_CUT}" if len(text) > longest else told


def _tell(text: str, place: int) -> str:
    character, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if not is_hidden(character) and (character.isalnum() or character in _SAFE):
        return character
    if character in _JOINTS and before.isalnum() and after.isalnum():
        return character
    if (character == "." and before.isalnum() and (after.isdecimal() or after in ("", " "))) or (
        character == ":" and after == " "
    ):
        return character
    return _escape(ord(character))


def _escape(number: int) -> str:
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
