"""The judge itself: it tells the truth about startup files that are written by hand."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import leftovers
from judging import beside_the_last, write
from programs import POSIX
from terminals import COMMAND, INTERACTIVE, LOGIN, MODES, PROGRAMS, SESSION, ask, put_command

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

EVERY = frozenset(MODES)
TYPED = frozenset({LOGIN, INTERACTIVE})
LOGINS = frozenset({LOGIN, SESSION})
NO_COMMAND = EVERY - {COMMAND}
NONE: frozenset[str] = frozenset()
NO_SESSION = -1

# Which modes read which file.
READ = (
    ("bash", ".bashrc", frozenset({INTERACTIVE})),
    ("bash", ".profile", LOGINS),
    ("bash", ".bash_profile", LOGINS),
    ("zsh", ".zshenv", EVERY),
    ("zsh", ".zshrc", TYPED),
    ("zsh", ".zprofile", LOGINS),
    ("dash", ".profile", LOGINS),
    ("ash", ".profile", LOGINS),
    ("posh", ".profile", LOGINS),
    ("ksh93", ".kshrc", TYPED),
    ("ksh93", ".profile", LOGINS),
    ("mksh", ".mkshrc", TYPED),
    ("mksh", ".profile", LOGINS),
    ("yash", ".yashrc", TYPED),
    ("yash", ".yash_profile", LOGINS),
    ("yash", ".profile", NONE),
    ("tcsh", ".cshrc", EVERY),
    ("tcsh", ".tcshrc", EVERY),
    ("tcsh", ".login", LOGINS),
    ("csh", ".cshrc", EVERY),
    ("csh", ".tcshrc", NONE),
    ("csh", ".login", LOGINS),
    ("fish", ".config/fish/config.fish", EVERY),
    ("fish", ".config/fish/conf.d/tools.fish", EVERY),
    ("nu", ".config/nushell/env.nu", NO_COMMAND),
    ("nu", ".config/nushell/config.nu", NO_COMMAND),
    ("nu", ".config/nushell/login.nu", LOGINS),
    ("nu", ".config/nushell/autoload/tools.nu", TYPED),
    ("nu-0.98", ".config/nushell/config.nu", NO_COMMAND),
    ("nu-0.98", ".config/nushell/autoload/tools.nu", NONE),
    ("nu-0.98", ".local/share/nushell/vendor/autoload/tools.nu", TYPED),
    ("xonsh", ".xonshrc", TYPED),
    ("xonsh", ".config/xonsh/rc.d/tools.xsh", EVERY),
    ("xonsh-0.14", ".xonshrc", EVERY),
    ("xonsh-0.14", ".config/xonsh/rc.d/tools.xsh", EVERY),
    ("elvish", ".config/elvish/rc.elv", TYPED),
    ("rc", ".rcrc", LOGINS),
    ("pwsh", ".config/powershell/profile.ps1", EVERY),
)


@pytest.mark.parametrize("row", READ, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_mode_reads_what_its_shell_reads(
    home: Path, tools: Path, require: Require, row: tuple[str, str, frozenset[str]]
) -> None:
    name, file, modes = row
    require(name)
    write(home, file, f"{PROGRAMS[name].prepend}\n")

    answers = {mode: ask(name, mode, home, command="hello-tools") for mode in MODES}

    assert all(answer.answered for answer in answers.values())
    assert modes == {mode for mode, answer in answers.items() if str(tools) in answer.path}
    # Running by name and standing on PATH are seen independently, and agree.
    assert modes == {
        mode for mode, answer in answers.items() if answer.ran == str(tools / "hello-tools")
    }


def test_a_line_is_entered_before_the_questions(home: Path, tools: Path, shell: str) -> None:
    for mode in MODES:
        answer = ask(shell, mode, home, line=PROGRAMS[shell].prepend, command="hello-tools")
        assert answer.path[0] == str(tools), (mode, answer)
        assert answer.path.count(str(tools)) == 1, (mode, answer)
        assert answer.ran, (mode, answer)


def test_a_shell_that_ends_gives_no_answer(home: Path) -> None:
    write(home, ".profile", "exit 3\n")
    for mode in (LOGIN, SESSION):
        answer = ask("dash", mode, home)
        assert (answer.answered, answer.path, answer.ran) == (False, (), "")
        assert answer.took_s < 60


def test_a_shell_that_hangs_gives_no_answer_in_time(home: Path) -> None:
    write(home, ".profile", "trap '' TERM INT HUP; sleep 1000\n")
    for mode in (LOGIN, SESSION):
        answer = ask("dash", mode, home, timeout_s=0.5)
        assert not answer.answered
        assert answer.took_s < 60


def test_a_line_that_a_startup_file_eats_is_typed_again(home: Path, require: Require) -> None:
    require("bash")
    write(home, ".bashrc", f"read -r _\n{POSIX}\n")
    assert ask("bash", INTERACTIVE, home).path[0] == str(home / "tools")


@pytest.mark.parametrize("name", ["bash", "dash"])
def test_a_line_is_entered_once_however_long_the_shell_computes_before_it_takes_one(
    home: Path, require: Require, name: str
) -> None:
    require(name)
    compute = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"
    drop = f"{sys.executable} -c 'import termios; termios.tcflush(0, termios.TCIFLUSH)'"
    write(home, ".profile", f"{compute}\n{drop}\n")
    ask(name, LOGIN, home, line="echo entered >>lines")
    assert (home / "lines").read_text() == "entered\n"


def test_a_job_that_never_ends_is_no_obstacle_where_nobody_notices_it(home: Path) -> None:
    write(home, ".profile", f"sh -c 'while :; do :; done' >/dev/null 2>&1 &\n{POSIX}\n")
    assert ask("dash", LOGIN, home).path[0] == str(home / "tools")


def test_a_flood_is_no_obstacle(home: Path) -> None:
    write(home, ".profile", f"yes | head -c 300000; yes | head -c 300000 >&2\n{POSIX}\n")
    for mode in (LOGIN, SESSION):
        assert ask("dash", mode, home).path[0] == str(home / "tools")


@pytest.mark.skipif(not leftovers.PROCESSES.is_dir(), reason="there is no /proc here")
def test_nothing_that_was_started_is_left(home: Path) -> None:
    mark = f"MARK={home}"
    write(
        home,
        ".profile",
        "sleep 1000 & setsid sleep 1000 & (trap '' HUP TERM; setsid sleep 1000 &)\n",
    )
    for mode in (LOGIN, SESSION):
        assert ask("dash", mode, home, env={"MARK": str(home)}).answered
        assert leftovers.alive(NO_SESSION, mark) == []


@pytest.mark.skipif(not leftovers.PROCESSES.is_dir(), reason="there is no /proc here")
def test_what_has_cleared_its_environment_in_a_session_of_its_own_is_known_by_its_parent() -> None:
    """As elvish's daemon, for which the shell waits."""
    words = ["sh", "-c", "setsid env -i sh -c 'echo; exec sleep 1000' & wait"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) as shell:
        assert shell.stdout
        shell.stdout.readline()
        found = leftovers.alive(shell.pid, "MARK=none")
        assert shell.pid in found
        assert any(leftovers.session_of(each) != shell.pid for each in found)
        leftovers.kill(shell.pid, "MARK=none")
        assert "" == shell.stdout.read().decode()


