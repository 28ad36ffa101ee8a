"""Run the real `ensure-path` in a home, and compare what lies there before and after."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from cures import uncured
from logins import ask_inside, login_shell
from programs import TYPED
from terminals import ONE_OF_EACH, PATH, PROGRAMS, ask, find, put_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from terminals import Answer

    Snapshot = dict[str, "Entry"]

PROGRAM = Path(sys.executable).with_name("ensure-path")
TIMEOUT_S = 300.0  # after which a program counts as one that hangs
# What one shell is given where nothing is said of that: on a busy machine some take long.
PATIENCE_S = "60"
HELLO = "hello-tools"  # the command in the directory that tests put on PATH


@dataclass(frozen=True)
class Run:
    """What one run of `ensure-path` gave; odd bytes of its output are surrogates."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Entry:
    """One thing in a home: its type and permissions, its bytes or where the link leads, its names."""

    mode: str
    content: bytes
    names: int = 1  # how many a file has, by hard links


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a session at a terminal, in which every shell can be found."""
    found = (find(name) for name in ONE_OF_EACH)
    folders = dict.fromkeys([*PATH.split(":"), *(str(program.parent) for program in found if program)])
    return {
        "HOME": str(home),
        "SHELL": "/bin/bash",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PATH": ":".join(folders),
    }


def ensure_path(
    home: Path,
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    within: tuple[str, ...] = (),
    timeout_s: float = TIMEOUT_S,
) -> Run:
    """Run the installed `ensure-path` as the user of `home` does, in `folder` or else in `home`.

    `within` are the words of a command that starts it.
    """
    is_text = {"--print", "--dockerfile"} & {*arguments}
    patience = () if is_text else ("--timeout", PATIENCE_S)  # a later one overrules it
    done = subprocess.run(
        [*within, PROGRAM, *patience, *arguments],
        env={**environment(home), **(env or {})},
        cwd=folder or home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    run = Run(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))
    is_look = "--check" in arguments
    assert not uncured(run.code, run.stdout, run.stderr, is_look=is_look), f"no cure: {run}"
    return run


def option(name: str) -> str:
    """Return what `--shell` takes for the shell `name` of `programs`: a path where it has a version."""
    return str(find(name)) if "-" in name else name


def naming(name: str) -> tuple[str, ...]:
    """Return the words that ask for the shell `name` in the modes on a terminal that a file can serve.

    Whoever names dash without a mode wants it at a plain prompt too, for which it reads nothing.
    """
    modes = PROGRAMS[name].modes_on_terminals()
    words = [word for mode in modes for word in ("--mode", mode)] if len(modes) < len(TYPED) else []
    return ("--shell", option(name), *words)


def code_of(*names: str) -> int:
    """Return what a run ends with that has served all of `names` for which it was to be done."""
    return 0 if all(len(PROGRAMS[name].modes_on_terminals()) == len(TYPED) for name in names) else 3


def put_tools(home: Path, name: str = "tools") -> Path:
    """Make the directory `name` in `home`, with the command HELLO in it."""
    directory = home / name
    directory.mkdir(parents=True)
    put_command(directory, HELLO)
    return directory


def check_effective(
    name: str, mode: str, home: Path, directory: Path, env: Mapping[str, str] | None = None
) -> None:
    """Start the real shell, and assert that HELLO runs by name and `directory` is once on PATH.

    On a terminal that is so inside a login as well, where the login shell's files are those of `home`.
    """
    ways: list[Callable[..., Answer]] = [ask]
    if env is None and mode in TYPED and sys.platform != "win32" and login_shell() == "bash":
        ways.append(ask_inside)
    for way in ways:
        answer = way(name, mode, home, command=HELLO, env=env)
        assert str(directory / HELLO) == answer.ran, (name, mode, way.__name__, answer)
        entries = [os.path.normpath(entry) for entry in answer.path]
        assert entries.count(str(directory)) == 1, (name, mode, way.__name__, answer)


def snapshot(home: Path, *, without: tuple[str, ...] = ()) -> Snapshot:
    """Return all that lies in `home` and below, by its path there.

    Left out are the files and folders `without`, see `own_files`, and the folders that these lie in.
    """
    ancestors = {str(parent) for name in without for parent in Path(name).parents}
    return {
        name: entry(home / name)
        for name in names_below(home)
        if name not in ancestors and not any(is_in(name, other) for other in without)
    }


def own_files(name: str, home: Path) -> tuple[str, ...]:
    """Return what the shell `name` makes in `home` by itself, but for files that are there already."""
    return tuple(file for file in PROGRAMS[name].own_files if not (home / file).is_file())


def changed(before: Snapshot, after: Snapshot) -> dict[str, tuple[Entry | None, Entry | None]]:
    """Return the entries that differ, as they were and as they are; empty if nothing has changed."""
    names = sorted({*before, *after})
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def names_below(home: Path) -> Iterator[str]:
    """Yield the path of everything below `home`, as seen from there."""
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            yield os.path.relpath(f"{folder}/{name}", home)


def entry(path: Path) -> Entry:
    """Return what `path` is; a link is not followed."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return Entry("link", os.fsencode(os.readlink(path)))
    if stat.S_ISREG(found.st_mode):
        return Entry(stat.filemode(found.st_mode), path.read_bytes(), found.st_nlink)
    return Entry(stat.filemode(found.st_mode), b"")


def is_in(name: str, folder: str) -> bool:
    """Tell whether `name` is `folder` or lies in it."""
    return name == folder or name.startswith(f"{folder}/")
