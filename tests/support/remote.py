"""A real sshd, and commands that come to it by ssh. Linux, as root. Independent of onpath."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from namespaces import TIMEOUT_S, enter, why_not
from systems import put_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
CLIENT_PATH = "/usr/bin:/bin"
READY_S = 60.0


def why_no_sshd(etc: Path) -> str:
    """Return why there can be no sshd here, or an empty text; `etc` is any folder."""
    if not (SSHD and shutil.which("ssh")):
        return "openssh-server and openssh-client are not installed"
    etc.mkdir(exist_ok=True)
    return why_not(etc)


def by_ssh(home: Path, etc: Path, shell: str, command: str) -> str:
    """Return what `command` prints that comes by ssh to a user with this home and login shell.

    `etc` gets what the server needs. One server serves this one connection, without a port.
    """
    prepare(home, etc, shell)
    proxy = f"{SSHD} -i -f {etc / 'sshd_config'}"
    words = ssh(etc, f"ProxyCommand={proxy}", "root@host", command)
    return run([*enter(etc), *words], home)


@contextmanager
def listening(home: Path, etc: Path, shell: str) -> Iterator[int]:
    """Give the port of a real sshd on loopback, for a user with this home and login shell."""
    prepare(home, etc, shell)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config, log = etc / "sshd_config", etc / "sshd.log"
    words = [*enter(etc), str(SSHD), "-D", "-f", str(config), "-E", str(log), "-p", str(port)]
    with subprocess.Popen([*words, "-o", "ListenAddress=127.0.0.1"]) as server:
        try:
            until = time.monotonic() + READY_S
            while "Server listening" not in (log.read_text() if log.exists() else ""):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < until, "sshd is not ready"
                time.sleep(0.01)
            yield port
        finally:
            server.terminate()


def on_port(home: Path, etc: Path, port: int, command: str) -> str:
    """Return what `command` prints that comes to the sshd of `listening`."""
    return run(ssh(etc, f"Port={port}", "root@127.0.0.1", command), home)


def prepare(home: Path, etc: Path, shell: str) -> None:
    """Put into `etc` what a server needs: a key, its configuration, and the user's entry."""
    key = etc / "key"
    etc.mkdir(exist_ok=True)
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    users = {"root": (0, str(home), shell), "sshd": (100, "/run/sshd", "/bin/false")}
    passwd = (f"{name}:x:{uid}:{uid}::{folder}:{it}\n" for name, (uid, folder, it) in users.items())
    config = (
        f"HostKey {key}\nAuthorizedKeysFile {key}.pub\nStrictModes no\n"
        "UsePAM no\nPermitRootLogin yes\nPidFile none\n"
    )
    put_files(etc, {"passwd": "".join(passwd), "sshd_config": config})


def ssh(etc: Path, way: str, user: str, command: str) -> list[str]:
    """Return the words of a client that asks nothing and reads no file of anybody's."""
    options = [
        f"IdentityFile={etc / 'key'}",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "LogLevel=ERROR",
        way,
    ]
    return ["ssh", "-F", "none", *(word for o in options for word in ("-o", o)), user, command]


def run(words: list[str], home: Path) -> str:
    """Run a client; return what it prints, whatever the exit code of the command was."""
    done = subprocess.run(
        words,
        env={"PATH": CLIENT_PATH, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode != 255, done.stderr  # 255: ssh itself failed
    sys.stderr.write(done.stderr)
    return done.stdout
