"""Write into a file itself: it has several names, or nothing else may take its place.

No cut loses a byte. The order of the writes: (1) a backup with the old text and the new one, in the
state folder or else beside the file, and synced, its folder too; (2) the new bytes, from the first
that differs; (3) the length, if the new text is shorter; (4) sync; (5) the backup goes. Whatever is
cut, the next run finds the backup first: where the file is neither the old text nor the new one but
parts of both, it gets the old text. Where the system has leases, nobody else can open it meanwhile.
"""

from __future__ import annotations

import errno
import os
import stat

from onpath.errors import ChangedError, TornError
from onpath.host import ways
from onpath.values import TYPE_CHECKING, dataclass

from .folder import DIGITS, HAS_DESCRIPTORS, Folder, is_numbered, opened, remove_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

MARK = ".onpath-backup-"
FIRST_LINE = "onpath: a backup of a file that was being written: its path, its old text, its new text"
CHUNK = 4096


@dataclass(frozen=True)
class Backup:
    """What a backup says: of which file it is, what that held, and what was to be written."""

    path: str
    old: bytes
    new: bytes


def write(
    folder: Folder, name: str, old: bytes, new: bytes, state_folder: str, check: Callable[[int], None]
) -> None:
    """Write `new` into the file `name`, which holds `old`. `check` raises if it is another file by now.

    Raises `ChangedError`, or OSError: then it holds `old`; `TornError` if that could not be put back.
    """
    path = folder.whole(name)
    kept: list[str] = []  # where a backup is or is being made, so that no interrupt leaves one
    try:
        _keep(Backup(path, old, new), folder, name, state_folder, kept)
        with opened(folder.open(name, os.O_RDWR)) as file:
            descriptor = file.fileno()
            lease(descriptor)
            check(descriptor)
            if read(descriptor) != old:
                raise ChangedError(f"{path} has changed since the plan was made; run this again")
            _write_or_restore(descriptor, old, new, path, kept[-1])
        _remove(kept)
    except BaseException as error:
        if not isinstance(error, TornError):  # it holds the old text
            _remove(kept)
        raise


def _write_or_restore(descriptor: int, old: bytes, new: bytes, path: str, kept: str) -> None:
    try:
        _overwrite(descriptor, new, _first_difference(old, new))
    except BaseException as error:
        try:
            _overwrite(descriptor, old, 0)
        except OSError as worse:
            raise TornError(
                f"{path} could not be written ({_words(worse)}); its old text is in {kept}, "
                "and ensure-path --undo puts it back",
                _words(worse),
                kept,
            ) from error
        raise


def recover(state_folder: str, paths: Iterable[str], uid: int) -> tuple[str, ...]:
    """Restore the files that a killed run left half written; return them. Remove the backups.

    Backups are looked for in `state_folder`, and beside each of `paths`.
    """
    targets = (os.path.realpath(path) if os.path.islink(path) else path for path in paths)
    there = filter(os.path.isdir, dict.fromkeys(map(os.path.dirname, targets)))
    folders = map(os.path.realpath, there)
    restored = []
    for folder in dict.fromkeys((state_folder, *folders)):
        try:
            names = [name for name in os.listdir(folder) if _is_backup(name)]
        except OSError:
            continue
        for name in sorted(names):
            path = _recover_one(f"{folder}/{name}", uid)
            if path:
                restored.append(path)
        if names and folder == state_folder:
            remove_folders((folder,))  # if it was made for the backup alone
    return tuple(restored)


def own_uid() -> int:
    """Return the number of the user who writes; 0 on Windows, as for all files there."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def read(descriptor: int) -> bytes:
    """Return all that an open file holds."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces = []
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def write_all(descriptor: int, raw: bytes) -> None:
    """Write all of `raw` where an open file is; a full disk may take a part of it first."""
    rest = memoryview(raw)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def lease(descriptor: int) -> None:
    """Let nobody else open the file until it is closed here, where the system grants that: they wait.

    So nobody reads half a text, and nobody adds a line that would be written over.
    """
    try:
        import fcntl  # noqa: PLC0415  (Unix)
        import signal  # noqa: PLC0415

        linux: Any = fcntl
        any_signal: Any = signal
        # Who wants the file is told by a signal, which must be one that kills nobody.
        linux.fcntl(descriptor, linux.F_SETSIG, any_signal.SIGURG)
        linux.fcntl(descriptor, linux.F_SETLEASE, linux.F_WRLCK)
    except (ImportError, AttributeError, OSError):
        return


def _keep(backup: Backup, folder: Folder, name: str, state_folder: str, tried: list[str]) -> None:
    """Write `backup` where the next run looks for it; the last of `tried` is where. Raises OSError."""
    shortened = os.fsencode(name)[:200].decode("utf-8", "surrogateescape")
    own_name = f"{shortened}{MARK}{os.urandom(DIGITS // 2).hex()}"
    failure: OSError | None = None
    for place in (state_folder, folder.path):
        if not place or ways.foreign_link(place, own_uid()):
            continue
        try:
            with Folder(os.path.realpath(place)) as own:
                tried.append(own.whole(own_name))
                write_backup(own, own_name, backup)
                return
        except OSError as error:
            failure = error
    number = (failure and failure.errno) or errno.EACCES
    raise OSError(number, f"no folder takes a backup: {os.strerror(number)}", folder.whole(name))


