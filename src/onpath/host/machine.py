r"""What is special about acting for every user of a Windows machine, as an administrator.

The same names as in `windows`, and in `every_user`, which does it on Unix. PATH is the machine's value
in the registry; what proves it is the environment that a new user will get, never that of the
administrator who runs this.
"""

from __future__ import annotations

import ntpath
import sys
import time

from onpath.errors import OnpathError, UsageError
from onpath.model import MACHINE, Host
from onpath.values import TYPE_CHECKING

from . import rights, user_scheme, windows
from .windows import LETS_OURS_RUN as LETS_OURS_RUN  # noqa: PLC0414
from .windows import SEPARATOR as SEPARATOR  # noqa: PLC0414  (as in all of them)
from .windows import SETS_PATH_LATER as SETS_PATH_LATER  # noqa: PLC0414
from .windows import TIMEOUT_S as TIMEOUT_S  # noqa: PLC0414
from .windows import check_home as check_home  # noqa: PLC0414
from .windows import export as export  # noqa: PLC0414
from .windows import find_shells as find_shells  # noqa: PLC0414
from .windows import image_lines as image_lines  # noqa: PLC0414
from .windows import new_session as new_session  # noqa: PLC0414
from .windows import note_absent_shells as note_absent_shells  # noqa: PLC0414
from .windows import note_session as note_session  # noqa: PLC0414
from .windows import own_entry as own_entry  # noqa: PLC0414
from .windows import shell_called as shell_called  # noqa: PLC0414

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType
    from typing import Any

    from onpath.model import Installed

FAMILY = MACHINE
HOME_VARIABLE = windows.HOME_VARIABLE
# Not by a variable: whoever may set one for an administrator could name another folder.
STATE_FOLDER = f"{rights.folder_of('ProgramData')}\\onpath" if sys.platform == "win32" else ""
LOCK = "onpath.lock"  # in the folder of Windows, where administrators alone can make a file
TICK_S = 0.05
NOT_ADMINISTRATOR = "only an administrator can change what every user has"
# Of the session that asks: what is the same for all users, where programs are, and where a private
# folder may be.
SAME = (
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "OS", "COMPUTERNAME", "PROGRAMDATA", "PUBLIC"),
    *("ALLUSERSPROFILE", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432"),
    *("COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432"),
    *("PATH", "TEMP", "TMP"),
)
IN_USE = frozenset({5, 32})  # winerror.h: about to be gone, or held by another run
DELETES_ITSELF, READ_AND_DELETE, OPEN_ALWAYS = 0x04000000, 0x80010000, 4


def why_not_allowed() -> str:
    """Return why this process cannot act for every user, or an empty text."""
    is_allowed = sys.platform == "win32" and rights.is_administrator()
    return "" if is_allowed else NOT_ADMINISTRATOR


def as_allowed(line: str) -> str:
    """Return what to do so that the command `line` may act for every user."""
    return f"open Command Prompt with 'Run as administrator', and run {line}"


def look(environ: Mapping[str, str], surroundings: tuple[str, ...]) -> Host:
    """Return what this machine is for every user. Raises `OnpathError` if this is no administrator.

    Its home is the drive of Windows, so that a receipt names folders by their place in the system.
    """
    reason = why_not_allowed()
    if reason:
        raise OnpathError(f"{reason}; run this in a window that was opened with 'Run as administrator'")
    own = {name.upper(): value for name, value in environ.items()}
    return Host(
        system=_this(),
        home=ntpath.splitdrive(rights.folder_of("Windows"))[0] + "\\",
        user="",
        uid=0,
        environ={name: own[name] for name in SAME if name in own},
        surroundings=surroundings,
    )


def _this() -> ModuleType:
    return sys.modules[__name__]


def running_shell(environ: Mapping[str, str]) -> Installed | None:
    """Return nothing: the shell that an administrator happens to use says nothing about others."""
    del environ
    return None


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will be on PATH, as `windows.absolute`."""
    if directory == "~" or directory.startswith(("~\\", "~/")):
        raise UsageError(f"{directory} is another directory for each user; name the whole path")
    return windows.absolute(host, directory)


def unversioned_directory(host: Host) -> str:
    """Return where this Python's commands for every user are: there is no folder for those of all."""
    del host
    return user_scheme.system_directory()


def stale_directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return nothing: those that `windows` finds are of one user."""
    del directories
    return ()


def other_writers(directory: str, uid: int, home: str = "") -> tuple[tuple[str, str], ...]:
    """Return who besides administrators could put commands into `directory`, or another in its place."""
    del uid, home
    return tuple(dict.fromkeys(rights.other_writers(directory)))


def shut_out(folders: tuple[str, ...], uid: int) -> str:
    """Return what to do about `folders` to which others can write."""
    del folders, uid
    return "name another directory"


def why_closed(directories: Iterable[str]) -> str:
    """Return why a directory cannot serve other users, with the cure; or an empty text."""
    cure = f"name another directory, such as one in {rights.folder_of('ProgramFiles')}"
    for directory in directories:
        fact = rights.why_unknown(directory)
        if fact:
            return f"{fact}, so it is not put on every user's PATH; {cure}"
        found = rights.read(directory)
        if found and not rights.is_open_to_all(found):
            return (
                f"other users may not look into {directory}, so nothing in it would run for them; {cure}"
            )
    return ""


class Lock:
    """Keeps two runs from working at the same time, and leaves nothing behind.

    By a file that administrators alone can make, since anybody can take a lock that has but a name.
    Held from `with` on; other runs wait. Raises `OnpathError` after `windows.LOCK_TIMEOUT_S`. Windows
    removes the file with its holder, however that ends.
    """

    def __init__(self, home: str, kind: str = "", directories: tuple[str, ...] = ()) -> None:
        """Make the lock of runs of `ensure-path`."""
        del home, kind, directories
        self.path = f"{rights.folder_of('Windows')}\\{LOCK}"
        self.handle: int | None = None

    def __enter__(self) -> tuple[str, ...]:
        deadline = time.monotonic() + windows.LOCK_TIMEOUT_S
        while not self._take():
            if time.monotonic() > deadline:
                raise OnpathError(windows.BUSY)
            time.sleep(TICK_S)
        return ()

    def __exit__(self, *_error: object) -> None:
        rights.kernel().CloseHandle(self.handle)

    def _take(self) -> bool:
        """Take the lock if nobody holds it, and say so."""
        kernel = rights.kernel()
        handle = kernel.CreateFileW(
            *(self.path, READ_AND_DELETE, 0, None, OPEN_ALWAYS, DELETES_ITSELF, None)
        )
        if handle != rights.no_handle():
            self.handle = handle
            return True
        import ctypes  # noqa: PLC0415  (only Windows)

        library: Any = ctypes
        error = library.get_last_error()
        if error not in IN_USE:
            words = library.FormatError(error).lower().rstrip(".\r\n ")
            raise OnpathError(f"{self.path} cannot be made ({words}); make room there, and try again")
        return False


def activation(
    host: Host, directories: tuple[str, ...], order: str | None = None, shell: Installed | None = None
) -> str:
    """Return nothing: open sessions are those of other users too."""
    del host, directories, order, shell
    return ""
