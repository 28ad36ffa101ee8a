"""Programs that end with this process, however it ends: a job of Windows. Imports on every system.

The system itself ends what is in a job when the last handle of it is closed, and a process that is
killed closes all that it has. What the programs start is in the job too. Windows before 8 knows no job
in a job: where this process is in one, as below some services, nothing can be added.
"""

from __future__ import annotations

from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

END_WITH_HANDLE = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
ADDING = 0x0101  # PROCESS_SET_QUOTA | PROCESS_TERMINATE
ENDED = 1


class Job:
    """Programs that are ended all at once: by `end`, or with this process."""

    def __init__(self) -> None:
        self._kernel = _kernel()
        self._handle = self._kernel.CreateJobObjectW(None, None)
        limits = _limits()
        size = _ctypes().sizeof(limits)
        where = _ctypes().byref(limits)
        if not self._kernel.SetInformationJobObject(self._handle, EXTENDED_LIMITS, where, size):
            self.end()

    def add(self, pid: int) -> bool:
        """Have the program `pid`, started just now, end with all others; say whether it will."""
        process = self._handle and self._kernel.OpenProcess(ADDING, False, pid)
        if not process:
            return False
        is_added = bool(self._kernel.AssignProcessToJobObject(self._handle, process))
        self._kernel.CloseHandle(process)
        return is_added

    def end(self) -> None:
        """End the programs, and what they have started."""
        handle, self._handle = self._handle, None
        if handle:
            self._kernel.TerminateJobObject(handle, ENDED)
            self._kernel.CloseHandle(handle)


def _limits() -> Any:
    """Return JOBOBJECT_EXTENDED_LIMIT_INFORMATION (winnt.h) with the one limit that is meant."""
    ctypes = _ctypes()
    size, number, wide = ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint64
    basic = (wide, wide, number, size, size, number, size, number, number)
    kinds = (*basic, *(wide,) * 6, *(size,) * 4)

    class Limits(ctypes.Structure):  # type: ignore[name-defined, misc, unused-ignore]
        """One field after the other; the third are the flags."""

        _fields_ = tuple((f"field{number}", kind) for number, kind in enumerate(kinds))

    return Limits(field2=END_WITH_HANDLE)


def _kernel() -> Any:
    ctypes = _ctypes()
    kernel = ctypes.WinDLL("kernel32")
    handle, number, yes_no = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int
    for name, result, kinds in (
        ("CreateJobObjectW", handle, (handle, ctypes.c_wchar_p)),
        ("SetInformationJobObject", yes_no, (handle, yes_no, handle, number)),
        ("OpenProcess", handle, (number, yes_no, number)),
        ("AssignProcessToJobObject", yes_no, (handle, handle)),
        ("TerminateJobObject", yes_no, (handle, number)),
        ("CloseHandle", yes_no, (handle,)),
    ):
        call = getattr(kernel, name)
        call.restype, call.argtypes = result, kinds
    return kernel


def _ctypes() -> Any:
    import ctypes  # noqa: PLC0415  (Windows alone)

    return ctypes
