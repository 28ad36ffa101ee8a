"""Other files in /etc, which only the processes of a private mount namespace see. Linux, as root.

As a program it asks the shells: `namespaces.py HOME COMMAND QUESTIONS` prints the answers as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from terminals import PATH, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# sshd wants a folder in /run; that of the machine is left alone.
ENTER = """mount -t overlay -o "lowerdir=$0:/etc" overlay /etc &&
    mount -t tmpfs tmpfs /run && mkdir -m 0755 /run/sshd && exec "$@"
"""
# A machine that is no container: there PAM reads files of /etc for every new session.
MACHINE = """own=$0.machine root=$0.machine/root here=$PWD
mkdir -p "$own" && mount -t tmpfs tmpfs "$own" && mkdir "$own/upper" "$own/work" "$root" &&
    mount -t overlay -o "lowerdir=/,upperdir=$own/upper,workdir=$own/work" overlay "$root" &&
    rm -f "$root/.dockerenv" && cp -R "$0/." "$root/etc/" || exit
for each in $1; do
    mkdir -p "$root$each" && mount --rbind "$each" "$root$each" || exit
done
shift
chroot=$(command -v chroot || echo /usr/sbin/chroot)
exec "$chroot" "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$here" "$@"
"""
TIMEOUT_S = 120.0


class Asked(NamedTuple):
    """A question to a shell: its mode, and what it inherits."""

    name: str
    mode: str
    path: str = PATH
    env: dict[str, str] = {}  # noqa: RUF012 - never changed


class Heard(NamedTuple):
    """What the shell answered, as in `terminals.Answer`."""

    path: list[str]
    ran: str


def enter(etc: Path) -> tuple[str, ...]:
    """Return the words to put before a command: it sees the files of `etc` over those of /etc."""
    unshare = ("unshare", "--mount", "--propagation", "private")
    return (*unshare, "/bin/sh", "-c", ENTER, str(etc))


def enter_machine(etc: Path) -> tuple[str, ...]:
    """Return the words as `enter` does, for a machine that is no container.

    What is written outside of the folders for temporary files is gone with the command.
    """
    unshare = ("unshare", "--mount", "--propagation", "private")
    return (*unshare, "/bin/sh", "-c", MACHINE, str(etc), " ".join(mount_points()))


def mount_points() -> list[str]:
    """Return the folders on which something is mounted, but for those inside another, and `/tmp`."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = {line.split()[1] for line in lines} | {tempfile.gettempdir()}
    points = {point for point in points if point != "/" and os.path.isdir(point)}
    return sorted(p for p in points if not any(p.startswith(f"{other}/") for other in points))


def why_not(etc: Path, enter: Callable[[Path], tuple[str, ...]] = enter) -> str:
    """Return why no such namespace can be had here, or an empty text; `etc` is any folder."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"):
        return "other files in /etc need Linux, root and unshare"
    tried = subprocess.run([*enter(etc), "true"], capture_output=True, text=True, check=False)
    return f"no private /etc: {tried.stderr.strip()}" if tried.returncode else ""


def ask_within(
    etc: Path,
    home: Path,
    command: str,
    questions: Iterable[Asked],
    enter: Callable[[Path], tuple[str, ...]] = enter,
) -> list[Heard]:
    """Ask as `terminals.ask` does, with the files of `etc` over those of /etc."""
    words = [str(home), command, json.dumps(list(questions))]
    done = subprocess.run(
        [*enter(etc), sys.executable, __file__, *words],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    return [Heard(*heard) for heard in json.loads(done.stdout)]


def main(home: str, command: str, questions: str) -> None:
    """Ask, and print the answers."""
    heard = []
    for question in (Asked(*words) for words in json.loads(questions)):
        answer = ask(
            question.name,
            question.mode,
            Path(home),
            command=command,
            path=question.path,
            env=question.env,
        )
        heard.append(Heard(list(answer.path), answer.ran))
    print(json.dumps(heard))  # noqa: T201 - this is its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
