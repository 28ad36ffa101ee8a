"""Copied as sitecustomize.py for Windows' Python in Wine: a file has that it began, and its exit code.

On a loaded machine Wine now and then fails to start a program, in silence. And its server kills one
that has ended if its process is not gone within a second, and then its exit code is lost: one run in a
thousand had -9.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import NoReturn

FILE = "ONPATH_TEST_CODE"  # the variable that names it; not for what this process starts
file = os.environ.pop(FILE, "")
last: list[object] = [0]
leave, leave_in_order, show = os._exit, sys.exit, sys.excepthook


def tell() -> None:
    """Write down the exit code."""
    code = last[-1]
    with open(file, "w", encoding="ascii") as opened:
        opened.write(str(code if isinstance(code, int) else int(code is not None)))


def end(code: int) -> NoReturn:
    """End at once, as `os._exit` does."""
    last.append(code)
    tell()
    leave(code)


def end_in_order(code: object = None) -> NoReturn:
    """End as `sys.exit` does."""
    last.append(code)
    leave_in_order(code)  # type: ignore[arg-type]


def fail(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error that nobody has caught."""
    last.append(1)
    show(kind, error, trace)


if file:
    with open(file, "w", encoding="ascii"):
        pass
    os._exit, sys.exit, sys.excepthook = end, end_in_order, fail  # type: ignore[assignment]
    atexit.register(tell)
