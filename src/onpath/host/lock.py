"""One run at a time for a home: by a file that nobody else can open, and that is gone afterwards. Unix.

It says which process that is, and the directories in which it puts the programs that prove: where the
run is killed before its receipt tells of them, the next one knows them from here.

A lock on the home itself would do, needs no file, and is what earlier versions take; but whoever may
read the home can take it as well, and keep the user waiting for ever.
"""

from __future__ import annotations

import _thread  # `threading` would have to be loaded
import os
import stat
import sys
import time

from onpath.errors import OnpathError

from . import proc

NAME = ".onpath.lock"
TIMEOUT_S = 60.0
TICK_S = 0.05
MAX_SIGNED = 1 << 16  # bytes that are read of what a run has written into the file
BUSY = {  # by the kind of run
    "": "another ensure-path has been running for a minute",
    "tools": "another install script has been running for a quarter of an hour",
}
TIMES = {"": 1, "tools": 15}  # TIMEOUT_S, that is waited for it
AGAIN = "try again"
OWN = "this process is already running one"
# What is held: a descriptor -> by which process, since a fork copies this, and by which of its threads.
_held: dict[int, tuple[int, int]] = {}


class Lock:
    """Keeps two runs for one home from working at the same time, and leaves nothing behind.

    Held from `with` on; other runs wait. Raises `OnpathError` after `TIMEOUT_S`, with the process that
    holds it. After `kill -9` the file stays until the next run, which takes it over.
    """

    def __init__(self, home: str, kind: str = "", directories: tuple[str, ...] = ()) -> None:
        """Make the lock of runs of `ensure-path`, or of another `kind` of runs: a word.

        `directories` are those in which the run leaves something if it is killed.
        """
        self.home, self.kind, self.directories = home, kind, directories
        self.path = f"{home.rstrip('/')}/{f'.onpath-{kind}.lock' if kind else NAME}"
        self.file = self.folder = -1

    def __enter__(self) -> tuple[str, ...]:
        """Return the directories in which a run that was killed may have left something."""
        left: tuple[str, ...] = ()
        deadline = time.monotonic() + TIMES[self.kind] * TIMEOUT_S
        try:
            self.file = _take_file(self.path, deadline, self.kind)
            if self.file >= 0:
                left = _sign(self.file, self.directories)
            if not self.kind:  # for which no earlier version waits
                self.folder = _take_folder(self.home, deadline, is_needed=self.file < 0)
            for descriptor in filter(_is_open, (self.file, self.folder)):
                _held[descriptor] = os.getpid(), _thread.get_ident()
        except BaseException:
            self.__exit__()
            _remove_unheld(self.path)
            raise
        return left

    def __exit__(self, *_error: object) -> None:
        held = (self.file, self.folder)
        if self.file >= 0:
            _unlink(self.path)  # as long as it is held, so that it is nobody else's
        self.file = self.folder = -1
        for descriptor in filter(_is_open, held):
            _held.pop(descriptor, None)
            os.close(descriptor)


def _take_file(path: str, deadline: float, kind: str = "") -> int:
    """Return a descriptor that holds the lock on `path`, or -1 where there can be no file of ours."""
    while True:
        descriptor = _open_own(path)
        if descriptor < 0:
            return -1
        is_held = False
        try:
            is_held = _try(descriptor)
            if is_held and _is_at(descriptor, path):
                return descriptor
            if not is_held:
                _check_not_own(descriptor)
            if not is_held and time.monotonic() > deadline:
                raise OnpathError(
                    _busy(_read(descriptor)[0], kind, is_own=bool(_own_holder(descriptor)))
                )
        except OSError:  # a file system without locks
            _unlink(path)
            os.close(descriptor)
            return -1
        except BaseException:
            if is_held:
                _unlink(path)
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not is_held:
            time.sleep(TICK_S)


