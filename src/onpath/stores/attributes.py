"""What a file is besides its content: owner, group, mode, access list, extended attributes.

By descriptors alone: a path may lead to somebody else's file by then.
"""

from __future__ import annotations

import errno
import os
import stat

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

ACCESS_LIST = "system.posix_acl_access"
# What the system gives to files by itself, or allows to root alone, stays as it is.
NOT_OURS = {errno.EPERM, errno.ENOTSUP, errno.ENODATA, errno.EINVAL, errno.EACCES}


def copy(source: int, to: int) -> None:
    """Give the open file `to` all that the open file `source` is besides its content, and no more.

    Also what `to` has of its folder goes: its group (setgid), its access list (a default one). Raises
    OSError if owner, group, mode or access list cannot be had.
    """
    any_os: Any = os  # Windows has none of these
    if not hasattr(os, "fchown"):
        return
    one, other = os.fstat(source), os.fstat(to)
    if (one.st_uid, one.st_gid) != (other.st_uid, other.st_gid):
        any_os.fchown(to, one.st_uid, one.st_gid)
    if hasattr(os, "listxattr"):
        _copy_extended(source, to)
    any_os.fchmod(
        to, stat.S_IMODE(one.st_mode)
    )  # last: a new owner takes bits away, and a list sets some


def _copy_extended(source: int, to: int) -> None:
    wanted, there = _extended(source), _extended(to)
    any_os: Any = os
    for name in dict.fromkeys((*wanted, *there)):
        if wanted.get(name) == there.get(name):
            continue
        try:
            if name in wanted:
                any_os.setxattr(to, name, wanted[name])
            else:
                any_os.removexattr(to, name)
        except OSError as error:
            if name == ACCESS_LIST or error.errno not in NOT_OURS:
                raise


def _extended(descriptor: int) -> dict[str, bytes]:
    """Return the extended attributes of an open file that this user may see."""
    any_os: Any = os
    found: dict[str, bytes] = {}
    try:
        for name in any_os.listxattr(descriptor):
            try:
                found[name] = any_os.getxattr(descriptor, name)
            except OSError as error:
                if error.errno not in NOT_OURS:
                    raise
    except OSError as error:
        if error.errno not in NOT_OURS:
            raise
    return found


def has_flags(info: os.stat_result) -> bool:
    """Say whether a file has flags, which no call gives to an open file: those of macOS and the BSDs."""
    return bool(getattr(info, "st_flags", 0))
