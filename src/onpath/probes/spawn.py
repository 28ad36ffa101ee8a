"""Start one process in a session of its own, and end all that it started. Unix, but for the signals.

`subprocess` would do, for 1.4 times a bare Python start; and it has no way to lower a limit or to give
the child a controlling terminal without running Python between fork and exec either.
"""

from __future__ import annotations

import os
import sys
import time

from onpath.host import proc
from onpath.shells import ALIASES
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import Any

# CPython's private, built-in half of `signal`: the other half makes enums, for 0.4 of a bare start.
try:
    _signal: Any = __import__("_signal")
except ImportError:
    import signal as _signal

KILL, TERMINATE = 9, 15  # SIGKILL and SIGTERM have these numbers on every system
STOPS = ("SIGINT", "SIGTERM", "SIGHUP")
# Python ignores the first two, nohup the third, and a shell the others for what it starts with `&`.
OFTEN_IGNORED = ("SIGPIPE", "SIGXFSZ", "SIGHUP", "SIGINT", "SIGQUIT")
MAX_PASSES = 100
# The leader of a session gets the terminal that it opens first: so it is on Linux, which alone has this.
GIVES_TERMINAL = hasattr(os, "O_TMPFILE")
STOPPED, ENDED = "stopped", "ended"  # states of a child
NOT_DONE = 127  # the exit status of one that did not come to its end; a shell's for a missing program
END_S = 5.0  # how long a process that was killed may take to end
ASKED_S = 1.0  # the same for one that is asked to end by itself
STILL_S = 0.3  # and for how long of that all of them may only wait
WORK_S = 1.5  # how long a shell in the background may go on with what it does
PAUSE_S = 0.05  # and for how long of that it may sleep
STILL_LOOKS = 10  # and at how many looks
FETCHERS = ("git", "curl", "wget")  # for which it may sleep for longer, as they wait for a network
FETCH_S = 8.0  # how old such a shell may grow
# Programs that may be such a shell; what runs a report of ours has the other name for a moment.
BACKGROUND = ALIASES.keys() - {os.path.basename(os.path.realpath("/bin/sh"))}
HAVE_NOTHING = ("sleep",)  # programs that have nothing to put away when they end
SUSPEND_S = 0.5  # the same for one that is to stop, and may be in the middle of a system call
LEAVE_S = 0.2  # the same for one that may not be killed: it may go with its terminal
TICK_S = 0.001
AGAIN_S = 0.01  # after which an interrupt that was lost comes again
OTHERS = 0o077  # the bits of a mode that are not the user's own
# bsd-csh closes every descriptor up to the limit, one by one: minutes at Docker's 2^30, here some ms.
MAX_FILES = 1 << 15


class _Process:
    """Whether this process, with its limits, is the command line's own."""

    is_ours = False


def own_process() -> None:
    """Say that this process is nobody else's: that of a command line, which ends with its answer.

    Then a plain kill and a closed terminal are interrupts, and a program may be started in a faster way.
    What is made is its user's to read and to change, whatever the umask is: else no undo could.
    """
    _Process.is_ours = True
    os.umask(os.umask(OTHERS) & OTHERS)
    interrupt_once()


def spawn(
    program: str,
    argv: tuple[str, ...],
    *,
    environ: Mapping[str, str],
    folder: str,
    stdin: int,
    output: int,
    errors: int,
    terminal: int | None = None,
) -> int:
    """Start `program` and return its process id, which is also that of its session and group.

    `stdin`, `output` and `errors` are descriptors; with `terminal` (the inner end of a pseudo-terminal)
    that is all three of them, and the session's controlling terminal. A session of its own is the only
    safe way: anything less stops or hangs one shell or another, or takes the user's terminal.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    if GIVES_TERMINAL and (_Process.is_ours or proc.has_one_thread()):
        actions: list[tuple[Any, ...]] = [
            (os.POSIX_SPAWN_DUP2, descriptor, number)
            for descriptor, number in ((stdin, 0), (output, 1), (errors, 2))
        ]
        if terminal is not None:
            actions = [(os.POSIX_SPAWN_OPEN, 0, os.ttyname(terminal), os.O_RDWR, 0)]
            actions += [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
        try:
            return _spawn_without_fork(program, argv, environ, folder, actions)
        except (OSError, NotImplementedError):
            pass  # the other way says why, as an exit status

    def become() -> None:
        os.setsid()
        restore_defaults()
        if terminal is not None:
            _take_terminal(terminal)
        for descriptor, number in ((stdin, 0), (output, 1), (errors, 2)):
            os.dup2(descriptor if terminal is None else terminal, number)
        _lower_file_limit()
        os.chdir(folder)
        os.execve(program, list(argv), dict(environ))

    return fork(become)


def _spawn_without_fork(
    program: str,
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    folder: str,
    actions: list[tuple[Any, ...]],
) -> int:
    """Start `program` for a third of what a fork of Python takes.

    It has no way to name the folder but to go there, and none to name the limit. Only another thread
    could notice: a process without one is as it was afterwards.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    limits = _lower_file_limit()
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    try:
        os.chdir(folder)
        return os.posix_spawn(
            program,
            list(argv),
            dict(environ),
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=_numbers(OFTEN_IGNORED),
        )
    finally:
        os.fchdir(here)
        os.close(here)
        if limits and not _Process.is_ours:
            _set_file_limit(limits)


