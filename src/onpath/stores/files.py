"""Files: read and written whole, with all that they are kept. `registry` has the same names.

A file is text decoded as UTF-8 with `surrogateescape`: any bytes come back as they were.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from onpath.errors import ChangedError, RefusedError
from onpath.host import folders
from onpath.host.unix import can_give, is_private, user_name
from onpath.shells import TABLE
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from onpath.model import File

MEDIUM = "file"
BINARY = getattr(os, "O_BINARY", 0)  # else Windows turns each newline into two characters
UTF16 = ("\udcff\udcfe", "\udcfe\udcff")  # byte order marks, as surrogateescape shows them
NO_FILE = "is not a regular file; move it away"
HEX_DIGITS = frozenset("0123456789abcdef")
SPARE = "old-"  # in the name of the old file, while a run may have to put it back
MAX_BYTES = 16 * 1024 * 1024  # no startup file is this long; reading a device like /dev/zero ends here


def read(target: File) -> str | None:
    """Return the text of `target`, or None if it does not exist. Raises `RefusedError`."""
    path = str(target)
    try:
        # A FIFO would hang without O_NONBLOCK; it is refused below.
        descriptor = os.open(path, os.O_RDONLY | BINARY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(f"cannot be read ({_words(error)}); {folders.read_cure(path)}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedError(NO_FILE)
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise RefusedError("is larger than 16 MiB; make it shorter")
    return raw.decode("utf-8", "surrogateescape")


def is_readable(path: str) -> bool:
    """Say whether a shell would read `path`, or stop at it: bash does at a folder of that name."""
    return os.path.isdir(path) or os.access(path, os.R_OK)


def identity(path: str) -> object:
    """Return what all names of one file share, be they links of either kind; one may not exist yet."""
    try:
        info = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return info.st_dev, info.st_ino


def refusal(target: File, uid: int) -> str | None:
    """Return why `target` may not or cannot be edited, without writing anything; else None."""
    path = str(target)
    real = os.path.realpath(path)
    reason = dangling_reason(target)
    if reason:
        return reason
    try:
        info = os.stat(real)
    except FileNotFoundError:
        return _folder_refusal(real, uid)
    except OSError as error:
        found = folders.hindrance(os.path.dirname(real), uid)
        if found and isinstance(error, PermissionError):
            return f"cannot be looked at: {_sentence(*found)}"
        return f"cannot be looked at ({_words(error)}); {folders.read_cure(real)}"
    if not stat.S_ISREG(info.st_mode):
        return NO_FILE
    reason = _ownership_refusal(real, info, uid)
    if reason:
        return reason
    if not info.st_mode & 0o222 or not os.access(real, os.W_OK):
        return _sentence("is read-only", folders.write_cure(real, uid))
    try:
        text = read(target)
    except RefusedError as error:
        return str(error)
    if text and text.startswith(UTF16):
        return "is UTF-16; save it as UTF-8, which the shells read"
    return None


def _ownership_refusal(path: str, info: os.stat_result, uid: int) -> str | None:
    """Return why a file of somebody else's is not for this user: who may write it, and who else may."""
    if uid in {info.st_uid, 0}:
        return None
    owner = user_name(info.st_uid)
    cure = folders.ownership_cure(path, uid)
    fact = f"belongs to {owner or info.st_uid}"
    is_group_ours = is_private(info.st_gid, {uid})
    if os.access(path, os.W_OK):
        if info.st_mode & stat.S_IWOTH:
            fact += ", and everybody can write to it"
        elif info.st_mode & stat.S_IWGRP and not is_group_ours:
            fact += ", and its group can write to it"
        elif owner is None or info.st_uid == 0 or is_group_ours:
            return None
    return _sentence(fact, f"run {cure}" if cure else folders.ASK_OWNER)


