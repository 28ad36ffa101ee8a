"""The judge itself: it tells the truth about startup files that are written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

import leftovers
from terminals import COMMAND, INTERACTIVE, LOGIN, MODES, PROGRAMS, SESSION, ask, put_command

pytestmark = pytest.mark.slow

Require = Callable[[str], Path]

POSIX = 'PATH="$HOME/tools:$PATH"; export PATH\n'
CSH = 'setenv PATH "${HOME}/tools:${PATH}"\n'
FISH = 'set -gx PATH "$HOME/tools" $PATH\n'
NU = '$env.PATH = ($env.PATH | split row (char esep) | prepend ($env.HOME + "/tools"))\n'
XONSH = "$PATH.insert(0, $HOME + '/tools')\n"
ELVISH = "set paths = [$E:HOME/tools $@paths]\n"
RC = "path=($home/tools $path)\n"
POWERSHELL = '$env:PATH = "$HOME/tools:$env:PATH"\n'

EVERY = frozenset(MODES)
TYPED = frozenset({LOGIN, INTERACTIVE})
LOGINS = frozenset({LOGIN, SESSION})
NO_COMMAND = EVERY - {COMMAND}
NONE: frozenset[str] = frozenset()
NO_SESSION = -1

# Which modes read which file.
READ = (
    ("bash", ".bashrc", POSIX, frozenset({INTERACTIVE})),
    ("bash", ".profile", POSIX, LOGINS),
    ("bash", ".bash_profile", POSIX, LOGINS),
    ("zsh", ".zshenv", POSIX, EVERY),
    ("zsh", ".zshrc", POSIX, TYPED),
    ("zsh", ".zprofile", POSIX, LOGINS),
    ("dash", ".profile", POSIX, LOGINS),
    ("ash", ".profile", POSIX, LOGINS),
    ("posh", ".profile", POSIX, LOGINS),
    ("ksh93", ".kshrc", POSIX, TYPED),
    ("ksh93", ".profile", POSIX, LOGINS),
    ("mksh", ".mkshrc", POSIX, TYPED),
    ("mksh", ".profile", POSIX, LOGINS),
    ("yash", ".yashrc", POSIX, TYPED),
    ("yash", ".yash_profile", POSIX, LOGINS),
    ("yash", ".profile", POSIX, NONE),
    ("tcsh", ".cshrc", CSH, EVERY),
    ("tcsh", ".tcshrc", CSH, EVERY),
    ("tcsh", ".login", CSH, LOGINS),
    ("csh", ".cshrc", CSH, EVERY),
    ("csh", ".tcshrc", CSH, NONE),
    ("csh", ".login", CSH, LOGINS),
    ("fish", ".config/fish/config.fish", FISH, EVERY),
    ("fish", ".config/fish/conf.d/tools.fish", FISH, EVERY),
    ("nu", ".config/nushell/env.nu", NU, NO_COMMAND),
    ("nu", ".config/nushell/config.nu", NU, NO_COMMAND),
    ("nu", ".config/nushell/login.nu", NU, LOGINS),
    ("nu", ".config/nushell/autoload/tools.nu", NU, TYPED),
    ("nu-0.98", ".config/nushell/config.nu", NU, NO_COMMAND),
    ("nu-0.98", ".config/nushell/autoload/tools.nu", NU, NONE),
    ("nu-0.98", ".local/share/nushell/vendor/autoload/tools.nu", NU, TYPED),
    ("xonsh", ".xonshrc", XONSH, TYPED),
    ("xonsh", ".config/xonsh/rc.d/tools.xsh", XONSH, EVERY),
    ("xonsh-0.14", ".xonshrc", XONSH, EVERY),
    ("xonsh-0.14", ".config/xonsh/rc.d/tools.xsh", XONSH, EVERY),
    ("elvish", ".config/elvish/rc.elv", ELVISH, TYPED),
    ("rc", ".rcrc", RC, LOGINS),
    ("pwsh", ".config/powershell/profile.ps1", POWERSHELL, EVERY),
)


@pytest.fixture
def tools(home: Path) -> Path:
    """Make a directory with the command `hello-tools`."""
    directory = home / "tools"
    directory.mkdir()
    put_command(directory, "hello-tools")
    return directory


def write(file: Path, text: str) -> None:
    """Write a startup file, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("row", READ, ids=lambda row: f"{row[0]}-{row[1]}")
