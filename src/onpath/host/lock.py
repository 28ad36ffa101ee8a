"""Keep two runs for one home from working at the same time. Leaves nothing behind."""

from __future__ import annotations

import os
import sys
import time

from onpath.errors import OnpathError
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

TIMEOUT_S = 60.0
BUSY = "another ensure-path has been running for a minute; try again"
MUTEX = "Local\\onpath"  # of this session; another user's has a registry of its own
ABANDONED_OR_OURS = {0x00000080, 0}  # WaitForSingleObject: the run that held it was killed; it was free


class Lock:
    """Held from `with` on; other runs wait. Raises `OnpathError` after `TIMEOUT_S`."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.handle: int | None = None

    def __enter__(self) -> None:
        self.handle = _lock_mutex() if sys.platform == "win32" else _lock_folder(self.home)

    def __exit__(self, *_error: object) -> None:
        if self.handle is None:
            return
        if sys.platform == "win32":
            kernel = _kernel()
            kernel.ReleaseMutex(self.handle)
            kernel.CloseHandle(self.handle)
        else:
            os.close(self.handle)


def _lock_folder(home: str) -> int:
    """Return a descriptor that keeps other runs for this home waiting until it is closed."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    descriptor = os.open(home, os.O_RDONLY)  # the folder itself: a lock file would be left behind
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise OnpathError(BUSY) from None
            time.sleep(0.05)
        except OSError:
            return descriptor  # a file system without locks
        else:
            return descriptor


def _lock_mutex() -> int:
    """Return the handle of a named mutex, which Windows forgets with its last holder."""
    kernel = _kernel()
    handle = kernel.CreateMutexW(None, False, MUTEX)
    if not handle:
        raise OnpathError("Windows gives no lock to exclude other runs; try again")
    if kernel.WaitForSingleObject(handle, int(TIMEOUT_S * 1000)) not in ABANDONED_OR_OURS:
        kernel.CloseHandle(handle)
        raise OnpathError(BUSY)
    return int(handle)


def _kernel() -> Any:
    import ctypes  # noqa: PLC0415

    types: Any = ctypes
    kernel = types.WinDLL("kernel32")
    kernel.CreateMutexW.restype = types.c_void_p
    kernel.CreateMutexW.argtypes = [types.c_void_p, types.c_int, types.c_wchar_p]
    kernel.WaitForSingleObject.argtypes = [types.c_void_p, types.c_ulong]
    for name in ("ReleaseMutex", "CloseHandle"):
        getattr(kernel, name).argtypes = [types.c_void_p]
    return kernel