def write(target: File, text: str | None, before: str | None, spare: str = "") -> tuple[str, ...]:
    """Make `text` the content of `target` (None: remove it), and return the folders that were made.

    The old file or the new one is there at any moment; the old one gets the name `spare`, if one is
    given and none has it. A link stays one; mode, owner, ACL and extended attributes are kept. Raises
    `ChangedError` if the target is no longer `before`, OSError if it cannot be written; then it is as it
    was.
    """
    reason = dangling_reason(target)
    if reason:  # else the folders would be made where a disk is to be mounted, or a repository cloned
        raise RefusedError(f"{target!s} {reason}")
    path = os.path.realpath(str(target))
    made = make_folders(os.path.dirname(path))
    try:
        _compare(target, before)
        if text is None:
            _keep(path, spare)
            os.unlink(path)
        else:
            raw = text.encode("utf-8", "surrogateescape")
            info = os.stat(path) if before is not None else None
            folder = os.path.dirname(path)
            may_be_new = os.access(folder, os.W_OK) and (not info or can_give(info.st_uid, info.st_gid))
            if info and (info.st_nlink > 1 or not may_be_new):
                _write_in_place(target, path, raw, before)
            else:
                _write_beside(target, path, raw, before, spare)
            _make_newer_than_compiled(path)
    except BaseException:
        remove_folders(made)
        raise
    sync_folder(os.path.dirname(path))
    return made


def announce() -> None:
    """Do nothing: a shell reads its files when it starts."""


def folders_to_make(target: File) -> tuple[str, ...]:
    """Return the folders that `write` would make for `target`."""
    return missing_folders(os.path.dirname(os.path.realpath(str(target))))


def lines(text: str | None) -> list[str]:
    """Return the lines that a diff compares. Only a newline ends one, as for `patch`."""
    found = [f"{line}\n" for line in (text or "").split("\n")]
    last = found.pop()[:-1]
    return [*found, last] if last else found


def sweep(target: File, *, has_spares: bool = False) -> None:
    """Remove what a run that was killed while it wrote `target` left beside it.

    With `has_spares` the old files too, under the names that `spare` gives them.
    """
    prefix = _temporary_prefix(os.path.realpath(str(target)))
    folder, name = os.path.split(prefix)
    try:
        left = [found for found in os.listdir(folder) if _is_temporary(found, name, has_spares)]
        for found in left:  # runs exclude each other
            os.unlink(f"{folder}/{found}")
    except OSError:
        return


def _is_temporary(name: str, prefix: str, has_spares: bool) -> bool:
    """Say whether `name` is one that we give: its digits, and no more, come after `prefix`."""
    if not name.startswith(prefix):
        return False
    digits, length = name[len(prefix) :], 8
    if has_spares and digits.startswith(SPARE):
        digits, length = digits[len(SPARE) :], 12
    return len(digits) == length and HEX_DIGITS.issuperset(digits)


def spare(target: File, nonce: str) -> str:
    """Return the name that the old file of `target` has until the run `nonce` is over."""
    return f"{_temporary_prefix(os.path.realpath(str(target)))}{SPARE}{nonce}"


def restore(target: File, spare: str, now: str | None) -> None:
    """Give the old file its name back. This needs no room. Raises as `write`."""
    path = os.path.realpath(str(target))
    _compare(target, now)
    os.replace(spare, path)
    drop(spare)  # two names of one file are left as they are
    _make_newer_than_compiled(path)
    sync_folder(os.path.dirname(path))


def unlink(path: str) -> None:
    """Remove the file `path`, if there is one that can be removed."""
    try:
        os.unlink(path)
    except OSError:
        return


def drop(spare: str) -> None:
    """Remove the second name of an old file, if there is one."""
    try:
        os.unlink(spare)
    except FileNotFoundError:
        return


def _keep(path: str, spare: str) -> None:
    """Give the file at `path` a second name; where that cannot be, it is put back by writing."""
    if not spare:
        return
    try:
        os.link(path, spare)
    except OSError:  # it has one from an earlier write; or a file system without links
        return


def remove_folders(made: tuple[str, ...]) -> None:
    """Remove those of the folders `made` that are empty, the inner ones first."""
    for folder in sorted(made, key=len, reverse=True):
        try:
            os.rmdir(folder)
        except OSError:
            continue


def _write_beside(target: File, path: str, raw: bytes, before: str | None, spare: str) -> None:
    sweep(target)
    temporary = f"{_temporary_prefix(path)}{os.urandom(4).hex()}"
    mode = 0o600 if before is not None else 0o666  # a new file's mode is the user's umask's business
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            if before is not None:
                _copy_attributes(path, temporary)
            os.fsync(descriptor)
        _compare(target, before)
        if before is not None:
            _keep(path, spare)
        os.replace(temporary, path)
    except BaseException:
        sweep(target)
        raise


