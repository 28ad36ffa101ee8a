"""The bench of a run's probes: its private folder, and the proof programs. Unix only.

They come before the first question and go after the last answer; what a killed run has left of them is
found by their names and by what is in them, and removed by the next.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

from onpath.errors import OnpathError
from onpath.host import folders
from onpath.host.ways import is_noexec, is_trusted
from onpath.model import PROGRAM, Bench
from onpath.values import TYPE_CHECKING

from . import spawn
from .inside import HEX_DIGITS, MARK, NONCE_DIGITS, PREFIX, is_private_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Host

REPORT_NAME, EXPORT_NAME = "report", "export"
OWN_MASK = "umask 077\n"  # a startup file's own may let nobody read what is made
EXPORT = f'{OWN_MASK}export -p >"$1.env"\n'
# Without a PATH in its environment a /bin/sh takes one of its own, which nobody has given it; those of
# `shells.OWN_PATHS` export that.
REPORT = (
    f"{OWN_MASK}"
    'path=${PATH-}; case $(export -p) in *" PATH="*) ;; *) path= ;; esac\n'
    'printf "%s\\0" "$path" "$@" "$PPID" end >"$1"\n'
)
# Each proof runs the next: xonsh cannot parse more than ten commands in a line.
# The comment says where the private folder may be: by it a later run finds that of a killed one.
PROOF = '#!/bin/sh\n# onpath {private}\n: >"$1.{number}"\n{then}'
PROOF_START = PROOF.partition("{")[0]
MAX_PROOF = 4096  # bytes
SAFE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")
# Where Linux keeps files in memory: a folder there takes a tenth of the time of one on a disk.
MEMORY = "/dev/shm"  # noqa: S108  (the folder in it is private)
MAX_PARENT = 40  # characters
ROOM = 1 << 16  # bytes that must be free for the answers
HELD_S = 10.0  # how long another run, which took the new private folder for a dead one's, may hold it


def open_bench(
    host: Host,
    directories: tuple[str, ...],
    *,
    timeout_s: float,
    has_proofs: bool,
    session: Mapping[str, str],
    order: str | None = None,
    nonce: str = "",
) -> Bench:
    """Make the private folder and, with `has_proofs`, put the proof programs into the directories.

    Not into those in which this user may not write, such as `/opt/x/bin`. `nonce` is the one that was
    recorded, if one was: of `new_nonce`.
    """
    nonce = nonce or new_nonce()
    proofs = tuple(d for d in directories if os.access(d, os.W_OK)) if has_proofs else ()
    folder, lock = "", -1
    try:
        put_proofs(host, proofs, nonce)  # first: they say where the folder is
        folder, lock = _private_folder(host, nonce)
        bench = Bench(host, directories, folder, nonce, proofs, timeout_s, session, order, lock)
        _sweep(os.path.dirname(folder), host.uid)
    except BaseException:
        places = (folder,) if folder else private_folders(host, nonce)
        close_bench(Bench(host, directories, "", nonce, proofs, timeout_s, session, order, lock))
        for each in places:  # an interrupt may have come before its name was known
            if os.path.isdir(each):
                _remove_tree(each)
        raise
    return bench


def new_nonce() -> str:
    """Return what the names of a run's own things end in."""
    return os.urandom(NONCE_DIGITS // 2).hex()


def put_proofs(host: Host, proofs: tuple[str, ...], nonce: str) -> None:
    """Put the proof programs into the directories `proofs`. Raises `OnpathError`."""
    directory = ""
    try:
        for directory in proofs:
            for each in remove_proofs(directory):
                _remove_private(each, host.uid)
        for number, directory in enumerate(proofs):
            path = f"{directory}/{PROGRAM}{nonce}{number}"
            is_last = number + 1 == len(proofs)
            then = "" if is_last else f'exec {PROGRAM}{nonce}{number + 1} "$1"\n'
            private = " ".join(private_folders(host, nonce))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
            with os.fdopen(descriptor, "w") as program:
                program.write(PROOF.format(private=private, number=number, then=then))
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        hindrance = folders.hindrance(directory, host.uid)
        cure = hindrance[1] if hindrance else "make room there"
        raise OnpathError(
            f"no program can be put into {directory} for the proof ({words}); {cure}"
        ) from None


def close_bench(bench: Bench) -> tuple[str, ...]:
    """Remove the proof programs and the private folder; return what stays all the same."""
    programs = [f"{directory}/{PROGRAM}{bench.nonce}{n}" for n, directory in enumerate(bench.proofs)]
    try:
        if bench.folder:
            _remove_tree(bench.folder)
            if os.path.isdir(bench.folder):  # one call failed, or a process that dies has added to it
                _remove_tree(bench.folder)
    finally:
        for program in programs:  # at last, since they say where the folder is
            _unlink(program)
    if bench.lock >= 0:
        os.close(bench.lock)
    return tuple(filter(os.path.lexists, (*programs, bench.folder)))


def sweep(host: Host, nonce: str, directories: Iterable[str], private: Iterable[str] = ()) -> None:
    """Remove what the run `nonce` has left when it was killed: its programs, and its private folder.

    And what others have left in `directories`, if they are dead: so this is for who holds the lock.
    """
    places = {*private, *private_folders(host, nonce)}
    for directory in directories:
        places.update(remove_proofs(directory))
    for folder in places:
        if is_private_name(os.path.basename(folder)):
            _remove_private(folder, host.uid)
    for parent in filter(os.path.isabs, _parents(host)):
        _sweep(parent, host.uid)


def remove_proofs(directory: str) -> tuple[str, ...]:
    """Remove the proof programs from `directory`, a killed run's too: runs exclude each other.

    By their whole names and what is in them: a file of the user's may have a name that begins so. Return
    where the private folders of their runs may be.
    """
    try:
        names = [name for name in os.listdir(directory) if name.startswith(PROGRAM)]
    except OSError:
        return ()
    private: list[str] = []
    for name in names:
        nonce, number = _split(name[len(PROGRAM) :])
        text = _proof_text(f"{directory}/{name}") if nonce and number.isdigit() else None
        if text is None:
            continue
        words = text[len(PROOF_START) :].partition("\n")[0].split()
        private += [word for word in words if os.path.basename(word) == PREFIX + nonce]
        _unlink(f"{directory}/{name}")
    return tuple(private)


def _split(digits: str) -> tuple[str, str]:
    """Return the nonce at the start of the rest of a program's name, and its number."""
    nonce = digits[:NONCE_DIGITS]
    is_whole = len(nonce) == NONCE_DIGITS and HEX_DIGITS.issuperset(nonce)
    return (nonce if is_whole else ""), digits[NONCE_DIGITS:]


def _proof_text(path: str) -> str | None:
    """Return what is in a proof program, be it only its beginning; None if it is none of ours."""
    try:
        if os.path.islink(path) or not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_PROOF)
    except OSError:
        return None
    is_ours = text.startswith(PROOF_START) or PROOF_START.startswith(text)
    return text if is_ours else None


