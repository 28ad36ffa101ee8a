"""The `Path` of a Windows machine to test on, and what its shells read and find."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from windows_cases import EXPAND, utf16

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windows_machine import Machine


@contextmanager
def profile(machine: Machine, program: str, text: str) -> Iterator[None]:
    """Have a profile of PowerShell with `text`."""
    file = machine.profile(program)
    machine.inside("write", file, text)
    yield
    machine.inside("remove", file)


def put(machine: Machine, text: str, kind: int = EXPAND, whose: str = "user") -> None:
    """Make `text` the `Path` of the user, or of the machine."""
    machine.inside("set", str(kind), utf16(text).hex(), whose)


def value(machine: Machine, kind: int = EXPAND, whose: str = "user") -> str | None:
    """Return the `Path` of the user, or of the machine, which must be of type `kind`."""
    found = machine.inside("get", whose)
    if found is None:
        return None
    assert kind == found[0]
    return bytes.fromhex(found[1]).decode("utf-16-le").removesuffix("\0")
