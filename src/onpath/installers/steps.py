"""One step of a job: a program that runs to its end.

What needs long has a time limit, may write no file above a size, tells on a terminal that it works, and
writes what it says into a log, which stays where it fails.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress

from onpath.errors import OnpathError
from onpath.probes import orphans, spawn
from onpath.values import TYPE_CHECKING

from .place import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .jobs import Job

WHOLE = 90  # times that may the whole take
MAX_FILE_BYTES = 4 << 30
OPEN_FILES = 64  # at once, with which uv, pip and the proof do well
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
TICK_S = 0.02
SHOWN_S = 0.5  # how often a terminal is told
SPINNER = "|/-\\"
COMMAND = "$ "  # before a line of the log that is a command


class Log:
    """A file for what programs say; it stays if `is_kept`, and is named then."""

    def __init__(self) -> None:
        self.is_kept = True
        self.file = ""
        self.descriptor = -1

    def __enter__(self) -> Log:  # noqa: PYI034  (nothing is derived from it)
        try:
            self.descriptor, self.file = tempfile.mkstemp(prefix="onpath-install-", suffix=".log")
        except OSError:  # no room for it
            self.descriptor = os.open(os.devnull, os.O_WRONLY)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        os.close(self.descriptor)
        # What names it is the error of a step; whoever interrupts a run knows why it ended.
        is_named = kind is None or issubclass(kind, OnpathError)
        if self.file and not (self.is_kept and is_named and os.path.getsize(self.file)):
            os.unlink(self.file)

    def note(self, text: str) -> None:
        """Add a line."""
        os.write(self.descriptor, f"{text}\n".encode("utf-8", "surrogateescape"))

    def said(self) -> str:
        """Return what is in it but the commands."""
        try:
            with open(self.file, encoding="utf-8", errors="replace") as opened:
                return "".join(line for line in opened if not line.startswith(COMMAND))
        except OSError:
            return ""


def run(
    job: Job,
    log: Log,
    command: Sequence[str],
    environ: Mapping[str, str],
    name: str,
    *,
    meanwhile: Callable[[], None] = lambda: None,
    detail: str = "",
) -> None:
    """Run a program to its end, within the limits. Raises `OnpathError`.

    `detail` is a file in which the program says more, as why pip skips the page of an index.
    """
    log.note(f"{COMMAND}{' '.join(command)}")
    start, watch = time.monotonic(), spawn.Watch()
    limit_s = WHOLE * job.patience_s
    process = subprocess.Popen(
        command,
        env=dict(environ),
        cwd=os.path.abspath(os.sep),  # no pyproject.toml or uv.toml above it has a say
        stdin=subprocess.DEVNULL,
        stdout=log.descriptor,
        stderr=log.descriptor,
        preexec_fn=None if job.is_windows else _limits(),  # noqa: PLW1509  (there are no threads)
    )
    try:
        meanwhile()
        shown_at = start
        while process.poll() is None:
            now = time.monotonic()
            if now - start > limit_s:
                raise OnpathError(
                    f"{name} takes more than {limit_s:g} s; see whether the network works, or give "
                    "it more time (ONPATH_TIMEOUT_S, of which this is ninety times as much)"
                )
            if job.shows_progress and now - shown_at > SHOWN_S:
                shown_at = now
                turn = SPINNER[int((now - start) / SHOWN_S) % len(SPINNER)]
                sys.stderr.write(f"\r  {turn} {name}, {now - start:.0f} s\x1b[K")
                sys.stderr.flush()
            watch.wait(TICK_S)
    finally:
        watch.release()
        if job.shows_progress:
            sys.stderr.write("\r\x1b[K")
        if process.returncode is None:
            process.kill()
            process.wait()
    if process.returncode:
        for line in _skipped(detail):
            log.note(line)
        if process.returncode < 0:  # a program that a signal ends says nothing
            log.note(f"error: {signal.strsignal(-process.returncode)}")
        from . import causes  # noqa: PLC0415  (only where something failed)

        raise OnpathError(causes.explained(job, log.said(), name, log.file, environ))


def _skipped(detail: str) -> list[str]:
    """Return the lines of pip's own log that say which pages it could not get, and why."""
    try:
        with open(detail, encoding="utf-8", errors="replace") as opened:
            return [line.rstrip() for line in opened if "Could not fetch URL" in line]
    except OSError:
        return []


def _limits() -> Callable[[], None]:
    """Return what a child does first: it may write no file above a size, and ends when this run does."""
    if sys.platform == "win32":
        raise NotImplementedError
    import resource  # noqa: PLC0415

    def limit() -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        size = MAX_FILE_BYTES if hard == resource.RLIM_INFINITY else min(MAX_FILE_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        orphans.prctl(END_WITH_PARENT, spawn.KILL)

    return limit


def check_files() -> None:
    """Raise `OnpathError` unless enough files can be open at once; let that be as many as may be."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (not on every system)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 0 <= soft < OPEN_FILES:  # unlimited may be -1
        return
    if 0 <= hard < OPEN_FILES:
        raise OnpathError(
            f"this shell lets a program have only {hard} files open at once; lift that "
            f"(ulimit -n {OPEN_FILES}, in a new shell), then run this again"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


@contextmanager
def temporary() -> Iterator[str]:
    """Make a folder for temporary files, and remove it; an empty text where none can be made."""
    folder = ""
    try:
        with suppress(OSError):
            folder = tempfile.mkdtemp(prefix="onpath-install-")
        yield folder
    finally:
        if folder:
            remove(folder)
