"""What the fast tests share: a made-up machine, files that exist only in memory, texts of any bytes."""

from __future__ import annotations

import linecache
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from onpath.errors import RefusedError
from onpath.host import unix
from onpath.model import Host, Installed, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import FrameType
    from typing import Any

    from onpath.model import Target, Value

    TraceFunction = Callable[[FrameType, str, Any], Any]

HOME = "/home/ada"
# The same few examples in every run, unless more are asked for: EXAMPLES=5000 pytest tests/test_fence.py
EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
# A machine may be as slow as it likes.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
BOUNDED = settings(derandomize=not EXAMPLES, max_examples=EXAMPLES or 25, deadline=None)
# Of the places at which a run may be interrupted, every how manieth is tried.
STRIDE = 1 if EXAMPLES else 11
LAPS = 5  # of a line that is run again and again

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
    """Return a Unix machine whose user has `home`."""
    found = {"HOME": home} if environ is None else environ
    uid = 0
    if sys.platform != "win32":
        uid = os.getuid()
    return Host(unix, home, "ada", uid, found, running, login)


def installed(name: str) -> Installed:
    """Return the shell `name` where Linux keeps it."""
    return Installed(name, f"/bin/{name}")


def make_machine(
    files: Mapping[str, str] | None = None,
    *,
    refused: Mapping[str, str] | None = None,
    has_version: Callable[[Installed, str], bool] = lambda *_: True,
    is_one_file: bool = False,
    links: Iterable[str] = (),
    value: Value | None = None,
    variables: Mapping[str, str] | None = None,
) -> Machine:
    """Return a machine that has `files`, of which some are `refused` for a reason.

    With `is_one_file` they are names of the same file; those of `links` are links. `value` is the
    user's Path in the registry, and `variables` are those with which Windows expands it.
    """
    texts, reasons = files or {}, refused or {}

    def read(target: Target) -> str | None:
        if texts.get(str(target)) == UNREADABLE:
            raise RefusedError("cannot be read (permission denied)")
        return texts.get(str(target))

    return Machine(
        read=read,
        refusal=lambda target: reasons.get(str(target)),
        removal_refusal=lambda _: None,
        is_there=texts.__contains__,
        is_link=tuple(links).__contains__,
        identity=lambda path: "" if is_one_file else path,
        version_matches=has_version,
        value=lambda _: value,
        variables=lambda: variables or {},
        is_same=lambda *_: False,
    )


UNREADABLE = "\0"


def interrupt(run: Callable[[], object], number: int, *files: str) -> bool:
    """Do `run`, with Ctrl-C at the `number`th line of the source `files`; say whether it came so far.

    A line counts the first `LAPS` times alone: how often a loop waits depends on the machine's load.
    """
    count, laps = 0, Counter[tuple[str, int]]()

    def trace(frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
        nonlocal count
        if not frame.f_code.co_filename.endswith(files):
            return None
        # No signal arrives at a bare `try:`, and CPython forgets the handlers of one raised there.
        is_try = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() == "try:"
        line = frame.f_code.co_filename, frame.f_lineno
        if event == "line" and not is_try and laps[line] < LAPS:
            laps[line] += 1
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


def everything(folder: Path) -> dict[str, str | None]:
    """Return all that is in `folder`, with the texts of files."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in folder.rglob("*")
    }