def fork(work: Callable[[], object]) -> int:
    """Fork a process that does `work` and is gone, with 0 if it came to its end; return its process id.

    Nothing leaves the child, also not an interrupt at its first line: it would go on as the twin of this
    process.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    own, status = os.getpid(), NOT_DONE
    try:
        pid = os.fork()
        if not pid:
            work()
            status = 0
    finally:
        if os.getpid() != own:
            os._exit(status)
    return pid


class Watch:
    """Waits for the end of children: one that ends between a look and the wait counts too.

    From the first wait on SIGCHLD is held back, to be taken (sigtimedwait(2)); that one returns at once,
    for a look that misses none. A program that has a handler for it hears of it at the release, which
    comes after each use, also after an interrupt: what starts with SIGCHLD held back, as a child of the
    caller's would, may never learn that its own children have ended (.NET).
    """

    def __init__(self) -> None:
        self.is_holding = False
        self.can_wait = hasattr(_signal, "sigtimedwait")
        self.before: set[int] = set()
        if self.can_wait:
            self.before = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())

    def wait(self, limit_s: float) -> None:
        """Wait until a child ends, at most `limit_s`; where the system cannot tell, all of that time."""
        if not self.can_wait:
            time.sleep(limit_s)
        elif self.is_holding:
            _signal.sigtimedwait((_signal.SIGCHLD,), limit_s)
        else:
            self.is_holding = True
            _signal.pthread_sigmask(_signal.SIG_BLOCK, (_signal.SIGCHLD,))

    def release(self) -> None:
        """Hold SIGCHLD back no longer."""
        if self.is_holding:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self.before)
            self.is_holding = False
            if callable(_signal.getsignal(_signal.SIGCHLD)):
                _signal.raise_signal(_signal.SIGCHLD)


def _take_terminal(terminal: int) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415
    import termios  # noqa: PLC0415

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _lower_file_limit() -> tuple[int, int] | None:
    """Lower the limit of open files where it is high, and return what it was."""
    if sys.platform == "win32":
        raise NotImplementedError
    if 0 < os.sysconf("SC_OPEN_MAX") <= MAX_FILES:
        return None
    import resource  # noqa: PLC0415

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    _set_file_limit((MAX_FILES, before[1]))
    return before


def _set_file_limit(limits: tuple[int, int]) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    import resource  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def reap(pid: int) -> int | None:
    """Return the exit status of `pid` (negative: the signal that ended it), or None while it runs."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if done else None


def processor_time_s(session: int, without: tuple[str, ...] = ()) -> float:
    """Return the seconds of processor time that a session has used, where `/proc` tells.

    A program does not count if a word of its command line ends as one of `without`.
    """
    ticks = 0
    for pid in younger(session - 1):
        try:
            fields = proc.fields(pid)
        except OSError:
            continue
        is_there = len(fields) > proc.CUTIME and fields[proc.SESSION] == str(session).encode()
        if is_there and not _has_word(pid, without):
            ticks += sum(int(field) for field in fields[proc.UTIME : proc.CUTIME + 2])
    return ticks / (os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100)


def _has_word(pid: int, ends: tuple[str, ...]) -> bool:
    """Say whether a word of a process's command line ends as one of `ends`."""
    try:
        words = proc.words(pid) if ends else []
    except OSError:  # it is gone
        return False
    return any(os.fsdecode(word).endswith(ends) for word in words)


