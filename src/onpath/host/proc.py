"""What `/proc` says of processes (proc(5)). Where there is none, every question raises `OSError`.

Each file is read by its descriptor: a file object of Python's takes twice as long, and a look reads
dozens.
"""

from __future__ import annotations

import os
import time

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# In `fields`: what `/proc/PID/stat` has after the name, which may hold anything.
STATE, PARENT, GROUP, SESSION, TERMINAL, FOREGROUND, UTIME, CUTIME = 0, 1, 2, 3, 4, 5, 11, 13
STARTED = 19
MEMORY, ENVIRON = 20, 47
ZOMBIE, ASLEEP = b"Z", b"S"
AT_WORK = (b"R", b"D")
STOPPED = (b"T", b"t")
CHUNK = 1 << 16
MAX_DEPTH = 64  # processes above one another; tmux in make in tmux is nowhere near
TICK_S = 0.001
EMPTY_LOOKS = 4  # in a row, after which a process is one without a variable
REPLACE_S = 1.0  # how long a process may have no environment while its program is replaced


def read(path: str) -> bytes:
    """Return what a file of `/proc` holds. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        whole = b""
        while chunk := os.read(descriptor, CHUNK):
            whole += chunk
        return whole
    finally:
        os.close(descriptor)


def pids() -> list[int]:
    """Return the numbers of all processes; none where there is no `/proc`."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def fields(pid: int) -> list[bytes]:
    """Return what `/proc` says of a process, from its state on. Raises `OSError`."""
    return read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def words(pid: int) -> list[bytes]:
    """Return the words with which a process was started. Raises `OSError`."""
    return read(f"/proc/{pid}/cmdline").split(b"\0")[:-1]


def state(pid: int) -> bytes:
    """Return the letter of a process's state; nothing of one that is gone."""
    try:
        return b"".join(fields(pid)[:1])
    except OSError:
        return b""


def age_s(pid: int) -> float:
    """Return how long ago a process was started, in seconds. Raises `OSError`."""
    ticks = int(fields(pid)[STARTED])
    any_os: Any = os  # Windows has none of it
    any_time: Any = time
    now_s: float = any_time.clock_gettime(any_time.CLOCK_BOOTTIME)
    hertz: int = any_os.sysconf("SC_CLK_TCK")
    return now_s - ticks / hertz


def waits_in(pid: int) -> str:
    """Return the function of the kernel in which a process sleeps, "0" where that is not told."""
    try:
        return os.fsdecode(read(f"/proc/{pid}/wchan")) or "0"
    except OSError:
        return "0"


def parent(pid: int) -> int:
    """Return the parent of a process. Raises `OSError`, also where the kernel tells none."""
    try:
        return int(fields(pid)[PARENT])
    except (ValueError, IndexError):
        raise ProcessLookupError(pid) from None


def session(pid: int) -> int:
    """Return the number of a process's session, which is that of its first process; 0 if it is gone."""
    try:
        return int(fields(pid)[SESSION])
    except (OSError, ValueError, IndexError):
        return 0


def lineage(pid: int) -> tuple[tuple[int, bytes], ...]:
    """Return a process and those above it, the nearest first: the number and the session of each.

    The last is 0 where a process has its parent outside, of a container, and a number without a session
    where nobody may see it. Nothing where there is no `/proc`.
    """
    found: list[tuple[int, bytes]] = []
    while len(found) < MAX_DEPTH:
        try:
            told = fields(pid)
            found.append((pid, told[SESSION]))
            pid = int(told[PARENT])
        except (OSError, ValueError, IndexError):
            return (*found, (pid, b"")) if found else ()
    return tuple(found)


def environ(pid: int) -> bytes:
    r"""Return the environment with which the program of a process was started: `NAME=VALUE\0` each.

    It seems empty also while one program is replacing another (execve(2)): then it is read again.
    Raises `OSError`.
    """
    deadline, looks = 0.0, 0
    while not (text := read(f"/proc/{pid}/environ")):
        told = fields(pid)
        start, end = told[ENVIRON:][:2] or (b"", b"")
        # One without a variable has a place for it; so has a new program, before that is filled.
        looks += start == end not in {b"", b"0"}
        # A dead process and the kernel's own have no memory.
        is_empty = not end or told[MEMORY] == b"0" or looks == EMPTY_LOOKS
        now = time.monotonic()
        deadline = deadline or now + REPLACE_S
        if is_empty or now > deadline:
            break
        if not looks:
            time.sleep(TICK_S)
    return text


def variables(pid: int) -> dict[str, str]:
    """Return the same by the names of the variables. Raises `OSError`."""
    pairs = (os.fsdecode(word).partition("=") for word in environ(pid).split(b"\0"))
    return {name: value for name, is_set, value in pairs if is_set and name}


def program(pid: int) -> str:
    """Return the executable of a process, also where it was replaced since. Raises `OSError`."""
    return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")


def folder(pid: int) -> str:
    """Return the current folder of a process. Raises `OSError`."""
    return os.readlink(f"/proc/{pid}/cwd")


def name(pid: int) -> str:
    """Return the name of a process's program, also of another user's; nothing if it is gone."""
    try:
        return os.path.basename(program(pid))
    except OSError:
        pass
    try:
        return os.fsdecode(read(f"/proc/{pid}/stat").rpartition(b")")[0].partition(b"(")[2])
    except OSError:
        return ""


def has_one_thread() -> bool:
    """Say whether this process has a single thread, where `/proc` tells."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False
