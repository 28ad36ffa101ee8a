"""What a profile of PowerShell wants first stays first, and its prompt is run as at a prompt."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands import ensure_path
from judging import assert_served, ensure, verdicts, write

if TYPE_CHECKING:
    from pathlib import Path

    from programs import Require

if sys.platform == "win32":
    pytest.skip("PowerShell on Unix", allow_module_level=True)

PROFILE = ".config/powershell/profile.ps1"
BOM = "\ufeff"
FIRST = (
    "using namespace System.Text\n",
    '# the theme\nparam([string]$T = "dark")\n',
    "#Requires -Version 7\n<#\n.SYNOPSIS\n#>\nusing namespace `\n  System.Text # (\n",
    "[CmdletBinding()]\nparam(\n  [Alias('a)')] # )\n  $A = \"b)$('(' + \")\")\", ${b)} = 1)\n",
    f"{BOM}using namespace System.Text;\r\n",
)
REST = "$global:Ran = 'to the end'\n"
RESET = "$env:PATH = '/usr/bin:/bin'"


def errors_of_a_start(pwsh: str, home: Path) -> str:
    """Return what a PowerShell complains of that the user starts, and whether its profile is run."""
    done = subprocess.run(
        [pwsh, "-NoLogo", "-NonInteractive", "-Command", "$Ran"],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (
        done.stderr if done.stdout.endswith("to the end\n") else done.stdout + done.stderr or "not run"
    )


@pytest.mark.parametrize("first", FIRST, ids=range(len(FIRST)))
def test_what_must_stay_first_in_a_profile_stays_first(home: Path, require: Require, first: str) -> None:
    pwsh = str(require("pwsh"))
    file = write(home, PROFILE, (first + REST).encode())
    assert "" == errors_of_a_start(pwsh, home)
    assert ensure(home, "--shell", "pwsh").code == 0
    assert file.read_bytes().startswith(first.encode() + b"# --- onpath: ")
    assert_served("pwsh", home)
    assert "" == errors_of_a_start(pwsh, home)
    assert ensure_path(home, "--undo").code == 0
    assert (first + REST).encode() == file.read_bytes()


def test_after_a_byte_order_mark_a_statement_of_two_lines_stays_whole(
    home: Path, require: Require
) -> None:
    pwsh = str(require("pwsh"))
    text = f"{BOM}Set-Variable -Scope Global `\n  -Name Ran -Value 'to the end'\n".encode()
    file = write(home, PROFILE, text)
    assert ensure(home, "--shell", "pwsh").code == 0
    assert file.read_bytes().startswith(f"{BOM}# --- onpath: ".encode())
    assert "" == errors_of_a_start(pwsh, home)
    assert_served("pwsh", home)
    assert ensure_path(home, "--undo").code == 0
    assert text == file.read_bytes()


@pytest.mark.parametrize(
    "prompt",
    [
        "function prompt { throw 'x' }",
        "$ErrorActionPreference = 'Stop'\nfunction prompt { Get-Item /none }",
    ],
)
def test_a_prompt_that_fails_keeps_nobody_from_an_answer(
    home: Path, require: Require, prompt: str
) -> None:
    require("pwsh")
    write(home, PROFILE, f"{prompt}\n".encode())
    assert ensure(home, "--shell", "pwsh").code == 0
    assert_served("pwsh", home)


def test_a_prompt_that_sets_path_counts(home: Path, require: Require) -> None:
    require("pwsh")
    write(home, PROFILE, f"function prompt {{ {RESET}; 'PS> ' }}\n".encode())
    run = ensure(home, "--shell", "pwsh", "--json")
    assert run.code == 1
    assert "effective" not in verdicts(json.loads(run.stdout), "pwsh").values()


@pytest.mark.parametrize("test", ["-contains '-Command'", "-match '-NonI'"])
def test_a_profile_that_looks_at_the_command_line_sees_none_of_a_question(
    home: Path, require: Require, test: str
) -> None:
    require("pwsh")
    text = f"if ([Environment]::GetCommandLineArgs() {test}) {{ return }}\n{RESET}\n"
    file = write(home, PROFILE, text.encode())
    assert ensure(home, "--shell", "pwsh").code == 0
    assert file.read_bytes().startswith(text.encode())  # above that line it would be lost
    assert_served("pwsh", home)
