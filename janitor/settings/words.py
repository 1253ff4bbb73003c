"""Owns the table of words: which fields stand where, and which of the design's fields this version refuses by name."""

from dataclasses import dataclass

from janitor.settings import policy_schema, schema
from janitor.settings.problem import Path
from janitor.settings.section import Section
from janitor.settings.suggest import guess, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One kind of mapping: its section (the known words are its fields) and the words of a later version."""

    section: type[Section]
    later: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The words allowed here."""
        fields = self.section.model_fields
        return tuple(field.alias or name for name, field in fields.items())


_ANYWHERE_LATER = ("listing",)
_RESERVED = ("where",)
_SELECTOR = Place(section=policy_schema.SelectorSection, later=_RESERVED)
_RANGES = {
    "node_count": Place(section=policy_schema.NodeRangeSection),
    "accelerators": Place(section=policy_schema.AcceleratorRangeSection),
    "duration": Place(section=policy_schema.DurationRangeSection),
}
_SECRET = Place(section=schema.SecretSection)

PLACES: dict[str, Place] = {
    "": Place(section=schema.PolicyFile, later=_ANYWHERE_LATER),
    "ledger": Place(section=schema.LedgerSection),
    "ledger.password": _SECRET,
    "schedule": Place(section=schema.ScheduleSection),
    "pace": Place(section=schema.PaceSection),
    "limits": Place(section=schema.LimitsSection),
    "tombstones": Place(section=schema.TombstonesSection),
    "target_defaults": Place(section=schema.TargetDefaultsSection),
    "target_defaults.rate": Place(section=schema.RateSection),
    "targets[]": Place(section=schema.TargetSection),
    "targets[].credentials": Place(section=schema.CredentialsSection),
    "targets[].credentials.access_key": _SECRET,
    "targets[].credentials.secret_key": _SECRET,
    "targets[].credentials.security_token": _SECRET,
    "targets[].credentials.password": _SECRET,
    "targets[].rate": Place(section=schema.RateSection),
    "targets[].schedule": Place(section=schema.ScheduleSection),
    "targets[].pace": Place(section=schema.PaceSection),
    "targets[].limits": Place(section=schema.LimitsSection),
    "policies[]": Place(section=policy_schema.PolicySection, later=(*_RESERVED, *_ANYWHERE_LATER)),
    "policies[].match": Place(section=policy_schema.MatchSection, later=_RESERVED),
    **{f"policies[].match.{word}": place for word, place in _RANGES.items()},
    "policies[].except": _SELECTOR,
    **{f"policies[].except.{word}": place for word, place in _RANGES.items()},
    "policies[].expire": Place(section=policy_schema.ExpireSection),
    "policies[].expire.after": Place(section=policy_schema.AgesSection),
    "policies[].keep": Place(section=policy_schema.KeepSection),
    "policies[].archive": Place(section=policy_schema.ArchiveSection),
    "owners.*": _SECRET,
    "notify[]": Place(section=schema.NotifySection),
    "notify[].url": _SECRET,
    "console": Place(section=schema.ConsoleSection),
    "console.tokens[]": Place(section=schema.ConsoleTokenSection),
    "console.proxy": Place(section=schema.ConsoleProxySection),
    "holds[]": Place(section=policy_schema.HoldSection),
    "holds[].match": _SELECTOR,
    **{f"holds[].match.{word}": place for word, place in _RANGES.items()},
}
_SELECTORS = frozenset(kind for kind, place in PLACES.items() if issubclass(place.section, policy_schema.SelectorSection))


def refuse_word(path: Path) -> str:
    """Say why the field at the end of this path may not stand there."""
    word = str(path[-1])
    place = PLACES[kind_of(path[:-1])]
    if word == "<<":
        return "merge keys are not supported; write the fields out wherever they are needed"
    if word == "where":
        return '"where" is reserved and not supported yet in this version; remove it'
    if word in place.later:
        return f'"{word}" is not supported yet in this version; remove it'
    if guess(word, place.known) is None and (later := guess(word, place.later)) is not None:
        return f'unknown field; did you mean "{later}"? It is not supported yet in this version'
    return f"unknown field; {suggest(word, place.known)}"


def may_be_null(path: Path) -> bool:
    """Tell whether null means something at the end of this path: any value of a tag."""
    return len(path) > 1 and path[-2] == "labels" and kind_of(path[:-2]) in _SELECTORS


def kind_of(path: Path) -> str:
    """The kind of mapping at a path, by its name in PLACES."""
    if len(path) > 1 and path[0] == "owners":
        return "owners.*"  # what stands there is the name of an owner, whatever it is
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
