"""Where things lie in a home, whatever the home is called today: `~/.bashrc`. Looks, and writes nothing.

A home has several names (a link, a second mount), gets another one (a new server), and is copied. So
what a run has changed is written down by its place in the home, and found again in the home of today.
"""

from __future__ import annotations

import os

from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def below(path: str, home: str) -> str | None:
    """Return where `path` lies in `home`, as `.config/fish`, or None if it lies elsewhere.

    The text decides first, then whether a folder above `path` is the home under another name.
    """
    if ".." not in path.split(os.sep):
        start = home.rstrip(os.sep) + os.sep
        if path == home or path.startswith(start):
            return path[len(start) :]
        tail = _below_same(path, home)
        if tail is not None:
            return tail
    return _below_same(os.path.realpath(path), home)


def is_inside(path: str, home: str) -> bool:
    """Say whether `path` leads to something in `home`, after all links."""
    return below(os.path.realpath(path), home) is not None


def to_name(path: str, home: str) -> str:
    """Return `path` as it is written down: `~/...` in the home, else as it is."""
    tail = below(path, home)
    if tail is None:
        return path
    return "~/" + tail.replace(os.sep, "/") if tail else "~"


def from_name(name: str, home: str) -> str:
    """Return the path that was written down as `name`."""
    if name == "~":
        return home
    if not name.startswith("~/"):
        return name
    return home.rstrip(os.sep) + os.sep + name[2:].replace("/", os.sep)


def carry_over(paths: Iterable[str], home: str, state_folder: str) -> Mapping[str, tuple[str, ...]]:
    """Return what each of `paths`, which were written down in full, is called in `home`.

    The first release wrote paths so. The home of that time shows in the state folder, which was written
    down where it was made. A path in that home is one in this home; a path elsewhere stays what it is,
    unless it cannot be told from one in another home: that has no name. Where the path leads now is a
    second name, unless it leads into the other home.
    """
    paths = tuple(paths)
    tail = below(state_folder, home)
    ending = os.sep + tail if tail else ""
    homes = {path[: -len(ending)] or os.sep for path in paths if ending and path.endswith(ending)}
    is_known = bool(homes) or any(below(path, home) is not None for path in paths)

    def names(path: str) -> tuple[str, ...]:
        tails = (below(path, each) for each in (home, *sorted(homes)))
        tail = next((tail for tail in tails if tail is not None), None)
        if tail is None:
            return (path,) if is_known else ()
        here = from_name(f"~/{tail}", home)
        real = os.path.realpath(here)
        is_of_another = below(real, home) is None and any(
            below(real, each) is not None for each in homes
        )
        return (here,) if is_of_another else tuple(dict.fromkeys((here, real)))

    return {path: names(path) for path in paths}


def _below_same(path: str, home: str) -> str | None:
    """Return what comes in `path` after a folder that is the same as `home`."""
    number = _number(home)
    above, tail = path.rstrip(os.sep), ""
    while number and above:
        if _number(above) == number:
            return tail
        above, _, name = above.rpartition(os.sep)
        tail = f"{name}{os.sep}{tail}" if tail else name
    return None


def _number(folder: str) -> tuple[int, int] | None:
    try:
        info = os.stat(folder)
    except OSError:
        return None
    return info.st_dev, info.st_ino