def _open_own(path: str) -> int:
    """Return a descriptor of the file `path`, made if need be, or -1.

    A home may be read-only, or shared; what somebody else has put in that place is left alone.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    from . import flags  # noqa: PLC0415  (a look locks nothing)

    if not os.path.lexists(path) and flags.is_file_append_only(os.path.dirname(path)):
        return -1  # it could never be removed
    how = os.O_NOFOLLOW | os.O_NONBLOCK  # a link may lead to another's file, and a pipe must not block
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | how, 0o600)
    except OSError:
        return -1
    info, home = os.fstat(descriptor), os.stat(os.path.dirname(path))
    is_plain = stat.S_ISREG(info.st_mode) and info.st_nlink <= 1
    if not is_plain or info.st_uid not in {os.geteuid(), home.st_uid, 0}:
        os.close(descriptor)
        return -1
    if os.geteuid() == 0 == info.st_uid and home.st_uid and not info.st_size:  # root has just made it
        os.chown(descriptor, home.st_uid, home.st_gid)
    return descriptor


def _remove_unheld(path: str) -> None:
    """Remove the file that an interrupt has kept this run from holding, unless another run does."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        info = os.fstat(descriptor)
        is_new = stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and not info.st_size
        if is_new and info.st_uid == os.geteuid() and _try(descriptor) and _is_at(descriptor, path):
            _unlink(path)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _take_folder(home: str, deadline: float, *, is_needed: bool) -> int:
    """Return a descriptor with the lock on the home itself, which earlier versions wait for; or -1.

    One of them is waited for; anybody else is not, and neither is what cannot be told unless this lock
    `is_needed`, as the only one.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        descriptor = os.open(home, os.O_RDONLY)
    except OSError:
        return -1  # a home of root's that this user may only pass through
    try:
        while not _try(descriptor):
            _check_not_own(descriptor)
            pids = _holders(descriptor)
            ours = [pid for pid in pids if _owner(pid) in {os.geteuid(), os.fstat(descriptor).st_uid, 0}]
            is_late = time.monotonic() > deadline
            if (pids and not ours) or (is_late and not pids and not is_needed):
                os.close(descriptor)
                return -1
            if is_late:
                raise OnpathError(_busy(ours[0] if ours else 0))
            time.sleep(TICK_S)
    except OSError:
        return descriptor  # a file system without locks
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _try(descriptor: int) -> bool:
    """Take the lock if nobody holds it, and say so. Raises OSError on a file system without locks."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_open(descriptor: int) -> bool:
    return descriptor >= 0


def _own_holder(descriptor: int) -> tuple[int, int] | None:
    """Return the process and the thread that hold the lock on that file, if it is this process."""
    info = os.fstat(descriptor)
    for held, holder in tuple(_held.items()):
        try:
            is_same = os.path.samestat(os.fstat(held), info)
        except OSError:
            continue
        if is_same and holder[0] == os.getpid():
            return holder
    return None


def _check_not_own(descriptor: int) -> None:
    """Raise if this very thread holds the lock on that file: it would wait for itself."""
    if _own_holder(descriptor) == (os.getpid(), _thread.get_ident()):
        raise OnpathError(f"{OWN} for this home; call it after that has ended")


def _is_at(descriptor: int, path: str) -> bool:
    """Say whether `path` is still this file: the run before may have removed it with its own end."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int, directories: tuple[str, ...]) -> tuple[str, ...]:
    """Write who holds the lock and in which `directories` it works, as far as there is room.

    Return those of a run that was killed. They stay there as well: this run may be killed, too.
    """
    try:
        _, left = _read(descriptor)
        lines = (str(os.getpid()), *dict.fromkeys((*left, *directories)))
        text = os.fsencode("".join(f"{line}\n" for line in lines))
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.truncate(descriptor, os.write(descriptor, text))
    except OSError:
        return ()
    return left


def _read(descriptor: int) -> tuple[int, tuple[str, ...]]:
    """Return the process that holds the lock, 0 if it has not said so, and the directories it named."""
    text = os.fsdecode(os.read(descriptor, MAX_SIGNED))
    pid, *directories = text.split("\n")
    return int(pid) if pid.isdigit() else 0, tuple(filter(os.path.isabs, directories[:-1]))


def _busy(pid: int, kind: str = "", *, is_own: bool = False) -> str:
    """Return the sentence about the run that holds the lock: who it is, and how it lets go."""
    busy = BUSY[kind]
    if is_own:
        return f"{busy} (in another thread of this process); wait for it, and {AGAIN}"
    state = proc.state(pid) if pid else b""
    if state in proc.STOPPED:
        cure = f"run kill -CONT {pid} to let it end, or kill -9 {pid}"
        return f"{busy} (process {pid}, which is stopped); {cure}, and {AGAIN}"
    if state:
        return f"{busy} (process {pid}); wait for it, or run kill {pid}, and {AGAIN}"
    return f"{busy}; {AGAIN}"


def _holders(descriptor: int) -> tuple[int, ...]:
    """Return the processes that hold a lock on a file of that number, where `/proc` tells."""
    number = str(os.fstat(descriptor).st_ino)
    try:
        with open("/proc/locks", encoding="ascii") as file:
            lines = [line.split() for line in file]
    except (OSError, ValueError):
        return ()
    # "1: FLOCK  ADVISORY  WRITE 1234 fe:01:5678 0 EOF"; what waits has a `->` before FLOCK. The device
    # is no help: on btrfs and overlays it is not the one that stat(2) tells.
    held = [words[1:] for words in lines if words[1:2] == ["FLOCK"]]
    told = [int(words[3]) for words in held if words[4].rpartition(":")[2] == number]
    return tuple(pid for pid in told if pid > 0)


def _owner(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
