"""Run the real install.sh in a real shell, against a server on the loopback. Independent of onpath."""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "tools" / "build_pyz.py"
# The Python itself: install.sh takes it in place of a virtual environment's as well.
PYTHON = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()

SHELLS = ("dash", "ash", "bash", "zsh", "ksh93", "mksh", "posh", "yash")
DOWNLOADERS = ("curl", "wget", "python")
COREUTILS = ("[", "printf", "uname")  # all that install.sh uses: two are built into most shells
TIMEOUT_S = 300.0  # after which a program counts as one that hangs
IMPATIENT = {"ONPATH_TIMEOUT_S": "1"}  # for a server that does not answer
WHOLE_S = 15 * 1.0  # what a download may take then, however it comes
DRIP_S = 0.3
MAX_SENT = 1 << 30  # bytes, of which nobody may take more than a few


@dataclass(frozen=True)
class Release:
    """What the builder made: onpath.pyz, install.sh with its checksum, SHA256SUMS."""

    folder: Path

    @property
    def script(self) -> Path:
        """The install.sh."""
        return self.folder / "install.sh"

    @property
    def pyz(self) -> Path:
        """The onpath.pyz."""
        return self.folder / "onpath.pyz"


def build(folder: Path, *words: str, root: Path = ROOT, env: dict[str, str] | None = None) -> Release:
    """Build a release into `folder`, with the bytecode of one Python only, as that is quick."""
    subprocess.run(
        [PYTHON, root / "tools" / "build_pyz.py", "--output", folder, "--bytecode", PYTHON, *words],
        env={**os.environ, **(env or {})},
        check=True,
        capture_output=True,
        timeout=TIMEOUT_S,
    )
    return Release(folder)


def tools(folder: Path, *names: str, python: Path | None = PYTHON) -> str:
    """Make a PATH of one folder that has coreutils, the programs `names`, and `python`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*COREUTILS, *names):
        found = shutil.which(name)
        if found is None:
            raise FileNotFoundError(name)
        (folder / name).symlink_to(found)
    if python is not None:
        (folder / "python3").symlink_to(python)
    return str(folder)


@dataclass
class Run:
    """How one run of install.sh ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on the standard error that are no step."""
        steps = ("using ", "downloading ", "checking ", "placing ", "running ", "copying ", "building ")
        lines = [line for line in self.err.splitlines() if line]
        return [line for line in lines if not line.startswith(tuple(f"install.sh: {s}" for s in steps))]


def install(
    script: Path,
    home: Path,
    *words: str,
    path: str,
    shell: str = "dash",
    piped: bool = False,
    prefix: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
) -> Run:
    """Run `script`, as a file or piped into the shell, in an environment of HOME and PATH alone.

    posh, which has no `-s`, takes arguments only for a file.
    """
    program = str(programs.find(shell))
    piped = piped and not (words and shell == "posh")
    words = (*(("-s", "--") if words else ()), *words) if piped else (str(script), *words)
    environ = {"HOME": str(home), "PATH": path, **(env or {})}
    with script.open("rb") as source:
        run = subprocess.run(
            [*prefix, program, *words],
            stdin=source if piped else subprocess.DEVNULL,
            env={name: value for name, value in environ.items() if value is not UNSET},
            cwd=home if home.is_dir() else "/",
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    return Run(run.returncode, run.stdout, run.stderr)


UNSET = "\0"  # the value of a variable that shall not be in the environment


def move(home: Path, *, is_copy: bool) -> Path:
    """Give a home another name, or a copy, as an administrator or a backup does; return that."""
    other = home.with_name("moved")
    if is_copy:
        return Path(shutil.copytree(home, other, symlinks=True))
    return home.rename(other)


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Return the mode and the content of everything below `folder`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            text = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            text = os.readlink(path) if path.is_symlink() else ""
        found[str(path.relative_to(folder))] = (mode, text)
    return found


@dataclass
class Server:
    """An HTTP server on the loopback that answers as it is told."""

    files: dict[str, Path] = field(default_factory=dict)
    manner: str = "serve"  # one of MANNERS
    target: str = "ftp://127.0.0.1:1/onpath.pyz"  # of redirects
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    has_stalled: threading.Event = field(default_factory=threading.Event)
    is_closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    sent: int = 0  # bytes, by the one that sends without end

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        self.asked.append(request.path)
        self.agents.append(request.headers.get("User-Agent") or "")
        name = request.path.rpartition("/")[2]
        MANNERS[self.manner](self, request, self.files[name].read_bytes() if name in self.files else b"")


def serve(_server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200 if content else 404)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def cut(_server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content[: len(content) // 2])


def cut_silently(_server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)  # HTTP/1.0 without a length: its end is the end of the connection
    request.end_headers()
    request.wfile.write(content[: len(content) // 2])


def damage(server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    serve(server, request, content[:-1] + bytes([content[-1] ^ 1]))


def refuse(server: Server, request: BaseHTTPRequestHandler, _content: bytes) -> None:
    serve(server, request, b"")


def lead_elsewhere(server: Server, request: BaseHTTPRequestHandler, _content: bytes) -> None:
    request.send_response(302)
    request.send_header("Location", server.target)
    request.send_header("Content-Length", "0")
    request.end_headers()


def hang(server: Server, _request: BaseHTTPRequestHandler, _content: bytes) -> None:
    server.has_stalled.set()
    server.is_closing.wait(TIMEOUT_S)


def stall(server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    cut(server, request, content)
    request.wfile.flush()
    server.has_stalled.set()
    server.is_closing.wait(TIMEOUT_S)


def endless(server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)  # without a length
    request.end_headers()
    for _ in range(MAX_SENT // len(content)):
        request.wfile.write(content)
        server.sent += len(content)


def drip(server: Server, request: BaseHTTPRequestHandler, content: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    for number in range(len(content)):
        request.wfile.write(content[number : number + 1])
        if server.is_closing.wait(DRIP_S):
            break


def drip_headers(server: Server, request: BaseHTTPRequestHandler, _content: bytes) -> None:
    request.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for number in range(10000):
        request.wfile.write(b"X: %d\r\n" % number)
        if server.is_closing.wait(DRIP_S):
            break


Manner = Callable[[Server, BaseHTTPRequestHandler, bytes], None]
MANNERS: dict[str, Manner] = {
    "serve": serve,
    "a truncated download": cut,
    "a download that is cut without a trace": cut_silently,
    "a wrong checksum": damage,
    "404": refuse,
    "a redirect": lead_elsewhere,
    "a redirect to another scheme": lead_elsewhere,
    "a server that hangs": hang,
    "a server that stalls half-way": stall,
    "a server that sends without end": endless,
    "a server that drips": drip,
    "a server whose headers drip": drip_headers,
}


@contextmanager
def serving(
    release: Release, manner: str = "serve", *, certificate: Path | None = None
) -> Iterator[Server]:
    """Run a server that has the files of `release`; https with a `certificate` for localhost."""
    state = Server({path.name: path for path in release.folder.iterdir()}, manner)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                state.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_words: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_words: object) -> None:
            pass  # clients that give up are what is tested here

    listener = Listener(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{listener.server_address[1]}"
    if certificate:
        state.url = f"https://localhost:{listener.server_address[1]}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.is_closing.set()
        listener.shutdown()
        thread.join()
        listener.server_close()