def write_backup(own: Folder, name: str, backup: Backup) -> None:
    """Make the file `name` in the folder `own`, and let it last. Raises OSError."""
    path = os.fsencode(backup.path)
    head = f"{FIRST_LINE}\n{len(path)} {len(backup.old)} {len(backup.new)}\n".encode()
    descriptor = own.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with opened(descriptor):
            write_all(descriptor, b"".join((head, path, b"\n", backup.old, backup.new)))
            os.fsync(descriptor)
    except BaseException:
        own.unlink(name)
        raise
    own.sync()


def _load(raw: bytes) -> Backup | None:
    """Return what a backup with the bytes `raw` says; None if it was not written to its end."""
    first, _, rest = raw.partition(b"\n")
    numbers, _, rest = rest.partition(b"\n")
    try:
        path, old, new = map(int, numbers.split())
    except ValueError:
        return None
    if first != FIRST_LINE.encode() or len(rest) != path + 1 + old + new:
        return None
    start = path + 1
    return Backup(os.fsdecode(rest[:path]), rest[start : start + old], rest[start + old :])


def _recover_one(kept: str, uid: int) -> str:
    """Do what the backup `kept` is for; return the path of the file if it was restored."""
    try:
        with Folder(os.path.realpath(os.path.dirname(kept))) as own:
            name = os.path.basename(kept)
            with opened(own.open(name, os.O_RDONLY)) as file:
                info = os.fstat(file.fileno())
                if not stat.S_ISREG(info.st_mode) or not _is_ours(info, uid):
                    return ""
                raw = read(file.fileno())
            start = FIRST_LINE.encode()
            if not raw.startswith(start) and not start.startswith(raw):
                return ""  # of the user's, who may have a file of that name
            backup = _load(raw)
            is_needless, is_restored = _restore(backup, uid) if backup else (True, False)
            if is_needless:
                own.unlink(name)
            return backup.path if backup and is_restored else ""
    except OSError:
        return ""  # not ours to read, or its disk is not there


def _is_ours(info: os.stat_result, uid: int) -> bool:
    """Say whether this user alone has written a file: whose backup it is decides what is written."""
    is_private = info.st_uid == uid and info.st_nlink == 1 and not info.st_mode & 0o077
    return is_private or not HAS_DESCRIPTORS


def _restore(backup: Backup, uid: int) -> tuple[bool, bool]:
    """Give the file of `backup` its old text if it is torn; say whether the backup may go, and this."""
    folder, name = os.path.split(backup.path)
    if os.path.realpath(folder) != folder or ways.foreign_link(folder, uid):
        return False, False
    with Folder(folder) as there:
        try:
            descriptor = there.open(name, os.O_RDWR)
        except FileNotFoundError:
            return True, False  # removed since, by somebody who could see it
        with opened(descriptor):
            lease(descriptor)
            now = read(descriptor)
            if now in {backup.old, backup.new}:
                return True, False
            if is_torn(now, backup.old, backup.new):
                _overwrite(descriptor, backup.old, 0)
                return True, True
            # Edited since. The backup stays if there is a line in it that is nowhere else.
            lines = set(now.split(b"\n"))
            return lines.issuperset(backup.old.split(b"\n")), False


def is_torn(now: bytes, old: bytes, new: bytes) -> bool:
    """Say whether `now` can be what a cut left of writing `new` over `old`: each byte is of one of them.

    Or is a zero where a disk lost power.
    """
    if not min(len(old), len(new)) <= len(now) <= max(len(old), len(new)):
        return False
    for start in range(0, len(now), CHUNK):
        part = now[start : start + CHUNK]
        one, other = old[start : start + len(part)], new[start : start + len(part)]
        if part in (one, other):
            continue
        one, other = one.ljust(len(part), b"\0"), other.ljust(len(part), b"\0")
        if any(byte and byte not in pair for byte, *pair in zip(part, one, other)):
            return False
    return True


def _first_difference(old: bytes, new: bytes) -> int:
    """Return an offset up to which both are the same, to a page."""
    at = 0
    while at < min(len(old), len(new)) and old[at : at + CHUNK] == new[at : at + CHUNK]:
        at += CHUNK
    return min(at, len(old), len(new))


def _overwrite(descriptor: int, raw: bytes, start: int) -> None:
    """Write `raw` from `start` on, and only then cut off what is left of a longer text."""
    os.lseek(descriptor, start, os.SEEK_SET)
    write_all(descriptor, raw[start:])
    os.ftruncate(descriptor, len(raw))
    os.fsync(descriptor)


def _remove(kept: list[str]) -> None:
    for each in kept:
        try:
            with Folder(os.path.realpath(os.path.dirname(each))) as own:
                own.unlink(os.path.basename(each))
        except OSError:
            continue  # there is none; or the next run finds it, and sees that the file is whole


def _is_backup(name: str) -> bool:
    start, mark, _ = name.rpartition(MARK)
    return bool(mark) and is_numbered(name, start + mark, DIGITS)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
