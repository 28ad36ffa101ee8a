"""A package index on the loopback, with wheels that are made here. Independent of onpath."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_S = 300.0
# That of the tests' own environment, or of this machine.
UV = shutil.which("uv", path=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])))
HALF = 2
LOG_IN = b"<html><head><title>Welcome to the hotel</title></head><body>Log in</body></html>"
WHEEL = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True)
class Wheel:
    """A wheel that can be installed."""

    name: str
    version: str
    raw: bytes

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(self.raw).hexdigest()


def wheel(
    name: str,
    version: str,
    *,
    commands: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    extras: dict[str, str] | None = None,
    code: str = "",
    more: str = "",
    python: str = "",
    size: int = 0,
) -> Wheel:
    """Make a wheel: `commands` print name and version, `files` are commands that are no entry points.

    more: lines of entry points besides.
    """
    module = name.replace("-", "_")
    about = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Python: {python}\n" if python else ""
    metadata += "".join(f"Requires-Dist: {each}\n" for each in needs)
    for extra, need in (extras or {}).items():
        metadata += f'Provides-Extra: {extra}\nRequires-Dist: {need}; extra == "{extra}"\n'
    text = f"{code}\ndef main():\n    import sys\n    print({name!r}, {version!r}, *sys.argv[1:])\n"
    content = {
        f"{module}.py": text.encode(),
        f"{about}/METADATA": metadata.encode(),
        f"{about}/WHEEL": WHEEL,
    }
    if commands:
        lines = "".join(f"{command} = {module}:main\n" for command in commands)
        content[f"{about}/entry_points.txt"] = f"[console_scripts]\n{lines}{more}".encode()
    for command in files:
        content[f"{module}-{version}.data/scripts/{command}"] = (
            f"#!/bin/sh\nprintf '%s\\n' '{name} {version}'\n".encode()
        )
    if size:
        content[f"{module}_data.bin"] = bytes(size)
    record = "".join(f"{path},sha256={_digest(raw)},{len(raw)}\n" for path, raw in content.items())
    content[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for path, raw in content.items():
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.external_attr = (0o100755 if ".data/" in path else 0o100644) << 16
            zipped.writestr(info, raw)
    return Wheel(name, version, buffer.getvalue())


def _digest(raw: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


@dataclass
class Index:
    """An index that answers as it is told."""

    wheels: list[Wheel] = field(default_factory=list)
    url: str = ""
    manner: str = "serve"  # of wheels: serve, cut, hang, damage; of all: log-in
    asked: list[str] = field(default_factory=list)
    has_stalled: threading.Event = field(default_factory=threading.Event)
    is_closing: threading.Event = field(default_factory=threading.Event)

    def environ(self) -> dict[str, str]:
        """Return the variables that lead pip and uv here, and nowhere else."""
        return {"PIP_INDEX_URL": self.url, "PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1"}

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request: a page that lists files, or a file."""
        self.asked.append(request.path)
        words = request.path.strip("/").split("/")
        raw, kind = b"", "text/html"
        if len(words) == HALF and words[0] == "simple":
            found = [each for each in self.wheels if each.name == words[1]]
            links = (f'<a href="/files/{w.file}#sha256={w.sha256}">{w.file}</a>' for w in found)
            raw = (
                ("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>").encode()
                if found
                else b""
            )
        elif len(words) == HALF:
            raw = next((each.raw for each in self.wheels if each.file == words[1]), b"")
            kind = "application/octet-stream"
        if self.manner == "log-in":  # whatever is asked for, as in a hotel's network
            _serve(self, request, LOG_IN, "text/html")
            return
        MANNERS[self.manner if kind.startswith("app") else "serve"](self, request, raw, kind)


def _serve(_index: Index, request: BaseHTTPRequestHandler, raw: bytes, kind: str) -> None:
    request.send_response(200 if raw else 404)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(raw)))
    request.end_headers()
    request.wfile.write(raw)


def _cut(_index: Index, request: BaseHTTPRequestHandler, raw: bytes, kind: str) -> None:
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(raw)))
    request.end_headers()
    request.wfile.write(raw[: len(raw) // HALF])


def _hang(index: Index, request: BaseHTTPRequestHandler, raw: bytes, kind: str) -> None:
    _cut(index, request, raw, kind)
    request.wfile.flush()
    index.has_stalled.set()
    index.is_closing.wait(TIMEOUT_S)


def _damage(index: Index, request: BaseHTTPRequestHandler, raw: bytes, kind: str) -> None:
    _serve(index, request, raw[:-1] + b"?", kind)


MANNERS: dict[str, Callable[[Index, BaseHTTPRequestHandler, bytes, str], None]] = {
    "serve": _serve,
    "cut": _cut,
    "hang": _hang,
    "damage": _damage,
}


@contextmanager
def serving(*wheels: Wheel) -> Iterator[Index]:
    """Run an index that has `wheels`."""
    index = Index(list(wheels))

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(405)  # so that uv gets the whole file
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            try:
                index.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_words: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_words: object) -> None:
            pass  # clients that are killed

    listener = Listener(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{listener.server_address[1]}/simple"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield index
    finally:
        index.is_closing.set()
        listener.shutdown()
        thread.join()
        listener.server_close()
