"""What is special about Windows; `unix` has the same names. Imports on every system.

PATH is in the registry, one value for all shells, so that there is little to tell between them.
"""

from __future__ import annotations

import ntpath
import os

from onpath import winpath
from onpath.errors import NoShellError, OnpathError, UnspellableError, UsageError
from onpath.model import APPEND, PREPEND, WINDOWS, Installed
from onpath.shells import POWERSHELL, WINDOWS_ROWS, quote, render
from onpath.values import TYPE_CHECKING

from . import ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from onpath.model import Host
    from onpath.shells import WindowsAsk

FAMILY = WINDOWS
HOME_VARIABLE = "USERPROFILE"  # Git Bash sets HOME as well
STATE_FOLDER = ""  # the user's own
SEPARATOR = winpath.SEPARATOR
LETS_OURS_RUN = ""  # the machine's Path is before the user's, whatever is in that
SETS_PATH_LATER = (
    "something that runs later sets PATH again; find it in the profile of PowerShell ($PROFILE), or "
    r"in what cmd runs first (AutoRun in Software\Microsoft\Command Processor, of HKCU or HKLM), remove "
    "it, and run this again"
)
TIMEOUT_S = 20.0  # that one shell may take: the first PowerShell after a boot is slow
LOCK_TIMEOUT_S = 60.0
TOOLS_LOCK_TIMEOUT_S = 900.0  # of what installs
BUSY = "another ensure-path has been running for a minute; try again"
TOOLS_BUSY = "another install script has been running for a quarter of an hour; try again"
MUTEX = "Local\\onpath"  # of this session; another user's has a registry of its own
ABANDONED_OR_OURS = {0x00000080, 0}  # WaitForSingleObject: the run that held it was killed; it was free
OF_HOME = ("~\\", "~/")
# Of a relative name: what a shell fills in where it begins so. cmd knows no `$HOME`, and leaves the
# `%NAME%` of a variable that is not there; PowerShell knows no `%NAME%`, and no shell here `~NAME`.
UNFILLED = {
    "~": "begins with ~ and a user's name, and only ~ and ~\\ are filled in here",
    "$": "begins with a variable that no shell has filled in",
    "%": "begins with a variable that no shell has filled in",
}
MAX_MINOR = 30  # of the versions of Python that are looked for
LAUNCHER_TAIL = 1 << 17  # bytes at the end of a launcher's file in which its Python is named


def new_session(host: Host) -> tuple[Mapping[str, str], str]:
    """Return nothing: the prober makes it from the registry."""
    del host
    return {}, ""


def note_session(host: Host, source: str) -> tuple[str, ...]:
    """Return nothing, as above."""
    del host, source
    return ()


def own_entry() -> tuple[str, str, str] | None:
    """Return nothing: there is no database of users to ask."""
    return None


def running_shell(environ: Mapping[str, str]) -> Installed | None:
    """Return the shell that this program was started from."""
    from .running import detect_shell  # noqa: PLC0415

    del environ  # Unix needs it
    name, program = detect_shell()
    return Installed(name, program) if name in WINDOWS_ROWS else None


def find_shells(
    host: Host,
    names: Iterable[str],
    *,
    is_all: bool,
    variables: Callable[[], Mapping[str, str]],
    directories: tuple[str, ...] = (),
) -> tuple[Installed, ...]:
    """Return the shells to serve: those of `names`, or all that are here. One value serves them all.

    `variables` gives the environment of a fresh program.
    """
    del host, is_all, directories
    names = tuple(names)
    found: list[Installed] = []
    environ = variables()
    for name in names:
        _check_known(name)
    for name, row in WINDOWS_ROWS.items():
        program = _find_program(row.windows, environ)
        if program and (name in names or not names):
            found.append(Installed(name, program, "asked for" if names else "installed"))
        elif name in names:
            raise UsageError(f"{name} is not installed; install it, or leave out --shell {name}")
    if not found:
        raise NoShellError("no shell could be found; name one with --shell")
    return tuple(found)


def shell_called(host: Host, name: str, directories: tuple[str, ...]) -> Installed:
    """Return the shell that the user calls `name`, wherever it is: its language is what counts."""
    del host, directories
    _check_known(name)
    return Installed(name, "")


def _check_known(name: str) -> None:
    if name not in WINDOWS_ROWS:
        known = ", ".join(WINDOWS_ROWS)
        raise UsageError(
            f"unknown shell {name!r}; leave out --shell, or name one that onpath knows: {known}"
        )


def note_absent_shells(
    host: Host, found: tuple[Installed, ...], directories: tuple[str, ...]
) -> tuple[str, ...]:
    """Return nothing: one value serves all shells, wherever they are."""
    del host, found, directories
    return ()


