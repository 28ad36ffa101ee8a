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

    from programs import Require

if sys.platform == "win32":
    pytest.skip("shells of Unix", allow_module_level=True)

COMMANDS = ("cow", "dog", "cat-2", "bird")
# Of three commands: an alias that runs something else, a function, and an alias that runs the command.
POSIX = "alias cow='echo moo'\ndog() { echo wow; }\nalias cat-2='cat-2 --soft'\n"
CSH = "alias cow echo moo\nalias dog 'echo wow'\nalias cat-2 'cat-2 --soft'\n"
ALIAS_AND_FUNCTION = {"cow": "alias", "dog": "function"}
XONSH = """aliases['cow'] = 'echo moo'
aliases['dog'] = lambda: print(1)
aliases['cat-2'] = 'cat-2 --soft'
"""
POWERSHELL = """Set-Alias cow Get-Date
function dog { 'wow' }
function cat-2 { & ~/.local/bin/cat-2 --soft }
"""
CASES = {
    **{
        name: (file, POSIX, ALIAS_AND_FUNCTION)
        for name, file in (
            *(("bash", ".bash_profile"), ("zsh", ".zshrc"), ("dash", ".profile"), ("ash", ".profile")),
            *(("ksh93", ".kshrc"), ("mksh", ".mkshrc"), ("yash", ".yashrc")),
        )
    },
    "posh": (".profile", "dog() { echo wow; }\n", {"dog": "function"}),
    "tcsh": (".tcshrc", CSH, {"cow": "alias", "dog": "alias"}),
    "csh": (".cshrc", CSH, {"cow": "alias", "dog": "alias"}),
    "fish": (
        ".config/fish/config.fish",
        "abbr --add cow echo moo\nfunction dog; echo wow; end\nalias cat-2 'cat-2 --soft'\n",
        {"cow": "abbreviation", "dog": "function"},
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
            {"cow": "alias", "dog": "alias"},
        ),
    ),
    "rc": (".rcrc", "fn dog { echo wow }\nfn cat-2 { command cat-2 --soft }\n", {"dog": "function"}),
    "pwsh": (
        ".config/powershell/profile.ps1",
        POWERSHELL,
        ALIAS_AND_FUNCTION,
    ),
}


def test_every_shell_is_tried() -> None:
    assert {*PROGRAMS} - {*CASES} <= {"elvish"}


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
    environ = {"HOME": str(home), "PATH": PATH, "USER": "ada", "LANG": "C.UTF-8"}
    options = {"shells": [str(program)], "environ": environ, "timeout": 60}
    report = verbs.check(request.make("check", (os.fspath(directory),), options, commands=COMMANDS))
    probes = {str(each.context): each.before for each in report.outcomes if each.before}
    told = {context: dict(probe.meanings) for context, probe in probes.items()}
    assert expected in told.values(), told
    assert all(each in ({}, expected) for each in told.values()), told


@pytest.mark.parametrize("name", CASES)
def test_without_commands_a_shell_is_not_asked_for_any(name: str, home: Path, require: Require) -> None:
    program = require(name)
    file, text, _ = CASES[name]
    write(home, file, text)
    directory = home / ".local" / "bin"
    directory.mkdir(parents=True)
    put_command(directory, "cow")
    environ = {"HOME": str(home), "PATH": PATH, "USER": "ada", "LANG": "C.UTF-8"}
    options = {"shells": [str(program)], "environ": environ, "timeout": 60}
    report = verbs.check(request.make("check", (os.fspath(directory),), options))
    assert all(each.before and each.before.meanings == () for each in report.outcomes), report
