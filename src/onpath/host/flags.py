"""What root may forbid for a file or folder by a flag (`chattr`). Linux; elsewhere there is none."""

from __future__ import annotations

import os
import sys

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

IMMUTABLE, APPEND_ONLY = 0x10, 0x20  # ioctl_iflags(2)
GET_FLAGS = {8: 0x80086601, 4: 0x80046601}  # by the length of a C long


def is_append_only(descriptor: int) -> bool:
    """Say whether nothing can be taken away from an open file or folder (`chattr +a`)."""
    return bool(_of(descriptor) & APPEND_ONLY)


def _of(descriptor: int) -> int:
    """Return the flags of an open file or folder."""
    if not hasattr(os, "O_PATH"):
        return 0  # no Linux
    import fcntl  # noqa: PLC0415
    import struct  # noqa: PLC0415

    any_fcntl: Any = fcntl
    long = struct.calcsize("l")
    try:
        raw: bytes = any_fcntl.ioctl(descriptor, GET_FLAGS[long], bytes(long))
    except OSError:
        return 0  # a file system without them
    return int.from_bytes(raw[:4], sys.byteorder)


def is_file_append_only(path: str) -> bool:
    """Say the same of the file or folder `path`."""
    return bool(_of_file(path) & APPEND_ONLY)


def is_file_immutable(path: str) -> bool:
    """Say whether nothing at all can be changed of the file or folder `path` (`chattr +i`)."""
    return bool(_of_file(path) & IMMUTABLE)


def _of_file(path: str) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return 0
    try:
        return _of(descriptor)
    finally:
        os.close(descriptor)
