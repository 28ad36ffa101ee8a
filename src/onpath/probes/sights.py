"""What an answer means on the file system: what hides the programs of a directory, and why none can run.

Unix only. `judge` decides, on what this has looked up.
"""

from __future__ import annotations

import os
import stat
import sys

from onpath import pathlist
from onpath.host.installed import interpreter_of
from onpath.host.ways import identity, is_noexec, spelled, walk
from onpath.model import PROGRAM, UNSTARTED
from onpath.values import TYPE_CHECKING

from . import judge

if TYPE_CHECKING:
    from collections.abc import Mapping

NOEXEC = (
    "the directory is on a file system that is mounted noexec; "
    "mount it without that, or name another directory"
)
MAX_LOOKS = 64  # names for which a look at each is faster than a list of all that is in a folder


def shadows(path: tuple[str, ...], directory: str) -> tuple[str, ...]:
    """Return, in words, which commands of `directory` an earlier entry of `path` hides."""
    first = pathlist.first_of(path, directory, identity)
    earlier = [entry for entry in path[:first] if entry]
    try:
        names = {name for name in os.listdir(directory) if not name.startswith(PROGRAM)}
    except OSError:
        return ()
    ours = _commands(directory, names) if earlier else {}
    return judge.shadows(ours, (_others(entry, ours) for entry in earlier))


def _others(folder: str, ours: Mapping[str, str]) -> dict[str, str]:
    """Return the programs of `folder` that have the name of one of `ours` and are not the same file."""
    theirs = _commands(folder, set(ours))
    return {name: path for name, path in theirs.items() if not _is_same_file(path, ours[name])}


def _is_same_file(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _commands(folder: str, names: set[str]) -> dict[str, str]:
    """Return those of `names` that are programs in `folder`: name -> path."""
    if len(names) > MAX_LOOKS:
        try:
            names = names.intersection(os.listdir(folder))
        except OSError:
            return {}
    paths = ((name, f"{folder}/{name}") for name in names)
    return {name: path for name, path in paths if os.path.isfile(path) and os.access(path, os.X_OK)}


def unusable_reason(directory: str) -> str:
    """Return why no program in `directory` can run, or an empty text."""
    for each, info in walk(directory):
        if stat.S_ISDIR(info.st_mode) and not os.access(each, os.X_OK):
            return _closed_reason(each, directory, info.st_uid)
    if not os.path.isdir(directory):
        return f"the directory does not exist; make it: mkdir -p {spelled(directory)}"
    if is_noexec(directory):
        return NOEXEC
    return ""


def unstarted_reason(program: str, folder: str) -> str:
    """Return why a shell could not be started in `folder`, as far as that is seen; or an empty text."""
    for each, info in walk(folder):
        if stat.S_ISDIR(info.st_mode) and not os.access(each, os.X_OK):
            return f"{UNSTARTED}: {_closed_reason(each, '', info.st_uid)}"
    interpreter = interpreter_of(program)
    if interpreter and not os.path.exists(interpreter):
        return f"{UNSTARTED}: {program} is run by {interpreter}, which does not exist; install that"
    return ""


def _closed_reason(folder: str, directory: str, owner: int) -> str:
    if sys.platform == "win32":
        raise NotImplementedError
    what = "the directory" if folder == directory else folder
    if owner == os.geteuid():
        return f"{what} may not be searched; run chmod u+x {spelled(folder)}"
    return f"{what} may not be searched by you; have its owner run chmod a+x {spelled(folder)}"
