"""The worlds in which people start shells: a new session, and one inside a login. Independent of onpath.

Inside a login is what the user's login shell hands to what it starts: tmux panes, a desktop's terminals,
editors, and shells in which somebody types the name of another.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands import HELLO, changed, ensure_path, option, own_files, snapshot
from terminals import LOGIN, PATH, PROGRAMS, ask, put_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commands import Run
    from terminals import Answer

# What the shell that is asked makes itself, and what marks the processes of a test.
OWN = ("TMPDIR", "TMUX_TMPDIR", "SHELL", "TERM", "PWD", "OLDPWD", "_")


def login_shell() -> str:
    """Return the name of this user's login shell, which makes the world inside a login."""
    if sys.platform == "win32":
        raise OSError("Windows has no login shells")
    else:  # noqa: RET506 - only so does mypy check the right half of it
        import pwd  # noqa: PLC0415 - Windows has none

        return os.path.basename(pwd.getpwuid(os.geteuid()).pw_shell)


def need_bash_login() -> None:
    """Skip the test unless bash is this user's login shell: its files make the world."""
    if login_shell() != "bash":
        pytest.skip(f"the login shell of this user is {login_shell()}")


def exported(
    home: Path,
    name: str = "bash",
    *,
    mode: str = LOGIN,
    env: Mapping[str, str] | None = None,
    path: str = PATH,
) -> dict[str, str]:
    """Return what the shell `name` hands to its children, as `mode` says: after a login, else."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "environ"
        answer = ask(name, mode, home, line=f"/usr/bin/env -0 >{file}", env=env, path=path)
        assert file.exists(), answer
        pairs = (pair.partition("=") for pair in os.fsdecode(file.read_bytes()).split("\0") if pair)
        return {name: value for name, _, value in pairs if name not in OWN}


def ask_inside(
    name: str,
    mode: str,
    home: Path,
    *,
    command: str | None = None,
    env: Mapping[str, str] | None = None,
    path: str = PATH,
) -> Answer:
    """Ask as `ask` does, in the environment that a login of bash has exported."""
    found = exported(home, env=env, path=path)
    return ask(name, mode, home, command=command, env=found, path=found["PATH"])


def check_in_both(
    name: str,
    home: Path,
    directory: Path,
    *,
    modes: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    path: str = PATH,
    is_once: bool = True,
) -> None:
    """Assert that HELLO in `directory` runs by name in a new session and inside a login."""
    if not (directory / HELLO).exists():
        put_command(directory, HELLO)
    for mode in modes or PROGRAMS[name].modes_on_terminals():
        for where in (ask, ask_inside):
            answer = where(name, mode, home, command=HELLO, env=env, path=path)
            assert str(directory / HELLO) == answer.ran, (name, mode, where.__name__, answer)
            is_right = answer.path.count(str(directory)) == 1 or not is_once
            assert is_right, (name, mode, where.__name__, answer)


def keep_the_promise(
    name: str,
    home: Path,
    directory: Path,
    *arguments: str,
    modes: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    own: Sequence[str] = (),
    is_once: bool = True,
) -> Run:
    """Have `directory` put on PATH for the shell `name`, and return the run; `env` is of that run alone.

    It works in both worlds, a second run changes nothing, and undo is exact to the byte, but for what
    shells make themselves, `own` too. Unless `is_once` a line of the user's may add it a second time.
    """
    made = {file for each in (name, login_shell()) for file in own_files(each, home)}
    without = (*made, *own, str(directory.relative_to(home)))
    before = snapshot(home, without=without)
    words = (str(directory), "--shell", option(name), *arguments)
    run = ensure_path(home, *words, env=env)
    assert 0 == run.code, run
    check_in_both(name, home, directory, modes=modes, is_once=is_once)
    after = snapshot(home, without=without)
    again = ensure_path(home, *words, env=env)
    assert 0 == again.code, again
    assert {} == changed(after, snapshot(home, without=without)), again
    undone = ensure_path(home, "--undo", env=env)
    assert 0 == undone.code, undone
    assert {} == changed(before, snapshot(home, without=without)), undone
    return run
