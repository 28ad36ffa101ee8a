"""What root may forbid for a file or folder by a flag (`chattr`). Linux; elsewhere there is none."""

from __future__ import annotations

import os
import sys

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

APPEND_ONLY = 0x20  # ioctl_iflags(2)
GET_FLAGS = {8: 0x80086601, 4: 0x80046601}  # by the length of a C long


def is_append_only(descriptor: int) -> bool:
    """Say whether nothing can be taken away from an open file or folder (`chattr +a`)."""
    if not hasattr(os, "O_PATH"):
        return False  # no Linux
    import fcntl  # noqa: PLC0415
    import struct  # noqa: PLC0415

    any_fcntl: Any = fcntl
    long = struct.calcsize("l")
    try:
        raw: bytes = any_fcntl.ioctl(descriptor, GET_FLAGS[long], bytes(long))
    except OSError:
        return False  # a file system without them
    return bool(int.from_bytes(raw[:4], sys.byteorder) & APPEND_ONLY)


def is_file_append_only(path: str) -> bool:
    """Say the same of the file or folder `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return is_append_only(descriptor)
    finally:
        os.close(descriptor)
