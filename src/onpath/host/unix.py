"""What is special about Unix; `windows` has the same names. Imports on every system."""

from __future__ import annotations

import os
import sys
import time

from onpath import pathlist
from onpath.errors import NoHomeError, NoShellError, OnpathError, UnspellableError, UsageError
from onpath.model import APPEND, PREPEND, UNIX
from onpath.shells import UNIX_ROWS, startup
from onpath.values import TYPE_CHECKING, replace

from .installed import find_shell, named_shell
from .running import running_shell as running_shell  # noqa: PLC0414  (one of the names that both have)
from .session import new_session as new_session  # noqa: PLC0414  (as below)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onpath.model import Host, Installed

FAMILY = UNIX
HOME_VARIABLE = "HOME"
TIMEOUT_S = 30.0  # that one shell may take, if it works and does not merely wait
LOCK_TIMEOUT_S = 60.0
OWNER = "another user"
BUSY = "another ensure-path has been running for a minute; try again"


def own_entry() -> tuple[str, str, str] | None:
    """Return name, home directory and login shell of the user who runs this, or None."""
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    return entry.pw_name, entry.pw_dir, entry.pw_shell


def user_name(uid: int) -> str | None:
    """Return the name of user `uid`, or None."""
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def group_name(gid: int) -> str | None:
    """Return the name of group `gid`, or None."""
    if sys.platform == "win32":
        return None
    import grp  # noqa: PLC0415

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None


def find_shells(
    host: Host, names: Iterable[str], *, is_all: bool, variables: Callable[[], Mapping[str, str]]
) -> tuple[Installed, ...]:
    """Return the shells to serve: those of `names`, all, or those in use. Raises `NoShellError`."""
    del variables  # Windows alone needs them
    found: dict[str, Installed] = {}
    for name in names:
        shell = named_shell(name, host)
        found.setdefault(shell.name, replace(shell, reason="asked for"))
    if found:
        return _in_order(found)
    for known, reason in ((host.running, "running"), (host.login, "login shell")):
        if known:
            found.setdefault(known.name, replace(known, reason=reason))
    for name, row in UNIX_ROWS.items():
        is_used = name not in found and startup.is_used(row, host)
        if name not in found and (is_used or is_all):
            installed = find_shell(name, host.environ)
            if installed:
                found[name] = replace(installed, reason="in use" if is_used else "installed")
    if not found:
        raise NoShellError("no shell could be found for this user; name one with --shell")
    return _in_order(found)


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will be on PATH: absolute, without `.`, `..` or doubled slashes.

    `..` after a link is resolved, since the text alone would lead elsewhere.
    """
    for sign, name in (("\0", "a NUL"), ("\n", "a newline"), (os.pathsep, f"a {os.pathsep!r}")):
        if sign in directory:
            raise UsageError(f"{directory!r} cannot be on PATH: there is {name} in its name; rename it")
    if directory == "~" or directory.startswith("~/"):
        directory = host.home + directory[1:]
    if not os.path.isabs(directory):
        directory = os.path.join(_current_folder(directory), directory)
    if ".." in directory.split("/"):
        directory = os.path.realpath(directory)
    directory = os.path.normpath(directory)
    directory = "/" + directory.lstrip("/")  # POSIX lets normpath keep two leading slashes
    if directory == host.home:
        raise UsageError("a home directory cannot be the scripts directory; name one below it")
    return directory


def unversioned_directory(host: Host) -> str:
    """Return the scripts directory that no version of Python is part of."""
    return os.path.join(host.home, ".local", "bin")


def stale_directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return nothing: an entry of a Python that is gone is in a file of the user's own."""
    del directories
    return ()


