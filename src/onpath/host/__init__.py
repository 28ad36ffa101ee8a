"""Look at this machine, once: the OS, the user, the shells that are here, and which of them run.

The only user of shellingham, which serves where there is no `/proc`. Where there is one, our own walk
goes first: shellingham is silently wrong for mksh, yash, posh, rc, ksh93, busybox and every csh.
"""

from __future__ import annotations

import os
import sys

from onpath.errors import NoHomeError, UsageError
from onpath.model import WINDOWS, Host, Installed
from onpath.shells import ALIASES, ROWS, WINDOWS_ROWS
from onpath.values import TYPE_CHECKING, dataclass

from . import users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# Where shells are besides PATH; a cron job's or an editor's PATH has few of them.
USUAL_BINS = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin")
# Of bash and its kin, those that take one word more; what is left over is a script.
OPTIONS_WITH_ARGUMENT = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file"))
MAX_FLAGS = 4  # `-lic` is flags, PowerShell's `-NoLogo` is not
MAX_DEPTH = 32  # ancestors; tmux in make in tmux is nowhere near


@dataclass(frozen=True)
class Process:
    """What `/proc` says of one process."""

    pid: int
    parent: int
    program: str  # its executable
    argv: tuple[str, ...]
    is_at_terminal: bool  # its standard input is one


def detect(environ: Mapping[str, str], *, home: str | None = None) -> Host:
    """Return what this machine is; `home` stands in for the user's own home directory."""
    entry = users.own_entry()
    system = _system()
    variable = "USERPROFILE" if system == WINDOWS else "HOME"  # Git Bash sets both
    if home and system == WINDOWS:
        raise UsageError("--home: the registry is that of the user who runs this; leave it out")
    own = home or environ.get(variable) or (entry and entry[1]) or ""
    if not os.path.isabs(own):
        raise NoHomeError(f"there is no home directory; set {variable}, or name one with --home")
    own = own.rstrip("/") or "/"
    if not os.path.isdir(own):
        raise NoHomeError(
            f"the home directory {own} does not exist; create it, or name another with --home"
        )
    candidates = ((entry and entry[2]) or "", environ.get("SHELL", ""))
    login = next((recognize(p) for p in candidates if _is_program(p) and recognize(p)), None)
    return Host(
        system=system,
        home=own,
        user=(entry and entry[0]) or _session_user(environ),
        uid=os.geteuid() if hasattr(os, "geteuid") else 0,
        environ=environ,
        running=running_shell(environ),
        login=login,
        surroundings=tuple(surroundings(environ)),
    )


def recognize(program: str) -> Installed | None:
    """Return the shell that the executable `program` is, or None.

    Links are followed first: `/bin/sh` may be dash, `/bin/csh` tcsh.
    """
    for path in (os.path.realpath(program), program):
        base = os.path.basename(path)
        stem, _, version = base.partition("-")  # zsh-5.9, but not rc-service
        name = ALIASES.get(base) or (ALIASES.get(stem) if version[:1].isdigit() else None)
        if name:
            return Installed(name, program)
    return None


def find_shell(name: str, environ: Mapping[str, str]) -> Installed | None:
    """Return the shell of the table's row `name`, if it is on this machine."""
    for program in ROWS[name].programs:
        path = which(program, _folders(environ))
        shell = recognize(path) if path else None
        if shell and shell.name == name:
            return shell
    return None


def which(program: str, folders: Iterable[str]) -> str | None:
    """Return the first executable file named `program` in `folders`."""
    for folder in folders:
        path = os.path.join(folder, program)
        if _is_program(path):
            return path
    return None


def named_shell(name: str, host: Host) -> Installed:
    """Return the shell that the user calls `name`: a name of the table or of a program, or a path."""
    if os.sep in name:
        name = os.path.abspath(name)
        found = recognize(name) if _is_program(name) else None
        if not found:
            raise UsageError(f"{name} is not a shell that onpath knows; it knows {', '.join(ROWS)}")
        return found
    row = ROWS.get(ALIASES.get(name, ""))
    if row is None:
        raise UsageError(f"unknown shell {name!r}; onpath knows {', '.join(ROWS)}")
    found = find_shell(row.name, host.environ)
    if found:
        return found
    path = which(name, _folders(host.environ))
    other = recognize(path) if path else None  # `sh` is often one of the others
    if other:
        return other
    raise UsageError(f"{name} is not installed; install it, or leave out --shell {name}")


def running_shell(
    environ: Mapping[str, str], read: Callable[[int], Process | None] | None = None
) -> Installed | None:
    """Return the interactive shell that this program was started from, however indirectly.

    A `sh` that runs a script (`curl | sh`, a recipe of make) is passed over.
    """
    process = None
    for process in _ancestors(read or read_process, os.getppid()):
        shell, words = _shell_of(process) or (None, ())
        if shell and _is_interactive(process, words):
            return shell
    return None if process else _ask_shellingham(environ)


