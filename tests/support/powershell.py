"""PowerShell: what its scripts must not have, and how they are run. Independent of onpath."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import installing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windows_machine import Machine

BASE_PATH = "/usr/local/bin:/usr/bin:/bin"

# What Windows PowerShell 5.1 cannot parse, or Constrained Language Mode refuses to run.
FORBIDDEN = {
    "pipeline_chain_tail": "5.1 has no && and ||",
    "null_coalesce_expression": "5.1 has no ??",
    "ternary_expression": "5.1 has no ?:",
    "type_literal": "Constrained Language Mode has few types",
    "invocation_expression": "Constrained Language Mode calls few methods",
    "class_statement": "Constrained Language Mode has no classes",
    "enum_statement": "Constrained Language Mode has no enums",
    "function_statement": "a function would be left behind in the session",
    "param_block": "under iex its parameters are left behind in the session",
}
COMMANDS = {
    *("Set-StrictMode", "Get-Variable", "Get-Command", "Select-Object", "Where-Object"),
    "Write-Warning",
    *("Split-Path", "Join-Path", "Test-Path"),
}


def run(
    pwsh: str, home: Path, text: str, *, path: str = BASE_PATH, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run `text` in a PowerShell with an environment of HOME and PATH alone."""
    return subprocess.run(
        [pwsh, "-NoProfile", "-NonInteractive", "-Command", text],
        env={"HOME": str(home), "PATH": path, "NO_COLOR": "1", **env},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=installing.TIMEOUT_S,
        check=False,
    )


def parse(text: bytes) -> Any:
    """Return the root of the syntax tree of `text`."""
    if sys.version_info < (3, 10):
        pytest.skip("tree-sitter-pwsh is not for this Python")
    import tree_sitter  # noqa: PLC0415
    import tree_sitter_pwsh  # noqa: PLC0415

    language = tree_sitter.Language(tree_sitter_pwsh.language())
    return tree_sitter.Parser(language).parse(text).root_node


def nodes(root: Any) -> Iterator[Any]:
    yield root
    for child in root.children:
        yield from nodes(child)


def complaints(text: bytes) -> list[str]:
    """Return what in the script `text` is not for every PowerShell, mode and way to run it."""
    found = [] if text.isascii() else ["5.1 reads it as ANSI: pure ASCII, no BOM"]
    root = parse(text)
    if root.has_error:
        found.append("it cannot be parsed")
    for node in nodes(root):
        said = node.text.decode("utf-8", "replace")
        if node.type in FORBIDDEN:
            found.append(f"{said}: {FORBIDDEN[node.type]}")
        elif node.type == "command_name" and said not in COMMANDS:
            found.append(f"{said}: not a command that is known to be everywhere")
        elif node.type == "variable" and said.lower() in {"$iswindows", "$islinux", "$ismacos"}:
            found.append(f"{said}: 5.1 does not know it")
    last = text.rstrip().splitlines()[-1]
    exits = [node for node in nodes(root) if node.type == "exit"]
    if len(exits) > 1 or (exits and not last.startswith(b"if ($MyInvocation.MyCommand.Name -like ")):
        found.append("exit: under iex it closes the window")
    return found


class Session:
    """PowerShell 7 for Windows, on a machine that has a Python on its PATH."""

    def __init__(self, machine: Machine, program: str) -> None:
        self.machine = machine
        self.program = program

    def run(self, text: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `text` in a fresh PowerShell."""
        words = (self.program, "-NoProfile", "-NonInteractive", "-Command", text)
        return self.machine.run(*words, env={"NO_COLOR": "1", "PYTHONPATH": "", **env})


@contextmanager
def on_windows(machine: Machine) -> Iterator[Session]:
    """Give a PowerShell on Windows, with no `Path` of the user before and after; or skip."""
    program = machine.pwsh()
    if program is None:
        pytest.skip("there is no PowerShell 7 for Windows; .ci/run unpacks one where it can be had")
    with machine.python_on_path():
        yield Session(machine, program)
    machine.inside("reset")
    machine.remove_pwsh()