def other_writers(directory: str, uid: int) -> tuple[tuple[str, str], ...]:
    """Return who else could put commands into `directory`, or another in its place: who, and where.

    Who can write to a folder above it can move it away, unless the folder is sticky, as /tmp is. A
    directory that does not exist will be the user's own.
    """
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for folder in (directory, *_above(directory), *_above(os.path.realpath(directory))):
        real = os.path.realpath(folder)
        if real in seen or not os.path.exists(real):
            continue
        seen.add(real)
        info = os.stat(real)
        if folder == directory and info.st_uid not in {uid, 0}:
            found.append((OWNER, folder))
        is_sticky = folder != directory and info.st_mode & 0o1000
        who = "" if is_sticky else _who_writes(info, uid)
        if who:
            found.append((who, folder))
    return tuple(found)


def check_home(host: Host) -> None:
    """Raise if the home is another user's: a root shell that kept HOME would leave its files there."""
    owner = os.stat(host.home).st_uid
    if owner == host.uid:
        return
    name = user_name(owner)
    if name is None:
        return  # a container's home that belongs to nobody known
    raise NoHomeError(f"{host.home} belongs to {name}; run this as {name}, without sudo, or add --force")


class Lock:
    """Keeps two runs for one home from working at the same time, and leaves nothing behind.

    Held from `with` on; other runs wait. Raises `OnpathError` after `LOCK_TIMEOUT_S`.
    """

    def __init__(self, home: str) -> None:
        self.home = home
        self.descriptor = -1

    def __enter__(self) -> None:
        self.descriptor = _lock_folder(self.home)

    def __exit__(self, *_error: object) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


def _lock_folder(home: str) -> int:
    """Return a descriptor that keeps other runs for this home waiting until it is closed."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    descriptor = os.open(home, os.O_RDONLY)  # the folder itself: a lock file would be left behind
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise OnpathError(BUSY) from None
            time.sleep(0.05)
        except OSError:
            return descriptor  # a file system without locks
        else:
            return descriptor


def activation(
    host: Host, directories: tuple[str, ...], order: str | None = None, shell: Installed | None = None
) -> str:
    """Return the line that makes it true in the running shell, or nothing if it is already.

    `order` is PREPEND, APPEND or None, as in the plan; `shell` stands in for the running one.
    """
    shell = shell or host.running or host.login
    path = pathlist.entries(host.environ.get("PATH", ""))
    missing = [d for d in directories if not pathlist.indices_of(path, d, os.path.realpath)]
    if not shell or not missing:
        return ""
    from onpath.shells import render  # noqa: PLC0415  (a look needs none of it)

    try:
        each = missing if order == APPEND else reversed(missing)
        return "; ".join(render.now(shell.name, d, host.home, order or PREPEND) for d in each)
    except UnspellableError:
        return ""


def _current_folder(directory: str) -> str:
    if not directory:
        raise UsageError("an empty name cannot be the scripts directory; name one")
    try:
        return os.getcwd()
    except OSError:
        raise UsageError(
            f"{directory} means nothing, since the current folder is gone; name the whole path"
        ) from None


def _above(directory: str) -> tuple[str, ...]:
    """Return the folders above `directory`, the inner ones first."""
    found: list[str] = []
    while directory != "/":
        directory = os.path.dirname(directory)
        found.append(directory)
    return tuple(found)


def _who_writes(info: os.stat_result, uid: int) -> str:
    """Return who can write to a folder besides its owner and root, or an empty text."""
    if info.st_mode & 0o002:
        return "everybody"
    if info.st_mode & 0o020 and not _is_private(info.st_gid, {info.st_uid, uid, 0}):
        return f"the group {group_name(info.st_gid) or info.st_gid}"
    return ""


def _is_private(gid: int, uids: set[int]) -> bool:
    """Say whether the group is one user's own, of `uids` (Debian's and Fedora's user private groups)."""
    name = group_name(gid)
    return gid in uids if name is None else name in map(user_name, uids)


def _in_order(found: dict[str, Installed]) -> tuple[Installed, ...]:
    return tuple(found[name] for name in UNIX_ROWS if name in found)
