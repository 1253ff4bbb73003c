"""Owns what looks like a credential in a text: the words that announce one, and the forms that tokens are known by.

Texts are those of strangers, so every pattern takes time that grows with the length of the text. From any place on it either
fails after a bounded number of steps, or takes all that it has read: repetitions without a bound never give back (`*+`), and what
ends one, a closing quote, may be missing.
"""

import re

from janitor.core.secret import MASK

_SPEAKING = (
    r"(?:(?=[ACKPSTUackpstu密口])(?:(?i:pass(?:words?|wd|phrase|wort)|pwd|secrets?|token(?!s)|credentials?|api[_-]?keys?|signature"
    r"|tokens(?![\"']?[\s=:]{1,8}\d{1,12}(?:[\s,;}\]\"']|\Z))"  # so many tokens are a number that is no secret
    r"|access[_-]?keys?(?:[_-]?id)?|private[_-]?keys?|secret[_-]?keys?|auth(?:orization)?|user_?pass"
    r"|(?<![A-Za-z0-9])(?:ak|sk|pass|sig)|(?<=[A-Za-z0-9-][_-])key)"
    r"|(?<=[a-z0-9])(?:Ak|Sk|Pass)|KEY|PASS|密码|密钥|口令)"
    r"(?:[_-][A-Za-z0-9_-]{0,64}+)?+)"
)
"""A word that a credential stands behind; what may follow it is a part of the name, as in `SECRET_KEY_BASE`."""

_GAP = r"(?:\s|\\{1,8}(?:[nrt]|\s))"
_CLOSE = r"[\"'\\\]]{0,8}+"
_ESCAPED = r"(?P<slashes>\\{1,8})(?P<quote>[\"'])(?:(?!(?<!\\)(?P=slashes)(?P=quote))[\s\S])*+(?:(?P=slashes)(?P=quote))?"
_QUOTED = r"(?:\"(?:\\[\s\S]|[^\"\\])*+\"?|'(?:\\[\s\S]|[^'\\])*+'?)"
_BARE = r"(?:\\[\s\S]|[^\s\"'\\])++"
_VALUE = rf"(?:{_ESCAPED}|{_QUOTED}(?:{_QUOTED}|[\w$@!#%^*+./~\\-]++)*+|[\[{{(][\s\S]*+|{_BARE})"
"""To the closing quote and what is glued to it, of an object or a list all that follows, else to the next blank or quote."""

_FLAG = rf"(?<![\w-])-{{1,2}}[\w-]{{0,64}}?{_SPEAKING}"
_USER = r"(?<![\w-])(?:-[uU]|--(?:proxy-)?user)"
_AUTHORITY = r"(:(?:\\?/){2})"
_FORMS = (
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+|hf_[A-Za-z0-9]{20,}+"
    r"|sk-[\w-]{20,}+|xox[a-z]-[\w-]{10,}+|AIza[\w-]{30,}+)|eyJ[\w-]{8,}+(?:\.[\w-]*+)*+"
)
_KEY_BLOCK = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*+(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
_BEARER = r"(?i:bearer|basic)\s{1,8}"

_PATTERNS = (
    (re.compile(rf"{_AUTHORITY}[^/\s?#\"']*@"), rf"\1{MASK}@"),
    (re.compile(rf"{_AUTHORITY}[^/\s?#\"'@:]{{0,99}}+:(?!\d{{0,5}}(?:[/?#\s\"']|\Z))[^\s\"']{{0,99}}@"), rf"\1{MASK}@"),
    (re.compile(_KEY_BLOCK), MASK),
    (re.compile(rf"({_SPEAKING}{_CLOSE}{_GAP}{{0,16}}+(?:[=:]{{1,2}}>?){_GAP}{{0,16}}+(?:{_BEARER})?+){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"({_FLAG}{_CLOSE}(?:{_GAP}|,){{1,16}}+)(?!-){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"({_USER}(?:[\s=,]|[\"'],){{0,8}}+)(?=[\\\"']{{0,8}}[^\s\"':/\\]{{0,128}}+:(?!//)){_VALUE}"), rf"\1{MASK}"),
    (re.compile(rf"\b({_BEARER})[A-Za-z0-9+/_.=-]{{16,}}+"), rf"\1{MASK}"),
    (re.compile(_FORMS), MASK),
)
"""Users of addresses, keys that stand there whole, what stands behind a speaking word, and tokens known by their form."""

_HINT = re.compile(rf"{_SPEAKING}|{_USER}|(?i:bearer|basic)|@|AKIA|ASIA|gh[pousr]_|github_pat|glpat-|hf_|sk-|xox|AIza|eyJ|-BEGIN")
"""In a text without any of these no pattern finds anything; nearly every text is one."""

_NAME = re.compile(rf"{_SPEAKING}\Z")
_WORD_OF_FLAG = re.compile(rf"{_FLAG}\Z|{_USER}\Z")
_IN_ADDRESS = re.compile(r"[@=?&;]")
_LONGEST_NAME = 200


def hide_credentials(text: str) -> str:
    """The text with what looks like a credential as `***`; the words around it stay. Rather too much than too little."""
    if _HINT.search(text) is None:
        return text
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def hide_in_address(address: str) -> str:
    """An address without its user and the values of a signed query; bucket and path stay. Cheap for nearly every address."""
    return address if _IN_ADDRESS.search(address) is None else hide_credentials(address)


def is_speaking(name: str) -> bool:
    """Tell whether a name of a field or variable says that its value is a credential."""
    return _NAME.search(name[-_LONGEST_NAME:]) is not None


def is_flag(word: str) -> bool:
    """Tell whether a word of a command announces that the next one is a credential."""
    return len(word) <= _LONGEST_NAME and _WORD_OF_FLAG.match(word) is not None
