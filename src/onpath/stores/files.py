"""Files: read and written whole, with all that they are kept. `registry` has the same names.

A file is text decoded as UTF-8 with `surrogateescape`: any bytes come back as they were.
"""

from __future__ import annotations

import errno
import os
import stat

from onpath.errors import RefusedError
from onpath.host import folders
from onpath.host.ways import identity as identity  # noqa: PLC0414  (a name that both media have)
from onpath.values import TYPE_CHECKING

from .folder import (
    A_DEVICE,
    BINARY,
    NO_FILE,
    Folder,
    make_folders,
    missing_folders,
    opened,
    remove_folders,
    spare_name,
    temporary_name,
)
from .folder import sweep as sweep_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onpath.model import File

UTF16 = ("\udcff\udcfe", "\udcfe\udcff")  # byte order marks, as surrogateescape shows them
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
        if error.errno == errno.ENAMETOOLONG:  # of a receipt that somebody has edited
            return None
        raise RefusedError(f"cannot be read ({_words(error)}); {folders.read_cure(path)}") from None
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        raise RefusedError(_no_file_reason(kind))
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise RefusedError("is larger than 16 MiB; make it shorter")
    return raw.decode("utf-8", "surrogateescape")


def is_readable(path: str) -> bool:
    """Say whether a shell would read `path`, or stop at it: bash does at a folder of that name."""
    return os.path.isdir(path) or os.access(path, os.R_OK)


def refusal(target: File, uid: int) -> str | None:
    """Return why `target` may not or cannot be edited, without writing anything; else None."""
    from . import whose  # noqa: PLC0415  (a look needs none of it)

    path = str(target)
    real = os.path.realpath(path)
    reason = dangling_reason(target) or whose.link_refusal(path, uid)
    if reason:
        return reason
    try:
        info = os.stat(real)
    except FileNotFoundError:
        return _folder_refusal(real, uid, "made")
    except OSError as error:
        found = folders.hindrance(os.path.dirname(real), uid)
        if found:
            return f"cannot be looked at: {_sentence(*found)}"
        return f"cannot be looked at ({_words(error)}); {folders.read_cure(real)}"
    reason = _no_file_reason(info.st_mode)
    if stat.S_ISREG(info.st_mode):
        reason = whose.ownership_refusal(real, info, uid) or _write_refusal(real, info, uid)
    if reason:
        return f"leads to {real}, which {reason}" if os.path.islink(path) else reason
    try:
        text = read(target)
    except RefusedError as error:
        return str(error)
    if text and text.startswith(UTF16):
        return "is UTF-16; save it as UTF-8, which the shells read"
    return None


def removal_refusal(target: File, uid: int) -> str | None:
    """Return why `target`, which may be edited, cannot be removed, without a write; else None."""
    return _folder_refusal(os.path.realpath(str(target)), uid, "removed")


def _write_refusal(path: str, info: os.stat_result, uid: int) -> str | None:
    """Return why a file cannot be written, by its mode or an attribute that only root may change."""
    from onpath.host import flags  # noqa: PLC0415  (a look needs none of it)

    from . import whose  # noqa: PLC0415  (a look needs none of it)

    if not info.st_mode & 0o222 or not os.access(path, os.W_OK):
        is_readable = uid == 0 or os.access(path, os.R_OK)
        fact = "is read-only" if is_readable else "may be neither read nor written"
        return _sentence(fact, folders.write_cure(path, uid))
    if flags.is_file_append_only(path):  # what does not prove itself could not be taken back
        return _sentence("is append-only", f"run {whose.sudo(uid)}chattr -a {folders.spelled(path)}")
    return None


def write(
    target: File,
    text: str | None,
    before: str | None,
    spare: str = "",
    state_folder: str = "",
    is_single: bool = False,
) -> tuple[str, ...]:
    """Make `text` the content of `target` (None: remove it), and return the folders that were made.

    The old file or the new one is there at any moment; one that must be written in place has a backup
    meanwhile, in `state_folder`. The old one gets the name `spare`, if one is given and none has it, and
    can be put back by it. A link stays one; mode, owner, group, access list and extended
    attributes are kept. Raises `ChangedError` if the target is no longer `before`, OSError if it cannot
    be written: then it is as it was. `TornError` says where its text is if that could not be.
    """
    from . import whose  # noqa: PLC0415  (a look needs none of it)
    from .in_place import own_uid  # noqa: PLC0415  (a look needs none of it)
    from .replacing import Change  # noqa: PLC0415  (a look needs none of it)

    # Else the folders would be made where a disk is to be mounted, or a repository cloned.
    reason = dangling_reason(target) or whose.link_refusal(str(target), own_uid())
    if reason:
        raise RefusedError(f"{target!s} {reason}")
    path = os.path.realpath(str(target))
    above, name = os.path.split(path)
    made = make_folders(above)
    try:
        with Folder(above) as folder:
            second = os.path.basename(spare)
            change = Change(folder, name, _raw(before), _raw(text), target, state_folder, second)
            change.is_single = is_single
            change.make()
            folder.sync()
    except BaseException:
        remove_folders(made)
        raise
    return made


