"""Runs of `ensure-path` in which strace kills, or has a call fail. Independent of onpath's own code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import leftovers
from commands import PROGRAM, environment, snapshot
from samples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Snapshot

CALLS = (
    *("mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link"),
    *("linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "utimensat"),
    *("ftruncate", "truncate", "fsync", "setxattr", "fsetxattr"),
)
SAMPLE = EXAMPLES or 9  # of the calls of a scenario
RESET = "PATH=/usr/bin:/bin\n"


@dataclass(frozen=True)
class Scenario:
    """What lies in the home before, how a home is made ready, and the run that is killed."""

    name: str
    files: tuple[tuple[str, str], ...]
    prepare: tuple[str, ...] = ()  # an earlier run
    later: tuple[tuple[str, str], ...] = ()  # appended after it
    words: tuple[str, ...] = ("--shell", "bash")
    code: int = 0  # of a run that nobody kills
    code_again: int = 0  # of one after it


NEVER = f"trap 'PATH=/usr/bin:/bin' DEBUG\n{RESET}readonly PATH\n"
SCENARIOS = (
    Scenario("first", ((".bashrc", "ls\n"),)),
    Scenario("create-only", ()),
    Scenario("roll-back", ((".bashrc", NEVER), (".profile", NEVER)), code=1, code_again=1),
    Scenario("in-part", ((".bashrc", NEVER), (".profile", "ls\n")), code=3, code_again=1),
    Scenario("move", ((".bashrc", "ls\n"),), ("--shell", "bash"), ((".bashrc", RESET),)),
    Scenario("nothing-to-do", ((".bashrc", "ls\n"),), ("--shell", "bash")),
    Scenario("undo", ((".bashrc", "ls"),), ("--shell", "bash"), words=("--undo",)),
)


def run(home: Path, temporary: str, *words: str, within: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run `ensure-path` in `home`; return its code and what it said."""
    done = subprocess.run(
        [*within, str(PROGRAM), *words],
        env={**environment(home), "TMPDIR": temporary, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, os.fsdecode(done.stdout + done.stderr)


def make_ready(scenario: Scenario, home: Path, temporary: str) -> Snapshot:
    """Make the home of `scenario`; return what a full undo is to leave."""
    for name, text in scenario.files:
        (home / name).write_text(text)
    if scenario.prepare:
        code, said = run(home, temporary, *scenario.prepare)
        assert 0 == code, said
    for name, text in scenario.later:
        with (home / name).open("a") as file:
            file.write(text)
    other = home.parent / "other"
    shutil.copytree(home, other)
    run(other, temporary, "--undo")
    expected = snapshot(other)
    shutil.rmtree(other)
    return expected


def calls_of(strace: str, scenario: Scenario, home: Path, temporary: str) -> list[str]:
    """Return the changing calls of the run of `scenario` that nobody kills, in their order.

    strace counts those of each name by themselves.
    """
    log = home.parent / "log"
    within = (strace, "-o", str(log), "-e", f"trace={','.join(CALLS)}", "-e", "signal=none")
    code, said = run(home, temporary, *scenario.words, within=within)
    assert scenario.code == code, said
    return re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE)


def chosen(number: int, scenario: Scenario) -> list[int]:
    """Return which of `number` calls are tried: spread evenly, others in each scenario."""
    step = max(1, number // SAMPLE)
    offset = SCENARIOS.index(scenario) % step
    return list(range(offset + 1, number + 1, step))


def kill(strace: str, scenario: Scenario, home: Path, temporary: str, call: str, when: int) -> None:
    """Run `scenario` and kill it before the `when`th `call`."""
    inject = f"inject={call}:signal=KILL:when={when}"
    within = (strace, "-o", "/dev/null", "-e", f"trace={call}", "-e", "signal=none", "-e", inject)
    code, said = run(home, temporary, *scenario.words, within=within)
    leftovers.kill(-1, f"HOME={home}")
    assert code in {-9, 137, scenario.code}, said
