"""What is special about acting for every user of a Unix, as root; the same names as in `unix`.

The files are those of the system. What proves them is a user without any rights, looked up afresh and
without a home of their own: never root, whose shells would read more, and find more.
"""

from __future__ import annotations

import os
import stat
import sys

from onpath.errors import OnpathError, UsageError
from onpath.model import ASKED_FOR, EVERY_USER, Host, Installed
from onpath.shells import UNIX_ROWS
from onpath.values import TYPE_CHECKING, dataclass, replace

from . import lock, session, unix, ways
from .installed import find_shell, interpreter_of, named_shell, recognize
from .unix import LETS_OURS_RUN as LETS_OURS_RUN  # noqa: PLC0414
from .unix import SEPARATOR as SEPARATOR  # noqa: PLC0414  (as in all of them)
from .unix import SETS_PATH_LATER as SETS_PATH_LATER  # noqa: PLC0414
from .unix import TIMEOUT_S as TIMEOUT_S  # noqa: PLC0414
from .unix import export as export  # noqa: PLC0414
from .unix import image_lines as image_lines  # noqa: PLC0414
from .unix import shell_called as shell_called  # noqa: PLC0414
from .unix import shut_out as shut_out  # noqa: PLC0414

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

FAMILY = EVERY_USER
HOME_VARIABLE = "HOME"
# Where the system keeps what belongs to programs: Linux and BSD (hier(7)), and macOS.
STATE_FOLDER = "/Library/Application Support/onpath" if sys.platform == "darwin" else "/var/lib/onpath"
ROOT = "/"  # in the place of a home: all files of the system lie in it, and in a copy of it too
NOBODY = ("nobody", "daemon")
NOBODY_UID = 65534  # where the database of users has neither
OTHERS = stat.S_IXOTH
NEW_USER = (("/etc/adduser.conf", "DSHELL"), ("/etc/default/useradd", "SHELL"))
FALLBACK_SHELLS = ("/bin/bash", "/bin/sh")
NOT_ROOT = "only root can change what every user has"


@dataclass(frozen=True)
class User:
    """Who proves that it works for every user."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def why_not_allowed() -> str:
    """Return why this process cannot act for every user, or an empty text."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return "" if is_root else NOT_ROOT


def as_allowed(line: str) -> str:
    """Return what to do so that the command `line` may act for every user."""
    return f"run sudo {line}"


def look(environ: Mapping[str, str], surroundings: tuple[str, ...]) -> Host:
    """Return what this machine is for every user. Raises `OnpathError` if this is not root.

    Of the session that asks only the language counts, and where programs are: it is that of one user.
    """
    reason = why_not_allowed()
    if reason:
        raise OnpathError(f"{reason}; run this as root")
    names = {*session.SAME, "PATH", *(name for name in environ if name.startswith("LC_"))}
    told = tuple(new_user_shells())
    return Host(
        system=_this(),
        home=ROOT,
        user=unprivileged().name,
        uid=0,
        environ={name: environ[name] for name in names if name in environ},
        login=next(
            filter(None, (recognize(program) for _, program in told if is_for_all(program))), None
        ),
        surroundings=surroundings,
        told_shells=told,
    )


def _this() -> ModuleType:
    return sys.modules[__name__]


def unprivileged() -> User:
    """Look up the user who has no rights of their own: nobody, or the number that stands for it."""
    if sys.platform == "win32":
        raise NotImplementedError
    import pwd  # noqa: PLC0415

    for name in NOBODY:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid and entry.pw_gid:
            groups = tuple(gid for gid in os.getgrouplist(name, entry.pw_gid) if gid)
            return User(name, entry.pw_uid, entry.pw_gid, groups)
    return User(NOBODY[0], NOBODY_UID, NOBODY_UID, (NOBODY_UID,))


def new_user_shells() -> Iterable[tuple[str, str]]:
    """Yield who tells which login shell a new user gets, and what it tells, the most telling first."""
    for path, name in NEW_USER:
        for line in session.text_of(path).splitlines():
            variable, _, value = line.partition("=")
            if variable.strip() == name and value.strip():
                yield f"{path}: ", value.strip().strip("\"'")
    yield from (("a system's usual one: ", program) for program in FALLBACK_SHELLS)


def is_for_all(program: str) -> bool:
    """Say whether every user may run `program`, by the modes of all on the way to it.

    The interpreter of a script counts as well.
    """
    interpreter = interpreter_of(program) if os.path.isfile(program) else None
    return all(
        os.path.isfile(each) and not closed_to_others(each) for each in (program, interpreter) if each
    )


