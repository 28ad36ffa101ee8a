"""A file whose folders are made for it: they come and go with it, in one step each.

They are made beside their place under a name of ours, with the file in them, and renamed. So no folder
of ours is ever there without the file that says that it is ours, wherever a run is killed.
"""

from __future__ import annotations

import errno
import os

from onpath.host import flags
from onpath.values import TYPE_CHECKING

from .folder import (
    BINARY,
    give_chain,
    is_temporary,
    missing_folders,
    sync_folder,
    temporary_name,
    unlink,
)

if TYPE_CHECKING:
    from typing import Any


# What every user may read and administrators alone may write (SDDL): not what a folder of ProgramData
# inherits, by which everybody may make files in it.
OF_ADMINISTRATORS = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"


def put(path: str, text: str, *, is_shared: bool = False) -> None:
    """Make the file `path` with `text`, and all the folders above it that do not exist.

    Raises OSError; then there is nothing. At least its own folder must not exist. What `is_shared` is
    of every user, and root's or the administrators' to write.
    """
    top, *inner = missing_folders(os.path.dirname(path))
    if flags.is_file_append_only(os.path.dirname(top)):  # there the temporary name would stay
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
    temporary = _beside(top)
    names = [os.path.basename(folder) for folder in inner]
    try:
        _make(temporary, is_shared=is_shared)
        folder = temporary
        for name in names:
            folder = f"{folder}/{name}"
            os.mkdir(folder, 0o755)
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY
        with os.fdopen(os.open(f"{folder}/{os.path.basename(path)}", how, 0o644), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(file.fileno())
        give_chain(temporary, (*names, os.path.basename(path)))
        os.rename(temporary, top)
    except BaseException:
        _remove(temporary, (*names, os.path.basename(path)))
        raise
    sync_folder(os.path.dirname(top))


def _make(folder: str, *, is_shared: bool) -> None:
    """Make a folder that others cannot write to, whatever they might inherit."""
    if not is_shared or hasattr(os, "geteuid"):
        os.mkdir(folder, 0o755)
        return
    import ctypes  # noqa: PLC0415  (only Windows)

    library: Any = ctypes
    kernel = library.WinDLL("kernel32", use_last_error=True)
    understand = library.WinDLL("advapi32").ConvertStringSecurityDescriptorToSecurityDescriptorW
    understand.argtypes = [library.c_wchar_p, library.c_ulong, library.c_void_p, library.c_void_p]
    kernel.CreateDirectoryW.argtypes = [library.c_wchar_p, library.c_void_p]
    kernel.LocalFree.argtypes = [library.c_void_p]
    rights = library.c_void_p()
    understand(OF_ADMINISTRATORS, 1, library.addressof(rights), None)
    # SECURITY_ATTRIBUTES: its size, the descriptor, no inheritance of the handle.
    attributes = (library.c_void_p * 3)(library.sizeof(library.c_void_p) * 3, rights.value, 0)
    is_made = rights and kernel.CreateDirectoryW(folder, attributes)
    error = library.get_last_error()
    kernel.LocalFree(rights)
    if not is_made:
        raise OSError(0, library.FormatError(error), folder, error)


def take(path: str, made: tuple[str, ...]) -> None:
    """Remove the file `path`, and those folders above it that are `made` for it and hold no more.

    Raises OSError; then the file is there as it was.
    """
    top, names = "", [os.path.basename(path)]
    while os.path.dirname(top or path) in made:
        folder = os.path.dirname(top or path)
        # A link is the user's, who has put the folder elsewhere since.
        if os.path.islink(folder) or os.listdir(folder) != [names[0]]:
            break
        top, names = folder, [os.path.basename(folder), *names]
    if not top:
        os.unlink(path)
        return
    inner = path
    while inner != top:  # it may have become somebody else's, or read-only
        folder = os.path.dirname(inner)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), inner)
        inner = folder
    temporary = _beside(top)
    os.rename(top, temporary)
    chain = tuple(names[1:])
    _remove(temporary, chain)
    if os.path.lexists(temporary) and not os.path.lexists(top):
        os.rename(temporary, top)  # somebody has put something into it at this moment
    sync_folder(os.path.dirname(top))


def sweep(path: str, home: str) -> tuple[str, ...]:
    """Remove what a run left beside the folders of `path` when it was killed in `put` or in `take`.

    Return what stays all the same.
    """
    left: list[str] = []
    names: tuple[str, ...] = (os.path.basename(path),)
    folder = os.path.dirname(path)
    while folder not in {home, os.path.dirname(folder)}:
        above, own = os.path.split(folder)
        try:
            found = [name for name in os.listdir(above) if is_temporary(name, own)]
        except OSError:
            found = []
        for name in found:
            _remove(f"{above}/{name}", names)
            if os.path.lexists(f"{above}/{name}"):
                left.append(f"{above}/{name}")
        folder, names = above, (os.path.basename(folder), *names)
    return tuple(left)


def _remove(folder: str, names: tuple[str, ...]) -> None:
    """Remove `folder` with what is in it below `names`, one in the other, the last a file. No more."""
    path = "/".join((folder, *names))
    unlink(path)
    while len(path) > len(folder):
        path = os.path.dirname(path)
        try:
            os.rmdir(path)
        except OSError:
            continue


def _beside(folder: str) -> str:
    """Return the name under which `folder` is made, or taken apart."""
    above, name = os.path.split(folder)
    return f"{above}/{temporary_name(name)}"
