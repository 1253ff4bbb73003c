"""Nothing in the package evaluates text: there is no general language in a policy file, and none behind it (fault D27)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from settings_sample import changed, problems

import janitor

ROOT = Path(janitor.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
EVALUATORS = {"eval", "exec", "compile", "__import__", "execfile"}
LANGUAGES = {"simpleeval", "asteval", "jinja2", "mako", "numexpr", "pickle", "marshal", "shelve", "code", "codeop"}


OWN_TEMPLATES = ("console/templates.py", "console/refusal.py")
"""The console's, which are files of the package (below)."""


def evaluations(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in EVALUATORS:
            yield node.id
        if isinstance(node, ast.Import):
            yield from {alias.name.partition(".")[0] for alias in node.names} & LANGUAGES
        if isinstance(node, ast.ImportFrom):
            yield from {(node.module or "").partition(".")[0]} & LANGUAGES
            yield from {alias.name for alias in node.names} & {"literal_eval"}


def test_d27_nothing_evaluates_text() -> None:
    assert len(SOURCES) > 100
    found = {str(path.relative_to(ROOT)): list(evaluations(ast.parse(path.read_text("utf-8")))) for path in SOURCES}
    assert {name: names for name, names in found.items() if names} == {name: found[name] for name in OWN_TEMPLATES}


def test_d27_a_page_is_written_by_templates_of_the_package_alone() -> None:
    """None is made of a text, so none can be made of somebody else's."""
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    assert not {"from_string", "Template(", "FileSystemLoader", "FunctionLoader", "DictLoader"} & set(re.findall(r"\w+\(?", text))
    assert text.count("Environment(") == text.count("loader=PackageLoader(") == len(OWN_TEMPLATES)


@pytest.mark.parametrize(
    "text", ["eval('1')", "import simpleeval", "from pickle import loads", "x = compile", "__import__('os')"]
)
def test_d27_the_search_finds_what_it_looks_for(text: str) -> None:
    assert list(evaluations(ast.parse(text)))


@pytest.mark.parametrize("expression", ["9**9**9", "'a' * 10**9", "().__class__", "x" * 10_000, "job.age > 7"])
@pytest.mark.parametrize("anchor", ["    match:\n", "    fallback: false\n"])
def test_d27_an_expression_is_refused_by_name(anchor: str, expression: str, tmp_path: Path) -> None:
    indent = "      " if "match" in anchor else "    "
    (found,) = problems(tmp_path, changed(anchor, f'{anchor}{indent}where: "{expression}"\n'))
    assert found.endswith('where: "where" is reserved and not supported yet in this version; remove it')
    assert expression not in found
