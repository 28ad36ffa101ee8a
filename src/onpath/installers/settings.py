"""What a script installs, as its author chose it: one value, written into the script as JSON."""

from __future__ import annotations

from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

OPERATORS = ("===", "==", "~=", "!=", "<=", ">=", "<", ">")


@dataclass(frozen=True)
class Settings:
    """What a script installs."""

    name: str  # of the package, normalized
    requirement: str  # the name with its extras, as the index knows it
    version: str = ""  # which: a specifier, or empty for the newest
    more: tuple[str, ...] = ()  # what else goes into the environment, without its commands
    requires_python: str = ">=3.9"
    pythons: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()  # the same: from, to below
    index_url: str = ""
    lock: tuple[str, ...] = ()  # lines of requirements with hashes; nothing else is installed then
    script: str = "install.sh"

    def requirements(self, version: str = "") -> tuple[str, ...]:
        """Return what is asked of the index; `version` stands in for the author's choice."""
        chosen = version or self.version
        if chosen and not chosen.startswith(OPERATORS):
            chosen = f"=={chosen}"
        return (self.requirement + chosen, *self.more)


def read(values: Mapping[str, Any]) -> Settings:
    """Return the settings that stand in a script."""
    known = (each for each in values.items() if each[0] in Settings.__annotations__)
    fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in known}
    return Settings(**fields)
