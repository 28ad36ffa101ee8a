"""A folder that is held open: what is done in it is done there, whatever its path leads to by then.

On Windows, which has no such calls, the same is done by path.
"""

from __future__ import annotations

import errno
import io
import os
import stat

from onpath.values import TYPE_CHECKING

from . import rename

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, TypeVar

    Result = TypeVar("Result")

HAS_DESCRIPTORS = os.open in os.supports_dir_fd
BINARY = getattr(os, "O_BINARY", 0)  # else Windows turns each newline into two characters
# A link is an error; a FIFO would hang without O_NONBLOCK.
CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | BINARY
# A folder that may be passed through may not be readable.
PASS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
NO_FILE = "is not a regular file; move it away"
A_DEVICE = "is a device"
MARK = ".onpath-"
DIGITS = 8
NEW = "new-"  # in the name of the file that is to take a place, and then the number of the run
SPARE = "old-"  # in the name of the old file, while a run may have to put it back
RUN_DIGITS = 12
HEX_DIGITS = frozenset("0123456789abcdef")


class Folder:
    """The folder `path`, a path without links: a link that has come there since is an error.

    Errors name the whole path.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor = _open_step_by_step(path) if HAS_DESCRIPTORS else None

    def __enter__(self) -> Folder:  # noqa: PYI034  (`Self` is of 3.11)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def whole(self, name: str) -> str:
        """Return the path of `name`."""
        return f"{self.path.rstrip('/')}/{name}"

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """Open `name`, which must not be a link."""
        return self._named(name, lambda at: os.open(at, flags | CAREFULLY, mode, dir_fd=self.descriptor))

    def info(self, name: str) -> os.stat_result | None:
        """Return what `name` is, a link itself; None if there is none."""
        try:
            return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ENAMETOOLONG}:
                return None
            raise

    def make_folder(self, name: str) -> None:
        """Make the folder `name`, in which only the user can write, whatever the umask is."""
        self._named(name, lambda at: os.mkdir(at, 0o755, dir_fd=self.descriptor))
        if self.descriptor is not None and _is_root():
            made = os.open(name, OPEN_FOLDER, dir_fd=self.descriptor)
            try:
                self.give(made)
            finally:
                os.close(made)

    def go_down(self, name: str) -> None:
        """Become the folder `name`, which is in this one and no link."""
        if self.descriptor is not None:
            below = self._named(name, lambda at: os.open(at, PASS, dir_fd=self.descriptor))
            above, self.descriptor = self.descriptor, below
            os.close(above)
        self.path = self.whole(name)

    def give(self, made: int) -> None:
        """Give what root has just made here to the owner of the folder: it may be another's home."""
        if self.descriptor is None or not _is_root():
            return
        owner = os.fstat(self.descriptor)
        if owner.st_uid and os.fstat(made).st_uid == 0:
            change_owner: Any = os.fchown  # type: ignore[attr-defined, unused-ignore]
            change_owner(made, owner.st_uid, owner.st_gid)

    def unlink(self, name: str) -> None:
        """Remove the file `name`."""
        self._named(name, lambda at: os.unlink(at, dir_fd=self.descriptor))

    def replace(self, name: str, to: str) -> None:
        """Give `name` the name `to`, in place of what has that."""
        here = self.descriptor
        self._named(to, lambda at: os.replace(self._at(name), at, src_dir_fd=here, dst_dir_fd=here))

    def move(self, name: str, to: str) -> None:
        """Give `name` the name `to`. Raises FileExistsError if there is such a file."""
        here = self.descriptor
        if here is not None and self._named(to, lambda at: rename.without_replacing(here, name, at)):
            return
        try:
            self._named(to, lambda at: os.link(self._at(name), at, src_dir_fd=here, dst_dir_fd=here))
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if self.info(to) is not None:
                raise FileExistsError(17, "File exists", self.whole(to)) from None
            self.replace(name, to)
        else:
            self.unlink(name)

    def link(self, name: str, to: str) -> None:
        """Give the file `name` the name `to` as well."""
        here = self.descriptor
        self._named(to, lambda at: os.link(self._at(name), at, src_dir_fd=here, dst_dir_fd=here))

    def exchange(self, one: str, other: str) -> bool:
        """Let two files change names at once; return False if this system cannot."""
        here = self.descriptor
        return here is not None and self._named(other, lambda at: rename.exchange(here, one, at))

    def may_change(self) -> bool:
        """Say whether this user may make, rename and remove files here."""
        return os.access(self._at("."), os.W_OK, dir_fd=self.descriptor)

    def names(self) -> list[str]:
        """Return the names of what is here, or nothing if it may not be read."""
        try:
            if self.descriptor is None:
                return os.listdir(self.path)
            with self.readable() as descriptor:
                return os.listdir(descriptor)
        except OSError:
            return []

    def sync(self) -> None:
        """Let what was done here last, as far as the file system can."""
        try:
            with self.readable() as descriptor:
                os.fsync(descriptor)
        except OSError:
            return  # some file systems cannot; the rename itself has happened

    def readable(self) -> Opened:
        """Return a descriptor of the folder that can be read, for `with`."""
        return Opened(os.open(self._at("."), os.O_RDONLY, dir_fd=self.descriptor))

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else self.whole(name)

    def _named(self, name: str, do: Callable[[str], Result]) -> Result:
        try:
            return do(self._at(name))
        except OSError as error:
            error.filename = self.whole(name)
            raise


