"""Two ways to rename that Python does not have: exchange, and without replacing. Where the system can.

Loaded when a file is written: `ctypes` costs some milliseconds.
"""

from __future__ import annotations

import errno
import os

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

NO_REPLACE, EXCHANGE = 1, 2  # of Linux (rename(2)), with the numbers of the call
NUMBERS = {"x86_64": 316, "aarch64": 276, "riscv64": 276, "armv7l": 382, "i686": 353, "ppc64le": 357}
SWAP, EXCLUSIVE = 2, 4  # of macOS (renameatx_np(2))
# The system, this file system, or a filter of system calls knows no such thing.
CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY}


def exchange(folder: int, one: str, other: str) -> bool:
    """Let two files in `folder` change names at once. False if this cannot be done; raises OSError."""
    return call(folder, one, other, EXCHANGE, SWAP)


def without_replacing(folder: int, one: str, other: str) -> bool:
    """Give `one` the name `other`, which must be free. False if this cannot be done; raises OSError."""
    return call(folder, one, other, NO_REPLACE, EXCLUSIVE)


def library() -> Any:
    """Return the C library, or None where there is none to call."""
    try:
        import ctypes  # noqa: PLC0415

        return ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError, TypeError):
        return None


def call(folder: int, one: str, other: str, flag: int, flag_of_mac: int) -> bool:
    """Make the call with the flag of the system; False if it cannot be made."""
    found = library()
    if found is None:
        return False
    words = (folder, os.fsencode(one), folder, os.fsencode(other))
    if hasattr(found, "renameatx_np"):
        failed = found.renameatx_np(*words, flag_of_mac)
    elif hasattr(found, "renameat2"):
        failed = found.renameat2(*words, flag)
    else:  # of an older C library
        any_os: Any = os
        system = any_os.uname()
        if system.sysname != "Linux" or system.machine not in NUMBERS:
            return False
        failed = found.syscall(NUMBERS[system.machine], *words, flag)
    if not failed:
        return True
    import ctypes  # noqa: PLC0415

    number = ctypes.get_errno()
    if number in CANNOT:
        return False
    raise OSError(number, os.strerror(number))