def private_folders(host: Host, nonce: str) -> tuple[str, ...]:
    """Return where the private folder of a run may be made, the preferred place first."""
    fit = (p for p in _parents(host) if os.path.isabs(p) and SAFE_CHARACTERS.issuperset(p))
    return tuple(dict.fromkeys(f"{parent.rstrip('/')}/{PREFIX}{nonce}" for parent in fit))


def _parents(host: Host) -> tuple[str, ...]:
    """Return where a private folder may be made. What the user has chosen comes first."""
    own, usual = host.environ.get("TMPDIR", ""), (MEMORY, "/tmp", "/var/tmp")  # noqa: S108
    # Sockets lie there, whose whole names may have no more than 108 bytes.
    return tuple(filter(None, (*usual, own) if len(own) > MAX_PARENT else (own, *usual)))


def _private_folder(host: Host, nonce: str) -> tuple[str, int]:
    """Make a folder that nobody else can read, with a name that needs no quoting in any language.

    It has the texts that report, and there is room for the answers. Nobody else may rename it, and put
    another in its place. Returns its lock as well. `tempfile.mkdtemp` would cost 10 ms to import.
    """
    why: dict[str, str] = {}
    for parent in _parents(host):
        folder = f"{parent.rstrip('/')}/{PREFIX}{nonce}"
        lock = -1
        try:
            reason = _why_no_parent(host, parent)
            if not reason:
                lock = _make_held(folder)
                _furnish(folder)
                return folder, lock
        except OSError as error:
            _discard(folder, lock)
            reason = (error.strerror or str(error)).lower()
        except BaseException:
            _discard(folder, lock)
            raise
        why.setdefault(parent, reason)
    told = "; ".join(f"{parent}: {reason}" for parent, reason in why.items())
    raise OnpathError(
        f"no folder for temporary files can be used ({told}); "
        "set TMPDIR to one of your own with room in it"
    )


def _discard(folder: str, lock: int) -> None:
    if os.path.isdir(folder):
        _remove_tree(folder)
    if lock >= 0:
        os.close(lock)


