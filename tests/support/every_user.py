"""A machine of its own for `ensure-path --system`, with a new user as the judge. Linux, as root.

As a program it runs inside such a machine: `every_user.py STEPS` does the steps, and prints what came of
each as JSON. All that it changes is gone with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import namespaces
from commands import HELLO, PROGRAM, Run, entry, names_below
from namespaces import Asked, Heard
from systems import put_files
from terminals import PATH, put_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Step = tuple[str, ...]

USER, UID = "newcomer", 4242
HOME = Path("/home") / USER
MARKS = Path("/marks")  # where every user can leave a sign
# All that may be changed, and what lies at the top.
TREES = (
    "/etc",
    "/usr/local/share",
    "/usr/share/nushell",
    "/var/lib/onpath",
    "/opt/tool set",
    "/opt/new",
)
RECEIPT = Path("/var/lib/onpath/receipt.json")
TIMEOUT_S = 300.0
POLL_S = 0.01
# As which user a command is run, with nothing of root's.
AS_USER = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups")


class Done(NamedTuple):
    """What one step has given; the fields of others are empty."""

    run: Run = Run(0, "", "")
    heard: tuple[Heard, ...] = ()
    tree: dict[str, list[str]] = {}  # noqa: RUF012 - never changed


def run_steps(folder: Path, files: dict[str, str], steps: Iterable[Step]) -> list[Done]:
    """Do `steps` in a machine whose /etc has `files` besides its own; `folder` is for these."""
    etc = folder / "etc"
    etc.mkdir()
    put_files(etc, files)
    done = subprocess.run(
        [*namespaces.enter_machine(etc), sys.executable, __file__, json.dumps(list(steps))],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)
    return [Done(Run(*each[0]), tuple(Heard(*heard) for heard in each[1]), each[2]) for each in found]


def main(steps: str) -> None:
    """Make the user, do the steps, and print what came of them."""
    make_user()
    found = [STEPS[name](*words) for name, *words in json.loads(steps)]
    print(  # noqa: T201 - this is its answer
        json.dumps([((d.run.code, d.run.stdout, d.run.stderr), d.heard, d.tree) for d in found])
    )


def make_user() -> None:
    """Make a user as useradd does, who may run the Python of the tests."""
    with Path("/etc/passwd").open("a") as passwd:
        passwd.write(f"{USER}:x:{UID}:{UID}::{HOME}:/bin/sh\n")
    with Path("/etc/group").open("a") as group:
        group.write(f"{USER}:x:{UID}:\n")
    MARKS.mkdir()
    MARKS.chmod(0o1777)
    shutil.copytree("/etc/skel", HOME, symlinks=True)
    for path in (HOME, *HOME.rglob("*")):
        shutil.chown(path, UID, UID)
    for path in (Path(sys.executable), Path(sys.executable).resolve()):
        for each in path.parents:
            open_to_all(each)


def open_to_all(folder: Path) -> None:
    """Let everybody pass `folder`; only if it is one of this machine alone."""
    mode = folder.stat().st_mode
    if not mode & 0o001:
        assert folder.stat().st_dev == Path("/").stat().st_dev, f"{folder} is not of this machine alone"
        folder.chmod(mode | 0o001)


def tree() -> Done:
    """Look at all that may be changed."""
    paths = [Path(root) / name for root in TREES for name in names_below(Path(root))]
    found = {str(path): [entry(path).mode, digest(path)] for path in paths}
    return Done(tree={**found, **{f"/{name}": [] for name in os.listdir("/")}})


def digest(path: Path) -> str:
    """Return what stands for the bytes of a file, or where a link leads."""
    return hashlib.sha256(entry(path).content).hexdigest()


def run(*words: str) -> Done:
    """Run `ensure-path` as root."""
    return shell(f"umask 022; exec {PROGRAM} --timeout 60 " + '"$@"', *words)


def shell(text: str, *words: str) -> Done:
    """Run `text` under sh as root."""
    done = subprocess.run(
        ["/bin/sh", "-c", text, "sh", *words],
        env={"HOME": "/root", "PATH": root_path(), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(Run(done.returncode, done.stdout, done.stderr))


def root_path() -> str:
    """Return a PATH with which root finds the shells that no package manager has."""
    return f"{PATH}:/usr/sbin:/sbin:{os.environ.get('SHELLS', '')}".rstrip(":")


def ask(name: str, *modes: str) -> Done:
    """Ask the shell `name` as the new user, once for each of `modes`."""
    words = [json.dumps([Asked(name, mode) for mode in modes])]
    done = subprocess.run(
        [*AS_USER, sys.executable, namespaces.__file__, str(HOME), HELLO, *words],
        env={"HOME": str(HOME), "USER": USER, "LOGNAME": USER, "PATH": root_path(), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return Done(heard=tuple(Heard(*heard) for heard in json.loads(done.stdout)))


def put(directory: str) -> Done:
    """Make a directory of root's with a command in it."""
    Path(directory).mkdir(parents=True)
    put_command(Path(directory), HELLO)
    return Done()


def stop_when(signal: str, marker: str, *words: str) -> Done:
    """Run `ensure-path`, and send it a signal once the file `marker` is there.

    Its nonce, by which all that it makes and starts is known, is put into the file `/nonce`.
    """
    started = subprocess.Popen(
        [PROGRAM, *words],
        env={"HOME": "/root", "PATH": root_path()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not Path(marker).exists():
        assert started.poll() is None, "it ended by itself"
        time.sleep(POLL_S)
    Path("/nonce").write_text(json.loads(RECEIPT.read_text())["pending"]["nonce"])
    subprocess.run(["kill", f"-{signal}", str(started.pid)], check=True)
    return Done(Run(started.wait(), "", ""))


STEPS: dict[str, Callable[..., Any]] = {
    "tree": tree,
    "run": run,
    "shell": shell,
    "ask": ask,
    "put": put,
    "stop": stop_when,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
