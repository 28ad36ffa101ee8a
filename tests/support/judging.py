"""Whether what a run of `ensure-path` says is true: its report beside the answers of the judge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import namespaces
from commands import HELLO, PROGRAM, TIMEOUT_S, Run, ensure_path, environment
from logins import ask_inside
from terminals import PROGRAMS, ask, put_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from terminals import Answer

IS_ROOT = sys.platform != "win32" and os.geteuid() == 0
NOBODY = 65534
STRANGER = 54321  # of whom the system knows nothing


def scripts(home: Path) -> Path:
    """Return where `pip install --user` puts commands."""
    return home / ".local" / "bin"


def ensure(home: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Run:
    """Run `ensure-path` for the scripts directory of `home`."""
    return ensure_path(home, scripts(home), *arguments, env=env)


def run_behind(words: Sequence[str], home: Path, *arguments: str | Path) -> Run:
    """Run `ensure-path` for the scripts directory behind `words`: strace, setpriv, unshare."""
    with tempfile.TemporaryDirectory() as folder:  # for what a killed run leaves
        Path(folder).chmod(0o777)
        done = subprocess.run(
            [*words, PROGRAM, scripts(home), *arguments],
            env={**environment(home), "TMPDIR": folder},
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    return Run(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))


def assert_refused(run: Run, *words: str) -> None:
    """Check that a run failed, and said why without a traceback."""
    assert run.code in {1, 2}, run
    assert "Traceback" not in run.stderr
    assert "bug" not in run.stderr
    for word in words:
        assert word in run.stderr, run


def report(run: Run) -> dict[str, Any]:
    """Return the document that `--json` printed."""
    document: dict[str, Any] = json.loads(run.stdout)
    assert document["exit_code"] == run.code
    return document


def verdicts(document: dict[str, Any], name: str) -> dict[str, str]:
    """Return what a report says of each mode of the shell `name`."""
    shells = {shell["name"]: shell["probes"] for shell in document["shells"]}
    return {probe["mode"]: probe["verdict"] for probe in shells.get(PROGRAMS[name].row or name, ())}


def required(name: str) -> tuple[str, ...]:
    """Return the modes without which the shell `name` is not served."""
    return PROGRAMS[name].modes_on_terminals()


def hello(
    name: str,
    mode: str,
    home: Path,
    directory: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    line: str | None = None,
    is_inside: bool = False,
) -> Answer:
    """Ask a real shell for its PATH, and to run a command that lies in `directory` by its name.

    With `is_inside` it is asked inside a login, where no `line` is entered.
    """
    program = (directory or scripts(home)) / HELLO
    program.parent.mkdir(parents=True, exist_ok=True)
    put_command(program.parent, HELLO)
    try:
        if is_inside:
            return ask_inside(name, mode, home, command=HELLO, env=env)
        return ask(name, mode, home, command=HELLO, env=env, line=line)
    finally:
        program.unlink()


def is_effective(name: str, mode: str, home: Path, directory: Path | None = None) -> bool:
    """Tell whether a command in `directory` runs by its name in a real shell."""
    answer = hello(name, mode, home, directory)
    return answer.ran == str((directory or scripts(home)) / HELLO)


def assert_served(
    name: str,
    home: Path,
    directory: Path | None = None,
    *,
    modes: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    line: str | None = None,
) -> None:
    """Check that a command in `directory` runs, and that the directory is on PATH just once."""
    wanted = directory or scripts(home)
    for mode in modes or required(name):
        answer = hello(name, mode, home, wanted, env=env, line=line)
        assert (str(wanted / HELLO), 1) == (answer.ran, answer.path.count(str(wanted))), (mode, answer)


def write(home: Path, name: str, text: str | bytes) -> Path:
    """Write the file `name` in `home`, and the folders above it."""
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def marked(word: str) -> dict[int, str]:
    """Return the command lines of the processes that have `word` there or in their environment."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            if word.encode() in words + (folder / "environ").read_bytes():
                found[int(folder.name)] = os.fsdecode(words.replace(b"\0", b" "))
        except OSError:
            continue  # ended meanwhile, or another user's
    return {process: line for process, line in found.items() if process != os.getpid()}


def as_user(uid: int, gid: int | None = None) -> list[str]:
    """Return the words by which root runs a command as the user `uid`, in the group `gid` or its own.

    It may read everything, as this Python may lie in the home of root.
    """
    if not IS_ROOT or shutil.which("setpriv") is None:
        pytest.skip("only root, with setpriv, can take on another user")
    words = ["setpriv", f"--reuid={uid}", f"--regid={uid if gid is None else gid}", "--clear-groups"]
    return [*words, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


@contextmanager
def home_of(uid: int | None) -> Iterator[Path]:
    """Make a home that belongs to the user `uid` (None: to this one), where all can reach it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        if uid is not None:
            shutil.chown(home, uid, uid)
        yield home


def namespace(*kinds: str) -> list[str]:
    """Return the words that run a command with, say, mounts of its own; skips where that may not be."""
    words = ["unshare", *kinds] if IS_ROOT else ["unshare", "--map-root-user", *kinds]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip(f"{' '.join(words)} is not possible here")
    return words


# A shell with the last number there is, and two that it started, whose numbers begin again; one works.
LAST = """
import os, subprocess, sys, time
with open("/proc/sys/kernel/pid_max") as file:
    last = int(file.read()) - 1
with open("/proc/sys/kernel/ns_last_pid", "w") as file:
    file.write(str(last - 1))
works = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; exec sleep 60"
shell = subprocess.Popen(
    ["/bin/sh", "-c", f"setsid sleep 60 & ({works}) & wait"],
    env={"PATH": "/usr/bin:/bin", "MARK": "mine"},
    stdout=subprocess.PIPE,
    start_new_session=True,
)
shell.stdout.readline()
other = subprocess.Popen(["sleep", "60"])
assert shell.pid == last > other.pid
def running():
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != str(os.getpid())]
    return [pid for pid in pids if open(f"/proc/{pid}/cmdline").read()]
"""


def beside_the_last(code: str) -> list[str]:
    """Return the lines that Python `code` prints behind `LAST`, in a namespace of processes, or skip."""
    words = namespace("--pid", "--fork", "--mount-proc", "--kill-child")
    done = subprocess.run(
        [*words, sys.executable, "-c", LAST + code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def within(etc: Path) -> list[str]:
    """Return the words that run a command with the files of `etc` over those of /etc, or skip."""
    reason = namespaces.why_not(etc)
    if reason:
        pytest.skip(reason)
    return [*namespaces.enter(etc)]
