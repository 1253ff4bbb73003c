"""Owns the ways to log in that a target may name: exactly one of them, whole, and the profile read that one of them names."""

import configparser
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from janitor.core.secret import Secret
from janitor.settings import shapes
from janitor.settings.credential import UNREAD, SecretInFile, read_secret
from janitor.settings.find import is_file
from janitor.settings.location import surroundings
from janitor.settings.model import AccessKeySettings, ProfileSettings

WAYS: dict[str, tuple[str, ...]] = {
    "access_key": ("access_key", "secret_key"),
    "password": ("domain", "user", "password"),
    "agency": ("agency",),
    "profile": ("profile",),
}
"""What stands together for each way; `security_token` goes with the first."""

_OF_WAY = {word: way for way, words in WAYS.items() for word in words} | {"security_token": "access_key"}
_WRITE = "{access_key, secret_key}, {domain, user, password}, {agency: ecs} or {profile: NAME}"
_PROFILE_NAME = shapes.text("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
_FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
_USUAL_FILE = ".huaweicloud/credentials"
_LARGEST = 64 * 1024


def require_one_way(section: Any) -> Any:
    """Refuse the parts of two ways, and a way of which a part is missing."""
    written = section.model_fields_set
    ways = sorted({_OF_WAY[word] for word in written})
    if len(ways) > 1:
        raise ValueError(f"mixes {' and '.join(sorted(written))}; write exactly one of {_WRITE}")
    missing = [word for word in WAYS[ways[0]] if word not in written] if ways else []
    if missing:
        problems = [InitErrorDetails(type="missing", loc=(word,), input=None) for word in missing]
        raise ValidationError.from_exception_data("credentials", problems)
    return section


def _read_profile(value: Any, info: ValidationInfo) -> ProfileSettings:
    if not isinstance(value, str) or not re.fullmatch(_PROFILE_NAME.schema["pattern"].removesuffix("$"), value, re.ASCII):
        raise ValueError("must be the name of a section, of letters, digits, '.', '_' and '-', such as basic")
    if surroundings(info).is_alone:
        return ProfileSettings(name=value, path=Path(_USUAL_FILE), key=AccessKeySettings(access_key=UNREAD, secret_key=UNREAD))
    path = _credentials_file(surroundings(info).environ)
    if path is None or not is_file(path):
        raise ValueError(f"there is no file ~/{_USUAL_FILE}, and {_FILE_VARIABLE} names none; write one, or log in otherwise")
    key = _read_key(path, value)
    surroundings(info).files.append(path)
    return ProfileSettings(name=value, path=path, key=key)


def _credentials_file(environ: Mapping[str, str]) -> Path | None:
    if named := environ.get(_FILE_VARIABLE):
        return Path(named).absolute()
    home = environ.get("HOME")
    return Path(home) / _USUAL_FILE if home else None


def _read_key(path: Path, name: str) -> AccessKeySettings:
    """The key of a section; nothing else of the file is looked at, and nothing of it is repeated."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open("rb") as stream:
            found = stream.read(_LARGEST + 1)
        if len(found) > _LARGEST:
            raise ValueError(f"its file {path} is larger than 64 KiB")
        parser.read_string(found.decode("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise ValueError(f"its file {path} cannot be read as sections of keys and values ({type(error).__name__})") from None
    if not parser.has_section(name):
        raise ValueError(f"its file {path} has no section of this name")
    texts = {option: parser.get(name, option, fallback="") for option in ("ak", "sk", "security_token")}
    lacking = [option for option in ("ak", "sk") if not texts[option]]
    if lacking:
        raise ValueError(f"its section of {path} lacks {' and '.join(lacking)}; other ways than a key are not read from it")
    secrets = {option: SecretInFile(read_secret(text).reveal(), path) for option, text in texts.items() if text}
    token: Secret | None = secrets.get("security_token")
    return AccessKeySettings(access_key=secrets["ak"], secret_key=secrets["sk"], security_token=token)


ProfileName = Annotated[ProfileSettings, BeforeValidator(_read_profile), _PROFILE_NAME]
OneWay = AfterValidator(require_one_way)
