"""What the commands of a directory mean for the user once it is on PATH. Reads the directory once."""

from __future__ import annotations

import os

from .host.folders import is_dangling, spelled
from .host.installed import first_lines, is_program
from .shells import POSIX
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MAX_NAMES = 4  # that are told by name
MAX_COMMANDS = 1000  # of a directory that are looked at


def notes(
    directory: str,
    path: tuple[str, ...],
    reach: frozenset[str] = frozenset(),
    ahead: Collection[str] = (),
) -> Iterator[str]:
    """Yield what to know about the commands of `directory`, which stands in front on `path`.

    `reach` has all entries of PATH that some shell of the user has: there env(1) finds interpreters.
    What is in folders `ahead` of it runs in place of its own.
    """
    there = _files(directory)
    commands = {name: file for name, file in there.items() if is_program(file)}
    mine = [name for name in commands if not any(is_program(f"{each}/{name}") for each in ahead)]
    earlier = [name for name in mine if _is_elsewhere(name, directory, path)]
    if earlier:
        yield (
            f"{_named(earlier)} of {directory} now {'runs' if len(earlier) == 1 else 'run'} in place of "
            "the system's; ensure-path --append lets the system's run"
        )
    gone: dict[str, list[str]] = {}
    torn = []
    for name, file in commands.items():
        first, second = first_lines(file)
        interpreter = _interpreter(first, second)
        if interpreter and not _is_there(interpreter, {directory, *path, *reach}):
            gone.setdefault(interpreter, []).append(name)
        elif first.endswith(b"\r\n"):
            torn.append(name)
    for interpreter, names in gone.items():
        one = "it" if len(names) == 1 else "them"
        is_python = os.path.basename(interpreter).startswith(("python", "pypy"))
        cure = f"install {one} again with a Python that is there"
        if not is_python:
            cure = f"install {os.path.basename(interpreter)}, or {one} again"
        is_here = "/" in interpreter and os.path.exists(interpreter)
        fact = "may not be run" if is_here else "is gone"
        yield f"{_named(names)} in {directory} cannot start, as {interpreter} {fact}; {cure}"
    if torn:
        files = " ".join(spelled(f"{directory}/{name}") for name in torn[:MAX_NAMES])
        yield (
            f"{_named(torn)} in {directory} cannot start, as the first line ends as on Windows; "
            f"run sed -i 's/\\r$//' {files}"
        )
    lost = [name for name, file in there.items() if not name.startswith(".") and is_dangling(file)]
    if lost:
        one, target = "it" if len(lost) == 1 else "them", os.path.realpath(there[lost[0]])
        yield (
            f"{_named(lost)} in {directory} cannot start, as {target} is gone; install {one} again, "
            f"or remove {one}"
        )


def _is_there(interpreter: str, folders: set[str]) -> bool:
    """Say whether an interpreter, which is a path or a name on PATH, can be found."""
    if "/" in interpreter:
        return is_program(interpreter)
    return any(os.access(f"{folder}/{interpreter}", os.X_OK) for folder in folders if folder)


def _files(directory: str) -> dict[str, str]:
    """Return what is in `directory`: name -> path."""
    try:
        names = sorted(os.listdir(directory))[:MAX_COMMANDS]
    except OSError:
        return {}
    return {name: f"{directory}/{name}" for name in names}


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


def _interpreter(first: bytes, second: bytes) -> str | None:
    """Return the interpreter that a script names by its path, or env(1) by its name.

    It is in the first line; or in the second where sh runs that.
    """
    words = os.fsdecode(first[2:]).split()
    if not words or not words[0].startswith("/"):
        return None
    if os.path.basename(words[0]) == POSIX.name and len(words) == 1:
        return _run_by_sh(second) or words[0]
    if os.path.basename(words[0]) != "env" or not os.path.exists(words[0]):
        return words[0]
    return _run_by_env(words[1:])


def _run_by_sh(line: bytes) -> str:
    """Return what a script has sh run in its place, as pip and uv write it, or an empty text.

    So they do where a path is too long for a first line, or has a blank.
    """
    for start in (b"'''exec' ", b'"exec" '):
        if line.startswith(start):
            rest = os.fsdecode(line[len(start) :]).strip()
            quote = rest[:1] if rest[:1] in {'"', "'"} else ""
            path = rest[1:].partition(quote)[0] if quote else rest.split()[0] if rest else ""
            return path if path.startswith("/") and "$" not in path else ""
    return ""


def _run_by_env(words: list[str]) -> str | None:
    """Return what env(1) runs by its `words`, or None where that cannot be told.

    The kernel gives it one word, which `-S` splits: options and variables come first.
    """
    rest = list(words)
    while rest and (rest[0].startswith("-") or "=" in rest[0]):
        word = rest.pop(0)
        if word.startswith("-S") and word != "-S":  # `-Spython3`
            rest.insert(0, word[2:])
        elif word in {"-u", "-C", "-P"}:
            rest = rest[1:]
        if word.startswith("PATH=") or word in {"-", "-i", "-P"} or any(c in word for c in "\"'\\$"):
            return None  # another PATH than the shells'
    is_plain = bool(rest) and not any(c in rest[0] for c in "\"'\\$")
    return rest[0] if is_plain else None


def _named(names: list[str]) -> str:
    """Return the first of `names`, and how many more there are."""
    shown, rest = names[:MAX_NAMES], len(names) - MAX_NAMES
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