def kill_session(pid: int, *, is_reaped: bool, terminal: int | None = None) -> None:
    """Kill the process `pid` with its group and all that it started, and wait a little for it.

    A program that a startup file has started is asked to end before that: git takes back what it has
    half done. No shell may get so far as to write its history, and the kernel sends SIGHUP to what is
    in the foreground of a terminal whose session has lost its leader. So the leader is the last to die,
    and is stopped before that: bsd-csh has a child that it has just forked write the history. Were this
    process killed in between, the end of the terminal would have it go on; without one it would stay.
    The outer end of the `terminal` is closed after that, which ends some of what may not be killed,
    since it has become another user's (sudo, su).
    """
    state = _suspend(pid) if terminal is not None and not is_reaped else ""
    is_reaped = is_reaped or state == ENDED
    # A reaped pid may have been reused; a process-group id cannot be, while a member lives. Descendants
    # are looked for first: once their parent is dead, nothing tells whose they are.
    found = descendants(pid) if not is_reaped or _has_group(pid) else []
    let_work(found)
    ask_to_end(found, 0 if is_reaped else pid)
    for child in reversed(found) if state == STOPPED else ():
        kill(child)
    is_free = kill(-pid)  # all at once: a shell that runs may not see that a child has ended
    for target in (*found, *([] if is_reaped else [pid])):
        is_free = kill(target)
    if terminal is not None:
        os.close(terminal)
    deadline = time.monotonic() + (END_S if is_free else LEAVE_S)
    while not is_reaped and reap(pid) is None and time.monotonic() < deadline:
        time.sleep(TICK_S)


def _suspend(pid: int) -> str:
    """Stop the child `pid`, wait a little for that, and return its state, if it is one of the two.

    In the middle of a fork it stops after that: the new child is one of its descendants then. If it had
    ended, it is reaped.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    deadline = time.monotonic() + SUSPEND_S
    while kill(pid, _signal.SIGSTOP) and time.monotonic() < deadline:
        try:
            done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return ENDED
        if done:
            return STOPPED if os.WIFSTOPPED(status) else ENDED
        time.sleep(TICK_S / 10)
    return ""


def kill(pid: int, number: int = KILL) -> bool:
    """Kill the process `pid`, or the group of its negative; say whether that was allowed."""
    try:
        os.kill(pid, number)
    except PermissionError:
        return False
    except ProcessLookupError:
        return True
    return True


def kill_marked(mark: str, since: int) -> None:
    """Kill every process of this user whose environment holds `mark`, where `/proc` tells.

    These are the agents, servers and daemons that startup files put into sessions of their own.
    `since` is the first process id of ours: older processes need not be looked at.
    """
    raw = mark.encode()
    for _ in range(MAX_PASSES):  # until none is found: one may have started another
        if not [pid for pid in younger(since) if _kill_if_marked(pid, raw)]:
            return


def ask_to_end(pids: list[int], leader: int = 0) -> None:
    """Ask those of `pids` that are no shells to end by themselves, and wait a little for that.

    A shell, as their `leader` is, would go on with its next command then: so it is stopped. One on a
    terminal that another of them holds (tmux, script) would be told when that goes, and write its
    history: so it is killed before.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    held = [pid for pid in pids if _is_held(pid)]
    asked = [pid for pid in pids if pid not in held]
    if not asked:
        return
    if leader:
        kill(leader, _signal.SIGSTOP)
    within = {pid: proc.lineage(pid)[1:2] for pid in held if proc.session(pid) == pid}
    holders = {above for (above, _), *_ in filter(None, within.values()) if above in asked}
    _ask([pid for pid in asked if pid not in holders])
    if holders:
        for pid in within:
            kill(pid)
        _ask([*holders])


def let_work(pids: list[int]) -> None:
    """Wait a little for those of `pids` that are shells at work in the background, or have others work.

    One may hold a lock while it compiles what the next start reads (zsh's prezto), have removed what a
    program makes anew (zgenom), or take back what it has changed once git has fetched (Oh My Zsh's
    update, which a closed terminal does not end). Between two of its steps it may sleep.
    """
    now = time.monotonic()
    deadline, worked_at, looks = now + WORK_S, now, 0
    named = [(pid, proc.name(pid)) for pid in pids]
    shells = [pid for pid, name in named if name in BACKGROUND]
    scripts = [pid for pid, name in named if name in ALIASES]
    # On a busy machine this process may have slept for longer than they may.
    while scripts and now < deadline and (now < worked_at + PAUSE_S or looks < STILL_LOOKS):
        fetching = [pid for pid in scripts if _has_fetcher(pid)]
        states = [proc.state(pid).replace(proc.ZOMBIE, b"") for pid in (*shells, *fetching)]
        if not any(states):
            return
        states += [proc.state(child) for pid in shells for child in descendants(pid)]
        looks += 1
        if fetching or any(state in proc.AT_WORK for state in states):
            worked_at, looks = now, 0
        if fetching:
            deadline = now + WORK_S
        time.sleep(TICK_S)
        now = time.monotonic()


