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


def normal(name: str) -> str:
    """Return the name of a package or an extra as an index has it."""
    import re  # noqa: PLC0415  (this module is quick)

    return re.sub(r"[-_.]+", "-", name).lower()


def is_specifier(text: str) -> bool:
    """Say whether `text` is a specifier of versions, as `packaging` has them (PEP 440).

    It is asked of a user's word by a script, which carries no `packaging`: the author's may be one that
    the user's Python cannot read.
    """
    import re  # noqa: PLC0415  (where a version was told)

    version = (
        r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
        r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?"
    )
    local = r"(?:\+[a-z\d]+(?:[-_.][a-z\d]+)*)?"
    clause = rf"\s*(?:===\s*[^\s;)]+|[=!]=\s*{version}(?:\.\*|{local})|(?:~=|[<>]=?)\s*{version})\s*"
    clauses = [each for each in text.split(",") if each.strip()]
    return all(re.fullmatch(clause, each, re.IGNORECASE | re.ASCII) for each in clauses)
