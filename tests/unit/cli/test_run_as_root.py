"""The line that somebody who is not root is told for `--system`: the same words, as root gives them."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from onpath import cli

if sys.platform == "win32":
    pytest.skip("users of Unix", allow_module_level=True)


@pytest.mark.parametrize(
    ("program", "start"),
    [
        ("/usr/local/bin/ensure-path", ["ensure-path"]),
        ("/home/ada/my bin/onpath", ["/home/ada/my bin/onpath"]),
        ("/opt/onpath.pyz", ["/opt/onpath.pyz"]),
        ("/x/onpath/__main__.py", [sys.executable, "-m", "onpath"]),
    ],
)
def test_the_cure_is_the_same_command_line_for_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, start: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", [program])
    words = ["--check", "--system", "/opt/x y/bin", "--shell", "bash"]
    assert cli.main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    fact, _, cure = line.partition("; run ")
    assert fact == "ensure-path: --system: only root can change what every user has"
    assert ["sudo", *start, *words] == shlex.split(cure)
    assert not Path("/opt/x y").exists()
