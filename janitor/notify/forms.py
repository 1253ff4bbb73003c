"""Owns how a digest is written in each form; whatever came from outside is harmless in every one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from janitor.core.channel import Form
from janitor.notify.digest import Command, Digest, Line, Part, Told
from janitor.notify.harmless import harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A digest in one form, ready to be sent."""

    title: str
    body: str
    form: Form

    @property
    def sha256(self) -> str:
        """What the audit log knows it by."""
        return sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


def render_digest(digest: Digest, form: Form) -> Message:
    """The digest as a channel of this form takes it."""
    write, joint = _FORMS[form]
    return Message(title=digest.title, body=joint.join(_line(line, write) for line in digest.lines), form=form)


def _line(line: Line, write: Callable[[Part], str]) -> str:
    return "".join(write(part) for part in line)


def _plain(part: Part) -> str:
    return _words(part)


def _markdown(part: Part) -> str:
    """Behind backticks where it is not ours; a channel that shows them as they are has nothing else to obey either."""
    return part if isinstance(part, str) else f"`{_words(part)}`"


def _html(part: Part) -> str:
    shown = escape(_words(part))
    return shown if isinstance(part, str) else f"<code>{shown}</code>"


def _words(part: Part) -> str:
    match part:
        case Told(text=text, longest=longest):
            return harmless(text, longest)
        case Command(text=text):
            return text
        case str():
            return part


_FORMS: dict[Form, tuple[Callable[[Part], str], str]] = {
    Form.TEXT: (_plain, "\n"),
    Form.MARKDOWN: (_markdown, "\n"),
    Form.HTML: (_html, "<br>\n"),
}
