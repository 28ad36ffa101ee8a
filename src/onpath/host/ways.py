"""The way to a path, as the system goes it: who could lead it elsewhere. Looks, and writes nothing.

Whoever may rename something on the way to a file decides which file it is: the owner of a folder, of a
link, and all to whom a folder's mode or access list gives the right to write.
"""

from __future__ import annotations

import os
import stat
import sys

from onpath.errors import UsageError
from onpath.shells import quote
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

UTF_8 = "utf-8"
MAX_LINKS = 40  # as Linux counts
OF_THE_SYSTEM = ("/etc/", "/private/etc/")  # where the files lie that the shells of all users read
OF_THE_KERNEL = ("/proc/", "/sys/")  # in which nobody makes a file
WRITE = 2
# Tags of the entries of an access list (acl(5), and linux/posix_acl.h).
USER, OWNING_GROUP, GROUP, MASK = 2, 4, 8, 16
ANDROID_SYSTEM = 1000
ALL_UIDS = [b"0", b"0", b"4294967295"]


def walk(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield all on the way to `path` that is there, `/` first: folders, links, where these lead, itself.

    Each by a path without links but itself.
    """
    at, links = "/", 0
    steps = path.split("/")[::-1]
    yield at, os.lstat(at)
    while steps:
        step = steps.pop()
        if step in {"", "."}:
            continue
        if step == "..":
            at = os.path.dirname(at)
            continue
        here = f"{at.rstrip('/')}/{step}"
        try:
            info = os.lstat(here)
            goal = os.readlink(here) if stat.S_ISLNK(info.st_mode) else None
        except OSError:
            return
        yield here, info
        if goal is None:
            at = here
            continue
        links += 1
        if links > MAX_LINKS:
            return
        at = "/" if goal.startswith("/") else at
        steps += goal.split("/")[::-1]


def is_for_others(path: str) -> bool:
    """Say whether `path` is a file that other users may read, or would be if it were made.

    They may do so where all folders on the way to it let them.
    """
    steps = list(walk(path))
    bits = [stat.S_IXOTH if stat.S_ISDIR(info.st_mode) else stat.S_IROTH for _, info in steps]
    is_new = not os.path.lexists(path) and stat.S_ISDIR(steps[-1][1].st_mode)
    is_file = os.path.isfile(path) or (is_new and not path.startswith(OF_THE_KERNEL))
    return is_file and all(info.st_mode & bit for (_, info), bit in zip(steps, bits))


def system_file(path: str) -> str:
    """Return to which file of the system a link in a home leads `path`, or an empty text."""
    real = os.path.realpath(path)
    is_system = real.startswith(OF_THE_SYSTEM) and not path.startswith(OF_THE_SYSTEM)
    return real if is_system else ""


def identity(path: str) -> object:
    """Return what all names of one file or folder share, links of either kind; it may not exist yet."""
    try:
        info = os.stat(path)
    except OSError:
        pass
    else:
        return info.st_dev, info.st_ino
    try:
        return os.path.realpath(path)
    except OSError:  # a relative name, and the current folder is gone
        return path


def is_noexec(folder: str) -> bool:
    """Say whether no program runs on the file system of `folder`; only Linux tells."""
    flag = getattr(os, "ST_NOEXEC", 0)
    statvfs: Any = getattr(os, "statvfs", None)
    return bool(flag and statvfs(folder).f_flag & flag)


def is_trusted(owner: int, uid: int) -> bool:
    """Say whether user `uid` may rely on what belongs to `owner`: it is the user's own, or root's.

    Or that of whoever else rules the system: Android's own user, and in a container in which root's
    number outside is not known, all whose numbers are not known.
    """
    return owner in {0, uid} or owner in _rulers()


def _rulers() -> frozenset[int]:
    found: set[int] = set()
    if "ANDROID_ROOT" in os.environ and os.path.isdir("/data/data"):
        found.add(ANDROID_SYSTEM)
    try:
        with open("/proc/self/uid_map", "rb") as file:
            knows_all = file.read().split()[:3] == ALL_UIDS
        if not knows_all:
            with open("/proc/sys/kernel/overflowuid", "rb") as file:
                found.add(int(file.read()))
    except (OSError, ValueError):
        pass  # no Linux
    return frozenset(found)


def foreign_link(path: str, uid: int) -> tuple[str, int] | None:
    """Return the first link on the way to `path` that somebody else made, and who; else None."""
    links = ((each, info.st_uid) for each, info in walk(path) if stat.S_ISLNK(info.st_mode))
    return next(((each, owner) for each, owner in links if not is_trusted(owner, uid)), None)


def access_list(folder: str) -> tuple[tuple[int, int, int], ...]:
    """Return the entries of the access list of `folder`: tag, rights that hold, number. Mostly none."""
    get = getattr(os, "getxattr", None)  # Linux
    if get is None:
        return ()
    try:
        raw: bytes = get(folder, "system.posix_acl_access")
    except OSError:
        return ()
    entries = [
        (
            int.from_bytes(raw[i : i + 2], "little"),
            int.from_bytes(raw[i + 2 : i + 4], "little"),
            int.from_bytes(raw[i + 4 : i + 8], "little"),
        )
        for i in range(4, len(raw) - 7, 8)
    ]
    mask = next((rights for tag, rights, _ in entries if tag == MASK), 7)
    masked = {USER, OWNING_GROUP, GROUP}
    return tuple((tag, rights & mask if tag in masked else rights, who) for tag, rights, who in entries)


def mode_cure(folders: tuple[str, ...], uid: int) -> str:
    """Return the command after which nobody but their owner can write to `folders`."""
    is_own = uid == 0 or all(os.stat(folder).st_uid == uid for folder in folders)
    return f"{'' if is_own else 'sudo '}chmod go-w {' '.join(map(spelled, folders))}"


def spelled(path: str) -> str:
    """Return `path` as a shell takes it, with `~` for the home."""
    own = os.path.expanduser("~")
    for home in (own, os.path.realpath(own)):
        start = home.rstrip("/") + "/"
        if path.startswith(start):
            return "~/" + quote.word(path[len(start) :])
    return quote.word(path)


def check_encoding(*names: str) -> None:
    """Raise `UsageError` if this Python reads `names` in another encoding than files and answers: UTF-8.

    They are bytes, and would be written as others.
    """
    encoding = sys.getfilesystemencoding()
    odd = [name for name in names if encoding != UTF_8 and not name.isascii()]
    if odd:
        raise UsageError(
            f"{odd[0]!a} has letters that this Python reads in {encoding}, and shells and their files "
            "are read in UTF-8; start Python in its UTF-8 mode (python -X utf8, or PYTHONUTF8=1)"
        )


def check_meant(directory: str, unfilled: Mapping[str, str]) -> None:
    """Raise if a relative name is one that a shell should have filled in, or no name.

    `unfilled` says what it would be, by its first character. One that is there is meant; and so is one
    that is spelled `./~x`.
    """
    fact = "is the beginning of an option" if directory == "-" else unfilled.get(directory[:1])
    if fact and not os.path.lexists(directory):
        raise UsageError(
            f"{directory!r} {fact}; name the whole path, or {f'./{directory}'!r} if that is its name"
        )
