"""What the fast tests share: a made-up machine, files that exist only in memory, texts of any bytes."""

from __future__ import annotations

import linecache
import os
import sys
from typing import TYPE_CHECKING, Callable

from hypothesis import settings
from hypothesis import strategies as st

from onpath.errors import RefusedError
from onpath.model import File, Host, Installed
from onpath.shells.startup import Looks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType
    from typing import Any

    from onpath.model import Target

    TraceFunction = Callable[[FrameType, str, Any], Any]

HOME = "/home/ada"
# The same few examples in every run, unless more are asked for: EXAMPLES=5000 pytest tests/test_fence.py
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
BOUNDED = settings(derandomize=not EXAMPLES, max_examples=EXAMPLES or 25, deadline=None)
# Of the places at which a run may be interrupted, every how manieth is tried.
STRIDE = 1 if EXAMPLES else 11

ANY_BYTES = st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
# One name in a path: anything but what no PATH can hold, and a step of its own.
NAMES = (
    st.binary(min_size=1, max_size=12)
    .map(lambda raw: raw.translate(None, b"\0\n:/").decode("utf-8", "surrogateescape"))
    .filter(lambda name: name not in {"", ".", ".."})
)
DIRECTORIES = st.tuples(st.sampled_from(["/opt", HOME, HOME + "2"]), NAMES).map("/".join)


def make_host(
    home: str = HOME,
    *,
    environ: Mapping[str, str] | None = None,
    running: Installed | None = None,
    login: Installed | None = None,
) -> Host:
    """Return a Linux machine whose user has `home`."""
    found = {"HOME": home} if environ is None else environ
    uid = 0
    if sys.platform != "win32":
        uid = os.getuid()
    return Host("linux", home, "ada", uid, found, running, login)


def installed(name: str) -> Installed:
    """Return the shell `name` where Linux keeps it."""
    return Installed(name, f"/bin/{name}")


def look_at(
    files: Mapping[str, str],
    *,
    refused: Mapping[str, str] | None = None,
    has_version: Callable[[Installed, str], bool] = lambda *_: True,
    is_one_file: bool = False,
) -> Looks:
    """Return a planner's looks at `files`, of which some are `refused` for a reason.

    With `is_one_file` they are names of the same file.
    """
    reasons = refused or {}

    def read(target: Target) -> str | None:
        assert isinstance(target, File)
        if files.get(target.path) == UNREADABLE:
            raise RefusedError("cannot be read (permission denied)")
        return files.get(target.path)

    def refusal(target: Target) -> str | None:
        assert isinstance(target, File)
        return reasons.get(target.path)

    def identity(path: str) -> object:
        return "" if is_one_file else path

    return Looks(read, refusal, files.__contains__, identity, has_version)


UNREADABLE = "\0"


def interrupt(run: Callable[[], object], number: int, *files: str) -> bool:
    """Do `run`, with Ctrl-C at the `number`th line of the source `files`; say whether it came so far."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
        nonlocal count
        if not frame.f_code.co_filename.endswith(files):
            return None
        # No signal arrives at a bare `try:`, and CPython forgets the handlers of one raised there.
        is_try = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() == "try:"
        if event == "line" and not is_try:
            count += 1
            if count == number:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
