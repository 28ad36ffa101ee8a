"""Put one file in the place of another, in an open folder, so that no save of others is lost.

The old file and the new one change names at once, and what came out is looked at: if it is not what was
there before, both change back. Where a system has no such call, the old file is looked at just before.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from onpath.errors import ChangedError, RefusedError
from onpath.host import flags, folders
from onpath.shells import TABLE
from onpath.values import TYPE_CHECKING

from . import attributes, in_place, whose
from .folder import (
    DIGITS,
    HAS_DESCRIPTORS,
    NO_FILE,
    Folder,
    identity,
    make_folders,
    opened,
    remove_folders,
    sweep,
    temporary_name,
)
from .in_place import own_uid

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from onpath.model import File

KEPT = ".onpath-kept-"
# Why no new file can take the place of one: what is mounted there, who owns the folder or the file.
STAYS = {errno.EPERM, errno.EACCES, errno.EBUSY, errno.EXDEV, errno.EROFS}


class Change:
    """One file in an open folder, which holds `old` and is to hold `new`; None: no file."""

    def __init__(
        self,
        folder: Folder,
        name: str,
        old: bytes | None,
        new: bytes | None,
        target: File,
        state_folder: str = "",
        spare: str = "",
    ) -> None:
        self.folder, self.name, self.old, self.new = folder, name, old, new
        self.target, self.state_folder = target, state_folder
        self.spare = spare  # the name that the old file gets; nothing: it goes
        self.is_single = False  # whether another name that it has is another file's to its user
        self.temporary = temporary_name(name, spare)
        self.present: io.FileIO | None = None  # what is there
        self.info: os.stat_result | None = None

    def make(self) -> None:
        """Make it so. Raises as `write`."""
        is_own = bool(self.state_folder) and self.folder.path == os.path.realpath(self.state_folder)
        sweep(self.folder, self.name, spare=self.spare, is_own=is_own)
        try:
            self._open()
            if self.new is None:
                self._remove()
            elif self.info is None:
                self._create(self.new)
            elif self._must_stay():
                self._write_in_place(self.new)
            else:
                try:
                    self._replace(self.new)
                except OSError as error:
                    if error.errno not in STAYS:
                        raise
                    self._write_in_place(self.new)
        finally:
            self._close()

    def _open(self) -> None:
        """Open what is there, and see that it holds `old`."""
        try:
            self.present = opened(self.folder.open(self.name, os.O_RDONLY))
        except FileNotFoundError:
            found = None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise self._changed() from None  # a link has come there since
            cure = folders.read_cure(self.folder.whole(self.name))
            raise RefusedError(f"{self.target!s} cannot be read ({_words(error)}); {cure}") from None
        else:
            self.info = os.fstat(self.present.fileno())
            if not stat.S_ISREG(self.info.st_mode):
                raise RefusedError(f"{self.target!s} {NO_FILE}")
            found = in_place.read(self.present.fileno())
        if found != self.old:
            raise self._changed()

    def _must_stay(self) -> bool:
        """Say whether the file has other names or flags, or no new one may be in its folder."""
        info = self.info
        has_names = info is not None and info.st_nlink > 1 and not self.is_single
        if info is None or has_names or attributes.has_flags(info):
            return True
        if not self.folder.may_change():
            return True
        try:
            with self.folder.readable() as descriptor:
                return flags.is_append_only(descriptor)  # a temporary file could never be removed
        except OSError:
            return False

    def _write_in_place(self, new: bytes) -> None:
        made = _make_if_possible(self.state_folder)
        self._close()  # a lease is given for a file that nobody has open
        try:
            in_place.write(
                self.folder, self.name, self.old or b"", new, self.state_folder, self._check_same
            )
        finally:
            remove_folders(made)
        self._be_newer_than_compiled_by_name()

    def _check_same(self, descriptor: int) -> None:
        """Raise if the open file is not the one that was looked at, or is one that was slipped in."""
        info = os.fstat(descriptor)
        if self.info is None or identity(info) != identity(self.info):
            raise self._changed()
        reason = whose.names_refusal(info, self.folder.path, own_uid())
        if reason:
            raise RefusedError(f"{self.target!s} {reason}")

    def _replace(self, new: bytes) -> None:
        """Put a new file in the place of the old one, which is looked at once more when it is out."""
        ours = self._write_temporary(new, 0o600)
        try:
            if self.folder.exchange(self.temporary, self.name):
                if not self._settle(ours):
                    raise self._changed()
                return
            self._replace_beside_second_name()
        except BaseException:
            self._settle(ours)
            raise

    def _replace_beside_second_name(self) -> None:
        """Rename the new file over the old one, and look at the old one's second name after that.

        So what somebody adds to the old file at the last moment is found. What somebody puts in its
        place after the last look is not.
        """
        second = self._link_second_name()
        try:
            self._check_again()
            self._close()  # Windows replaces no open file
            self.folder.replace(self.temporary, self.name)
        except BaseException:
            if second and self.folder.info(second) and self.folder.info(self.temporary):
                self.folder.unlink(second)  # ours has not come to its place
            raise
        if not second:
            return
        if not _holds(self.folder, second, self.old or b""):
            self.folder.replace(second, self.name)
            raise self._changed()
        if second != self.spare:
            self.folder.unlink(second)

    def _create(self, new: bytes) -> None:
        """Put a new file where there is none."""
        ours = self._write_temporary(new, 0o644)  # at most, whatever the umask is
        try:
            self.folder.move(self.temporary, self.name)
        except FileExistsError:
            self._settle(ours)
            raise self._changed() from None
        except BaseException:
            self._settle(ours)
            raise

    def _remove(self) -> None:
        """Move the file away, look at it once more, and only then remove it."""
        if self.info is None:
            return
        if not HAS_DESCRIPTORS:
            self._close()  # Windows moves no open file
        try:
            self.folder.replace(self.name, self.temporary)
        except BaseException:
            self._finish_removal()
            raise
        if not self._finish_removal():
            raise self._changed()
        self._remove_compiled()

    def _remove_compiled(self) -> None:
        """Remove what a shell has made of the file since, and would run though that is gone."""
        for name, made in _compiled(self.folder, self.name):
            if self.info is None or made < int(self.info.st_mtime):
                continue
            try:
                self.folder.unlink(name)
            except OSError:  # somebody else has removed it, or may alone
                continue

    def _finish_removal(self) -> bool:
        """Remove what was moved away, and say whether that is so; else it goes back to its place."""
        if self.folder.info(self.temporary) is None:
            return False
        if self._holds_old():
            self._retire()
            return True
        try:
            self.folder.move(self.temporary, self.name)
        except FileExistsError:  # saved twice meanwhile; neither text is ours to throw away
            kept = set_aside(self.folder, self.name, self.temporary)
            raise ChangedError(
                f"{self.target!s} has changed while it was removed, and what it held before is in "
                f"{kept}; compare the two, and run this again"
            ) from None
        return False

    def _write_temporary(self, raw: bytes, mode: int) -> tuple[int, int]:
        """Make the file that is to take the place; return its identity."""
        descriptor = self.folder.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with opened(descriptor):
                in_place.write_all(descriptor, raw)
                if self.present is None:
                    self.folder.give(descriptor)
                else:
                    attributes.copy(self.present.fileno(), descriptor)
                self._be_newer_than_compiled(descriptor)
                os.fsync(descriptor)
                return identity(os.fstat(descriptor))
        except BaseException:
            self.folder.unlink(self.temporary)
            raise

    def _settle(self, ours: tuple[int, int]) -> bool:
        """Remove what the temporary name leads to by now, and say whether our file is in place.

        If that is what somebody saved at the last moment, it goes back to its place, and ours goes.
        """
        if not _give_saves_back(
            self.folder, self.name, self.temporary, lambda found: found == ours or self._holds_old()
        ):
            return False
        if self._holds_old():
            self._retire()
            return True
        self.folder.unlink(self.temporary)
        return False

    def _retire(self) -> None:
        """Give the old file, which is out of its place, its second name; else it goes."""
        if self.spare:
            try:
                self.folder.move(self.temporary, self.spare)
            except OSError:  # it has one from an earlier write
                pass
            else:
                return
        self.folder.unlink(self.temporary)

    def _link_second_name(self) -> str:
        """Return the second name that the old file has now; nothing on a file system without links."""
        is_kept = self.spare and _link(self.folder, self.name, self.spare)
        return is_kept or _link(self.folder, self.name, temporary_name(self.name))

    def _holds_old(self) -> bool:
        """Say whether the temporary name leads to the file that was looked at, as it was."""
        info = self.folder.info(self.temporary)
        if info is None or self.info is None or identity(info) != identity(self.info):
            return False
        with opened(self.folder.open(self.temporary, os.O_RDONLY)) as file:
            return in_place.read(file.fileno()) == self.old

    def _check_again(self) -> None:
        info = self.folder.info(self.name)
        if info is None or self.info is None or identity(info) != identity(self.info):
            raise self._changed()
        if self.present is None or in_place.read(self.present.fileno()) != self.old:
            raise self._changed()

    def _be_newer_than_compiled(self, descriptor: int) -> None:
        _be_newer_than_compiled(self.folder, self.name, descriptor, since=time.time())

    def _be_newer_than_compiled_by_name(self) -> None:
        try:
            with opened(self.folder.open(self.name, os.O_RDONLY)) as file:
                self._be_newer_than_compiled(file.fileno())
        except OSError:
            return  # somebody else's, whose time only they can set

    def _changed(self) -> ChangedError:
        return changed(self.target)

    def _close(self) -> None:
        if self.present is not None:
            self.present.close()


def restore(target: File, folder: Folder, name: str, spare: str, now: bytes | None) -> None:
    """Give the old file `spare` its name back, in place of one that holds `now`. This needs no room.

    Raises `ChangedError` if it holds something else, OSError if it cannot be; then all is as it was.
    """
    edited = folder.info(name)
    _give_name_back(target, folder, name, spare, now)
    if edited is None:
        return
    try:
        with opened(folder.open(name, os.O_RDONLY)) as file:
            # What a shell has compiled since holds the edit.
            _be_newer_than_compiled(folder, name, file.fileno(), since=edited.st_ctime)
    except OSError:
        return  # somebody else's, whose time only they can set


def _give_name_back(target: File, folder: Folder, name: str, spare: str, now: bytes | None) -> None:
    if now is None:
        try:
            folder.move(spare, name)
        except FileExistsError:
            raise changed(target) from None
        return
    if not _exchange_back(target, folder, name, spare, now):
        _replace_back(target, folder, name, spare, now)


def _compiled(folder: Folder, name: str) -> list[tuple[str, int]]:
    """Return what shells have compiled of the file `name`: its name, and when that was, in seconds."""
    names = [name + row.compiled for row in TABLE if row.compiled]
    found = ((each, folder.info(each)) for each in names)
    return [(each, int(info.st_mtime)) for each, info in found if info and stat.S_ISREG(info.st_mode)]


def _be_newer_than_compiled(folder: Folder, name: str, descriptor: int, *, since: float) -> None:
    """Have a file be newer than what was compiled of it `since`, in seconds.

    A shell runs that in place of a file that is not newer by a whole second.
    """
    newest = max((made for _, made in _compiled(folder, name)), default=-1)
    if newest >= int(since) and os.utime in os.supports_fd:
        os.utime(descriptor, (time.time(), newest + 1))


def _exchange_back(target: File, folder: Folder, name: str, spare: str, now: bytes) -> bool:
    """Have both files change names, and say whether the system can; what comes out must hold `now`."""
    info, held = folder.info(spare), _hold(folder, spare)
    old = info and identity(info)
    try:
        if not folder.exchange(spare, name):
            return False
        if not _holds(folder, spare, now):
            _give_saves_back(folder, name, spare, lambda found: found == old)
            raise changed(target)
        folder.unlink(spare)
        return True
    finally:
        _let_go(held)


def _replace_back(target: File, folder: Folder, name: str, spare: str, now: bytes) -> None:
    """Rename the old file over the one in place, whose second name is looked at after that."""
    second = _link(folder, name, temporary_name(name))
    try:
        if not _holds(folder, name, now):
            raise changed(target)
        folder.replace(spare, name)
    except BaseException:
        if second:
            folder.unlink(second)
        raise
    if not second:
        return
    if not _holds(folder, second, now):  # somebody has added to it at the last moment
        folder.link(name, spare)
        folder.replace(second, name)
        raise changed(target)
    folder.unlink(second)


def _give_saves_back(
    folder: Folder, name: str, out: str, is_known: Callable[[tuple[int, int]], bool]
) -> bool:
    """Give what somebody has saved at the last moment its place back, until what is `out` is known.

    Say whether it is; else nothing is out any more. If the file is saved once more meanwhile, that save
    is the one for the place, and the earlier one goes. What has come out is held open: else a new file
    could have its number.
    """
    superseded: dict[tuple[int, int], int] = {}  # and what holds each
    try:
        while True:
            info = folder.info(out)
            if info is None:
                return False
            if identity(info) in superseded:
                folder.unlink(out)
                return False
            if is_known(identity(info)):
                return True
            superseded[identity(info)] = _hold(folder, out)
            folder.exchange(out, name)
    finally:
        for held in superseded.values():
            _let_go(held)


def _hold(folder: Folder, name: str) -> int:
    """Return a descriptor of a file, which need not be readable where the system knows O_PATH; or -1."""
    try:
        return folder.open(name, getattr(os, "O_PATH", os.O_RDONLY))
    except OSError:
        return -1


def _let_go(held: int) -> None:
    if held >= 0:
        os.close(held)


def _link(folder: Folder, name: str, second: str) -> str:
    """Give a file a second name, and return that; nothing if it cannot have it."""
    try:
        folder.link(name, second)
    except OSError:  # there is one from an earlier write; or a file system without links
        return ""
    return second


def _holds(folder: Folder, name: str, raw: bytes) -> bool:
    try:
        with opened(folder.open(name, os.O_RDONLY)) as file:
            return in_place.read(file.fileno()) == raw
    except OSError:
        return False


def changed(target: File) -> ChangedError:
    """Return the error that says that somebody else has saved the file meanwhile."""
    return ChangedError(f"{target!s} has changed since the plan was made; run this again")


def set_aside(folder: Folder, name: str, beside: str) -> str:
    """Give what has the name `beside` one that the user finds; return its path. Raises OSError."""
    kept = f"{name}{KEPT}{beside[-DIGITS:]}"
    folder.move(beside, kept)
    return folder.whole(kept)


def _make_if_possible(folder: str) -> tuple[str, ...]:
    """Make the state folder for the time of a backup."""
    try:
        return make_folders(os.path.realpath(folder)) if folder else ()
    except OSError:
        return ()  # the backup is beside the file then


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