def opened(descriptor: int) -> io.FileIO:
    """Return an open file for `with`, which no interrupt can keep from being closed."""
    return io.FileIO(descriptor, "rb")


def give_chain(path: str, names: tuple[str, ...]) -> None:
    """Give what root has made at `path`, and `names` one in the other, to the owner of its folder."""
    if not _is_root():
        return
    above, name = os.path.split(path)
    with Folder(os.path.realpath(above)) as folder:
        held = [os.open(name, OPEN_FOLDER, dir_fd=folder.descriptor)]
        try:
            for each in names:
                held.append(os.open(each, os.O_RDONLY | CAREFULLY, dir_fd=held[-1]))
            for descriptor in reversed(held):
                folder.give(descriptor)
        finally:
            for descriptor in held:
                os.close(descriptor)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


class Opened:
    """The descriptor of a folder, for `with`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> int:
        return self.descriptor

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        os.close(self.descriptor)


def temporary_name(name: str, spare: str = "") -> str:
    """Return a name for a temporary file beside `name`: of the run that `spare` is of, or a new one."""
    nonce = spare[-RUN_DIGITS:]
    return _start(name) + (NEW + nonce if nonce else os.urandom(DIGITS // 2).hex())


def is_temporary(found: str, name: str) -> bool:
    """Say whether `found` is a name that `temporary_name` gives; a user may have one that is like it."""
    start = _start(name)
    return is_numbered(found, start, DIGITS) or is_numbered(found, start + NEW, RUN_DIGITS)


def is_numbered(found: str, start: str, length: int) -> bool:
    """Say whether `found` is `start` and so many hexadecimal digits after it."""
    digits = found[len(start) :]
    return found.startswith(start) and len(digits) == length and HEX_DIGITS.issuperset(digits)


def spare_name(name: str, nonce: str) -> str:
    """Return the name that the old file `name` has until the run `nonce` is over."""
    return f"{_start(name)}{SPARE}{nonce}"


def is_spare(found: str, name: str) -> bool:
    """Say whether `found` is a name that `spare_name` gives."""
    return is_numbered(found, _start(name) + SPARE, RUN_DIGITS)


def sweep(
    folder: Folder, name: str, *, spare: str = "", is_own: bool = False, has_spares: bool = False
) -> None:
    """Remove the temporary files of `name` that a killed run left; runs exclude each other.

    Those of the run that `spare` is of, or in a folder of ours (`is_own`), are known by their names.
    Else the user may have a file of such a name: it goes if it says nothing that `name` does not. With
    `has_spares` the old files too.
    """
    known = {spare, spare and temporary_name(name, spare)}
    for found in folder.names():
        if not is_temporary(found, name) and not (has_spares and is_spare(found, name)):
            continue
        try:
            info = folder.info(found)
            if not info or not stat.S_ISREG(info.st_mode):
                continue
            if is_own or found in known or _says_nothing_new(folder, found, name):
                folder.unlink(found)
        except OSError:
            continue


def _says_nothing_new(folder: Folder, found: str, name: str) -> bool:
    """Say whether all lines of a file are in `name` too, but for those of blocks of ours."""
    from onpath.errors import CorruptFenceError  # noqa: PLC0415  (hardly ever is there such a file)
    from onpath.places import fence  # noqa: PLC0415

    copy, text = (_text(folder, each) for each in (found, name))
    try:
        rest = fence.bare(copy) or ""
    except CorruptFenceError:
        return False
    return bool(copy) and {*rest.split("\n"), ""} <= {*text.split("\n"), ""}


def _text(folder: Folder, name: str) -> str:
    if folder.info(name) is None:
        return ""
    with opened(folder.open(name, os.O_RDONLY)) as file:
        return file.readall().decode("utf-8", "surrogateescape")


def identity(info: os.stat_result) -> tuple[int, int]:
    """Return what one file has and no other."""
    return info.st_dev, info.st_ino


def _start(name: str) -> str:
    shortened = os.fsencode(name)[:200].decode("utf-8", "surrogateescape")
    return f".{shortened}{MARK}"


def _open_step_by_step(path: str) -> int:
    """Return a descriptor of the folder `path`. On no step a link is followed."""
    at = os.open("/", PASS)
    for step in filter(None, path.split("/")):
        try:
            below = os.open(step, PASS, dir_fd=at)
        except OSError as error:
            error.filename = path
            raise
        finally:
            os.close(at)
        at = below
    return at


def make_folders(folder: str) -> tuple[str, ...]:
    """Make `folder` and those above it that do not exist; return what was made, outermost first."""
    missing = missing_folders(folder)
    if not missing:
        return ()
    try:
        with Folder(os.path.realpath(os.path.dirname(missing[0]))) as there:
            for path in missing:
                name = os.path.basename(path)
                there.make_folder(name)
                there.go_down(name)
    except BaseException:
        remove_folders(missing)
        raise
    return missing


def missing_folders(folder: str) -> tuple[str, ...]:
    """Return `folder` and those above it that do not exist, outermost first."""
    missing: list[str] = []
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:  # a drive may not be there
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return tuple(missing)


def remove_folders(made: tuple[str, ...]) -> None:
    """Remove those of the folders `made` that are empty, the inner ones first."""
    for folder in sorted(made, key=len, reverse=True):
        try:
            os.rmdir(folder)
        except OSError:
            continue


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


def sync_folder(folder: str) -> None:
    """Have the names in `folder` survive a power cut."""
    try:
        with Folder(os.path.realpath(folder)) as opened_folder:
            opened_folder.sync()
    except OSError:
        return
