"""Owns what a shell is told when it completes a word: events, guards, and the names in the policy file; never an error.

Only the text of the file is looked at: nothing is validated, no secret is read, no heavy module imported.
"""

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

LARGEST = 1_000_000
"""Of a larger file, which no command would take, nothing is offered."""


def complete_targets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a target."""
    del parameter
    return _complete(_names(context, "targets"), incomplete)


def complete_policies(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a policy."""
    del parameter
    return _complete(_names(context, "policies"), incomplete)


def complete_events(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of an event."""
    del context, parameter
    from janitor.core.events import RECORDED

    return _complete(list(RECORDED), incomplete)


def complete_guards(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a guard that can be acknowledged."""
    del context, parameter
    from janitor.retention.history import LIFTABLE

    return _complete(list(LIFTABLE), incomplete)


def _names(context: click.Context, section: str) -> list[str]:
    """The names in a section of the policy file; none where it cannot be found or read, which is not this one's to tell."""
    from janitor.settings.document import read_document
    from janitor.settings.find import find_policy_file

    given = context.params.get("config") or context.find_root().params.get("config")
    try:
        path = find_policy_file(given if isinstance(given, Path) else None, os.environ)
        value: Any = read_document(path.read_text("utf-8-sig")).value if path.stat().st_size <= LARGEST else None
    except Exception:  # noqa: BLE001  whatever is wrong, a shell that completes a word shows nothing
        return []
    rows = value.get(section) if isinstance(value, dict) else None
    names = [row.get("name") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [name for name in names if isinstance(name, str) and name.isprintable() and name]


def _complete(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
