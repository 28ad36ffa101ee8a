"""What a command's name means to each shell in place of a program: an alias or a function hides it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from judging import write
from onpath import request, verbs
from terminals import PATH, PROGRAMS, put_command

if TYPE_CHECKING:
    from pathlib import Path

    from onpath.model import Probe
    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

COMMANDS = ("cow", "dog", "cat-2", "bird")
# Of three commands: an alias that runs something else, a function, and an alias that runs the command.
RUNS = {"cat-2": ("alias", True)}
POSIX = "alias cow='echo moo'\ndog() { echo wow; }\nalias cat-2='cat-2 --soft'\n"
CSH = "alias cow echo moo\nalias dog 'echo wow'\nalias cat-2 'cat-2 --soft'\n"
ALIAS_AND_FUNCTION = {"cow": ("alias", False), "dog": ("function", False), **RUNS}
XONSH = """aliases['cow'] = 'echo moo'
aliases['dog'] = lambda: print(1)
aliases['cat-2'] = 'cat-2 --soft'
"""
POWERSHELL = """Set-Alias cow Get-Date
function dog { 'wow' }
function cat-2 { & ~/.local/bin/cat-2 --soft }
"""
ALIASES = {"cow": ("alias", False), "dog": ("alias", False), **RUNS}
EITHER = ("function or builtin", True)
CASES = {
    **{
        name: (file, POSIX, ALIAS_AND_FUNCTION)
        for name, file in (
            *(("bash", ".bash_profile"), ("zsh", ".zshrc")),
            *(("ksh93", ".kshrc"), ("mksh", ".mkshrc"), ("yash", ".yashrc")),
        )
    },
    **dict.fromkeys(("dash", "ash"), (".profile", POSIX, {**ALIAS_AND_FUNCTION, "dog": EITHER})),
    "posh": (".profile", "dog() { echo wow; }\n", {"dog": EITHER}),
    "tcsh": (".tcshrc", CSH, ALIASES),
    "csh": (".cshrc", CSH, ALIASES),
    "fish": (
        ".config/fish/config.fish",
        "abbr --add cow echo moo\nfunction dog; echo wow; end\nalias cat-2 'cat-2 --soft'\n",
        {"cow": ("abbreviation", False), "dog": ("function", False), "cat-2": ("function", True)},
    ),
    **dict.fromkeys(
        ("nu", "nu-0.98"),
        (
            ".config/nushell/config.nu",
            "alias cow = echo moo\ndef dog [] { 'wow' }\nalias cat-2 = ^cat-2 --soft\n",
            ALIAS_AND_FUNCTION,
        ),
    ),
    **dict.fromkeys(
        ("xonsh", "xonsh-0.14"),
        (
            ".xonshrc",
            XONSH,
            {**ALIASES, "dog": ("alias", True)},  # a function of Python
        ),
    ),
    "elvish": (
        ".config/elvish/rc.elv",
        "fn cow {|@a| echo moo }\nfn dog {|| echo wow }\nfn cat-2 {|@a| e:cat-2 --soft $@a }\n",
        dict.fromkeys(("cow", "dog", "cat-2"), EITHER),
    ),
    "rc": (".rcrc", "fn dog { echo wow }\n", {"dog": ("function", False)}),
    "pwsh": (
        ".config/powershell/profile.ps1",
        POWERSHELL,
        {**ALIAS_AND_FUNCTION, "cat-2": ("function", True)},
    ),
}


def look(home: Path, program: Path, *commands: str) -> dict[str, Probe]:
    """Return what the shell `program` says in each context, where it is asked about `commands`."""
    environ = {"HOME": str(home), "PATH": PATH, "USER": "ada", "LANG": "C.UTF-8"}
    options = {"shells": [str(program)], "environ": environ, "timeout": 60}
    directory = os.fspath(home / ".local" / "bin")
    report = verbs.check(request.make("check", (directory,), options, commands=commands))
    assert all(each.before for each in report.outcomes), report
    return {str(each.context): each.before for each in report.outcomes if each.before}


def test_every_shell_is_tried() -> None:
    assert {*PROGRAMS} == {*CASES}


@pytest.mark.parametrize("name", CASES)
def test_what_hides_a_command_is_told_by_the_shell_itself(
    name: str, home: Path, require: Require
) -> None:
    program = require(name)
    file, text, expected = CASES[name]
    write(home, file, text)
    directory = home / ".local" / "bin"
    directory.mkdir(parents=True)
    for command in COMMANDS:
        put_command(directory, command)
    told = {
        context: {name: (kind, may_run) for name, kind, may_run in probe.meanings}
        for context, probe in look(home, program, *COMMANDS).items()
    }
    assert expected in told.values(), told
    assert all(each in ({}, expected) for each in told.values()), told


@pytest.mark.parametrize(
    ("name", "command"),
    [("bash", "wait"), ("zsh", "wait"), ("ksh93", "wait"), ("yash", "wait"), ("fish", "string")],
)
def test_a_builtin_is_not_taken_for_a_function(
    name: str, command: str, home: Path, require: Require
) -> None:
    told = {probe.meanings for probe in look(home, require(name), command).values()}
    assert {((command, "builtin", False),)} == told


def test_what_the_first_prompt_defines_counts(home: Path, require: Require) -> None:
    write(home, ".zshrc", "precmd() { alias cow='echo moo' }\n")
    told = {probe.meanings for probe in look(home, require("zsh"), "cow").values()}
    assert {(("cow", "alias", False),)} == told


def test_to_tell_it_runs_nothing(home: Path, require: Require) -> None:
    text = "@aliases.register\n@aliases.return_command\ndef _cow(args):\n"
    text += "    open('left', 'w')\n    return args\n"
    write(home, ".xonshrc", text)
    look(home, require("xonsh"), "cow")
    assert not (home / "left").exists()


@pytest.mark.parametrize("name", CASES)
def test_without_commands_a_shell_is_not_asked_for_any(name: str, home: Path, require: Require) -> None:
    program = require(name)
    file, text, _ = CASES[name]
    write(home, file, text)
    directory = home / ".local" / "bin"
    directory.mkdir(parents=True)
    put_command(directory, "cow")
    probes = look(home, program)
    assert all(probe.meanings == () for probe in probes.values()), probes