def closed_to_others(path: str) -> str:
    """Return the first folder or file on the way to `path` that others may not pass or run, if any."""
    found = (
        each
        for each, info in ways.walk(path)
        if not stat.S_ISLNK(info.st_mode) and not info.st_mode & OTHERS
    )
    return next(found, "")


def why_closed(directories: Iterable[str]) -> str:
    """Return why `directories` do not suit every user, with the cure; or an empty text.

    Others may not run what is in one; or it lies in a folder that is emptied at some time, as /tmp is,
    and then anybody may make it.
    """
    for directory in directories:
        real = os.path.realpath(directory)
        for each, info in ways.walk(directory):
            if each != real and info.st_mode & stat.S_ISVTX and info.st_mode & stat.S_IWOTH:
                return (
                    f"everybody can write to {each}, and could make {directory} once it is gone; "
                    "name another directory"
                )
        closed = closed_to_others(directory)
        if closed:
            return (
                f"other users may not search {closed}, so nothing in {directory} would run for them; "
                f"name another directory, or run chmod a+x {ways.spelled(closed)}"
            )
    return ""


def own_entry() -> tuple[str, str, str] | None:
    """Return the user who proves it, who has no home and no login shell."""
    return unprivileged().name, ROOT, ""


def running_shell(environ: Mapping[str, str]) -> Installed | None:
    """Return nothing: the shell that root happens to use says nothing about others."""
    del environ
    return None


def find_shells(
    host: Host,
    names: Iterable[str],
    *,
    is_all: bool,
    variables: Callable[[], Mapping[str, str]],
    directories: tuple[str, ...] = (),
) -> tuple[Installed, ...]:
    """Return the shells of `names`, or all that every user may run. Raises `UsageError`."""
    del is_all, variables
    found: dict[str, Installed] = {}
    for name in names:
        shell = named_shell(name, host, directories)
        if not is_for_all(shell.program):
            raise UsageError(f"other users cannot run {shell.program}; name another with --shell")
        found.setdefault(shell.name, replace(shell, reason=ASKED_FOR))
    for name in UNIX_ROWS if not found else ():
        here = find_shell(name, host.environ, directories)
        if here and is_for_all(here.program):
            found[name] = replace(here, reason="installed")
    return tuple(found[name] for name in UNIX_ROWS if name in found)


def note_absent_shells(
    host: Host, found: tuple[Installed, ...], directories: tuple[str, ...]
) -> tuple[str, ...]:
    """Return a note on each shell that is here, but not for every user."""
    names = [shell.name for shell in found]
    if any(shell.reason == ASKED_FOR for shell in found):
        return ()
    here = (find_shell(name, host.environ, directories) for name in UNIX_ROWS if name not in names)
    return tuple(
        f"{shell.name} was left out, as other users cannot run {shell.program}"
        for shell in here
        if shell
    )


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will be on PATH, as `unix.absolute`."""
    if directory == "~" or directory.startswith("~/"):
        raise UsageError(f"{directory} is another directory for each user; name the whole path")
    if directory and os.path.normpath(directory) in {"/", "//"}:
        raise UsageError("/ cannot be the scripts directory; name one below it")
    return unix.absolute(host, directory)


def unversioned_directory(host: Host) -> str:
    """Return where the administrator's own commands are."""
    del host
    return "/usr/local/bin"


def stale_directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return nothing, as `unix` does."""
    del directories
    return ()


def other_writers(directory: str, uid: int, home: str = "") -> tuple[tuple[str, str], ...]:
    """Return who besides root could put commands into `directory`, or another in its place."""
    del home
    return unix.other_writers(directory, uid)


def check_home(host: Host, directories: tuple[str, ...] = ()) -> None:
    """Do nothing: `look` has seen that this is root."""
    del host, directories


class Lock(lock.Lock):
    """Keeps two runs apart; and what they make can be read by every user, whatever umask root has."""

    def __enter__(self) -> tuple[str, ...]:
        left = super().__enter__()
        self.umask = os.umask(0o022)
        return left

    def __exit__(self, *error: object) -> None:
        if hasattr(self, "umask"):
            os.umask(self.umask)
        super().__exit__(*error)


def new_session(host: Host) -> tuple[Mapping[str, str], str]:
    """Return the environment of a new session of the user who proves it, and where its PATH is from."""
    user = unprivileged()
    return session.new_session(replace(host, uid=user.uid, user=user.name))


def note_session(host: Host, source: str) -> tuple[str, ...]:
    """Return what to know about a new session whose PATH comes from `source`."""
    return session.note_session(host, source)


def activation(
    host: Host, directories: tuple[str, ...], order: str | None = None, shell: Installed | None = None
) -> str:
    """Return nothing: open sessions are those of other users too."""
    del host, directories, order, shell
    return ""
