"""Owns where the policy file lies; imports no third party, so that a shell that completes a word can ask too."""

from collections.abc import Mapping
from pathlib import Path

from janitor.core.errors import ConfigError
from janitor.settings.problem import make_printable

_VARIABLE = "JANITOR_CONFIG"
_USUAL = (Path("janitor.yaml"), Path("/etc/janitor/janitor.yaml"))


def find_policy_file(flag: Path | None, environ: Mapping[str, str]) -> Path:
    """The policy file to use: `--config`, else JANITOR_CONFIG, else ./janitor.yaml, else /etc/janitor/janitor.yaml.

    What is named explicitly is taken or refused, never passed over. Raises ConfigError with what was tried.
    """
    if flag is not None:
        return _require(flag, "--config")
    if _VARIABLE in environ:
        return _require(_named_by(environ), _VARIABLE)
    for path in _USUAL:
        if is_file(path):
            return path
    tried = ", ".join(str(path) for path in _USUAL)
    raise ConfigError(f"no policy file: tried {tried}; name one by --config or {_VARIABLE}, or write one with janitor init")


def is_usual(path: Path) -> bool:
    """Tell whether a policy file is found without being named, by who stands in the same folder."""
    return path == _USUAL[0] or (path == _USUAL[1] and not is_file(_USUAL[0]))


def is_file(path: Path) -> bool:
    """Tell whether a regular file can be seen there; what may not be looked at counts as absent."""
    try:
        return path.is_file()
    except OSError:
        return False


def _named_by(environ: Mapping[str, str]) -> Path:
    if not environ[_VARIABLE]:
        raise ConfigError(f"no policy file: {_VARIABLE} is set but empty; name a file, or unset it")
    return Path(environ[_VARIABLE])


def _require(path: Path, origin: str) -> Path:
    if not is_file(path):
        raise ConfigError(make_printable(f"no policy file: {origin} names {str(path)!r}, which is no file"))
    return path