def absolute(host: Host, directory: str) -> str:
    """Return `directory` as it will be on PATH."""
    if _is_relative(directory):
        ways.check_meant(directory, UNFILLED)
    return absolute_from(directory, host.home, os.getcwd())


def _is_relative(directory: str) -> bool:
    """Say whether `directory` is a name in the current folder."""
    is_of_home = directory == "~" or directory.startswith(OF_HOME)
    return not is_of_home and not ntpath.splitdrive(directory)[0] and directory[:1] not in {"\\", "/"}


def absolute_from(directory: str, home: str, here: str) -> str:
    r"""Return `directory` as it will be on Windows' PATH: with its drive, `\`, without `..`. Pure."""
    bad = sorted(set(directory) & set('\0\r\n;"<>|?*'))
    if bad:
        raise UsageError(f"{directory!r} cannot be on PATH: there is {bad[0]!r} in its name; rename it")
    if directory.strip() in {"", "~"}:
        raise UsageError(
            "an empty name or a home directory cannot be the scripts directory; name one below it"
        )
    if directory.startswith(OF_HOME):
        directory = home + directory[1:]
    found = ntpath.normpath(ntpath.join(here, directory))
    drive, rest = ntpath.splitdrive(found)
    if not drive or not rest.startswith("\\") or rest == "\\":
        raise UsageError(f"{directory!r} is not a full path; name the directory with its drive")
    if ":" in rest:  # of a stream, and not of a directory
        raise UsageError(f"{directory!r} cannot be on PATH: there is ':' in its name; rename it")
    return found


def unversioned_directory(host: Host) -> str:
    """Return the scripts directory that no version of Python is part of."""
    base = host.environ.get("APPDATA") or os.path.join(host.home, "AppData", "Roaming")
    return os.path.join(base, "Python", "Scripts")


def stale_directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    r"""Return the user scripts directories of Pythons that are gone (`...\Python310\Scripts`).

    They are beside `directories`, and belong to other versions: either they do not exist, or no
    command in them has its Python any more.
    """
    found: list[str] = []
    for directory in directories:
        base, version = os.path.split(os.path.dirname(directory))
        if os.path.basename(directory).lower() != "scripts" or not is_version(version):
            continue
        for minor in range(MAX_MINOR):
            for suffix in ("", "-32", "-arm64"):
                name = f"Python3{minor}{suffix}"
                other = os.path.join(base, name, "Scripts")
                if name.lower() != version.lower() and _is_gone(other):
                    found.append(other)
    return tuple(found)


def is_version(name: str) -> bool:
    """Say whether a folder is named like one of a version of Python: `Python311`, `Python311-32`."""
    digits = name.lower().removeprefix("python").removesuffix("-32").removesuffix("-arm64")
    return name.lower().startswith("python3") and digits.isdigit()


def launched_python(raw: bytes) -> str | None:
    """Return the Python that a launcher (`pip.exe`) starts, or None; `raw` is the end of its file."""
    start = raw.rfind(b"#!")
    line = raw[start + 2 :].partition(b"\n")[0].strip() if start >= 0 else b""
    name = line.decode("utf-8", "replace").strip('"')
    return name if name.lower().endswith((".exe", ".exe -e")) else None


def other_writers(directory: str, uid: int, home: str = "") -> tuple[tuple[str, str], ...]:
    """Return nothing: the modes that Windows tells are made up, and who may write is in ACLs."""
    del directory, uid, home
    return ()


def shut_out(folders: tuple[str, ...], uid: int) -> str:
    """Return nothing, as nobody is told of who can write to them."""
    del folders, uid
    return ""


def why_closed(directories: Iterable[str]) -> str:
    """Return nothing: they are for one user."""
    del directories
    return ""


def check_home(host: Host, directories: tuple[str, ...] = ()) -> None:
    """Do nothing: the registry is that of the user who runs this."""
    del host, directories


class Lock:
    """Keeps two runs for one user from working at the same time, and leaves nothing behind.

    Held from `with` on; other runs wait. Raises `OnpathError` after `LOCK_TIMEOUT_S`. Windows forgets
    the named mutex with its last holder.
    """

    def __init__(self, home: str, kind: str = "", directories: tuple[str, ...] = ()) -> None:
        """Make the lock of runs of `ensure-path`, or of another `kind` of runs: a word.

        It has no place to keep the `directories` in which the run leaves something if it is killed.
        """
        del directories
        self.home, self.name = home, MUTEX + kind
        self.limit_s = TOOLS_LOCK_TIMEOUT_S if kind else LOCK_TIMEOUT_S
        self.handle: int | None = None

    def __enter__(self) -> tuple[str, ...]:
        kernel = _kernel()
        self.handle = kernel.CreateMutexW(None, False, self.name)
        if not self.handle:
            raise OnpathError("Windows gives no lock to exclude other runs; try again")
        if kernel.WaitForSingleObject(self.handle, int(self.limit_s * 1000)) not in ABANDONED_OR_OURS:
            kernel.CloseHandle(self.handle)
            if self.name != MUTEX:
                raise OnpathError(TOOLS_BUSY)
            raise OnpathError(BUSY)
        return ()

    def __exit__(self, *_error: object) -> None:
        kernel = _kernel()
        kernel.ReleaseMutex(self.handle)
        kernel.CloseHandle(self.handle)


