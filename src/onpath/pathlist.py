"""The entries of a PATH string: split, compare, count. Pure."""

from __future__ import annotations

SEPARATOR = ":"


def entries(path: str) -> tuple[str, ...]:
    """Return the entries of the PATH string `path`; an empty one means the current directory."""
    return tuple(path.split(SEPARATOR)) if path else ()


def normal(entry: str) -> str:
    """Return `entry` without doubled slashes, `.` steps and trailing slashes.

    `..` stays: behind a symlink it leads elsewhere than the text says.
    """
    parts = [part for part in entry.split("/") if part not in {"", "."}]
    return ("/" if entry.startswith("/") else "") + "/".join(parts)


def places(path: tuple[str, ...], directory: str, *aliases: str) -> tuple[int, ...]:
    """Return the indices in `path` at which `directory`, or another name of it, stands."""
    wanted = {normal(name) for name in (directory, *aliases)}
    return tuple(i for i, entry in enumerate(path) if entry and normal(entry) in wanted)


def without(path: tuple[str, ...], directory: str, *aliases: str) -> tuple[str, ...]:
    """Return `path` without any entry that is `directory`."""
    gone = set(places(path, directory, *aliases))
    return tuple(entry for i, entry in enumerate(path) if i not in gone)
