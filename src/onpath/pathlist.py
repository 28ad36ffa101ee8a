"""The entries of a PATH string: split, compare, count. Pure."""

from __future__ import annotations

from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SEPARATOR = ":"


def entries(path: str) -> tuple[str, ...]:
    """Return the entries of the PATH string `path`; an empty one means the current directory."""
    return tuple(path.split(SEPARATOR)) if path else ()


def normal(entry: str) -> str:
    """Return `entry` without doubled slashes, `.` steps and trailing slashes.

    `..` stays: after a symlink it leads elsewhere than the text says.
    """
    parts = [part for part in entry.split("/") if part not in {"", "."}]
    return ("/" if entry.startswith("/") else "") + "/".join(parts)


def indices_of(
    path: tuple[str, ...], directory: str, resolve: Callable[[str], object] | None = None
) -> tuple[int, ...]:
    """Return the indices in `path` that are `directory`.

    Where its name is not there, another name of it counts: one that `resolve` (such as
    `ways.identity`) takes to the same folder.
    """
    wanted = normal(directory)
    found = tuple(i for i, entry in enumerate(path) if entry and normal(entry) == wanted)
    if found or resolve is None:
        return found
    real = resolve(directory)
    return tuple(i for i, entry in enumerate(path) if entry.startswith("/") and resolve(entry) == real)


def first_of(path: tuple[str, ...], directory: str, resolve: Callable[[str], object]) -> int:
    """Return the first index in `path` of the folder `directory`, by whatever name; it is there."""
    first = indices_of(path, directory, resolve)[0]
    earlier = [(i, entry) for i, entry in enumerate(path[:first]) if entry.startswith("/")]
    real = resolve(directory) if earlier else None
    return next((i for i, entry in earlier if resolve(entry) == real), first)


def without(
    path: tuple[str, ...], directory: str, resolve: Callable[[str], object] | None = None
) -> tuple[str, ...]:
    """Return `path` without any entry that is `directory`, by whatever name."""
    while gone := indices_of(path, directory, resolve):
        path = tuple(entry for i, entry in enumerate(path) if i not in gone)
    return path
