"""What a location is, and whether it is on a PATH that is at hand. Starts nothing."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` costs nearly as much as a bare Python start
if TYPE_CHECKING:
    from typing import Union

    OnePath = Union[str, "os.PathLike[str]"]
    Location = Union[OnePath, "list[OnePath]", "tuple[OnePath, ...]"]


def directories(location: Location) -> tuple[str, ...]:
    """Return the directories that `location` means, as they are to be on PATH.

    A string may hold several, as PATH does. What has the separator in its name is not several: a string
    is taken apart only where each part is absolute and the whole is not there.
    """
    if isinstance(location, (list, tuple)):
        return tuple(dict.fromkeys(each for one in location for each in directories(one)))
    whole = os.path.expanduser(os.fspath(location))
    if os.path.lexists(whole):
        return (whole,)
    parts = [os.path.expanduser(part) for part in os.fspath(location).strip(";:").split(os.pathsep)]
    parts = [part for part in parts if part]
    return tuple(parts) if all(map(os.path.isabs, parts[1:])) and parts else (whole,)


def normpath(location: Location) -> str:
    """Return the resolved names of `location`, joined as in PATH."""
    return os.pathsep.join(map(_resolved, directories(location)))


def location_in_path(location: Location, path: str) -> bool:
    """Say whether every directory of `location` is an entry of `path`, under whatever name."""
    entries = {_resolved(each) for each in path.split(os.pathsep) if each}
    named = directories(location)
    return bool(named) and all(_resolved(each) in entries for each in named)


def _resolved(name: str) -> str:
    """Return the one name of what `name` leads to; as it is, where it leads nowhere."""
    try:
        return os.path.normcase(os.path.realpath(name))
    except (OSError, ValueError):  # the current folder is gone; no file can have this name
        return name


def in_current_path(location: Location) -> bool:
    """Say whether every directory of `location` is on the PATH of this process."""
    return location_in_path(location, os.environ.get("PATH", ""))