def _raw(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


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


def spare(target: File, nonce: str) -> str:
    """Return the name that the old file of `target` has until the run `nonce` is over."""
    above, name = os.path.split(os.path.realpath(str(target)))
    return f"{above.rstrip('/')}/{spare_name(name, nonce)}"


def restore(target: File, spare: str, now: str | None, *, is_complete: bool = True) -> None:
    """Give the old file its name back. This needs no room. Raises as `write`.

    What may be a copy of it that is not complete gets the attributes of the file in place first.
    """
    from . import attributes, replacing  # noqa: PLC0415  (a look needs none of it)

    above, name = os.path.split(os.path.realpath(str(target)))
    second = os.path.basename(spare)
    with Folder(above) as folder:
        if not is_complete and now is not None:
            one, other = (opened(folder.open(each, os.O_RDONLY)) for each in (name, second))
            with one, other:
                attributes.copy(one.fileno(), other.fileno())
        replacing.restore(target, folder, name, second, _raw(now))
        folder.sync()


def temporary(target: File, spare: str) -> str:
    """Return the name of a new file until it has the place of `target`, in the run of `spare`."""
    above, name = os.path.split(os.path.realpath(str(target)))
    return f"{above.rstrip('/')}/{temporary_name(name, spare)}"


def set_aside(target: File, beside: str) -> str:
    """Have the file `beside` stay, under a name that the user finds; return that. Raises OSError."""
    from . import replacing  # noqa: PLC0415  (a look needs none of it)

    above, name = os.path.split(os.path.realpath(str(target)))
    with Folder(above) as folder:
        return replacing.set_aside(folder, name, os.path.basename(beside))


def sweep(target: File, *, spare: str = "", is_own: bool = False, has_spares: bool = False) -> None:
    """Remove what a run that was killed while it wrote `target` left beside it.

    The run is the one that `spare` is of; `is_own` says that the folder is ours. With `has_spares` the
    old files too, under the names that `spare` gives them.
    """
    from . import in_place  # noqa: PLC0415  (a look needs none of it)

    above, name = os.path.split(os.path.realpath(str(target)))
    try:
        with Folder(above) as folder:
            of_run = os.path.basename(spare)
            sweep_folder(folder, name, spare=of_run, is_own=is_own, has_spares=has_spares)
    except OSError:
        return
    in_place.recover("", (str(target),), in_place.own_uid())


def recover(state_folder: str, paths: Iterable[str], uid: int) -> tuple[str, ...]:
    """Restore the files that a killed run left half written; return them. Remove the backups."""
    from . import in_place  # noqa: PLC0415  (a look needs none of it)

    return in_place.recover(state_folder, paths, uid)


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


def _folder_refusal(path: str, uid: int, done: str) -> str | None:
    """Return why what is in a folder cannot be `done` there, "made" or "removed"; else None."""
    from onpath.host import flags  # noqa: PLC0415  (a look needs none of it)

    from . import whose  # noqa: PLC0415  (a look needs none of it)

    folder = folders.nearest(os.path.dirname(path))
    found = folders.hindrance(folder, uid)
    if found is None and not os.stat(folder).st_mode & 0o222:
        found = f"{folder} is read-only", folders.write_cure(folder, uid)  # to root too
    if found is None and flags.is_file_append_only(folder):  # a file could not be taken back
        cure = f"run {whose.sudo(uid)}chattr -a {folders.spelled(folder)}"
        found = f"{folder} is append-only", cure
    return f"cannot be {done}: {_sentence(*found)}" if found else None


def _no_file_reason(kind: int) -> str:
    """Return why what has this mode is no file to edit. A device is nobody's to move away."""
    is_device = stat.S_ISCHR(kind) or stat.S_ISBLK(kind)
    return f"{A_DEVICE}; {folders.ELSEWHERE}" if is_device else NO_FILE


def _sentence(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
