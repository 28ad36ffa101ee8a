"""`ssh HOST COMMAND`: a real sshd starts each shell as the user's login shell. Linux, as root."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from commands import HELLO, changed, ensure_path, own_files, put_tools, snapshot
from judging import write
from remote import by_ssh, listening, on_port, why_no_sshd
from terminals import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

# By the file that the shell reads when sshd starts it with a command.
SERVED = {
    "bash": ".bashrc",
    "zsh": ".zshenv",
    "tcsh": ".cshrc",
    "csh": ".cshrc",
    "fish": ".config/fish/conf.d/onpath.fish",
    "xonsh": ".config/xonsh/rc.d/onpath.xsh",
}
PROFILE_READERS = ("dash", "ash", "posh", "ksh93", "mksh")
OTHERS = ("yash", "nu", "elvish", "rc")
FOR_SSH = ("--for", "ssh")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Make a folder for the server's files; skip where no server can be."""
    folder = tmp_path / "etc"
    folder.mkdir()
    if reason := why_no_sshd(folder):
        pytest.skip(reason)
    return folder


def ran(home: Path, etc: Path, shell: str, command: str) -> str:
    """Return which program ran when `command`, with `{}` for a file, came by ssh; or an empty text."""
    out = home.parent / "ran"
    out.unlink(missing_ok=True)
    by_ssh(home, etc, shell, command.format(out))
    return os.path.normpath(home / out.read_text()) if out.exists() else ""


def named(name: str) -> tuple[str, ...]:
    """Return the words that ask for the shell `name` by ssh."""
    return ("--shell", PROGRAMS[name].row or name, *FOR_SSH)


@pytest.mark.parametrize("name", SERVED)
def test_a_command_that_comes_by_ssh_is_found_and_undo_is_exact(
    home: Path, etc: Path, require: Require, name: str
) -> None:
    shell, tools = str(require(name)), put_tools(home)
    own = own_files(name, home)
    before = snapshot(home, without=own)
    assert "" == ran(home, etc, shell, f"{HELLO} {{}}")
    look = ensure_path(home, tools, *named(name), "--check")
    assert (1, {}) == (look.code, changed(before, snapshot(home, without=own))), look

    run = ensure_path(home, tools, *named(name))
    assert 0 == run.code, run
    assert f"added by ~/{SERVED[name]}" in run.stdout
    assert str(tools / HELLO) == ran(home, etc, shell, f"{HELLO} {{}}")

    between = snapshot(home, without=own)
    again = ensure_path(home, tools, *named(name))
    assert (0, {}) == (again.code, changed(between, snapshot(home, without=own))), again
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home, without=own))


@pytest.mark.parametrize("name", [*PROFILE_READERS, *OTHERS])
def test_where_a_shell_reads_nothing_the_lines_that_are_told_work(
    home: Path, etc: Path, require: Require, name: str
) -> None:
    shell, tools = str(require(name)), put_tools(home)
    before = snapshot(home, without=own_files(name, home))
    run = ensure_path(home, tools, *named(name))
    assert 1 == run.code, run
    assert {} == changed(before, snapshot(home, without=own_files(name, home)))
    told = run.stdout.partition("reads no startup file; ")[2].splitlines()[0]
    lines = re.split(", or after ensure-path (.*?): ", told)
    assert (3 if name in PROFILE_READERS else 1) == len(lines), run.stdout
    if lines[1:]:
        run = ensure_path(home, *shlex.split(lines.pop(1)))
        assert 0 == run.code, run
    for line in lines:
        start, host, *command = shlex.split(line)  # what the local shell hands to ssh
        assert ("ssh", "HOST") == (start, host)
        sent = " ".join(command).replace("COMMAND", f"{HELLO} {{}}")
        assert str(tools / HELLO) == ran(home, etc, shell, sent), line


@pytest.mark.parametrize("directory", ["my tools", "it's", "a$b"])
def test_the_line_that_is_told_spells_any_name(
    home: Path, etc: Path, require: Require, directory: str
) -> None:
    tools = put_tools(home, directory)
    run = ensure_path(home, tools, *named("dash"))
    line = run.stdout.partition("reads no startup file; ")[2].partition(", or after")[0]
    (command,) = shlex.split(line)[2:]
    sent = command.replace("COMMAND", HELLO) + " {}"
    assert str(tools / HELLO) == ran(home, etc, str(require("dash")), sent), line


def test_bash_is_found_by_a_real_server_on_loopback(home: Path, etc: Path, require: Require) -> None:
    bash, tools = str(require("bash")), put_tools(home)
    with listening(home, etc, bash) as port:
        assert "" == on_port(home, etc, port, f"command -v {HELLO}")
        assert 0 == ensure_path(home, tools, *named("bash")).code
        assert str(tools / HELLO) == on_port(home, etc, port, f"command -v {HELLO}").strip()


def test_a_bashrc_that_ends_where_nobody_types_is_no_hindrance(
    home: Path, etc: Path, require: Require
) -> None:
    """As Debian's and Ubuntu's do."""
    bash, tools = str(require("bash")), put_tools(home)
    write(home, ".bashrc", "case $- in\n    *i*) ;;\n      *) return;;\nesac\n")
    assert 0 == ensure_path(home, tools, *named("bash")).code
    assert str(tools / HELLO) == ran(home, etc, bash, f"{HELLO} {{}}")


def test_a_zshenv_that_sets_path_gets_the_block_at_its_end(
    home: Path, etc: Path, require: Require
) -> None:
    zsh, tools = str(require("zsh")), put_tools(home)
    write(home, ".zshenv", "PATH=/usr/bin:/bin\n")
    assert 0 == ensure_path(home, tools, *named("zsh")).code
    assert str(tools / HELLO) == ran(home, etc, zsh, f"{HELLO} {{}}")


def test_only_the_login_shell_is_served_unless_another_is_named(
    home: Path, require: Require, tools: Path
) -> None:
    require("zsh")
    write(home, ".zshrc", "# mine\n")
    run = ensure_path(home, tools, *FOR_SSH)  # of root, whose login shell is not zsh
    assert "zsh" not in run.stdout
    assert not (home / ".zshenv").exists()


def test_in_a_session_of_ssh_a_plain_run_says_so_in_one_line(home: Path, tools: Path) -> None:
    env = {"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}
    run = ensure_path(home, tools, env=env)
    (line,) = (line for line in run.stdout.splitlines() if " ssh " in line)
    assert "added by ~/.bashrc" in line  # which a terminal needs too
    look = ensure_path(home, tools, "--where", "--json", env=env)
    row = next(row for row in json.loads(look.stdout)["where"] if row["context"] == "ssh")
    assert (True, "effective", [f"{home}/.bashrc"]) == (row["here"], row["verdict"], row["by"])
