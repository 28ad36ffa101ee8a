"""Real pipx with this repository's userpath, typed at the prompts of real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import compat
from commands import changed, environment, snapshot
from judging import assert_served, hello, is_effective, scripts, write
from terminals import INTERACTIVE, LOGIN, PROGRAMS, find

if TYPE_CHECKING:
    from pathlib import Path

    from compat import Environment
    from programs import Require

TOOL = "pycowsay"  # small, without dependencies
# What pipx makes by itself: a log, its own environments, and its folders.
PIPXS_OWN = (
    *(".local/state/pipx", ".local/share/pipx", ".cache/pipx", ".cache/pip"),
    *(".local/bin", ".local/share/man"),
)
RESET = "PATH=/usr/local/bin:/usr/bin:/bin\n"


@pytest.mark.parametrize("name", compat.SHELLS)
def test_ensurepath_is_right_in_the_shell_in_which_it_is_typed(
    name: str, pipx: Environment, home: Path, require: Require
) -> None:
    """It says what is so. A second run, in a terminal that was open or in a new one, changes nothing."""
    require(name)
    scripts(home).mkdir(parents=True)
    code, told = compat.typed(name, home, pipx.bin / "pipx", "ensurepath")
    assert code == 0, told
    assert "Success! Added" in told
    assert "You will need to open a new terminal" in words(told)
    assert_served(name, home)
    without = (*PIPXS_OWN, *PROGRAMS[name].own_files)
    before = snapshot(home, without=without)
    code, told = compat.typed(name, home, pipx.bin / "pipx", "ensurepath")
    assert code == 0, told
    assert "is already in PATH" in words(told)
    code, told = run(pipx, home, "ensurepath")
    assert code == 0, told
    assert "has been added to PATH, but you need to open a new terminal" in words(told)
    assert {} == changed(before, snapshot(home, without=without))


def test_all_shells_and_prepend_put_it_first_in_every_shell(
    pipx: Environment, home: Path, require: Require
) -> None:
    scripts(home).mkdir(parents=True)
    words = (pipx.bin / "pipx", "ensurepath", "--all-shells", "--prepend")
    code, told = compat.typed("bash", home, *words, env=environment(home))
    assert code == 0, told
    assert "Success! Added" in told
    for name in filter(find, compat.SHELLS):
        for mode in (LOGIN, INTERACTIVE):
            answer = hello(name, mode, home)
            assert (str(scripts(home)), 1) == (
                answer.path[0],
                answer.path.count(str(scripts(home))),
            ), (name, mode, answer)
    for name in compat.SHELLS:
        require(name)


def test_a_tool_that_pipx_installs_runs_by_its_name_in_a_fresh_shell(
    pipx: Environment, home: Path
) -> None:
    code, told = run(pipx, home, "install", TOOL)
    if "No matching distribution" in told or "Could not fetch" in told:
        pytest.skip("the package index cannot be reached")
    assert code == 0, told
    assert "is not on your PATH" in words(told)
    code, told = run(pipx, home, "ensurepath")
    assert code == 0, told
    for mode in (LOGIN, INTERACTIVE):
        path = ":".join(hello("bash", mode, home).path)
        assert str(scripts(home) / TOOL) == shutil.which(TOOL, path=path)
        done = subprocess.run([TOOL, "moo"], env={"PATH": path}, capture_output=True, check=True)
        assert b"< moo >" in done.stdout
    code, told = run(pipx, home, "install", "--force", TOOL, path=path)
    assert code == 0, told
    assert "is not on your PATH" not in words(told)


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(pipx: Environment, home: Path) -> None:
    before = snapshot(home, without=PIPXS_OWN)
    code, told = run(pipx, home, "ensurepath", "--dry-run")
    assert code == 0, told
    assert "Would append" in told
    assert {} == changed(before, snapshot(home, without=PIPXS_OWN))


def test_where_a_shell_stays_without_it_pipx_says_so_and_why(pipx: Environment, home: Path) -> None:
    """The original's `--all-shells` looks at bash and sh alone, and calls this a success."""
    write(home, ".zshrc", RESET).chmod(0o444)
    scripts(home).mkdir(parents=True)
    code, told = run(pipx, home, "ensurepath", "--all-shells")
    assert code == 0, told  # pipx's own: it ends so whatever became of it
    assert "is not added to the PATH environment variable successfully" in words(told)
    assert f"zsh interactive: {home}/.zshrc is read-only; run chmod u+w ~/.zshrc" in told
    assert f"to paste into {home}/.zshrc:" in told
    assert "Traceback" not in told
    assert not is_effective("zsh", INTERACTIVE, home)
    assert is_effective("bash", INTERACTIVE, home)  # what could be proven stays
    assert RESET == (home / ".zshrc").read_text()


def test_what_is_first_on_path_by_the_users_own_line_is_not_moved_to_the_end(
    pipx: Environment, home: Path
) -> None:
    """pipx appends unless told otherwise; the .profile of Debian has the directory first."""
    own = 'PATH="$HOME/.local/bin:$PATH"\n'
    write(home, ".profile", own)
    scripts(home).mkdir(parents=True)
    code, told = run(pipx, home, "ensurepath")
    assert code == 0, told
    assert own == (home / ".profile").read_text()
    assert str(scripts(home)) == hello("bash", LOGIN, home).path[0]
    assert str(scripts(home)) == hello("bash", INTERACTIVE, home).path[-1]


def words(told: str) -> str:
    """Return what was printed without the line breaks that pipx puts between words."""
    return " ".join(told.split())


def run(pipx: Environment, home: Path, *words: str, path: str = "") -> tuple[int, str]:
    """Run pipx as a user of bash does; return its exit code and what it printed."""
    env = {**environment(home), **compat.INDEX}
    done = subprocess.run(
        [pipx.bin / "pipx", *words],
        env={**env, "PATH": path or env["PATH"]},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=compat.PATIENCE_S,
    )
    return done.returncode, os.fsdecode(done.stdout)