def read_process(pid: int) -> Process | None:
    """Return what `/proc` says of process `pid`, or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # "pid (name) state ppid ...": the name may hold anything, parentheses too.
            parent = int(file.read().rpartition(b")")[2].split()[1])
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            argv = tuple(os.fsdecode(word) for word in file.read().split(b"\0")[:-1])
        program = os.readlink(f"/proc/{pid}/exe")
    except (OSError, ValueError, IndexError):
        return None
    try:
        is_at_terminal = os.readlink(f"/proc/{pid}/fd/0").startswith(("/dev/pts/", "/dev/tty"))
    except OSError:
        is_at_terminal = False
    return Process(pid, parent, program.removesuffix(" (deleted)"), argv, is_at_terminal)


def surroundings(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is peculiar about this machine: wsl, termux, container, ci."""
    if environ.get("WSL_DISTRO_NAME") or "microsoft" in _kernel():
        yield "wsl"
    if environ.get("TERMUX_VERSION"):
        yield "termux"
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        yield "container"
    if environ.get("CI"):
        yield "ci"
    if environ.get("MSYSTEM") and sys.platform == "win32":
        yield msys_kind(environ)


def msys_kind(environ: Mapping[str, str]) -> str:
    r"""Return which shells a Windows program runs under whose MSYSTEM is set: git-bash or msys2.

    Both are of MSYS2; but Git's take the PATH of Windows over, and MSYS2's leave it out unless told
    otherwise (`MSYS2_PATH_TYPE` in their /etc/profile). Only Git's launcher sets EXEPATH.
    """
    is_inherited = environ.get("MSYS2_PATH_TYPE") == "inherit"
    return "git-bash" if is_inherited or environ.get("EXEPATH") else "msys2"


def _ancestors(read: Callable[[int], Process | None], pid: int) -> Iterator[Process]:
    for _ in range(MAX_DEPTH):
        process = read(pid) if pid > 0 else None
        if process is None:
            return
        yield process
        pid = process.parent


def _shell_of(process: Process) -> tuple[Installed, tuple[str, ...]] | None:
    """Return the shell that `process` is and the words that it was given, or None."""
    base = os.path.basename(process.program)
    if base.startswith("python"):  # xonsh is a script
        for i, word in enumerate(process.argv[1:], 1):
            script = recognize(word) if os.sep in word else None
            if script or not word.startswith("-"):
                return (script, process.argv[i + 1 :]) if script else None
        return None
    words = process.argv[1:]
    if base == "busybox":
        applet = os.path.basename(process.argv[0]).lstrip("-") if process.argv else ""
        if applet == base:
            applet, words = (words or ("",))[0], words[1:]
        if applet not in ALIASES:
            return None  # `busybox vi`
    shell = recognize(process.program)
    return (shell, words) if shell else None


def _is_interactive(process: Process, words: tuple[str, ...]) -> bool:
    """Say whether somebody types at the shell `process`, which was given `words`."""
    if process.argv and process.argv[0].startswith("-"):
        return True  # a login shell; and every interactive csh, whose terminal is on other descriptors
    flags, operand = "", False
    rest = list(words)
    while rest and not operand:
        word = rest.pop(0)
        if word in OPTIONS_WITH_ARGUMENT:
            del rest[:1]
        elif word.startswith("-") and not word.startswith("--") and len(word) <= MAX_FLAGS:
            flags += word[1:]
        else:
            operand = not word.startswith(("-", "+"))
    return "i" in flags or (process.is_at_terminal and "c" not in flags and not operand)


def _ask_shellingham(environ: Mapping[str, str]) -> Installed | None:
    import shellingham  # noqa: PLC0415  (only where there is no /proc)

    try:
        name, program = shellingham.detect_shell()
    except Exception:  # noqa: BLE001  (besides its own error, PermissionError and ps's escape)
        return None
    if sys.platform == "win32":
        return Installed(name, program) if name in WINDOWS_ROWS else None
    shell = recognize(program) or recognize(name)
    if shell and not os.path.isabs(shell.program):
        return find_shell(shell.name, environ)
    return shell


def _folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    own = [folder for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    return tuple(dict.fromkeys((*own, *USUAL_BINS)))


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _session_user(environ: Mapping[str, str]) -> str:
    names = (environ.get(name) for name in ("USER", "LOGNAME", "USERNAME"))
    return next(filter(None, names), "")


def _kernel() -> str:
    return os.uname().release.lower() if hasattr(os, "uname") else ""


def _system() -> str:
    names = {"win32": WINDOWS, "msys": "msys"}
    return names.get(sys.platform, sys.platform)
