"""Hosts in network namespaces, each with a root of its own and a real sshd. Linux, as root.

As a program it is the laboratory in which they live, and is the first process of a namespace of its own,
so that all of it ends with it: `fleet.py FOLDER` starts the hosts of FOLDER/hosts.json, and says so.
Independent of onpath.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
NEEDED = ("unshare", "nsenter", "ip", "ssh", "ssh-keygen", "pivot_root")
SBIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USERS = {"root": 0, "ada": 1000}
NETWORK = "10.77.0"
READY_S = 60.0
LABORATORY = (
    *("unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork"),
    *("--mount-proc", "--kill-child"),
)
# A machine that is no container, with the programs of this one. The homes are folders of the test's.
HOST = """set -e
own=$0 name=$1 address=$2
read -r _ # there is a network
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up
hostname "$name"
mount -t tmpfs tmpfs "$own/machine"
cd "$own/machine"
mkdir upper work root
mount -t overlay -o "lowerdir=/,upperdir=upper,workdir=work" overlay root
cd root
rm -f .dockerenv
cp -R "$own/etc/." etc/
for each in proc sys dev; do mount --rbind "/$each" "$each"; done
for each in run tmp var/tmp home root mnt; do mount -t tmpfs -o mode=0755 tmpfs "$each"; done
chmod 1777 tmp var/tmp
mkdir run/sshd mnt/old
mount --bind "$own/root" root
mkdir home/ada opt/python
mount --bind "$own/ada" home/ada
[ -z "$3" ] || mount --bind "$3" opt/python
pivot_root . mnt/old
umount -l /mnt/old
cd /
[ -z "$3" ] || { echo /opt/python/lib >/etc/ld.so.conf.d/python.conf && ldconfig; }
exec /usr/sbin/sshd -D -e -f /etc/sshd_config
"""
CONFIG = """HostKey /etc/key
AuthorizedKeysFile /etc/key.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Host:
    """One host: its name, the login shell of its users, the files of their homes, and its Python."""

    name: str
    shell: str = "/bin/bash"
    files: dict[str, str] = field(default_factory=dict)  # of the homes of root and of ada
    python: str = ""  # the folder of another Python than that of the machine


