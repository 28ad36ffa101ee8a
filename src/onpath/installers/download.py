"""A download by an install script of ours: from a safe address, of a known size, and not for ever.

Like `own`, with which it is a part of the scripts, it needs nothing but the standard library.
"""

import os
import re
import shutil
import subprocess
import sys
import threading

from .patience import PATIENCE_S, patience_s, whole_s

TYPE_CHECKING = False  # as in onpath.values
if TYPE_CHECKING:
    from typing import Any

WHOLE = 15  # times that may a download take
TURNS = 3
WINDOWS = os.name == "nt"


def ask(command: list[str], environ: "dict[str, str] | None" = None) -> "tuple[int, str]":
    """Run a program; return its exit code, and the last line that it said."""
    pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, env=environ, check=False, **pipes)
    return done.returncode, last_line(done.stdout)


def last_line(raw: bytes) -> str:
    """Return the last line of what a program said."""
    return raw.decode("utf-8", "replace").strip().rpartition("\n")[2]


def schemes_of(address: str) -> "tuple[str, ...]":
    """Return by which schemes an address may be asked, and lead elsewhere: none if it is not safe.

    That is https; and http for a server of this machine.
    """
    scheme, _, rest = address.partition("://")
    host = re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:[^@]*)?", rest.partition("/")[0])
    schemes = ("http", "https") if host and scheme == "http" else ("https",)
    return schemes if scheme in schemes else ()


def download(address: str, size: int) -> "tuple[bytes, str]":
    """Return the bytes at the address, which are so many; else why they could not be had."""
    limit_s = patience_s(os.environ, PATIENCE_S)
    thread = Download(address, size, limit_s)
    thread.start()
    try:
        thread.join(WHOLE * limit_s)
        if thread.is_alive():
            return b"", f"it takes more than {WHOLE * limit_s:g} s"
    finally:
        if thread.process and thread.process.poll() is None:
            thread.process.kill()
    return thread.raw, thread.reason


class Download(threading.Thread):
    """A download by curl, wget or Python. It takes no byte more than there are, and can be given up."""

    def __init__(self, address: str, size: int, patience_s: float) -> None:
        super().__init__(daemon=True)
        self.address, self.size, self.patience_s = address, size, patience_s
        self.raw, self.reason = b"", ""
        self.process: Any = None  # a Popen
        self.is_shown = sys.stderr.isatty()  # then programs show their progress, and errors

    def run(self) -> None:
        """Set `raw`, or else `reason`."""
        command = self.command()
        for _ in range(TURNS):
            try:
                raw = self.by_program(command) if command else self.by_python()
            except Exception as error:  # noqa: BLE001  (there are many, and each is the reason)
                self.reason = str(error) or type(error).__name__
                continue
            if len(raw) == self.size:
                self.raw, self.reason = raw, ""
                return
            many = f"more than {self.size}" if len(raw) > self.size else str(len(raw))
            self.reason = f"{many} bytes came, and not {self.size}"

    def command(self) -> list[str]:
        """Return what program writes it to standard output: nothing where Python has to do it."""
        if WINDOWS:
            return []
        path = os.pathsep.join(filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep)))
        curl, wget = (shutil.which(name, path=path) for name in ("curl", "wget"))
        wait, schemes = whole_s(self.patience_s), "=" + ",".join(schemes_of(self.address))
        if curl:
            limits = ["--connect-timeout", wait, "--speed-limit", "1", "--speed-time", wait]
            safe = ["--proto", schemes, "--proto-redir", schemes, "--tlsv1.2"]
            return [curl, "-#" if self.is_shown else "-sS", "-fL", *safe, *limits, self.address]
        if wget and ask([wget, "--version"])[0] == 0:  # that of GNU; others know no time limit
            shown = ["-q", "--show-progress"] if self.is_shown else ["-nv"]
            return [wget, *shown, "-t", "1", "-T", wait, "-O", "-", self.address]
        return []

    def by_program(self, command: list[str]) -> bytes:
        """Return what the program gets. Raises OSError."""
        # wget has no option against another scheme, so that one gets a proxy that is not there.
        schemes = {"http", "ftp"}.difference(schemes_of(self.address))
        environ = dict(os.environ, **{f"{scheme}_proxy": "http://127.0.0.1:1" for scheme in schemes})
        pipes: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        pipes["stderr"] = None if self.is_shown else subprocess.PIPE
        with subprocess.Popen(command, env=environ, **pipes) as self.process:
            raw: bytes = self.process.stdout.read(self.size + 1)
            if len(raw) > self.size:
                self.process.kill()
            told = self.process.stderr.read() if self.process.stderr else b"see above"
        if self.process.returncode and len(raw) <= self.size:
            raise OSError(last_line(told))
        return raw

    def by_python(self) -> bytes:
        """Return what Python gets. Raises OSError and others."""
        from urllib import request  # noqa: PLC0415  (it takes its time)

        opener = (
            request.OpenerDirector()
        )  # knows these schemes and no other, so follows no redirect to one
        kinds = ["ProxyHandler", "HTTPDefaultErrorHandler", "HTTPErrorProcessor", "HTTPRedirectHandler"]
        schemes = [f"{scheme.upper()}Handler" for scheme in schemes_of(self.address)]
        for kind in (*kinds, "UnknownHandler", *schemes):
            if hasattr(request, kind):
                opener.add_handler(getattr(request, kind)())
            elif schemes == [kind]:
                raise OSError("there is neither curl nor wget, and this Python has no ssl: install curl")
        with opener.open(self.address, timeout=self.patience_s) as answer:
            raw: bytes = answer.read(self.size + 1)
        return raw
