"""Two ways to rename that Python does not have: exchange, and without replacing."""

from __future__ import annotations

import errno
import os

from onpath.host import c_library
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


def call(folder: int, one: str, other: str, flag: int, flag_of_mac: int) -> bool:
    """Make the call with the flag of the system; False if it cannot be made."""
    words = (folder, os.fsencode(one), folder, os.fsencode(other))
    answer = c_library.call("renameatx_np", *words, flag_of_mac)
    answer = answer or c_library.call("renameat2", *words, flag) or _by_number(*words, flag)
    if answer is None:
        return False
    failed, number = answer
    if failed and number not in CANNOT:
        raise OSError(number, os.strerror(number))
    return not failed


def _by_number(*words: Any) -> tuple[int, int] | None:
    """Make the call where the C library is older than it."""
    any_os: Any = os
    system = any_os.uname()
    if system.sysname != "Linux" or system.machine not in NUMBERS:
        return None
    return c_library.call("syscall", NUMBERS[system.machine], *words)
