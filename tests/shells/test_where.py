"""`ensure-path --where`, with real shells; and editors, which ask a shell as no terminal does."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands import (
    HELLO,
    PROGRAM,
    TIMEOUT_S,
    changed,
    ensure_path,
    environment,
    own_files,
    put_tools,
    snapshot,
)
from judging import write
from terminals import PATH, PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

# How VS Code asks: by `-ilc`, csh and its kin by `-ic`.
EDITOR_SERVED = ("bash", "zsh", "dash", "ash", "ksh93", "mksh", "yash", "tcsh", "fish", "nu", "xonsh")
EDITOR_OPTION = {"tcsh": "-ic"}


def where(
    home: Path, *words: str | Path, env: dict[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return the rows of the table by the names of their contexts."""
    run = ensure_path(home, *words, "--where", "--json", env=env)
    assert (0, "") == (run.code, run.stderr)
    return {row["context"]: row for row in json.loads(run.stdout)["where"]}


def by_editor(home: Path, name: str, shell: Path) -> str:
    """Ask the shell for its PATH as VS Code does; return which program ran, if one did."""
    out = home.parent / "out"
    out.unlink(missing_ok=True)
    subprocess.run(
        [shell, EDITOR_OPTION.get(name, "-ilc"), f"{HELLO} {out}"],
        env={"HOME": str(home), "PATH": PATH, "SHELL": str(shell)},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return out.read_text() if out.exists() else ""


@pytest.mark.parametrize("name", EDITOR_SERVED)
def test_an_editor_that_asks_the_shell_finds_the_command(
    home: Path, require: Require, name: str
) -> None:
    shell, tools, row = require(name), put_tools(home), PROGRAMS[name].row or name
    own = own_files(name, home)
    before = snapshot(home, without=own)
    assert "" == by_editor(home, name, shell)
    words = ("--shell", row, "--for", "editor")
    run = ensure_path(home, tools, *words)
    assert 0 == run.code, run
    assert str(tools / HELLO) == by_editor(home, name, shell)
    between = snapshot(home, without=own)
    again = ensure_path(home, tools, *words)
    assert (0, {}) == (again.code, changed(between, snapshot(home, without=own))), again
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home, without=own))


def test_a_shell_that_knows_no_such_options_says_what_to_do(home: Path, require: Require) -> None:
    require("elvish")
    run = ensure_path(home, put_tools(home), "--shell", "elvish", "--for", "editor")
    assert 1 == run.code
    assert "start the editor from a terminal" in run.stdout


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "tcsh"])
def test_every_command_of_the_table_does_what_it_says(
    home: Path, require: Require, tools: Path, name: str
) -> None:
    require(name)
    words, own = (tools, "--shell", name), own_files(name, home)
    before = snapshot(home, without=own)
    rows = where(home, *words)
    assert {} == changed(before, snapshot(home, without=own))
    commands = {n: row["line"] for n, row in rows.items() if row["line"].startswith("ensure-path")}
    assert {"login", "interactive", "session", "ssh", "editor"} <= set(commands)
    for command in commands.values():
        line = command.replace('"$HOME/tools"', shlex.quote(str(tools)))
        assert 0 == ensure_path(home, *shlex.split(line)[1:], "--shell", name).code, command
    after = where(home, *words)
    assert {"effective"} == {after[context]["verdict"] for context in commands}
    for context in set(commands) - {"desktop"}:
        assert after[context]["by"], context
        assert all(path.startswith(str(home)) for path in after[context]["by"])
    assert 0 == ensure_path(home, "--undo").code
    assert {} == changed(before, snapshot(home, without=own))


def test_what_the_user_has_put_there_is_named_too(home: Path, tools: Path) -> None:
    write(home, ".bashrc", 'PATH="$HOME/tools:$PATH"\n')
    rows = where(home, tools, "--shell", "bash")
    assert ("effective", [f"{home}/.bashrc"]) == (rows["ssh"]["verdict"], rows["ssh"]["by"])
    assert "missing" == rows["login"]["verdict"]


def test_in_a_pipe_it_is_plain_and_fits_80_columns(home: Path, tools: Path) -> None:
    run = ensure_path(home, tools, "--shell", "bash", "--where", env={"SSH_CONNECTION": "1 2 3 4"})
    first, *lines = run.stdout.splitlines()
    assert (0, "", str(tools)) == (run.code, run.stderr, first)
    assert "\x1b" not in run.stdout
    assert lines[0].startswith("* ssh          no   ssh HOST COMMAND")
    pasted = ("ENV PATH=", "PATH=", "sudo ", "ExecStart=", "ensure-path ", str(tools))
    long = [line for line in lines if len(line) > 80 and not line.lstrip().startswith(pasted)]
    assert [] == long
    assert "asking" not in run.stdout


def test_on_a_terminal_it_is_in_colour_and_no_color_is_honoured(home: Path, tools: Path) -> None:
    cases: tuple[tuple[dict[str, str], bool], ...] = (({}, True), ({"NO_COLOR": "1"}, False))
    for env, has_color in cases:
        outer, inner = pty.openpty()
        words = [str(PROGRAM), str(tools), "--shell", "bash", "--where"]
        with subprocess.Popen(
            words,
            env={**environment(home), **env},
            stdin=inner,
            stdout=inner,
            stderr=subprocess.DEVNULL,
            cwd=home,
        ) as process:
            os.close(inner)
            shown = b""
            while True:
                try:
                    piece = os.read(outer, 65536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                shown += piece
            os.close(outer)
        assert 0 == process.returncode
        assert has_color is (b"\x1b[31mno" in shown), shown


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("--for", "ssh"), "--for does nothing with --where; leave it out"),
        (("--append",), "--append does nothing with --where; leave it out"),
        (("--no-verify",), "--no-verify does nothing with --where; leave it out"),
    ],
)
def test_what_it_would_ignore_is_an_error(home: Path, words: tuple[str, ...], cure: str) -> None:
    run = ensure_path(home, "--where", *words)
    assert (2, "") == (run.code, run.stdout)
    assert cure in run.stderr


def test_without_any_shell_the_others_are_told_all_the_same(home: Path, tools: Path) -> None:
    env = {"SHELL": "/bin/false", "CI": "true"}
    rows = where(home, tools, env=env)
    assert "unit" in rows or "ci" in rows
