"""What the commands of a directory mean for the user once it is on PATH. Reads the directory once."""

from __future__ import annotations

import os

from .host.installed import interpreter_of
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAMES = 4  # that are told by name
MAX_COMMANDS = 1000  # of a directory that are looked at


def notes(directory: str, path: tuple[str, ...]) -> Iterator[str]:
    """Yield what to know about the commands of `directory`, which stands in front on `path`."""
    commands = _commands(directory)
    earlier = [name for name in commands if _is_elsewhere(name, directory, path)]
    if earlier:
        yield (
            f"{_named(earlier)} of {directory} now {'runs' if len(earlier) == 1 else 'run'} in place of "
            "the system's; ensure-path --append lets the system's run"
        )
    gone: dict[str, list[str]] = {}
    for name, file in commands.items():
        interpreter = interpreter_of(file)
        if interpreter and not os.path.exists(interpreter):
            gone.setdefault(interpreter, []).append(name)
    for interpreter, names in gone.items():
        yield (
            f"{_named(names)} in {directory} cannot start, as {interpreter} is gone; install "
            f"{'it' if len(names) == 1 else 'them'} again with a Python that is there"
        )


def _commands(directory: str) -> dict[str, str]:
    """Return the programs of `directory`: name -> path."""
    try:
        names = sorted(os.listdir(directory))[:MAX_COMMANDS]
    except OSError:
        return {}
    files = ((name, f"{directory}/{name}") for name in names)
    return {name: file for name, file in files if os.path.isfile(file) and os.access(file, os.X_OK)}


def _is_elsewhere(name: str, directory: str, path: tuple[str, ...]) -> bool:
    """Say whether another program of that name is on `path`."""
    for entry in path:
        other = f"{entry}/{name}"
        try:
            if os.access(other, os.X_OK) and os.path.isfile(other):
                return not os.path.samefile(other, f"{directory}/{name}")
        except OSError:
            continue
    return False


def _named(names: list[str]) -> str:
    """Return the first of `names`, and how many more there are."""
    shown, rest = names[:MAX_NAMES], len(names) - MAX_NAMES
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
