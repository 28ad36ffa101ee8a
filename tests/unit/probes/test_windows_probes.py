"""What Windows' shells are said to lack, on any system; `tests/windows` starts them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from onpath.probes import windows
from onpath.shells import LONGEST_LINE, WINDOWS_ROWS

if TYPE_CHECKING:
    from pathlib import Path

T = r"C:\Users\Ada\Scripts"
CMD, PWSH = WINDOWS_ROWS["cmd"].windows, WINDOWS_ROWS["pwsh"].windows


def test_only_cmd_has_a_limit_for_path() -> None:
    assert CMD
    assert PWSH
    path = "x" * LONGEST_LINE
    assert "" == windows.length_reason(path, CMD, "cmd")
    reason = windows.length_reason(path + "x", CMD, "cmd")
    assert "PATH has 8,192 characters, and cmd finds no program with more than 8,191" in reason
    assert "" == windows.length_reason(path + "x", PWSH, "pwsh")


@pytest.mark.parametrize(
    ("path", "by_cmd", "by_powershell"),
    [
        (T, True, True),
        (f"C:\\a;{T.upper()}\\;C:\\b", True, True),
        ("C:\\a", False, False),
        (f'"{T}"', True, False),
        (f'"C:\\a;{T}', False, True),
        (f'C:\\a";{T};"C:\\b', False, True),
        (f'"C:\\a;b";{T};"C:\\c', True, True),
        (f'{T}"', False, False),
    ],
)
def test_each_shell_searches_what_it_makes_of_the_quotes(
    path: str, *, by_cmd: bool, by_powershell: bool
) -> None:
    assert CMD
    assert PWSH
    for how, name, expected in ((CMD, "cmd", by_cmd), (PWSH, "pwsh", by_powershell)):
        assert expected == windows.is_searched(path, T, how)
        reason = windows.quote_reason(path, T, how, name)
        assert (not expected and '"' in path) == bool(reason)
        if reason:
            assert reason.startswith(f"{name} finds no program ")
            assert "rundll32 sysdm.cpl,EditEnvironmentVariables" in reason


@pytest.mark.parametrize(
    ("extensions", "is_told"),
    [("", False), (".COM;.EXE;.BAT;.CMD", False), (".com;.cmd", False), (".EXE", True)],
)
def test_a_pathext_without_batch_files_is_named(extensions: str, *, is_told: bool) -> None:
    reason = windows.extension_reason(extensions)
    assert is_told == reason.startswith(
        "PATHEXT has no .CMD, so no batch file runs by its bare name; add it "
    )


def test_a_private_folder_that_another_run_removes_before_anything_is_in_it_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one cannot know whether its run is alive, and may not leave that of a dead one."""
    folder, make, opening, turns = str(tmp_path / "private"), os.mkdir, os.open, iter("xx")

    def make_and_lose(name: str) -> None:
        make(name)
        if next(turns, ""):
            windows._remove_private(name)  # noqa: SLF001

    monkeypatch.setattr(os, "mkdir", make_and_lose)
    monkeypatch.setattr(os, "open", lambda name, flags: opening(name.replace("\\", "/"), flags))
    os.close(windows._make_held(folder))  # noqa: SLF001
    assert ([windows.HELD], "") == (os.listdir(folder), next(turns, ""))


@pytest.mark.parametrize(
    ("autorun", "expected"),
    [
        (r"if exist C:\x set A=1", r"(if exist C:\x set A=1)"),
        ("set A=1& set B=2", "(set A=1& set B=2)"),
        ("echo :)", "echo :)"),
        ("rem nothing", "rem nothing"),
    ],
)
def test_what_follows_autorun_is_no_part_of_it(autorun: str, expected: str) -> None:
    assert expected == windows.as_one_command(autorun)
