"""The worlds in which people start shells: a new session, and one inside a login (`logins`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands import HELLO, changed, ensure_path, option, own_files, snapshot
from logins import ask_inside, login_shell
from terminals import PATH, PROGRAMS, ask, put_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from commands import Run


def need_bash_login() -> None:
    """Skip the test unless bash is this user's login shell: its files make the world."""
    if login_shell() != "bash":
        pytest.skip(f"the login shell of this user is {login_shell()}")


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
