"""Who reads a terminal that a startup file has: a shell at its prompt, or something else.

What is typed there reaches whoever reads. To a password prompt it is a wrong password, to a tmux of the
user's a command in the middle of his work: so nothing is typed but to a shell of ours that waits for a
line. Linux tells all of that; elsewhere only the state of the terminal is known.
"""

from __future__ import annotations

import os
import sys

from onpath.host import proc
from onpath.host.running import read_process, shell_of
from onpath.shells import ROWS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.host.running import Process

LOCAL_FLAGS = 3  # of what `tcgetattr` returns
OUTPUTS = ("1", "2")  # descriptors by which nothing is read
# Where the kernel has put a process to sleep that reads a terminal, or waits for one with a time limit;
# not in do_wait, sigsuspend (zsh's `wait`) or anon_pipe_read. "0" where that is not told.
READINGS = (
    "wait_woken",
    "n_tty_read",
    "poll_schedule_timeout",
    "do_select",
    "do_poll",
    "do_sys_poll",
    "0",
)


def is_at_prompt(session: int, terminal: int, mark: bytes) -> bool:
    """Say whether a shell waits for a line at the terminal of `session`, whose outer end is `terminal`.

    `mark` is in the environment of all that this run has started.
    """
    is_cooked, echoes = _state(terminal)
    if is_cooked and not echoes:
        return False  # a password
    if not proc.pids():
        return True  # where there is no `/proc`, that is all that can be known
    there = _in_foreground(session)
    shells = {p.pid: shell_of(p) for p in there}
    leaders = [found[0].name for found in shells.values() if found]
    if not leaders:
        return not is_cooked and any(_passes_on(each, mark) for each in there)
    if any(not shells[each.pid] and _has_terminal(each.pid) for each in there):
        return False  # a program that a startup file runs may read
    # A shell that edits its line has the terminal in another state then: this is a `read`.
    return not is_cooked or not any(ROWS[name].edits_lines for name in leaders)


def waits_for_user(session: int, terminal: int) -> bool:
    """Say whether nothing goes on without an answer: to a password prompt, or to a `read` of a shell.

    At one look it may seem so too where a shell just starts a program, or takes the terminal back.
    """
    is_cooked, echoes = _state(terminal)
    return is_cooked and (not echoes or not _works(_in_foreground(session), at_all=True))


def is_busy(session: int, terminal: int) -> bool:
    """Say whether the shell of `session`, or a program that asks nobody for anything, works there.

    Between two of its programs a shell may not look so.
    """
    is_cooked, echoes = _state(terminal)
    return is_cooked and echoes and _works(_in_foreground(session), at_all=bool(proc.pids()))


def _works(there: list[Process], *, at_all: bool) -> bool:
    """Say whether one of those in the foreground is a program, or a shell that works or waits for one.

    `at_all` is what holds if there is nobody.
    """
    if not there:
        return at_all
    if not all(shell_of(each) and proc.state(each.pid) == proc.ASLEEP for each in there):
        return True
    return not any(proc.waits_in(each.pid).startswith(READINGS) for each in there)


def _state(terminal: int) -> tuple[bool, bool]:
    """Return whether the terminal gives whole lines, and whether it shows what is typed."""
    if sys.platform == "win32":
        raise NotImplementedError
    import termios  # noqa: PLC0415  (few questions are typed)

    try:
        flags = termios.tcgetattr(terminal)[LOCAL_FLAGS]
    except termios.error:  # nobody holds the other end any more
        return True, False
    return bool(flags & termios.ICANON), bool(flags & termios.ECHO)


def _in_foreground(session: int) -> list[Process]:
    """Return the processes to which the terminal of a session belongs at this moment."""
    found: list[Process] = []
    for pid in proc.pids():
        try:
            told = proc.fields(pid)
            is_there = told[proc.SESSION] == str(session).encode()
            process = (
                read_process(pid) if is_there and told[proc.GROUP] == told[proc.FOREGROUND] else None
            )
        except (OSError, IndexError):  # it is gone
            continue
        found += [process] if process else []
    return found


def _has_terminal(pid: int) -> bool:
    """Say whether a process has a terminal open by which it could read."""
    folder = f"/proc/{pid}/fd"
    try:
        links = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder) if name not in OUTPUTS]
    except OSError:  # it is gone; or another user's, as sudo is
        return os.path.exists(folder)
    return any(link.startswith(("/dev/pts/", "/dev/tty")) for link in links)


def _passes_on(process: Process, mark: bytes) -> bool:
    """Say whether `process` hands what is typed to a shell of ours on another terminal, as tmux does.

    That one was started by the process, or by a server of the same name: both are ours then, and not
    the server of the user's own sessions.
    """
    kind = _kind(process.pid)
    others = [pid for pid in proc.pids() if _is_marked(pid, mark)]
    servers = {pid for pid in others if _kind(pid) == kind}
    for pid in others:
        parents = {above for above, _ in proc.lineage(pid)[1:]}
        found = read_process(pid)
        if found and shell_of(found) and parents & servers and _at_prompt_inside(pid):
            return True
    return False


def _kind(pid: int) -> str:
    """Return of which kind a process is: its name may be `tmux: client`, or `tmux: server`."""
    try:
        name = proc.read(f"/proc/{pid}/comm")
    except OSError:
        return ""
    return os.fsdecode(name).strip().lower().partition(":")[0]


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        return mark in proc.environ(pid)
    except OSError:
        return False


def _at_prompt_inside(pid: int) -> bool:
    """Say whether the shell `pid` has its own terminal in the state in which it waits for a line."""
    try:
        terminal = os.open(f"/proc/{pid}/fd/0", os.O_RDONLY | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return False
    try:
        is_cooked, echoes = _state(terminal)
        return echoes if is_cooked else True
    finally:
        os.close(terminal)
