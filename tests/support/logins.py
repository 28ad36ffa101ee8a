"""Inside a login: what the user's login shell hands to what it starts. Independent of onpath.

Tmux panes, a desktop's terminals, editors, and shells in which somebody types the name of another
start there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminals import LOGIN, PATH, ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminals import Answer

# What the shell that is asked makes itself, and what marks the processes of a test.
OWN = ("TMPDIR", "TMUX_TMPDIR", "SHELL", "TERM", "PWD", "OLDPWD", "_")


def login_shell() -> str:
    """Return the name of this user's login shell, which makes the world inside a login."""
    if sys.platform == "win32":
        pytest.skip("Windows has no login shell")
    import pwd  # noqa: PLC0415 - Windows has none

    return os.path.basename(pwd.getpwuid(os.geteuid()).pw_shell)


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
