"""A startup file may tell gpg-agent of a probe's terminal; afterwards it knows the user's again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from onpath.probes import agents

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    pytest.skip("agents of Unix", allow_module_level=True)

GREETING = b"OK Pleased to meet you, process 1\n"


@pytest.fixture
def home() -> Iterator[Path]:
    """Make a home with a short name: that of a socket has at most 107 bytes."""
    with TemporaryDirectory(prefix="agent-") as folder:
        (Path(folder) / ".gnupg").mkdir(mode=0o700)
        yield Path(folder)


@contextmanager
def listening(home: Path, *answers: bytes) -> Iterator[list[bytes]]:
    """Be an agent that answers so to each line, in turn, and the last to all others; yield the lines."""
    lines: list[bytes] = []
    left = list(answers)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(home / ".gnupg" / agents.SOCKET))
        server.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with suppress(OSError), connection, connection.makefile("rb") as words:
                    connection.sendall(GREETING)
                    for line in words:
                        lines.append(line)
                        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield lines
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def told(*words: str) -> bytes:
    return b"D " + "".join(f"{word}\0" for word in words).encode() + b"\nOK\n"


def test_what_has_changed_is_told_again(home: Path) -> None:
    before, after = told("GPG_TTY=/dev/pts/1", "A=x%25y"), told("GPG_TTY=not a tty", "DISPLAY=:9")
    environ = {"LANG": "C.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}
    with listening(home, before, after, b"OK\n") as lines:
        noted = agents.running(str(home), environ)
        agents.restore(noted)
    assert [{"GPG_TTY": "/dev/pts/1", "A": "x%y"}] == [each.told for each in noted]
    asked = b"GETINFO std_startup_env\n"
    options = [
        *("putenv=DISPLAY", "putenv=GPG_TTY=/dev/pts/1", "putenv=A=x%y"),
        *("lc-ctype=C.UTF-8", "lc-messages=de_DE.UTF-8"),
    ]
    changes = [f"OPTION {option}\n".encode() for option in options]
    assert [asked, asked, *changes, b"UPDATESTARTUPTTY\n"] == lines


def test_an_agent_whose_terminal_has_not_changed_is_told_nothing(home: Path) -> None:
    with listening(home, told("GPG_TTY=/dev/pts/1")) as lines:
        agents.restore(agents.running(str(home), {}))
    assert {b"GETINFO std_startup_env\n"} == set(lines)


@pytest.mark.parametrize("answer", [b"ERR 67109139 Unknown IPC command\n", b"D x\n", b"?" * 99_999])
def test_an_answer_that_is_none_is_no_agents(home: Path, answer: bytes) -> None:
    """Also one that never ends: it is not waited for."""
    with listening(home, answer):
        assert () == agents.running(str(home), {})


def test_an_answer_that_comes_in_drops_is_not_waited_for(home: Path) -> None:
    """It would never end: the socket may be another user's, when root looks at that home."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(home / ".gnupg" / agents.SOCKET))
        server.listen()
        is_over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not is_over.wait(0.01):
                    connection.sendall(b"D")

        thread = threading.Thread(target=drip)
        thread.start()
        assert () == agents.running(str(home), {})
        is_over.set()
        thread.join()


def test_a_socket_at_which_nobody_listens_is_no_agents(home: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(home / ".gnupg" / agents.SOCKET))
    assert () == agents.running(str(home), {})


def test_an_agent_that_systemd_would_start_is_not_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = home / "run"
    runtime.mkdir()
    wanted = home / ".config/systemd/user" / agents.WANTED
    wanted.parent.mkdir(parents=True)
    monkeypatch.setattr(agents, "RUNTIME", str(runtime / "{}"))
    monkeypatch.setattr(agents, "SERVICE", str(home / "service-{0}"))
    folder = runtime / str(os.geteuid()) / "gnupg"
    folder.mkdir(parents=True)
    (folder / agents.SOCKET).touch()
    (home / ".gnupg" / agents.SOCKET).touch()
    named = [str(home / ".gnupg" / agents.SOCKET), str(folder / agents.SOCKET)]
    monkeypatch.setattr(agents, "UNITS", ())
    assert sorted(named) == agents._sockets(str(home), {})  # noqa: SLF001
    wanted.touch()
    assert named[:1] == agents._sockets(str(home), {})  # noqa: SLF001
    (home / f"service-{os.geteuid()}").mkdir()
    assert sorted(named) == agents._sockets(str(home), {})  # noqa: SLF001


@pytest.mark.skipif(not shutil.which("gpg-connect-agent"), reason="gpg-agent is not installed")
def test_the_real_agent_knows_the_same_terminal_again(home: Path) -> None:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}

    def connect(*words: str, **more: str) -> str:
        command = ["gpg-connect-agent", *words, "/bye"]
        return subprocess.run(
            command, env={**environ, **more}, check=True, capture_output=True, text=True
        ).stdout

    subprocess.run(["gpg-agent", "--daemon", "-q"], env=environ, check=True)
    try:
        connect("updatestartuptty", GPG_TTY="/dev/pts/77", DISPLAY=":7", TERM="vt100")
        before = connect("getinfo std_startup_env")
        assert "GPG_TTY=/dev/pts/77" in before
        noted = agents.running(str(home), environ)
        connect("updatestartuptty", GPG_TTY="not a tty", TERM="xterm", XAUTHORITY="x")
        assert before != connect("getinfo std_startup_env")
        agents.restore(noted)
        assert before == connect("getinfo std_startup_env")
    finally:
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ, check=True)
