"""Which shell the user sits in: the processes above this one, by what `/proc` says of them.

The only user of shellingham, which serves where there is no `/proc`. Where there is one, our own walk
goes first: shellingham is silently wrong for mksh, yash, posh, rc, ksh93, busybox and every csh.
"""

from __future__ import annotations

import os

from onpath.shells import ALIASES
from onpath.values import TYPE_CHECKING, dataclass

from . import proc
from .installed import find_shell, recognize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from onpath.model import Installed

# Options of bash and similar shells that take one more word; what is left over is a script.
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


def running_shell(
    environ: Mapping[str, str], read: Callable[[int], Process | None] | None = None
) -> Installed | None:
    """Return the interactive shell that this program was started from, however indirectly.

    A `sh` that runs a script (`curl | sh`, a recipe of make) is passed over.
    """
    process = None
    for process in _ancestors(read or read_process, os.getppid()):
        shell, words = shell_of(process) or (None, ())
        if shell and is_interactive(process, words):
            return shell
    return None if process else ask_shellingham(environ)


def read_process(pid: int) -> Process | None:
    """Return what `/proc` says of process `pid`, or None."""
    try:
        parent, program = proc.parent(pid), proc.program(pid)
        words = proc.words(pid)
    except OSError:
        return None
    try:
        is_at_terminal = os.readlink(f"/proc/{pid}/fd/0").startswith(("/dev/pts/", "/dev/tty"))
    except OSError:
        is_at_terminal = False
    return Process(pid, parent, program, tuple(map(os.fsdecode, words)), is_at_terminal)


def _ancestors(read: Callable[[int], Process | None], pid: int) -> Iterator[Process]:
    for _ in range(MAX_DEPTH):
        process = read(pid) if pid > 0 else None
        if process is None:
            return
        yield process
        pid = process.parent


def shell_of(process: Process) -> tuple[Installed, tuple[str, ...]] | None:
    """Return the shell that `process` is and the words that it was given, or None."""
    base = os.path.basename(process.program)
    if base.startswith("python"):  # xonsh is a script
        for i, word in enumerate(process.argv[1:], 1):
            script = _script(process.pid, word) if os.sep in word else None
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


def _script(pid: int, word: str) -> Installed | None:
    """Return the shell that the script `word` of a process is; a relative name is of its folder."""
    if os.path.isabs(word):
        return recognize(word)
    try:
        path = os.path.normpath(os.path.join(proc.folder(pid), word))
    except OSError:
        return None
    return recognize(path) if os.path.exists(path) else None  # its folder may be gone


def is_interactive(process: Process, words: tuple[str, ...]) -> bool:
    """Say whether somebody types at the shell `process`, which was given `words`."""
    if process.argv and process.argv[0].startswith("-"):
        return True  # a login shell; and every interactive csh, whose terminal is on other descriptors
    flags, has_script = options_of(words)
    return "i" in flags or (process.is_at_terminal and "c" not in flags and not has_script)


def options_of(words: tuple[str, ...]) -> tuple[str, bool]:
    """Return the letters of the options among the `words` of a shell, and whether a script follows."""
    flags, has_script = "", False
    rest = list(words)
    while rest and not has_script:
        word = rest.pop(0)
        if word in OPTIONS_WITH_ARGUMENT:
            del rest[:1]
        elif word.startswith("-") and not word.startswith("--") and len(word) <= MAX_FLAGS:
            flags += word[1:]
        else:
            has_script = not word.startswith(("-", "+"))
    return flags, has_script


def ask_shellingham(environ: Mapping[str, str]) -> Installed | None:
    """Return what shellingham takes for the running shell, if it is one of the table."""
    name, program = detect_shell()
    shell = recognize(program) or recognize(name)
    if shell and not os.path.isabs(shell.program):
        return find_shell(shell.name, environ)
    return shell


def detect_shell() -> tuple[str, str]:
    """Return name and program of the running shell as shellingham sees it, or two empty texts."""
    import shellingham  # noqa: PLC0415  (only where there is no /proc)

    try:
        name, program = shellingham.detect_shell()
    except Exception:  # noqa: BLE001  (not only its own error: PermissionError, and what escapes from ps)
        return "", ""
    return str(name), str(program)