def activation(
    host: Host, directories: tuple[str, ...], order: str | None = None, shell: Installed | None = None
) -> str:
    """Return the line that makes it true in the running shell, or nothing if it is already.

    `order` is PREPEND, APPEND or None, as in the plan; `shell` stands in for the running one.
    """
    path = host.environ.get("PATH", "")
    missing = [d for d in directories if not winpath.indices_of(path, d, {}, is_same)]
    return _line(host, missing, order, shell) if missing else ""


def export(host: Host, directories: tuple[str, ...]) -> str:
    """Return the line by which what the same shell runs after it has `directories`.

    In the language of the shell that this was started from, else in that of PowerShell.
    """
    is_known = host.running or _is_posix(host)
    return _line(host, directories, None, None if is_known else Installed(POWERSHELL.name, ""))


def _is_posix(host: Host) -> bool:
    return bool({"git-bash", "msys2"} & set(host.surroundings))


def _line(host: Host, directories: Sequence[str], order: str | None, shell: Installed | None) -> str:
    if shell is None and _is_posix(host):
        each = directories if order == APPEND else reversed(directories)
        words = (quote.posix(_posix_path(d), "") for d in each)
        return "; ".join(_export(word, is_last=order == APPEND) for word in words)
    shell = shell or host.running
    row = WINDOWS_ROWS[shell.name] if shell else None
    if row is None or row.windows is None:
        return ""
    # All at once: cmd expands the %PATH% of a whole line before it runs the first command of it.
    entries = winpath.SEPARATOR.join(directories)
    try:
        return render.now(row.name, entries, "", order or PREPEND, row.windows.snippet)
    except UnspellableError:
        return ""


def image_lines(host: Host, directories: tuple[str, ...]) -> str:
    """Raise `UsageError`: there are none."""
    del host
    raise UsageError(
        f"an image of Linux has no directory like {directories[0]}; run ensure-path --dockerfile on "
        "Linux, in WSL, or in the image"
    )


def is_same(one: str, other: str) -> bool:
    """Say whether two names are one directory: an 8.3 name, a junction, a mapped drive."""
    try:
        return os.path.samefile(one.replace('"', ""), other)
    except (OSError, ValueError):
        return False


def _export(word: str, *, is_last: bool) -> str:
    return f'export PATH="$PATH":{word}' if is_last else f'export PATH={word}:"$PATH"'


def _posix_path(directory: str) -> str:
    r"""Return `C:\x` as `/c/x`, as the shells of MSYS2 spell it."""
    drive, _, rest = directory.partition(":")
    return f"/{drive.lower()}{rest}".replace("\\", "/") if rest else directory.replace("\\", "/")


def _is_gone(scripts: str) -> bool:
    """Say whether `scripts` does not exist, or has launchers and none of their Pythons is there."""
    try:
        names = os.listdir(scripts)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    pythons: list[str] = []
    for name in names:
        if not name.lower().endswith(".exe"):
            continue
        try:
            with open(os.path.join(scripts, name), "rb") as file:
                file.seek(-min(LAUNCHER_TAIL, os.path.getsize(file.fileno())), os.SEEK_END)
                python = launched_python(file.read())
        except OSError:
            return False
        if python is None:
            return False
        pythons.append(python)
    return bool(pythons) and not any(map(os.path.exists, pythons))


def _find_program(ask: WindowsAsk | None, environ: Mapping[str, str]) -> str | None:
    """Return the first program of `ask` that is there: a path with variables, or a name on PATH."""
    for place in ask.program_paths if ask else ():
        path = winpath.expand(place, environ)
        folders = [""] if "\\" in path else winpath.entries(environ.get("PATH", ""))
        programs = (os.path.join(folder.replace('"', ""), path) for folder in folders)
        for program in filter(winpath.is_whole, programs):  # none of the folder that this runs in
            if os.path.isfile(program):
                return program
    return None


def _kernel() -> Any:
    import ctypes  # noqa: PLC0415

    types: Any = ctypes
    kernel = types.WinDLL("kernel32")
    kernel.CreateMutexW.restype = types.c_void_p
    kernel.CreateMutexW.argtypes = [types.c_void_p, types.c_int, types.c_wchar_p]
    kernel.WaitForSingleObject.argtypes = [types.c_void_p, types.c_ulong]
    for name in ("ReleaseMutex", "CloseHandle"):
        getattr(kernel, name).argtypes = [types.c_void_p]
    return kernel