def test_what_was_started_after_the_last_number_there_is_counts_too() -> None:
    code = """
import leftovers
print(len(leftovers.alive(shell.pid, "MARK=mine")))
leftovers.kill(shell.pid, "MARK=mine")
shell.wait()
print(running() == [other.pid])
"""
    assert ["3", "True"] == beside_the_last(code)


def test_a_command_that_is_hidden_by_another_is_told_apart(home: Path, tools: Path) -> None:
    other = home / "other"
    other.mkdir()
    put_command(other, "hello-tools")
    path = f"{other}:{tools}:/usr/bin:/bin"
    answer = ask("dash", INTERACTIVE, home, command="hello-tools", path=path)
    assert answer.ran == str(other / "hello-tools")


def test_the_shell_has_a_terminal_of_24_by_80_and_a_clean_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the test run")
    write(home, ".profile", "stty size >size; (: </dev/tty) && : >tty; env >env\n")
    ask("dash", LOGIN, home, env={"MORE": "1"})
    names = {line.partition("=")[0] for line in (home / "env").read_text().splitlines()}
    assert (home / "size").read_text() == "24 80\n"
    assert (home / "tty").exists()
    assert names - {"PWD", "OLDPWD", "_", "SHLVL", "PS1"} == {
        *("HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "PATH", "TMPDIR", "TMUX_TMPDIR"),
        "MORE",
    }