def _temporary_prefix(path: str) -> str:
    return f"{os.path.dirname(path)}/.{os.path.basename(path)[:200]}.onpath-"


def _write_in_place(target: File, path: str, raw: bytes, before: str | None) -> None:
    """Write into the file itself: it has several names, or its folder takes no new file.

    A backup exists meanwhile; if the write fails, the old bytes are put back.
    """
    old = (before or "").encode("utf-8", "surrogateescape")
    backup = _backup(path, old)
    try:
        _compare(target, before)
        _overwrite(path, raw)
    except ChangedError:
        os.unlink(backup)
        raise
    except BaseException:
        _overwrite(path, old)  # if this fails too, the backup stays
        os.unlink(backup)
        raise
    os.unlink(backup)


def _overwrite(path: str, raw: bytes) -> None:
    with open(path, "r+b") as file:
        file.write(raw)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _backup(path: str, raw: bytes) -> str:
    """Keep `raw` in a file beside `path`, or in the temporary folder, for the length of the write."""
    name = f"{os.path.basename(path)[:200]}.onpath-backup-{os.urandom(4).hex()}"
    for folder in (os.path.dirname(path), os.environ.get("TMPDIR") or "/tmp"):  # noqa: S108
        backup = f"{folder}/{name}"
        try:
            descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(descriptor)
        return backup
    raise OSError(errno.EACCES, "no folder takes a backup", path)


def _compare(target: File, before: str | None) -> None:
    if read(target) != before:
        raise ChangedError(f"{target!s} has changed since the plan was made; run ensure-path again")


def _copy_attributes(source: str, to: str) -> None:
    import shutil  # noqa: PLC0415  (only runs that write need it)

    one, other = os.stat(source), os.stat(to)
    if (one.st_uid, one.st_gid) != (other.st_uid, other.st_gid):  # never on Windows: both are 0
        change_owner: Any = os.chown  # type: ignore[attr-defined, unused-ignore]
        change_owner(to, one.st_uid, one.st_gid)
    shutil.copystat(source, to)  # mode, flags, and on Linux the extended attributes, ACLs among them
    os.utime(to)


def make_folders(folder: str) -> tuple[str, ...]:
    """Make `folder` and those above it that do not exist; return what was made, outermost first."""
    missing = missing_folders(folder)
    try:
        for path in missing:
            os.mkdir(path, 0o755)  # with a umask of 0 all could put programs there
    except BaseException:
        remove_folders(missing)
        raise
    return missing


def missing_folders(folder: str) -> tuple[str, ...]:
    """Return `folder` and those above it that do not exist, outermost first."""
    missing: list[str] = []
    while not os.path.isdir(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return tuple(missing)


def dangling_reason(target: File) -> str | None:
    """Return why `target` cannot be reached if a link on the way to it leads nowhere; else None.

    A link that is `target` itself may lead to a file that is not there yet, in a folder that is.
    """
    path = str(target)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        link = folders.nearest(folder)
        is_dangling = folders.is_dangling(link)
        return f"cannot be made: {folders.dangling(link)}; {folders.MAKE_IT}" if is_dangling else None
    if folders.is_dangling(path) and not os.path.isdir(os.path.dirname(os.path.realpath(path))):
        return f"{folders.dangling(path)[len(path) + 1 :]}; {folders.MAKE_IT}"
    return None


def _folder_refusal(path: str, uid: int) -> str | None:
    folder = folders.nearest(os.path.dirname(path))
    found = folders.hindrance(folder, uid)
    if found is None and not os.stat(folder).st_mode & 0o222:
        found = f"{folder} is read-only", folders.write_cure(folder, uid)  # to root too
    return f"cannot be made: {_sentence(*found)}" if found else None


def _sentence(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _make_newer_than_compiled(path: str) -> None:
    """A shell runs a compiled file in place of one that is not newer than it by a whole second."""
    for suffix in {row.compiled for row in TABLE if row.compiled}:
        try:
            compiled = os.stat(path + suffix).st_mtime
        except OSError:
            continue
        if int(os.stat(path).st_mtime) <= int(compiled):
            os.utime(path, (time.time(), int(compiled) + 1))


def sync_folder(folder: str) -> None:
    """Have the names in `folder` survive a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return  # some file systems cannot; the rename itself has happened


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
