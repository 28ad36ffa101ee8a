"""Folders that are not there or not the user's: what is in the way of a file in them, and the cure.

Looks, and writes nothing.
"""

from __future__ import annotations

import errno
import os
import stat

from .unix import OWNER as OWNER  # noqa: PLC0414  (who else can write, see there)
from .unix import user_name as user_name  # noqa: PLC0414
from .unix import user_word
from .ways import OF_THE_KERNEL
from .ways import mode_cure as mode_cure  # noqa: PLC0414  (the cure of what is told there)
from .ways import spelled as spelled  # noqa: PLC0414

MAKE_IT = "mount or create that"
ELSEWHERE = "have what leads there lead to one of your own"  # a link, or a variable such as ENV
ASK_OWNER = "ask its owner to let you write there"


def hindrance(folder: str, uid: int) -> tuple[str, str] | None:
    """Return why nothing can be made in `folder`, be it there or not, and the cure if one is known."""
    folder = nearest(folder)
    if is_dangling(folder):
        return dangling(folder), MAKE_IT
    if is_loop(folder):
        return f"{folder} is a link that leads back to itself", "have it lead to a directory"
    if not os.path.isdir(folder):
        return f"{folder} is not a directory", "move it away" if os.path.isfile(folder) else ELSEWHERE
    if os.access(folder, os.W_OK | os.X_OK):
        return None
    owner = os.stat(folder).st_uid
    if uid in {owner, 0}:
        return f"{folder} is read-only", write_cure(folder, uid)
    cure = ownership_cure(folder, uid)
    return f"{folder} belongs to {user_name(owner) or owner}", f"run {cure}" if cure else ASK_OWNER


def dangling(link: str) -> str:
    """Return the fact that `link` leads nowhere."""
    return f"{link} is a dangling link to {os.path.realpath(link)}"


def nearest(path: str) -> str:
    """Return `path`, or the first above it that is there, be it only a link; or a drive that is not."""
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path) or os.curdir
    return path


def is_plainly_own(path: str, uid: int) -> bool:
    """Say whether a file and its folder, or the nearest one there, are the user's own and writable.

    Else it needs a closer look whether it may be edited.
    """
    there = nearest(path)
    try:
        infos = map(os.lstat, [there, os.path.dirname(path)] if there == path else [there])
        return all(
            info.st_uid == uid and info.st_mode & stat.S_IWUSR and not stat.S_ISLNK(info.st_mode)
            for info in infos
        )
    except OSError:  # a drive that is not there
        return False


def is_dangling(path: str) -> bool:
    """Say whether `path` is a link that leads nowhere; one that leads to itself is something else."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return os.path.islink(path)
    except OSError:
        return False
    return False


def is_loop(path: str) -> bool:
    """Say whether `path` is a link that leads to itself, if need be through others."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno == errno.ELOOP and os.path.islink(path)
    return False


def ownership_cure(path: str, uid: int) -> str:
    """Return the command that gives the user what is somebody else's at `path` and above it.

    `sudo pip install --user` leaves such folders, of root, in a folder of the user's. An empty text
    where nothing above `path` is the user's.
    """
    foreign, above = "", os.path.realpath(path)
    while os.stat(above).st_uid != uid:
        if above == os.path.dirname(above):
            return ""
        foreign, above = above, os.path.dirname(above)
    if not foreign:
        return ""
    deep = "-R " if os.path.isdir(foreign) else ""
    return f"sudo chown {deep}{user_word(uid)} {spelled(foreign)}"


def write_cure(path: str, uid: int) -> str:
    """Return the command after which the owner can write to `path`; else what is in the way.

    That may be a flag, which only root takes away, or an ACL.
    """
    if path.startswith(OF_THE_KERNEL):
        return ELSEWHERE
    info = os.stat(path)
    statvfs = getattr(os, "statvfs", None)  # Windows has none
    if statvfs and statvfs(path).f_flag & 1:  # ST_RDONLY
        return "its file system is mounted so; mount it for writing"
    from . import flags  # noqa: PLC0415  (few runs)

    if flags.is_file_immutable(path):
        return f"run {'sudo ' if uid else ''}chattr -i {spelled(path)}"
    lacking = _lacking(info.st_mode)
    if not lacking or uid not in {info.st_uid, 0}:
        return f"an ACL or an attribute forbids it; see getfacl and lsattr -d {spelled(path)}"
    return f"run chmod u+{lacking} {spelled(path)}"


def _lacking(mode: int) -> str:
    """Return which rights the owner lacks to read and write a file, or to change what is in a folder."""
    needed = (("w", 0o200), ("x", 0o100)) if stat.S_ISDIR(mode) else (("r", 0o400), ("w", 0o200))
    return "".join(right for right, bit in needed if not mode & bit)


def read_cure(path: str) -> str:
    """Return what to do about a file that cannot be read or looked at."""
    try:
        may_look, is_readable = os.path.exists(path), os.access(path, os.R_OK)
    except ValueError:  # a name that no file can have
        may_look = is_readable = False
    if may_look and not is_readable:
        own = os.geteuid() if hasattr(os, "geteuid") else 0
        if own and os.stat(path).st_uid != own:
            cure = ownership_cure(path, own)
            return f"run {cure}" if cure else "ask its owner to let you read it"
        rights = "".join(dict.fromkeys(f"r{_lacking(os.stat(path).st_mode)}"))
        return f"run chmod u+{rights} {spelled(path)}"
    return f"see what ls -l {spelled(path)} says, and repair or remove it"
