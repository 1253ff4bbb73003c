"""What janitor is made of: locked by version and hash, from nowhere in particular, and nothing beside it (fault D31)."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PIN = re.compile(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==[0-9][0-9a-z.+!]*( ; [^;@]+)?")
ADDRESS = re.compile(r"https?:|git\+|index-url|find-links|trusted-host|PIP_INDEX|UV_INDEX", re.IGNORECASE)
NAMED_OTHERWISE = {"re2": "google-re2", "ruamel": "ruamel-yaml"}
"""Packages that are imported by another name than they are installed by."""
OF_TYPE_CHECKERS = {"_typeshed"}
IMPORT = re.compile(r"^ *(?:import (\w+)|from (\w+)[\w.]* import )", re.MULTILINE)
INSTALLERS = ("Makefile", "deploy/Dockerfile", "deploy/build_image.sh", ".ci/run")
Locked = tuple[Requirement, set[str]]
"""A package and its version, and the hashes of its files."""


def read_lock(path: Path) -> dict[str, Locked]:
    """What a lock demands, by name; nothing stands in it but comments, pins, and the hashes of the pin before them."""
    text = re.sub(r" *\\?$", "", path.read_text("ascii"), flags=re.MULTILINE)
    words = [line for line in text.replace(" --hash", "\n--hash").split("\n") if line.strip() and not line.startswith("#")]
    found, hashes = dict[str, Locked](), set[str]()
    for word in map(str.strip, words):
        if HASH.fullmatch(word):
            hashes.add(word)
        else:
            assert PIN.fullmatch(word), f"{path.name}: {word}"
            requirement, hashes = Requirement(word), set[str]()
            assert canonicalize_name(requirement.name) not in found, f"{path.name}: {word} is locked twice"
            found[canonicalize_name(requirement.name)] = (requirement, hashes)
    return found


def pinned(requirement: Requirement) -> str:
    (one,) = requirement.specifier
    return one.version


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_d31_every_dependency_is_locked_by_version_and_hash_and_no_lock_says_where_from(path: Path) -> None:
    lock = read_lock(path)
    assert lock
    assert [name for name, (_, hashes) in lock.items() if not hashes] == []
    assert not ADDRESS.search(path.read_text("ascii"))


def test_d31_what_the_project_asks_for_is_locked_at_a_version_that_it_allows() -> None:
    locks = {path.name: read_lock(path) for path in LOCKS}
    extras = PROJECT["optional-dependencies"]
    wanted = {
        "requirements.lock": PROJECT["dependencies"],
        "requirements-dev.lock": extras["dev"],
        "requirements-image.lock": [*PROJECT["dependencies"], *extras["notify"], *extras["postgres"], *extras["otel"]],
    }
    for lock, requirements in wanted.items():
        for requirement in map(Requirement, requirements):
            found, _ = locks[lock][canonicalize_name(requirement.name)]
            assert pinned(found) in requirement.specifier, requirement


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_d31_what_is_tested_is_what_is_shipped(lock: str) -> None:
    """Every package of the runtime's lock stands in that of the tests with the same hashes, and is the one that runs here."""
    shipped, tested = read_lock(ROOT / lock), read_lock(ROOT / "requirements-dev.lock")
    for name, (requirement, hashes) in shipped.items():
        assert (pinned(tested[name][0]), tested[name][1]) == (pinned(requirement), hashes), name
    for name, (requirement, _) in shipped.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            assert requirement.marker is not None, f"{name} is not installed"
        else:
            assert installed == pinned(requirement), name


def imported_packages(folder: Path) -> set[str]:
    """The top-level packages that modules below a folder import from outside the standard library and the folder."""
    found = {name for module in folder.rglob("*.py") for pair in IMPORT.findall(module.read_text("utf-8")) for name in pair}
    return found - sys.stdlib_module_names - {folder.name, ""}


def test_d31_nothing_is_imported_that_is_not_locked() -> None:
    """The lock of the image has the extras too, which are imported where they are needed only."""
    shipped = read_lock(ROOT / "requirements-image.lock")
    imported = imported_packages(ROOT / "janitor") - OF_TYPE_CHECKERS
    assert {"requests", "sqlalchemy", "re2"} <= imported
    assert {name for name in imported if canonicalize_name(NAMED_OTHERWISE.get(name, name)) not in shipped} == set()


@pytest.mark.parametrize("name", INSTALLERS)
def test_d31_nothing_is_installed_without_its_hash_or_from_an_index_of_our_own(name: str) -> None:
    """The one exception is janitor itself, without its dependencies."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if re.search(r"(pip\b.*|\$\(PIP\)) (install|download|wheel)\b", line):
            is_own = "--no-deps" in line and re.search(r" (-e )?\.( |$)", line)
            assert is_own or re.search(r"--require-hashes -r requirements[a-z-]*\.lock", line), line
    assert not re.search("index-url|find-links|trusted-host", text)