def _has_fetcher(pid: int) -> bool:
    """Say whether a shell that is not older than it may be waits for a program that fetches."""
    try:
        is_young = proc.age_s(pid) < FETCH_S
    except OSError:  # it is gone
        return False
    return is_young and any(proc.name(child) in FETCHERS for child in descendants(pid))


def _ask(pids: list[int]) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    asked = [pid for pid in pids if kill(pid, TERMINATE)]
    for pid in asked:
        kill(pid, _signal.SIGCONT)
    now = time.monotonic()
    deadline, still_since = now + ASKED_S, now
    while asked and now < min(deadline, still_since + STILL_S):
        states = {pid: proc.state(pid) for pid in asked}
        asked = [pid for pid, state in states.items() if state not in {b"", proc.ZOMBIE}]
        if any(states[pid] != proc.ASLEEP for pid in asked):  # it works
            still_since = now
        time.sleep(TICK_S)
        now = time.monotonic()


def _is_held(pid: int) -> bool:
    """Say whether a process may be killed at once: it has nothing to put away, or is a stopped shell.

    One that is just becoming another program stops before that has done anything.
    """
    name = proc.name(pid)
    if name in ALIASES:
        kill(pid, _signal.SIGSTOP)
        name = proc.name(pid)
    return not name or name in ALIASES or name in HAVE_NOTHING


def _has_group(pid: int) -> bool:
    """Say whether there is a process in the group of that number, whose leader is gone."""
    try:
        os.kill(-pid, 0)
    except OSError:
        return False
    return True


def descendants(pid: int) -> list[int]:
    """Return the processes below `pid` and in its session, where `/proc` tells.

    Daemons, which have left both, are not found so.
    """
    children: dict[int, list[int]] = {}
    session = str(pid).encode()
    found: list[int] = []
    for other in younger(pid):
        try:
            told = proc.fields(other)
            children.setdefault(int(told[proc.PARENT]), []).append(other)
        except (OSError, ValueError, IndexError):
            continue
        if told[proc.SESSION] == session and told[proc.STATE] != proc.ZOMBIE:
            found.append(other)
    seen = {*found}
    below = [pid, *found]
    for other in below:
        new = [child for child in children.get(other, ()) if child not in seen]
        seen.update(new)
        below += new
    return below[1:]


def younger(since: int) -> list[int]:
    """Return the processes that are younger than `since`: numbers begin again at some time."""
    newest = _newest()
    return [pid for pid in proc.pids() if (pid > since or pid <= newest < since) and pid != os.getpid()]


def _newest() -> int:
    """Return the number of the process that was started last, where `/proc` tells; else a high one."""
    try:
        return int(proc.read("/proc/loadavg").split()[-1])
    except (OSError, ValueError, IndexError):
        return sys.maxsize


def _kill_if_marked(pid: int, mark: bytes) -> bool:
    try:
        if mark not in proc.environ(pid):
            return False
        os.kill(pid, KILL)
    except OSError:
        return False
    return True


def interrupt_once() -> None:
    """Let a plain kill and a closed terminal raise KeyboardInterrupt, as Ctrl-C does.

    Only the first: a second one must not stop the roll-back. A signal that is ignored (nohup) stays so.
    This process must be our own.
    """
    for number in _numbers(STOPS):
        if _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, _stop)
    sys.unraisablehook = _stop_again


def restore_defaults() -> None:
    """Give the signals back the effect that they have for a program which a terminal starts."""
    for number in _numbers(OFTEN_IGNORED):
        _signal.signal(number, _signal.SIG_DFL)
    if hasattr(_signal, "pthread_sigmask"):
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _numbers(STOPS):
        _signal.signal(number, _ignore)
    raise KeyboardInterrupt


def _stop_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Interrupt once more where Python only tells of an interrupt, and goes on.

    So it does where one comes in a finalizer or a callback: of the garbage collector, of a lock for an
    import, of a fork (`logging` has locks for that). A signal of a little later comes when that has
    ended; one of now would come in here.
    """
    if not isinstance(unraisable.exc_value, KeyboardInterrupt) or not hasattr(_signal, "setitimer"):
        sys.__unraisablehook__(unraisable)
        return
    _signal.signal(_signal.SIGALRM, _stop)
    try:
        _signal.setitimer(_signal.ITIMER_REAL, AGAIN_S)
    except KeyboardInterrupt:  # this process has waited for its turn for so long
        _signal.setitimer(_signal.ITIMER_REAL, AGAIN_S)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; SIG_IGN would be an error for one that is pending, before 3.9.3 (bpo-43406)."""


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [getattr(_signal, name) for name in names if hasattr(_signal, name)]
