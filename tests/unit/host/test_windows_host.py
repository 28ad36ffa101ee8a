"""What is special about a Windows machine, as far as it can be told on any system."""

from __future__ import annotations

import pytest

from onpath.errors import UsageError
from onpath.host import directories as locate
from onpath.host import msys_kind
from onpath.model import WINDOWS, Host, Installed
from onpath.probes import windows
from onpath.shells import WINDOWS_ROWS

HOME = r"C:\Users\Ada"
T = r"C:\Users\Ada\AppData\Roaming\Python\Python311\Scripts"


def host(*surroundings: str, running: str | None = None, path: str = r"C:\Windows") -> Host:
    shell = Installed(running, f"{running}.exe") if running else None
    return Host(WINDOWS, HOME, "Ada", 0, {"PATH": path}, shell, None, surroundings)


@pytest.mark.parametrize(
    ("directory", "full"),
    [
        (r"D:\a\..\b\\", r"D:\b"),
        ("D:/a/b", r"D:\a\b"),
        ("~/bin", r"C:\Users\Ada\bin"),
        (r"~\bin", r"C:\Users\Ada\bin"),
        ("bin", r"C:\here\bin"),
        (r"\tools", r"C:\tools"),
        (r"\\server\share\bin", r"\\server\share\bin"),
        (r"D:\ü \'&%x%", r"D:\ü \'&%x%"),
    ],
)
def test_a_directory_is_named_in_full(directory: str, full: str) -> None:
    assert full == locate.absolute_windows(directory, HOME, r"C:\here")


@pytest.mark.parametrize(
    "directory",
    ["", "~", r"C:\a;b", 'C:\\"a"', "C:\\a\0", "C:\\a\nb", "C:\\", "\\", r"C:\a|b", r"C:\*"],
)
def test_what_no_path_can_hold_is_refused(directory: str) -> None:
    with pytest.raises(UsageError):
        locate.absolute_windows(directory, HOME, r"C:\here")


def test_the_python_of_a_launcher_is_told_from_its_end() -> None:
    archive = b"PK\x03\x04 a zip file with the script"
    assert r"C:\Py\python.exe" == locate.launched_python(b"MZ\0code#!C:\\Py\\python.exe\r\n" + archive)
    quoted = b'MZ#!"C:\\Program Files\\Py\\python.exe"\n' + archive
    assert r"C:\Program Files\Py\python.exe" == locate.launched_python(quoted)
    assert locate.launched_python(b"MZ of another program") is None


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("Python311", True), ("python310-32", True), ("Python312-arm64", True)),
        *(("Python", False), ("Python27", False), ("Scripts", False), ("Python3x", False)),
    ],
)
def test_a_folder_of_a_version_is_told_by_its_name(name: str, *, is_one: bool) -> None:
    assert is_one == locate.is_version(name)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"MSYSTEM": "MINGW64", "EXEPATH": r"C:\Program Files\Git\bin"}, "git-bash"),
        ({"MSYSTEM": "UCRT64"}, "msys2"),
        ({"MSYSTEM": "UCRT64", "MSYS2_PATH_TYPE": "inherit"}, "git-bash"),
        ({"MSYSTEM": "MSYS", "MSYS2_PATH_TYPE": "minimal"}, "msys2"),
    ],
)
def test_git_bash_and_msys2_are_told_apart(environ: dict[str, str], kind: str) -> None:
    assert kind == msys_kind(environ)


def test_each_shell_gets_a_line_of_its_own_for_this_session() -> None:
    lines = {name: windows.activation(host(running=name), (T,)) for name in WINDOWS_ROWS}
    powershell = f"$env:Path = '{T}' + ';' + $env:Path"
    cmd = f'set "PATH={T};%PATH%"'
    assert {"cmd": cmd, "powershell": powershell, "pwsh": powershell} == lines


def test_a_shell_of_msys2_gets_its_own_spelling() -> None:
    line = windows.activation(host("msys2", running="cmd"), (r"C:\Users\Ada\a'b",))
    assert "export PATH='/c/Users/Ada/a'\\''b':\"$PATH\"" == line


def test_there_is_no_line_where_the_directory_is_there_or_the_shell_is_not_known() -> None:
    assert "" == windows.activation(host(running="cmd", path=f"C:\\a;{T.upper()}\\"), (T,))
    assert "" == windows.activation(host(), (T,))


def test_a_powershell_line_is_literal() -> None:
    line = windows.activation(host(running="pwsh"), ("C:\\it's $x `n",))
    assert "$env:Path = 'C:\\it''s $x `n' + ';' + $env:Path" == line