def test_each_mode_reads_what_its_shell_reads(
    home: Path, tools: Path, require: Require, row: tuple[str, str, str, frozenset[str]]
) -> None:
    name, file, text, modes = row
    require(name)
    write(home / file, text)

    answers = {mode: ask(name, mode, home, command="hello-tools") for mode in MODES}

    assert all(answer.answered for answer in answers.values())
    assert modes == {mode for mode, answer in answers.items() if str(tools) in answer.path}
    # Running by name and standing on PATH are seen independently, and agree.
    assert modes == {
        mode for mode, answer in answers.items() if answer.ran == str(tools / "hello-tools")
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_line_is_entered_before_the_questions(
    home: Path, tools: Path, require: Require, name: str
) -> None:
    require(name)
    texts = {"tcsh": CSH, "csh": CSH, "fish": FISH, "rc": RC, "elvish": ELVISH}
    texts |= {"nu": NU, "nu-0.98": NU, "xonsh": XONSH, "xonsh-0.14": XONSH, "pwsh": POWERSHELL}
    line = texts.get(name, POSIX).rstrip("\n")
    for mode in MODES:
        answer = ask(name, mode, home, line=line, command="hello-tools")
        assert answer.path[0] == str(tools), (mode, answer)
        assert answer.ran, (mode, answer)


def test_a_shell_that_ends_gives_no_answer(home: Path) -> None:
    write(home / ".profile", "exit 3\n")
    for mode in (LOGIN, SESSION):
        answer = ask("dash", mode, home)
        assert (answer.answered, answer.path, answer.ran) == (False, (), "")
        assert answer.took_s < 5


def test_a_shell_that_hangs_gives_no_answer_in_time(home: Path) -> None:
    write(home / ".profile", "trap '' TERM INT HUP; sleep 1000\n")
    for mode in (LOGIN, SESSION):
        answer = ask("dash", mode, home, timeout_s=0.5)
        assert not answer.answered
        assert answer.took_s < 5


def test_a_line_that_a_startup_file_eats_is_typed_again(home: Path, require: Require) -> None:
    require("bash")
    write(home / ".bashrc", f"read -r _\n{POSIX}")
    assert ask("bash", INTERACTIVE, home).path[0] == str(home / "tools")


def test_a_flood_is_no_obstacle(home: Path) -> None:
    write(home / ".profile", f"yes | head -c 300000; yes | head -c 300000 >&2\n{POSIX}")
    for mode in (LOGIN, SESSION):
        assert ask("dash", mode, home).path[0] == str(home / "tools")


@pytest.mark.skipif(not leftovers.PROCESSES.is_dir(), reason="there is no /proc here")
def test_nothing_that_was_started_is_left(home: Path) -> None:
    mark = f"MARK={home}"
    write(
        home / ".profile",
        "sleep 1000 & setsid sleep 1000 & (trap '' HUP TERM; setsid sleep 1000 &)\n",
    )
    for mode in (LOGIN, SESSION):
        assert ask("dash", mode, home, env={"MARK": str(home)}).answered
        assert leftovers.alive(NO_SESSION, mark) == []


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
    write(home / ".profile", "stty size >size; (: </dev/tty) && : >tty; env >env\n")
    ask("dash", LOGIN, home, env={"MORE": "1"})
    names = {line.partition("=")[0] for line in (home / "env").read_text().splitlines()}
    assert (home / "size").read_text() == "24 80\n"
    assert (home / "tty").exists()
    assert names - {"PWD", "OLDPWD", "_", "SHLVL", "PS1"} == {
        *("HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "PATH", "TMPDIR", "TMUX_TMPDIR"),
        "MORE",
    }