def _why_no_parent(host: Host, parent: str) -> str:
    """Return why no private folder may be made in `parent`, or an empty text."""
    if not os.path.isabs(parent) or not SAFE_CHARACTERS.issuperset(parent):
        return "its name would need quoting"
    if parent == MEMORY and is_noexec(parent):  # a startup file may run what it puts into TMPDIR
        return "mounted noexec"
    owner = os.stat(parent).st_uid
    if not is_trusted(owner, host.uid):
        return "another user's"
    writers = host.system.other_writers(f"{parent.rstrip('/')}/{PREFIX}", host.uid)
    return "; ".join(f"{who} can write to {folder}" for who, folder in writers)


def _furnish(folder: str) -> None:
    """Write what every probe needs, and see whether there is room for the answers."""
    write(f"{folder}/{REPORT_NAME}", REPORT)
    write(f"{folder}/{EXPORT_NAME}", EXPORT + REPORT)
    room = f"{folder}/room"
    write(room, "x" * ROOM)
    os.unlink(room)


def _make_held(folder: str) -> int:
    """Make `folder`; return a descriptor whose lock tells other runs that it is in use.

    It is -1 on a file system without locks, on which no run sweeps either. A run that sweeps at this
    moment may take it for a dead one's and hold its lock: until it is done, nobody else may touch the
    name, since it removes the folder by that.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    os.mkdir(folder, 0o700)
    end = time.monotonic() + HELD_S
    while True:
        try:
            lock = _lock(folder)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(spawn.TICK_S)
            continue
        except FileNotFoundError:
            os.mkdir(folder, 0o700)
            continue
        except OSError:
            return -1
        is_there, owner = _is_at(lock, folder), os.fstat(lock).st_uid
        if is_there and owner == os.geteuid():
            return lock
        os.close(lock)
        if is_there:  # a stranger's, put there after that of ours was removed
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), folder)


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _lock(folder: str) -> int:
    """Return a descriptor that holds the lock of `folder`. Raises OSError where another run has it."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by another run; or a file system without locks
        os.close(descriptor)
        raise
    return descriptor


def _sweep(parent: str, uid: int) -> None:
    """Remove the private folders of killed runs: of this user, with our report, held by nobody."""
    try:
        names = [name for name in os.listdir(parent) if is_private_name(name)]
    except OSError:
        return  # some let nobody list what is in /tmp
    for name in names:
        _remove_private(f"{parent}/{name}", uid)


def _remove_private(folder: str, uid: int) -> None:
    """Remove a private folder of this user that no living run holds, and end what is left of its run."""
    try:
        info = os.lstat(folder)
        if info.st_uid != uid or info.st_mode != stat.S_IFDIR | 0o700 or not _is_ours(folder):
            return
        lock = _lock(folder)
    except (OSError, ValueError):
        return
    try:
        # Else it was another one's, and is gone: what has that name now is a new run's, and alive.
        if _is_at(lock, folder):
            spawn.kill_marked(f"{MARK}={folder.rpartition(PREFIX)[2]}", since=0)
            _remove_tree(folder)
    except OSError:
        return  # another run has been faster
    finally:
        os.close(lock)


def _is_ours(folder: str) -> bool:
    """Say whether there is our report, half of it, or nothing: a run may be killed before that."""
    try:
        with open(f"{folder}/{REPORT_NAME}", encoding="utf-8") as file:
            return REPORT.startswith(file.read(len(REPORT) + 1))
    except FileNotFoundError:
        return not os.listdir(folder)


def _remove_tree(folder: str) -> None:
    """Remove `folder` and all in it, as far as a process that still dies does not add to it.

    The report at last, and only if all else is gone: by it a later run knows the folder, if this one is
    killed here or something cannot be removed. `shutil.rmtree` would cost 8 ms to import.
    """
    try:
        found = os.scandir(folder)
    except FileNotFoundError:
        return  # another run has been faster
    with found:
        entries = sorted(found, key=lambda entry: entry.name == REPORT_NAME)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.path)
            elif entry.name != REPORT_NAME or os.listdir(folder) == [REPORT_NAME]:
                _unlink(entry.path)
    try:
        os.rmdir(folder)
    except OSError:
        return


def write(path: str, text: str) -> None:
    """Write a file of the private folder. By its descriptor: a file object takes three times as long."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        raw = memoryview(text.encode("utf-8", "surrogateescape"))
        while raw:
            raw = raw[os.write(descriptor, raw) :]
    finally:
        os.close(descriptor)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
