"""Owns what every mapping of the policy file has in common."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the file. Fields that are not written stay None: the file itself never says null."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Of these groups of fields exactly one stands in the file."""
    only_with: ClassVar[dict[str, tuple[str, ...]]] = {}
    """A field that needs others beside it."""

    def written(self) -> dict[str, Any]:
        """The fields that stand in the file, and only these."""
        return {name: getattr(self, name) for name in self.model_fields_set}