@dataclass(frozen=True)
class Fleet:
    """Hosts that run. Users are root and ada (1000), whose homes are `home(host, user)`."""

    folder: Path
    pid: int  # of the first process of the laboratory
    hosts: tuple[Host, ...]

    def home(self, host: str, user: str = "root") -> Path:
        """Return where the home of a user of `host` lies here."""
        return self.folder / host / user

    def ssh(self, host: str, command: str, user: str = "root") -> str:
        """Return what a command prints that comes to `host` by ssh."""
        index = [each.name for each in self.hosts].index(host)
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        words = ["ssh", "-F", "none", "-i", str(self.folder / "key")]
        words += [word for option in options for word in ("-o", option)]
        return self.run(*words, f"{user}@{address(index)}", command, env={"PATH": SBIN}).stdout

    def run(self, *words: str | Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a program in the network of the hosts."""
        enter = ("nsenter", f"--target={self.pid}", "--net", "--mount", "--pid")
        return subprocess.run(
            [*enter, *words], env=env, capture_output=True, text=True, timeout=600, check=False
        )


def address(index: int) -> str:
    """Return the address of the host with that number."""
    return f"{NETWORK}.{index + 10}"


def why_not() -> str:
    """Return why there can be no such hosts here, or an empty text."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "hosts in namespaces need Linux and root"
    lacking = [name for name in NEEDED if not shutil.which(name, path=SBIN)]
    if lacking or not SSHD:
        return f"not installed: {', '.join(lacking) or 'openssh-server'}"
    words = "ip link add name switch type bridge && ip link add name one type veth peer name two"
    tried = subprocess.run([*LABORATORY, "sh", "-c", words], capture_output=True, text=True, check=False)
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


@contextmanager
def running(folder: Path, hosts: tuple[Host, ...]) -> Iterator[Fleet]:
    """Give `hosts`, whose files lie in `folder`."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    for host in hosts:
        prepare(folder / host.name, host, key)
    (folder / "hosts.json").write_text(json.dumps([asdict(host) for host in hosts]))
    words = [*LABORATORY, sys.executable, "-I", __file__, str(folder)]
    log = folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            words,
            env={"PATH": SBIN, "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as laboratory,
    ):
        try:
            assert laboratory.stdout
            assert laboratory.stdout.readline() == b"ready\n", log.read_text()
            children = Path(f"/proc/{laboratory.pid}/task/{laboratory.pid}/children").read_text()
            yield Fleet(folder, int(children), hosts)
        finally:
            laboratory.kill()  # and with `unshare` its child, and all


def prepare(own: Path, host: Host, key: Path) -> None:
    """Lay out what `HOST` mounts."""
    for name in ("etc", "machine"):
        (own / name).mkdir(parents=True)
    users = {
        "root": (USERS["root"], "/root", host.shell),
        "ada": (USERS["ada"], "/home/ada", host.shell),
        "sshd": (100, "/run/sshd", "/usr/sbin/nologin"),
    }
    passwd = (f"{name}:x:{uid}:{uid}::{home}:{it}\n" for name, (uid, home, it) in users.items())
    groups = "".join(f"{name}:x:{uid}:\n" for name, (uid, _, _) in users.items())
    shadow = "".join(f"{name}:*:20000:0:99999:7:::\n" for name in users)  # else `su` refuses
    files = {"passwd": "".join(passwd), "group": groups, "shadow": shadow}
    files |= {"sshd_config": CONFIG, "environment": ""}
    for name, text in files.items():
        (own / "etc" / name).write_text(text)
    for each in (key, key.with_suffix(".pub")):
        shutil.copy(each, own / "etc")
    for user in USERS:
        (own / user).mkdir(mode=0o755)
        fill(own / user, host, user)


def fill(home: Path, host: Host, user: str) -> None:
    """Have a home as it is on a new host."""
    if sys.platform == "win32":
        raise NotImplementedError
    for path in home.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name, text in host.files.items():
        (home / name).write_text(text)
    for path in (home, *home.iterdir()):
        os.chown(path, USERS[user], USERS[user])


def main(folder: str) -> None:
    """Be the laboratory: a switch, the hosts, and nothing more until the test has ended."""
    sh(
        "ip link set lo up && ip link add name switch type bridge && "
        f"ip address add {NETWORK}.1/24 dev switch && ip link set switch up"
    )
    hosts = [Host(**each) for each in json.loads(Path(folder, "hosts.json").read_text())]
    for index, host in enumerate(hosts):
        start(Path(folder, host.name), host, index)
    until = time.monotonic() + READY_S
    for index, _ in enumerate(hosts):
        wait_for(address(index), until)
    print("ready", flush=True)  # noqa: T201 - this is its answer
    sys.stdin.read()


def start(own: Path, host: Host, index: int) -> None:
    """Start one host, and give it its end of a cable."""
    namespaces = ("unshare", "--net", "--mount", "--uts", "--propagation", "private")
    words = ("/bin/sh", "-c", HOST, str(own), host.name, address(index), host.python)
    log = (own / "log").open("w")
    process = subprocess.Popen([*namespaces, *words], stdin=subprocess.PIPE, stdout=log, stderr=log)
    while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        assert process.poll() is None
        time.sleep(0.001)
    cable = f"ip link add cable{index} type veth peer name eth0 netns {process.pid}"
    plug = f"ip link set cable{index} master switch up"
    sh(f"{cable} && {plug}")
    assert process.stdin
    process.stdin.write(b"\n")
    process.stdin.close()


def sh(line: str) -> None:
    """Run a line of commands."""
    subprocess.run(["/bin/sh", "-c", line], check=True)


def wait_for(host: str, until: float) -> None:
    """Wait until something listens at `host`."""
    while True:
        try:
            socket.create_connection((host, 22), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
