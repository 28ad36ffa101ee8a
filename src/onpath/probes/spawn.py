"""Start one process in a session of its own, with nothing of ours but what it is given. Unix only.

`subprocess` would do, for 1.4 times a bare Python start; and it has no way to lower a limit or to give
the child a controlling terminal without running Python between fork and exec either.
"""

from __future__ import annotations

import os
import sys

from onpath.values import TYPE_CHECKING

from . import signals

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PASSES = 100
MAX_FILES = 1024  # bsd-csh closes every descriptor up to the limit, one by one: minutes at Docker's 2^30


def spawn(
    program: str,
    argv: tuple[str, ...],
    *,
    environ: Mapping[str, str],
    folder: str,
    stdin: int,
    output: int,
    terminal: int | None = None,
) -> int:
    """Start `program` and return its process id, which is also that of its session and group.

    `stdin` and `output` are descriptors; with `terminal` (the inner end of a pseudo-terminal) that
    is all three of them, and the session's controlling terminal. An own session is the only safe way:
    anything less stops or hangs one shell or another, or takes the user's terminal.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    own = os.getpid()
    try:
        pid = os.fork()
        if pid:
            return pid
        os.setsid()
        signals.heed_all()
        if terminal is not None:
            _take_terminal(terminal)
            stdin = output = terminal
        for descriptor, number in ((stdin, 0), (output, 1), (output, 2)):
            os.dup2(descriptor, number)
        if not 0 < os.sysconf("SC_OPEN_MAX") <= MAX_FILES:
            _lower_file_limit()
        os.chdir(folder)
        os.execve(program, list(argv), dict(environ))
    finally:
        if os.getpid() != own:  # nothing may leave the child, also not an interrupt at its first line
            os._exit(127)


def _take_terminal(terminal: int) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415
    import termios  # noqa: PLC0415

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _lower_file_limit() -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    import resource  # noqa: PLC0415

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, hard))


def reap(pid: int) -> int | None:
    """Return the exit status of `pid` (negative: the signal that ended it), or None while it runs."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if done else None


def kill_session(pid: int, *, is_reaped: bool) -> None:
    """Kill the process `pid` with its group and all that it started, and wait for it."""
    if sys.platform == "win32":
        raise NotImplementedError
    # The number of a reaped process may be another's by now; that of its group is not while any is left.
    found = [] if is_reaped else [pid, *_descendants(pid)]  # while their parents still tell them
    for target in (-pid, *found):
        try:
            os.kill(target, signals.KILL)
        except (ProcessLookupError, PermissionError):
            continue
    if not is_reaped:
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            return


def kill_marked(mark: str, since: int) -> None:
    """Kill every process of this user whose environment holds `mark`, where `/proc` tells.

    These are the agents, servers and daemons that startup files put into sessions of their own.
    `since` is the first process id of ours: older processes need not be looked at.
    """
    raw = mark.encode()
    for _ in range(MAX_PASSES):  # until none is found: one may start another meanwhile
        if not [pid for pid in _processes(since) if _kill_if_marked(pid, raw)]:
            return


def _descendants(pid: int) -> list[int]:
    """Return the processes below `pid`, where `/proc` tells. Those of a daemon's two forks are not."""
    children: dict[int, list[int]] = {}
    for other in _processes(pid):  # a child is newer; after a wrap of the numbers its mark tells
        try:
            with open(f"/proc/{other}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(other)
    found = list(children.get(pid, ()))
    for other in found:
        found += children.get(other, ())
    return found


def _processes(since: int) -> list[int]:
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    return [pid for pid in numbers if pid > since and pid != os.getpid()]


def _kill_if_marked(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            if mark not in file.read():  # a dead one has none
                return False
        os.kill(pid, signals.KILL)
    except OSError:
        return False
    return True
